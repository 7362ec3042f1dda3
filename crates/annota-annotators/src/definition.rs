use std::fmt::Debug;

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::{DataType, Field};

use crate::columns::{Annotations, AnnotationsBuilder};
use crate::{
    AnnotationView, AnnotatorError, AnnotatorType, Column, Embedder, Hints, Input, SettingValue, Settings,
    annotation_field,
};

/// Does the work of one stage.
pub trait Annotator: Debug + Send + Sync {
    /// One value per row of the inputs, of the type that the definition's [`Output`] gives.
    fn annotate(&self, inputs: &Inputs<'_>, context: &Context<'_>) -> Result<ArrayRef, AnnotatorError>;
}

/// What an annotator is given beside its columns.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub embedder: &'a dyn Embedder,
    /// The family of models that the function serves.
    pub family: Option<&'static str>,
    pub hints: Hints,
}

/// Describes an annotator to whoever calls it. One of these is all that makes a function and a stage.
#[derive(Debug)]
pub struct Definition {
    /// The function's name in SQL.
    pub name: &'static str,
    /// The family of models that it serves; all of them where none is named.
    pub family: Option<&'static str>,
    /// Other names of the same function.
    pub aliases: &'static [&'static str],
    pub summary: &'static str,
    /// A call as a person would write it.
    pub example: &'static str,
    /// Columns, the optional ones ([`Input::Optional`]) behind the others.
    pub inputs: &'static [Input],
    pub output: Output,
    pub parameters: &'static [Parameter],
    /// Whether it asks for vectors. Such a function is never evaluated while planning.
    pub embeds: bool,
    /// Checks the settings and makes the annotator. Opens no model.
    pub build: fn(&Settings) -> Result<Box<dyn Annotator>, AnnotatorError>,
}

/// What comes out.
#[derive(Debug, Clone, Copy)]
pub enum Output {
    /// The annotation column, tagged with its type.
    Annotations(AnnotatorType),
    /// A column of another type.
    Values(fn() -> DataType),
    /// A column of which the settings say what it is.
    Chosen(fn(&Settings) -> Result<Field, AnnotatorError>),
}

/// A setting that a call may give as a literal.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    pub name: &'static str,
    pub about: &'static str,
    pub fallback: Fallback,
}

impl Definition {
    /// The inputs that every call gives.
    pub fn required(&self) -> &'static [Input] {
        &self.inputs[..self.required_count()]
    }

    /// The inputs that a call may give behind the parameters.
    pub fn optional(&self) -> &'static [Input] {
        &self.inputs[self.required_count()..]
    }

    fn required_count(&self) -> usize {
        self.inputs.iter().position(|input| input.is_optional()).unwrap_or(self.inputs.len())
    }

    /// The column that comes out under these settings, which must be complete.
    pub fn field(&self, settings: &Settings) -> Result<Field, AnnotatorError> {
        match self.output {
            Output::Annotations(kind) => Ok(annotation_field(self.name, kind)),
            Output::Values(data_type) => Ok(Field::new(self.name, data_type(), true)),
            Output::Chosen(field) => Ok(field(settings)?.with_name(self.name)),
        }
    }

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
    required: usize,
    rows: usize,
}

impl<'a> Inputs<'a> {
    /// Reads `arrays` as what the definition takes. An optional one that is not given is left off at the end, or is of
    /// Arrow's type Null.
    pub fn read(definition: &Definition, arrays: &'a [ArrayRef], rows: usize) -> Result<Self, AnnotatorError> {
        let columns = definition.inputs.iter().zip(arrays).enumerate().map(|(index, (input, array))| {
            Column::read(*input, array).ok_or_else(|| AnnotatorError::Input {
                position: index + 1,
                found: array.data_type().to_string(),
                expected: input.expects(),
            })
        });
        Ok(Inputs { columns: columns.collect::<Result<_, _>>()?, required: definition.required().len(), rows })
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Whether all columns that must be given have a value in this row.
    pub fn is_present(&self, row: usize) -> bool {
        self.columns.iter().take(self.required).all(|column| column.is_valid(row))
    }

    /// Whether the call gives an optional column.
    pub fn is_given(&self, column: usize) -> bool {
        self.columns.get(column).is_some_and(|column| !matches!(column, Column::Absent))
    }

    /// The text of a row; empty where the column is no text.
    pub fn text(&self, column: usize, row: usize) -> &'a str {
        self.given_text(column, row).unwrap_or_default()
    }

    /// The text of a row; `None` where it is NULL or the column is not given.
    pub fn given_text(&self, column: usize, row: usize) -> Option<&'a str> {
        match self.columns.get(column) {
            Some(Column::Text(texts)) if texts.is_valid(row) => Some(texts.value(row)),
            _ => None,
        }
    }

    /// The texts of a row, NULLs among them as `None`: the list's, or the one text.
    pub fn texts(&self, column: usize, row: usize) -> Vec<Option<&'a str>> {
        match self.columns.get(column) {
            Some(Column::TextLists(lists)) => lists.row(row).collect(),
            _ => self.given_text(column, row).into_iter().map(Some).collect(),
        }
    }

    /// The whole number of a row; `None` where it is NULL or the column is not given.
    pub fn integer(&self, column: usize, row: usize) -> Option<i64> {
        match self.columns.get(column) {
            Some(Column::Integers(numbers)) if numbers.is_valid(row) => Some(numbers.value(row)),
            _ => None,
        }
    }

    /// The entries of a row's map, those without value left out; none where the column is not given.
    pub fn entries(&self, column: usize, row: usize) -> impl Iterator<Item = (&'a str, &'a str)> {
        let maps = match self.columns.get(column) {
            Some(Column::Maps(maps)) => Some(maps),
            _ => None,
        };
        maps.into_iter().flat_map(move |maps| maps.row(row))
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
