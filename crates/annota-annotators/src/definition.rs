use std::fmt::Debug;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;

use crate::columns::{Annotations, AnnotationsBuilder, Texts};
use crate::{AnnotationView, AnnotatorError, AnnotatorType, Column, Embedder, Hints, SettingValue, Settings};

/// Does the work of one stage.
pub trait Annotator: Debug + Send + Sync {
    /// One value per row of the inputs, of the type that the definition's [`Output`] gives.
    fn annotate(&self, inputs: &Inputs<'_>, context: &Context<'_>) -> Result<ArrayRef, AnnotatorError>;
}

/// What an annotator is given beside its columns.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub embedder: &'a dyn Embedder,
    pub hints: Hints,
}

/// Describes an annotator to whoever calls it. One of these is all that makes a function and a stage.
#[derive(Debug)]
pub struct Definition {
    /// The function's name in SQL.
    pub name: &'static str,
    /// Other names of the same function.
    pub aliases: &'static [&'static str],
    pub summary: &'static str,
    /// A call as a person would write it.
    pub example: &'static str,
    pub inputs: &'static [Input],
    pub output: Output,
    pub parameters: &'static [Parameter],
    /// Whether it asks for vectors. Such a function is never evaluated while planning.
    pub embeds: bool,
    /// Checks the settings and makes the annotator. Opens no model.
    pub build: fn(&Settings) -> Result<Box<dyn Annotator>, AnnotatorError>,
}

/// What a column must be to serve as an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    Text {
        name: &'static str,
    },
    Annotations {
        name: &'static str,
        kind: AnnotatorType,
    },
    /// Annotations of whatever type.
    AnyAnnotations {
        name: &'static str,
    },
}

impl Input {
    pub fn name(self) -> &'static str {
        match self {
            Input::Text { name } | Input::Annotations { name, .. } | Input::AnyAnnotations { name } => name,
        }
    }

    /// What it expects, for people.
    pub fn expects(self) -> String {
        match self {
            Input::Text { .. } => "text".to_owned(),
            Input::Annotations { kind, .. } => format!("an annotation column of type `{kind}`"),
            Input::AnyAnnotations { .. } => "an annotation column".to_owned(),
        }
    }
}

/// What comes out.
#[derive(Debug, Clone, Copy)]
pub enum Output {
    /// The annotation column, tagged with its type.
    Annotations(AnnotatorType),
    /// A column of another type.
    Values(fn() -> DataType),
}

/// A setting that a call may give as a literal.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    pub name: &'static str,
    pub about: &'static str,
    pub fallback: Fallback,
}

impl Definition {
    /// Reads the files that settings name: a parameter `x_path` names one whose lines are added to the parameter `x`.
    /// Planning does so, so that what a file says travels in the call.
    pub fn read_paths(&self, settings: &mut Settings) -> Result<(), AnnotatorError> {
        for parameter in self.parameters {
            let Some(list) = parameter.name.strip_suffix("_path") else { continue };
            let Some(list) = self.parameters.iter().find(|parameter| parameter.name == list) else { continue };
            let Some(path) = settings.text(parameter.name)? else { continue };
            let lines = std::fs::read_to_string(path).map_err(|error| AnnotatorError::Setting {
                setting: parameter.name.to_owned(),
                value: path.to_owned(),
                expected: format!("a file of UTF-8 text with an entry on every line ({error})"),
            })?;
            let mut entries = settings.texts(list.name)?.unwrap_or_default().to_vec();
            entries.extend(lines.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned));
            settings.set(list.name, SettingValue::Texts(entries));
            settings.remove(parameter.name);
        }
        Ok(())
    }
}

/// What a parameter is when the call does not give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    Nothing,
    Text(&'static str),
    Boolean(bool),
    Integer(i64),
    /// The session's option of that name (`SET annota.…`). Planning writes it into the call.
    Option(&'static str),
}

/// The columns of one batch.
#[derive(Debug)]
pub struct Inputs<'a> {
    columns: Vec<Column<'a>>,
    rows: usize,
}

impl<'a> Inputs<'a> {
    /// Reads `arrays` as what the definition takes.
    pub fn read(definition: &Definition, arrays: &'a [ArrayRef], rows: usize) -> Result<Self, AnnotatorError> {
        let columns = definition.inputs.iter().zip(arrays).enumerate().map(|(index, (input, array))| {
            Column::read(*input, array).ok_or_else(|| AnnotatorError::Input {
                annotator: definition.name.to_owned(),
                position: index + 1,
                found: array.data_type().to_string(),
                expected: input.expects(),
            })
        });
        Ok(Inputs { columns: columns.collect::<Result<_, _>>()?, rows })
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Whether all columns have a value in this row.
    pub fn is_present(&self, row: usize) -> bool {
        self.columns.iter().all(|column| column.is_valid(row))
    }

    /// The text of a row; empty where the column is no text.
    pub fn text(&self, column: usize, row: usize) -> &'a str {
        match self.columns.get(column) {
            Some(Column::Text(texts)) => Texts::value(texts, row),
            _ => "",
        }
    }

    /// The annotations of a row; none where the column has none.
    pub fn annotations(&self, column: usize, row: usize) -> impl Iterator<Item = AnnotationView<'_>> {
        let annotations = match self.columns.get(column) {
            Some(Column::Annotations(annotations)) => Some(annotations),
            _ => None,
        };
        annotations.into_iter().flat_map(move |annotations| Annotations::row(annotations, row))
    }

    /// Makes an annotation column row by row. A row in which some input is NULL is NULL.
    pub fn annotate_rows(
        &self,
        mut annotate: impl FnMut(usize, &mut AnnotationsBuilder) -> Result<(), AnnotatorError>,
    ) -> Result<ArrayRef, AnnotatorError> {
        let mut out = AnnotationsBuilder::with_capacity(self.rows);
        for row in 0..self.rows {
            let present = self.is_present(row);
            if present {
                annotate(row, &mut out)?;
            }
            out.end_row(present);
        }
        out.finish()
    }
}
