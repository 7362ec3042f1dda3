mod from_first;
mod named_arguments;

use std::num::NonZeroUsize;
use std::sync::Arc;

use annota_annotators::{AnnotatorError, Definition, Embedder};
use annota_functions::{AnnotaOptions, AnnotatorUdf};
use annota_models::DeviceSpec;
use annota_text::Profile;
use datafusion::common::config::ConfigOptions;
use datafusion::dataframe::DataFrame;
use datafusion::execution::context::{SessionConfig, SessionContext};
use datafusion::logical_expr::ScalarUDF;
use datafusion::logical_expr::registry::FunctionRegistry;
use datafusion::sql::parser::{DFParser, Statement};
use datafusion::sql::sqlparser::dialect::{GenericDialect, dialect_from_str};
use futures::future::BoxFuture;

use crate::families::all_functions;
use crate::files::{self, ReadOptions, files_in_from};
use crate::{Error, ModelEmbedder, Result, planning};

/// Rows of a batch. Token vectors are large: 512 texts of 100 tokens hold 150 MB at 768 numbers each.
const BATCH_SIZE: usize = 512;

/// Rows of a row group of Parquet, which is held in memory until it is whole: rows with vectors are large (3 KB in
/// albert-base), and by DataFusion's own size, 1,048,576 rows, memory would grow for long.
const ROW_GROUP_ROWS: usize = 16_384;

/// What belongs to the process, not to a query: where models run, and what serves calls that name nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct ProcessSettings {
    pub device: DeviceSpec,
    /// `None` for the one in the binary.
    pub model: Option<String>,
    /// Whose rules find sentences and tokens.
    pub profile: Profile,
    /// Threads that compute, and partitions of a query; as many as the machine has where it is not said. Models compute
    /// on rayon's global pool, which whoever starts the process makes.
    pub threads: Option<NonZeroUsize>,
}

impl ProcessSettings {
    /// `ANNOTA_DEVICE`, `ANNOTA_MODEL`, `ANNOTA_PROFILE` and `ANNOTA_THREADS`.
    ///
    /// # Errors
    /// A device, a profile or a number of threads that cannot be parsed.
    pub fn from_env() -> Result<Self> {
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let device = set("ANNOTA_DEVICE").map_or(Ok(DeviceSpec::Auto), |device| device.parse())?;
        let profile = set("ANNOTA_PROFILE").map_or(Ok(Profile::default()), |profile| profile.parse());
        let profile = profile.map_err(AnnotatorError::from)?;
        let threads = set("ANNOTA_THREADS").map(|threads| {
            let expected = || Error::Pipeline(format!("ANNOTA_THREADS is `{threads}`: expected a number above 0"));
            threads.parse().map_err(|_| expected())
        });
        Ok(ProcessSettings { device, model: set("ANNOTA_MODEL"), profile, threads: threads.transpose()? })
    }
}

/// A session's configuration: DataFusion's, with Annota's options.
pub fn session_config(settings: &ProcessSettings) -> SessionConfig {
    configured(SessionConfig::new().with_information_schema(true), settings)
}

/// Adds Annota's options, and batches of a size that suits vectors, to a configuration.
pub fn configured(config: SessionConfig, settings: &ProcessSettings) -> SessionConfig {
    let mut options = AnnotaOptions { profile: settings.profile, ..AnnotaOptions::default() };
    if let Some(model) = &settings.model {
        options.model.clone_from(model);
    }
    let config = config.with_batch_size(BATCH_SIZE).with_option_extension(options);
    let mut config = config.with_option_extension(ReadOptions::default());
    let parquet = &mut config.options_mut().execution.parquet;
    parquet.max_row_group_size = ROW_GROUP_ROWS;
    // Spark's timestamps (INT96) reach beyond what nanoseconds can say, as 9999-12-31.
    parquet.coerce_int96 = Some("us".to_owned());
    // Files keep their own types: other programs have no functions for views.
    parquet.schema_force_view_types = false;
    match settings.threads {
        Some(threads) => config.with_target_partitions(threads.get()),
        None => config,
    }
}

/// A DataFusion session with Annota's functions.
///
/// Methods that wait return boxed futures: an `async fn` would be compiled, with all of DataFusion's planner that it
/// awaits, in every crate that calls it.
#[derive(Clone)]
pub struct Session {
    context: SessionContext,
    embedder: Arc<dyn Embedder>,
    settings: ProcessSettings,
}

impl Session {
    /// A session on this machine, as the environment says ([`ProcessSettings::from_env`]). Files can be named in
    /// FROM: `SELECT … FROM 'docs.parquet'`.
    pub fn new() -> Result<Self> {
        Session::with_settings(&ProcessSettings::from_env()?)
    }

    pub fn with_settings(settings: &ProcessSettings) -> Result<Self> {
        let context = SessionContext::new_with_config_rt(session_config(settings), files::runtime()?);
        Session::over(context, settings)
    }

    /// Adds Annota's functions, and files in FROM, to a context that was made elsewhere. It should have been configured by
    /// [`session_config`]; without, every option has its default.
    pub fn over(context: SessionContext, settings: &ProcessSettings) -> Result<Self> {
        let session_id = context.session_id();
        let state = planning::saving_and_awaiting(context.into_state_builder().with_session_id(session_id)).build();
        let context = files_in_from(SessionContext::from(state));
        let embedder: Arc<dyn Embedder> = Arc::new(ModelEmbedder::new(settings.device));
        for function in all_functions(&embedder) {
            context.state_ref().write().register_udf(function)?;
        }
        Ok(Session { context, embedder, settings: settings.clone() })
    }

    /// Makes an annotator from outside a function of this session.
    pub fn register(&self, definition: &'static Definition) {
        let udf = AnnotatorUdf::new(definition, self.embedder.clone());
        self.context.register_udf(ScalarUDF::new_from_impl(udf));
    }

    /// Plans one statement. Named arguments of Annota's functions may be given in any number and order.
    pub fn sql<'a>(&'a self, sql: &'a str) -> BoxFuture<'a, Result<DataFrame>> {
        Box::pin(async move {
            let state = self.context.state();
            let dialect = state.config().options().sql_parser.dialect;
            let statement = state.sql_to_statement(sql, &dialect)?;
            self.plan(statement).await
        })
    }

    /// Parses statements that stand between semicolons.
    pub fn parse(&self, sql: &str) -> Result<Vec<Statement>> {
        let state = self.context.state();
        let dialect = dialect_from_str(state.config().options().sql_parser.dialect);
        let dialect = dialect.unwrap_or_else(|| Box::new(GenericDialect {}));
        Ok(DFParser::parse_sql_with_dialect(sql, dialect.as_ref())?.into())
    }

    /// Plans a statement of [`Session::parse`]. DDL and `SET` act at once.
    pub fn plan(&self, mut statement: Statement) -> BoxFuture<'_, Result<DataFrame>> {
        Box::pin(async move {
            let state = self.context.state();
            from_first::select_all(&mut statement);
            named_arguments::fill_gaps(&mut statement, &state);
            let plan = state.statement_to_plan(statement).await?;
            Ok(self.context.execute_logical_plan(plan).await?)
        })
    }

    /// The names of Annota's functions in this session.
    pub fn function_names(&self) -> Vec<String> {
        let functions = all_functions(&self.embedder);
        functions.iter().map(|function| function.name().to_owned()).collect()
    }

    /// The rows of files, folders, globs or URLs of CSV, JSON or Parquet ([`files::table`]).
    pub fn read<'a>(&'a self, paths: &'a [String]) -> BoxFuture<'a, Result<DataFrame>> {
        Box::pin(async move {
            let state = self.context.state();
            let table = files::table(&state, paths, &ReadOptions::of(state.config_options())).await?;
            Ok(self.context.read_table(table)?)
        })
    }

    /// DataFusion's own session, for all that it can do.
    pub fn context(&self) -> &SessionContext {
        &self.context
    }

    /// What the session was made with.
    pub fn settings(&self) -> &ProcessSettings {
        &self.settings
    }

    /// The options as they are now (`SET annota.…`).
    pub fn options(&self) -> AnnotaOptions {
        let state = self.context.state();
        let options: &ConfigOptions = state.config().options();
        AnnotaOptions::of(options)
    }

    pub(crate) fn embedder(&self) -> &dyn Embedder {
        self.embedder.as_ref()
    }
}
