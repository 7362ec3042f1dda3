use std::collections::BTreeMap;
use std::sync::Arc;

use annota_annotators::columns::map_type;
use annota_annotators::{Annotation, Annotations, Context, Input, Inputs, annotators};
use annota_functions::AnnotaOptions;
use datafusion::arrow::array::{ArrayRef, MapBuilder, StringArray, StringBuilder};
use datafusion::arrow::datatypes::DataType;

use super::contract::Columns;
use super::finishers::finishes;
use super::{Pipeline, Stage, Step};
use crate::{Error, Result, Session};

/// A pipeline over plain strings: the same annotators, without a dataframe. Every document column is made of the
/// same text. Finishers choose columns and change nothing; no stage makes rows of annotations.
pub struct LightPipeline {
    session: Session,
    text_cols: Vec<String>,
    stages: Vec<Stage>,
    output_cols: Vec<String>,
}

/// What each annotating stage found, by its output column.
pub type Annotated<T> = BTreeMap<String, Vec<T>>;

/// A text, and what its documents' metadata say of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LightInput {
    pub text: String,
    /// Stands as `id` in the metadata.
    pub id: Option<String>,
    pub metadata: BTreeMap<String, String>,
}

impl LightInput {
    pub fn new(text: impl Into<String>) -> Self {
        LightInput { text: text.into(), ..LightInput::default() }
    }

    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    pub fn with_metadata<K: Into<String>, V: Into<String>>(
        mut self,
        entries: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.metadata = entries.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        self
    }
}

impl From<&str> for LightInput {
    fn from(text: &str) -> Self {
        LightInput::new(text)
    }
}

/// Columns that no pipeline names.
const ID_COL: &str = "\u{0}id";
const METADATA_COL: &str = "\u{0}metadata";

impl LightPipeline {
    /// # Errors
    /// Those of [`Pipeline::fit`], for a dataframe with nothing but the text columns of the pipeline.
    pub fn new(session: &Session, pipeline: &Pipeline) -> Result<Self> {
        let text_cols = text_cols(pipeline);
        if text_cols.is_empty() && pipeline.faults.is_empty() {
            return Err(Error::Pipeline("the pipeline has no stage that reads text".to_owned()));
        }
        let texts = text_cols.iter().map(|column| (column.clone(), DataType::Utf8));
        let given = [(ID_COL.to_owned(), DataType::Utf8), (METADATA_COL.to_owned(), map_type())];
        let steps = pipeline.steps.iter().map(|step| lightened(step, pipeline)).collect();
        let light = Pipeline { steps, faults: pipeline.faults.clone() };
        let model = light.bind(Columns::of_values(texts.chain(given)))?;
        let stages = model.steps.iter().filter_map(Step::stage).cloned().collect();
        Ok(LightPipeline { session: session.clone(), text_cols, stages, output_cols: output_cols(&model.steps) })
    }

    /// Chooses the columns that come out.
    ///
    /// # Errors
    /// A column that does not come out.
    pub fn set_output_cols<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Result<Self> {
        let columns: Vec<String> = columns.into_iter().map(Into::into).collect();
        if let Some(wrong) = columns.iter().find(|column| !self.output_cols.contains(column)) {
            let known = self.output_cols.join(", ");
            return Err(Error::Pipeline(format!("output column `{wrong}` does not come out: expected one of {known}")));
        }
        self.output_cols = columns;
        Ok(self)
    }

    /// The results of every stage for one text.
    pub fn annotate(&self, text: &str) -> Result<Annotated<String>> {
        Ok(self.annotate_all(&[text])?.into_iter().next().unwrap_or_default())
    }

    /// The results of every stage for each text.
    pub fn annotate_all(&self, texts: &[&str]) -> Result<Vec<Annotated<String>>> {
        self.annotate_with(texts.iter().copied())
    }

    /// The results of every stage for each text with its id and metadata.
    pub fn annotate_with<T: Into<LightInput>>(
        &self,
        inputs: impl IntoIterator<Item = T>,
    ) -> Result<Vec<Annotated<String>>> {
        let found = self.full_annotate_with(inputs)?.into_iter();
        Ok(found.map(results).collect())
    }

    /// The annotations of every stage for one text.
    pub fn full_annotate(&self, text: &str) -> Result<Annotated<Annotation>> {
        Ok(self.full_annotate_all(&[text])?.into_iter().next().unwrap_or_default())
    }

    /// The annotations of every stage for each text. Vectors of all texts are computed together.
    pub fn full_annotate_all(&self, texts: &[&str]) -> Result<Vec<Annotated<Annotation>>> {
        self.full_annotate_with(texts.iter().copied())
    }

    /// The annotations of every stage for each text with its id and metadata.
    pub fn full_annotate_with<T: Into<LightInput>>(
        &self,
        inputs: impl IntoIterator<Item = T>,
    ) -> Result<Vec<Annotated<Annotation>>> {
        let inputs: Vec<LightInput> = inputs.into_iter().map(Into::into).collect();
        let options = self.session.options();
        let mut columns = self.given(&inputs)?;
        for stage in self.stages.iter().filter(|stage| !finishes(stage)) {
            let column = self.run(stage, &columns, inputs.len(), &options)?;
            columns.insert(stage.output_col().to_owned(), column);
        }
        let mut rows = vec![Annotated::new(); inputs.len()];
        for name in &self.output_cols {
            let Some(found) = columns.get(name).and_then(|column| Annotations::read(column.as_ref())) else { continue };
            for (row, annotated) in rows.iter_mut().enumerate() {
                annotated.insert(name.clone(), found.row(row).map(|annotation| annotation.to_owned()).collect());
            }
        }
        Ok(rows)
    }

    /// The columns of texts, ids and metadata.
    fn given(&self, inputs: &[LightInput]) -> Result<BTreeMap<String, ArrayRef>> {
        let texts: ArrayRef = Arc::new(StringArray::from_iter_values(inputs.iter().map(|input| &input.text)));
        let ids: ArrayRef = Arc::new(StringArray::from_iter(inputs.iter().map(|input| input.id.as_deref())));
        let mut maps = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
        for input in inputs {
            for (key, value) in &input.metadata {
                maps.keys().append_value(key);
                maps.values().append_value(value);
            }
            maps.append(true).map_err(datafusion::error::DataFusionError::from)?;
        }
        let metadata: ArrayRef = Arc::new(maps.finish());
        let given = [(ID_COL.to_owned(), ids), (METADATA_COL.to_owned(), metadata)];
        Ok(self.text_cols.iter().map(|column| (column.clone(), texts.clone())).chain(given).collect())
    }

    fn run(
        &self,
        stage: &Stage,
        columns: &BTreeMap<String, ArrayRef>,
        rows: usize,
        options: &AnnotaOptions,
    ) -> Result<ArrayRef> {
        let family = stage.definition.family;
        let context = Context { embedder: self.session.embedder(), family, hints: options.hints() };
        let inputs = stage.all_cols().map(|column| match column.and_then(|column| columns.get(column)) {
            Some(column) => column.clone(),
            None => datafusion::arrow::array::new_null_array(&DataType::Null, rows),
        });
        let inputs: Vec<ArrayRef> = inputs.collect();
        let annotator = (stage.definition.build)(&stage.completed(options)?)?;
        Ok(annotator.annotate(&Inputs::read(stage.definition, &inputs, rows)?, &context)?)
    }
}

/// The columns that stages read as texts and no stage makes.
fn text_cols(pipeline: &Pipeline) -> Vec<String> {
    let mut made: Vec<&str> = Vec::new();
    let mut texts: Vec<String> = Vec::new();
    for stage in pipeline.steps.iter().filter_map(Step::stage) {
        let reads_text = |input: &Input| matches!(input, Input::Text { .. } | Input::Texts { .. });
        let from = stage.input_cols.iter().filter(|column| !made.contains(&column.as_str()) && !texts.contains(column));
        if stage.definition.required().iter().any(reads_text) {
            let from: Vec<String> = from.cloned().collect();
            texts.extend(from);
        }
        made.push(stage.output_col());
    }
    texts
}

/// The columns that come out: those that finishers read, if there are any, else all of annotations.
fn output_cols(steps: &[Step]) -> Vec<String> {
    let finishers = steps.iter().filter_map(Step::stage).filter(|stage| finishes(stage));
    let finished: Vec<String> = finishers.flat_map(Stage::input_cols).cloned().collect();
    if !finished.is_empty() {
        return finished;
    }
    let mut columns: Vec<String> = Vec::new();
    for step in steps {
        match step {
            Step::Annotate(stage) if stage.annotator_type().is_some() => columns.push(stage.output_col().to_owned()),
            Step::Drop(dropped) => columns.retain(|column| !dropped.contains(column)),
            Step::Annotate(_) | Step::DropAnnotations => {}
        }
    }
    columns
}

/// Documents take their id and metadata from what is given beside a text, whatever the columns of dataframes are;
/// of the columns that are dropped only the pipeline's own are there.
fn lightened(step: &Step, pipeline: &Pipeline) -> Step {
    match step {
        Step::Annotate(stage) if stage.function() == annotators::DOCUMENT_ASSEMBLER.name => {
            let stage = stage.as_ref().clone().set_optional_col("id", ID_COL);
            stage.set_optional_col("metadata", METADATA_COL).into()
        }
        Step::Drop(columns) => {
            let stages = || pipeline.steps.iter().filter_map(Step::stage);
            let is_made = |column: &&String| stages().any(|stage| stage.output_col() == *column);
            Step::Drop(columns.iter().filter(is_made).cloned().collect())
        }
        step => step.clone(),
    }
}

fn results(annotated: Annotated<Annotation>) -> Annotated<String> {
    let results = |annotations: Vec<Annotation>| annotations.into_iter().map(|annotation| annotation.result).collect();
    annotated.into_iter().map(|(column, annotations)| (column, results(annotations))).collect()
}
