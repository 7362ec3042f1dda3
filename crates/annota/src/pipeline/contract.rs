//! Which columns there are, what they are, and which of them a stage reads.

use annota_annotators::columns::{ANNOTATOR_TYPE, is_text};
use annota_annotators::{Input, Output};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::DFSchema;

use super::Stage;
use crate::{Error, Result};

/// What a column holds.
#[derive(Debug, Clone, PartialEq)]
enum Holds {
    Text,
    Annotations(String),
    /// Another type, by its name.
    Other(String),
}

/// The columns that a stage can see: those of the dataframe and those of the stages before.
pub struct Columns {
    known: Vec<(String, Holds)>,
}

impl Columns {
    pub fn of(schema: &DFSchema) -> Self {
        Columns { known: schema.fields().iter().map(|field| (field.name().clone(), holds(field))).collect() }
    }

    /// For texts without a dataframe.
    pub fn of_text(column: &str) -> Self {
        Columns { known: vec![(column.to_owned(), Holds::Text)] }
    }

    /// The stage with its inputs in the order of its annotator's. Its output is a column from then on.
    pub fn bind(&mut self, stage: &Stage) -> Result<Stage> {
        check_settings(stage)?;
        let mut left: Vec<&String> = stage.input_cols.iter().collect();
        let mut bound = Vec::new();
        for input in stage.definition.inputs {
            let Some(place) = left.iter().position(|column| self.fits(column, *input)) else {
                return Err(self.wrong(stage));
            };
            bound.push(left.remove(place).clone());
        }
        if !left.is_empty() {
            return Err(self.wrong(stage));
        }
        let output = match stage.definition.output {
            Output::Annotations(kind) => Holds::Annotations(kind.to_string()),
            Output::Values(data_type) => Holds::Other(data_type().to_string()),
        };
        self.known.retain(|(name, _)| *name != stage.output_col);
        self.known.push((stage.output_col.clone(), output));
        Ok(Stage { input_cols: bound, ..stage.clone() })
    }

    fn fits(&self, column: &str, input: Input) -> bool {
        let found = self.known.iter().find(|(name, _)| name == column).map(|(_, holds)| holds);
        match (input, found) {
            (Input::Text { .. }, Some(Holds::Text)) | (Input::AnyAnnotations { .. }, Some(Holds::Annotations(_))) => {
                true
            }
            (Input::Annotations { kind, .. }, Some(Holds::Annotations(found))) => kind.0 == found,
            _ => false,
        }
    }

    fn wrong(&self, stage: &Stage) -> Error {
        let expected: Vec<String> = stage.definition.inputs.iter().map(|input| input.expects()).collect();
        let columns = self.known.iter().map(|(name, holds)| match holds {
            Holds::Text => format!("`{name}` text"),
            Holds::Annotations(kind) => format!("`{name}` annotations of type `{kind}`"),
            Holds::Other(data_type) => format!("`{name}` {data_type}"),
        });
        let columns: Vec<String> = columns.collect();
        Error::Pipeline(format!(
            "stage `{}` with input columns {:?}: wrong or missing inputs: expected {}; the columns are {}",
            stage.function(),
            stage.input_cols,
            expected.join(" and "),
            columns.join(", ")
        ))
    }
}

fn holds(field: &Field) -> Holds {
    match (field.metadata().get(ANNOTATOR_TYPE), field.data_type()) {
        (Some(kind), _) => Holds::Annotations(kind.clone()),
        (None, DataType::Dictionary(_, value)) if is_text(value) => Holds::Text,
        (None, found) if is_text(found) => Holds::Text,
        (None, found) => Holds::Other(found.to_string()),
    }
}

/// Settings must be parameters of the annotator, and have values that it takes.
fn check_settings(stage: &Stage) -> Result<()> {
    let parameters = stage.definition.parameters;
    for (name, value) in stage.settings.iter() {
        if !parameters.iter().any(|parameter| parameter.name == name) {
            let known: Vec<&str> = parameters.iter().map(|parameter| parameter.name).collect();
            let function = stage.function();
            let known = known.join(", ");
            return Err(Error::Pipeline(format!(
                "stage `{function}` has no parameter `{name}` (given as `{value}`): expected one of {known}"
            )));
        }
    }
    (stage.definition.build)(&stage.settings)
        .map_err(|error| Error::Pipeline(format!("stage `{}`: {error}", stage.function())))?;
    Ok(())
}
