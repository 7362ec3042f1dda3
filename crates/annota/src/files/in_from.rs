use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::{DynamicFileCatalog, TableProvider, UrlTableFactory};
use datafusion::datasource::dynamic_file::DynamicListTableFactory;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::context::SessionContext;
use datafusion::execution::session_state::SessionState;

use super::table;

/// Lets files and folders be named in FROM: those that [`table`] knows, and others as DataFusion has them.
pub fn files_in_from(context: SessionContext) -> SessionContext {
    let catalogs = context.state().catalog_list().clone();
    let factory = Arc::new(Files { others: DynamicListTableFactory::default() });
    let catalogs = Arc::new(DynamicFileCatalog::new(catalogs, factory.clone()));
    let session_id = context.session_id();
    let state = context.into_state_builder().with_session_id(session_id).with_catalog_list(catalogs).build();
    let context = SessionContext::from(state);
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
    async fn try_new(&self, url: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        match self.state() {
            Some(state) if super::is_known(url) => {
                let found = table(&state, &[url.to_owned()]).await;
                found.map(Some).map_err(|error| DataFusionError::External(Box::new(error)))
            }
            _ => self.others.try_new(url).await,
        }
    }
}
