//! Spark NLP's nouns: stages with `set_input_cols` and `set_output_col`, a pipeline that is fitted and transforms.
//! A pipeline only writes the calls that a person would write in SQL; [`Pipeline::to_sql`] prints them.

mod assemblers;
mod contract;
pub mod embeddings;
mod explode;
mod file;
mod finishers;
mod light;
mod stage;
mod stages;
mod step;
mod text_stages;

pub use assemblers::MultiDocumentAssembler;
pub use embeddings::*;
pub use finishers::{EmbeddingsFinisher, Finisher};
pub use light::{Annotated, LightInput, LightPipeline};
pub use stage::Stage;
pub use stages::{
    Doc2Chunk, DocumentAssembler, Normalizer, RegexTokenizer, SentenceDetector, SentenceEmbeddings, StopWordsCleaner,
    TokenAssembler, Tokenizer, TypedStage,
};
pub use step::{Step, Steps};

use datafusion::dataframe::DataFrame;
use datafusion::logical_expr::LogicalPlan;
use datafusion::logical_expr::registry::FunctionRegistry;
use datafusion::prelude::{Expr, ident};

use crate::{Error, Result};
use contract::Columns;
use step::{resolved, to_sql};

/// Stages in the order in which they act.
#[derive(Debug, Clone, Default)]
pub struct Pipeline {
    steps: Vec<Step>,
    faults: Vec<String>,
}

impl Pipeline {
    pub fn new() -> Self {
        Pipeline::default()
    }

    /// Adds a stage.
    pub fn stage(mut self, stage: impl Into<Steps>) -> Self {
        match stage.into().0 {
            Ok(steps) => self.steps.extend(steps),
            Err(fault) => self.faults.push(fault),
        }
        self
    }

    /// What the pipeline does, step by step.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Checks the pipeline against the columns of a dataframe. Nothing is learnt from its rows.
    ///
    /// # Errors
    /// [`Error::Pipeline`] naming every column and its annotator type, if a stage's inputs are wrong or missing.
    pub fn fit(&self, data: &DataFrame) -> Result<PipelineModel> {
        self.bind(Columns::of(data.schema()))
    }

    fn bind(&self, mut columns: Columns) -> Result<PipelineModel> {
        self.check()?;
        let steps = self.steps.iter().map(|step| columns.bind(step));
        Ok(PipelineModel { steps: steps.collect::<Result<_>>()? })
    }

    /// Whether all stages could be made.
    fn check(&self) -> Result<()> {
        self.faults.first().map_or(Ok(()), |fault| Err(Error::Pipeline(fault.clone())))
    }

    /// Fits and transforms.
    pub fn transform(&self, data: DataFrame) -> Result<DataFrame> {
        self.fit(&data)?.transform(data)
    }

    /// The query that the pipeline makes over a table: a subquery per step, the last outermost. Of the annotation
    /// columns that a finisher drops, it knows those of the pipeline; those of the table too are known to
    /// [`PipelineModel::to_sql`].
    pub fn to_sql(&self, table: &str) -> String {
        to_sql(&resolved(&self.steps), table)
    }
}

/// A pipeline whose stages know which columns they read.
#[derive(Debug, Clone)]
pub struct PipelineModel {
    steps: Vec<Step>,
}

impl PipelineModel {
    /// Adds the column of every stage to the dataframe, and drops what finishers drop.
    pub fn transform(&self, data: DataFrame) -> Result<DataFrame> {
        self.steps.iter().try_fold(data, |data, step| match step {
            Step::Annotate(stage) => {
                let data = annotate(data, stage)?;
                match stage.exploded() {
                    Some(kind) => explode::explode(data, stage.output_col(), &kind),
                    None => Ok(data),
                }
            }
            Step::Drop(columns) => drop(data, columns),
            Step::DropAnnotations => Ok(data),
        })
    }

    /// The query that transforms a table, columns in the order in which the annotators take them.
    pub fn to_sql(&self, table: &str) -> String {
        to_sql(&self.steps, table)
    }
}

fn annotate(data: DataFrame, stage: &Stage) -> Result<DataFrame> {
    let (state, plan) = data.into_parts();
    let function = state.udf(stage.function()).map_err(|_| {
        let name = stage.function();
        Error::Pipeline(format!(
            "function `{name}` is not known to this dataframe's session: make it with Session, or register it there"
        ))
    })?;
    let call = function.call(stage.arguments()).alias(stage.output_col());
    let columns: Vec<Expr> = others(&plan, stage.output_col()).into_iter().chain([call]).collect();
    Ok(DataFrame::new(state, plan).select(columns)?)
}

fn drop(data: DataFrame, columns: &[String]) -> Result<DataFrame> {
    let kept = data.schema().fields().iter().filter(|field| !columns.contains(field.name()));
    let kept: Vec<Expr> = kept.map(|field| ident(field.name())).collect();
    Ok(data.select(kept)?)
}

/// All columns of a plan but one.
fn others(plan: &LogicalPlan, column: &str) -> Vec<Expr> {
    let names = plan.schema().fields().iter().map(|field| field.name()).filter(|name| *name != column);
    names.map(ident).collect()
}
