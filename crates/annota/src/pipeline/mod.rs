//! Spark NLP's nouns: stages with `set_input_cols` and `set_output_col`, a pipeline that is fitted and transforms.
//! A pipeline only writes the calls that a person would write in SQL; [`Pipeline::to_sql`] prints them.

mod contract;
mod file;
mod light;
mod stage;
mod stages;

pub use light::LightPipeline;
pub use stage::Stage;
pub use stages::{AlbertEmbeddings, DocumentAssembler, SentenceDetector, SentenceEmbeddings, Tokenizer, TypedStage};

use datafusion::dataframe::DataFrame;
use datafusion::logical_expr::registry::FunctionRegistry;
use datafusion::prelude::{Expr, ident};

use crate::{Error, Result};
use contract::Columns;

/// Stages in the order in which they act.
#[derive(Debug, Clone, Default)]
pub struct Pipeline {
    stages: Vec<Stage>,
}

impl Pipeline {
    pub fn new() -> Self {
        Pipeline::default()
    }

    /// Adds a stage.
    pub fn stage(mut self, stage: impl Into<Stage>) -> Self {
        self.stages.push(stage.into());
        self
    }

    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// Checks the pipeline against the columns of a dataframe. Nothing is learnt from its rows.
    ///
    /// # Errors
    /// [`Error::Pipeline`] naming every column and its annotator type, if a stage's inputs are wrong or missing.
    pub fn fit(&self, data: &DataFrame) -> Result<PipelineModel> {
        let mut columns = Columns::of(data.schema());
        let stages = self.stages.iter().map(|stage| columns.bind(stage));
        Ok(PipelineModel { stages: stages.collect::<Result<_>>()? })
    }

    /// Fits and transforms.
    pub fn transform(&self, data: DataFrame) -> Result<DataFrame> {
        self.fit(&data)?.transform(data)
    }

    /// The query that the pipeline makes over a table: a subquery per stage, the last outermost.
    pub fn to_sql(&self, table: &str) -> String {
        to_sql(&self.stages, table)
    }
}

fn to_sql(stages: &[Stage], table: &str) -> String {
    let select = |from: String, stage: &Stage| format!("SELECT *, {} FROM {from}", stage.to_sql());
    let mut stages = stages.iter();
    let first = stages.next().map(|stage| select(table.to_owned(), stage));
    let first = first.unwrap_or_else(|| format!("SELECT * FROM {table}"));
    stages.fold(first, |query, stage| select(format!("({query})"), stage))
}

/// A pipeline whose stages know which columns they read.
#[derive(Debug, Clone)]
pub struct PipelineModel {
    stages: Vec<Stage>,
}

impl PipelineModel {
    /// Adds the column of every stage to the dataframe.
    pub fn transform(&self, data: DataFrame) -> Result<DataFrame> {
        self.stages.iter().try_fold(data, |data, stage| {
            let (state, plan) = data.into_parts();
            let function = state.udf(stage.function()).map_err(|_| {
                let name = stage.function();
                Error::Pipeline(format!("function `{name}` is not known to this dataframe's session: make it with Session, or register it there"))
            })?;
            let call = function.call(stage.arguments()).alias(stage.output_col());
            let columns = plan.schema().fields().iter().map(|field| ident(field.name()));
            let columns: Vec<Expr> = columns.filter(|column| column.schema_name().to_string() != stage.output_col()).chain([call]).collect();
            Ok(DataFrame::new(state, plan).select(columns)?)
        })
    }

    /// The query that transforms a table, columns in the order in which the annotators take them.
    pub fn to_sql(&self, table: &str) -> String {
        to_sql(&self.stages, table)
    }
}
