use super::Stage;
use super::stage::readable;

/// What a pipeline does at one place.
#[derive(Debug, Clone)]
pub enum Step {
    /// Adds a stage's column. Where the stage explodes it, every annotation becomes a row.
    Annotate(Box<Stage>),
    /// Drops columns.
    Drop(Vec<String>),
    /// Drops all columns of annotations.
    DropAnnotations,
}

/// The steps that a stage of a pipeline is made of. A mistake in them is told by [`super::Pipeline::fit`].
#[derive(Debug, Clone)]
pub struct Steps(pub(super) Result<Vec<Step>, String>);

impl From<Step> for Steps {
    fn from(step: Step) -> Steps {
        Steps(Ok(vec![step]))
    }
}

impl From<Stage> for Steps {
    fn from(stage: Stage) -> Steps {
        Step::from(stage).into()
    }
}

impl From<Stage> for Step {
    fn from(stage: Stage) -> Step {
        Step::Annotate(Box::new(stage))
    }
}

impl Step {
    pub fn stage(&self) -> Option<&Stage> {
        match self {
            Step::Annotate(stage) => Some(stage),
            Step::Drop(_) | Step::DropAnnotations => None,
        }
    }

    /// What to select, query by query.
    fn selections(&self) -> Vec<String> {
        match self {
            Step::Annotate(stage) => {
                let call = format!("*, {}", stage.to_sql());
                std::iter::once(call).chain(explosion(stage)).collect()
            }
            Step::Drop(columns) if !columns.is_empty() => vec![all_but(columns)],
            Step::Drop(_) | Step::DropAnnotations => Vec::new(),
        }
    }
}

/// The selection that makes a row of every annotation of a stage that explodes.
fn explosion(stage: &Stage) -> Option<String> {
    let kind = stage.exploded()?;
    let column = readable(stage.output_col());
    let rest = all_but(&[stage.output_col().to_owned()]);
    Some(format!("{rest}, as_annotations([unnest({column})], {}) AS {column}", crate::quote::literal(&kind)))
}

fn all_but(columns: &[String]) -> String {
    let columns: Vec<String> = columns.iter().map(|column| readable(column)).collect();
    format!("* EXCEPT ({})", columns.join(", "))
}

/// The steps, with the names of the columns that are dropped, as far as the steps before have made them.
pub fn resolved(steps: &[Step]) -> Vec<Step> {
    let mut made: Vec<String> = Vec::new();
    let resolve = |step: &Step| match step {
        Step::DropAnnotations => Step::Drop(std::mem::take(&mut made)),
        step => {
            let stage = step.stage().filter(|stage| stage.annotator_type().is_some());
            made.extend(stage.map(|stage| stage.output_col().to_owned()));
            step.clone()
        }
    };
    steps.iter().map(resolve).collect()
}

/// The query that steps make over a table: a subquery for each, the last outermost.
pub fn to_sql(steps: &[Step], table: &str) -> String {
    let query = steps.iter().flat_map(Step::selections).fold(None, |query: Option<String>, selection| {
        let from = query.map_or_else(|| table.to_owned(), |query| format!("({query})"));
        Some(format!("SELECT {selection} FROM {from}"))
    });
    query.unwrap_or_else(|| format!("SELECT * FROM {table}"))
}
