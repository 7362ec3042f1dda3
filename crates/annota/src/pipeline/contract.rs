//! Which columns there are, what they are, and which of them a stage reads.

use annota_annotators::columns::{ANNOTATOR_TYPE, is_text};
use annota_annotators::{Definition, Input};
use annota_functions::{AnnotaOptions, short_type};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::DFSchema;

use super::{Stage, Step};
use crate::{Error, Result};

/// What a column holds.
#[derive(Debug, Clone, PartialEq)]
enum Holds {
    Annotations(String),
    Values(DataType),
}

/// The columns that a stage can see: those of the dataframe and those of the stages before.
pub struct Columns {
    known: Vec<(String, Holds)>,
}

impl Columns {
    pub fn of(schema: &DFSchema) -> Self {
        Columns { known: schema.fields().iter().map(|field| (field.name().clone(), holds(field))).collect() }
    }

    /// Without a dataframe.
    pub fn of_values(columns: impl IntoIterator<Item = (String, DataType)>) -> Self {
        let known = columns.into_iter().map(|(name, data_type)| (name, Holds::Values(data_type)));
        Columns { known: known.collect() }
    }

    /// The step with all its columns named.
    pub fn bind(&mut self, step: &Step) -> Result<Step> {
        match step {
            Step::Annotate(stage) => Ok(self.bind_stage(stage)?.into()),
            Step::Drop(columns) => {
                self.check_known(columns)?;
                Ok(self.drop(|name, _| columns.iter().any(|column| column == name)))
            }
            Step::DropAnnotations => Ok(self.drop(|_, holds| matches!(holds, Holds::Annotations(_)))),
        }
    }

    fn check_known(&self, columns: &[String]) -> Result<()> {
        let is_known = |column: &&String| self.known.iter().any(|(name, _)| name == *column);
        match columns.iter().find(|column| !is_known(column)) {
            Some(unknown) => {
                let columns = self.shown();
                Err(Error::Pipeline(format!("column `{unknown}` to drop is not there; the columns are {columns}")))
            }
            None => Ok(()),
        }
    }

    /// Forgets columns, and drops them.
    fn drop(&mut self, is_dropped: impl Fn(&str, &Holds) -> bool) -> Step {
        let dropped = self.known.extract_if(.., |(name, holds)| is_dropped(name, holds));
        Step::Drop(dropped.map(|(name, _)| name).collect())
    }

    /// The stage with its inputs in the order of its annotator's. Its output is a column from then on.
    fn bind_stage(&mut self, stage: &Stage) -> Result<Stage> {
        check_names(stage)?;
        let output = output(stage)?;
        let mut left: Vec<&String> = stage.input_cols.iter().collect();
        let mut bound = Vec::new();
        for input in stage.definition.required() {
            let Some(place) = left.iter().position(|column| self.fits(column, *input)) else {
                return Err(self.wrong(stage));
            };
            bound.push(left.remove(place).clone());
        }
        let optional = stage.definition.optional().iter();
        let mut optional = optional.filter_map(|input| Some((stage.optional_cols.get(input.name())?, input)));
        if !left.is_empty() || !optional.all(|(column, input)| self.fits(column, *input)) {
            return Err(self.wrong(stage));
        }
        self.known.retain(|(name, _)| *name != stage.output_col);
        self.known.push((stage.output_col.clone(), output));
        Ok(Stage { input_cols: bound, ..stage.clone() })
    }

    fn fits(&self, column: &str, input: Input) -> bool {
        let found = self.known.iter().find(|(name, _)| name == column).map(|(_, holds)| holds);
        match found {
            Some(Holds::Annotations(found)) => {
                input.is_of_annotations() && input.kind().is_none_or(|kind| kind.0 == found)
            }
            Some(Holds::Values(found)) => !input.is_of_annotations() && input.coerced(found).is_some(),
            None => false,
        }
    }

    fn wrong(&self, stage: &Stage) -> Error {
        let optional = stage.optional_cols.iter().map(|(input, column)| format!(" and `{column}` as {input}"));
        Error::Pipeline(format!(
            "stage `{}` with input columns {:?}{}: wrong or missing inputs: expected {}; the columns are {}",
            stage.function(),
            stage.input_cols,
            optional.collect::<String>(),
            expected(stage.definition),
            self.shown()
        ))
    }

    /// Every column and what it holds, for people.
    fn shown(&self) -> String {
        let columns = self.known.iter().map(|(name, holds)| match holds {
            Holds::Values(found) if is_text(found) => format!("`{name}` text"),
            Holds::Annotations(kind) => format!("`{name}` annotations of type `{kind}`"),
            Holds::Values(found) => format!("`{name}` {}", short_type(found)),
        });
        columns.collect::<Vec<_>>().join(", ")
    }
}

/// What an annotator reads, for people.
fn expected(definition: &Definition) -> String {
    let required: Vec<String> = definition.required().iter().map(|input| input.expects()).collect();
    let optional = definition.optional().iter().map(|input| format!("; as {} {}", input.name(), input.expects()));
    format!("{}{}", required.join(" and "), optional.collect::<String>())
}

fn holds(field: &Field) -> Holds {
    match (field.metadata().get(ANNOTATOR_TYPE), field.data_type()) {
        (Some(kind), _) => Holds::Annotations(kind.clone()),
        (None, DataType::Dictionary(_, value)) if is_text(value) => Holds::Values(value.as_ref().clone()),
        (None, found) => Holds::Values(found.clone()),
    }
}

/// What a stage with these settings makes. They must have values that its annotator takes.
fn output(stage: &Stage) -> Result<Holds> {
    let fail = |reason: &dyn std::fmt::Display| Error::Pipeline(format!("stage `{}`: {reason}", stage.function()));
    let settings = stage.completed(&AnnotaOptions::default()).map_err(|error| fail(&error))?;
    (stage.definition.build)(&settings).map_err(|error| fail(&error))?;
    let output = holds(&stage.definition.field(&settings).map_err(|error| fail(&error))?);
    match &output {
        Holds::Values(found) if stage.explode => {
            Err(fail(&format!("it makes {}: expected annotations, to make rows of", short_type(found))))
        }
        _ => Ok(output),
    }
}

/// Settings and optional columns must be those of the annotator.
fn check_names(stage: &Stage) -> Result<()> {
    let parameters: Vec<&str> = stage.definition.parameters.iter().map(|parameter| parameter.name).collect();
    let optional: Vec<&str> = stage.definition.optional().iter().map(|input| input.name()).collect();
    let settings = stage.settings.iter().map(|(name, value)| ("parameter", name, value.to_string(), &parameters));
    let columns = stage.optional_cols.iter().map(|(name, column)| ("optional input", *name, column.clone(), &optional));
    for (what, name, value, known) in settings.chain(columns) {
        if !known.contains(&name) {
            return Err(Error::Pipeline(format!(
                "stage `{}` has no {what} `{name}` (given as `{value}`): expected {}",
                stage.function(),
                if known.is_empty() { "none".to_owned() } else { format!("one of {}", known.join(", ")) }
            )));
        }
    }
    Ok(())
}
