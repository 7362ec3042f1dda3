use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::{DynamicFileCatalog, TableProvider, UrlTableFactory};
use datafusion::datasource::dynamic_file::DynamicListTableFactory;
use datafusion::error::Result;
use datafusion::execution::context::SessionContext;
use datafusion::execution::session_state::SessionState;

use super::external::{ExternalTables, STORED_AS};
use super::table::external;
use super::{ReadOptions, paths, table};

/// Lets files, folders, globs and URLs be named in FROM, and be read in the same way by `CREATE EXTERNAL TABLE`.
pub fn files_in_from(context: SessionContext) -> SessionContext {
    let catalogs = context.state().catalog_list().clone();
    let factory = Arc::new(Files { others: DynamicListTableFactory::default() });
    let catalogs = Arc::new(DynamicFileCatalog::new(catalogs, factory.clone()));
    let session_id = context.session_id();
    let mut builder = context.into_state_builder().with_session_id(session_id).with_catalog_list(catalogs);
    let tables = builder.table_factories().get_or_insert_default();
    for format in STORED_AS {
        tables.insert(format.to_owned(), Arc::new(ExternalTables::default()));
    }
    let context = SessionContext::from(builder.build());
    factory.others.session_store().with_state(context.state_weak_ref());
    context
}

#[derive(Debug)]
struct Files {
    others: DynamicListTableFactory,
}

impl Files {
    fn state(&self) -> Option<SessionState> {
        let session = self.others.session_store().get_session().upgrade()?;
        let session = session.read();
        session.as_any().downcast_ref::<SessionState>().cloned()
    }
}

#[async_trait]
impl UrlTableFactory for Files {
    async fn try_new(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        match self.state() {
            Some(state) if paths::is_path(name) => {
                let options = ReadOptions::of(state.config_options());
                table(&state, &[name.to_owned()], &options).await.map(Some).map_err(external)
            }
            // Formats that only DataFusion reads, as Arrow IPC.
            _ => self.others.try_new(name).await,
        }
    }
}
