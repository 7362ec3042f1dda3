use std::collections::BTreeMap;
use std::sync::Arc;

use annota_annotators::{Annotation, Annotations, Context, Inputs, Output, Settings};
use annota_functions::AnnotaOptions;
use datafusion::arrow::array::{ArrayRef, StringArray};

use super::contract::Columns;
use super::{Pipeline, Stage};
use crate::{Error, Result, Session};

/// A pipeline over plain strings: the same annotators, without a dataframe.
pub struct LightPipeline {
    session: Session,
    text_col: String,
    stages: Vec<Stage>,
}

/// What each annotating stage found, by its output column.
pub type Annotated<T> = BTreeMap<String, Vec<T>>;

impl LightPipeline {
    /// # Errors
    /// Those of [`Pipeline::fit`], for a dataframe with nothing but the first stage's text column.
    pub fn new(session: &Session, pipeline: &Pipeline) -> Result<Self> {
        let first = pipeline.stages().first().and_then(|stage| stage.input_cols().first());
        let text_col = first.ok_or_else(|| Error::Pipeline("the pipeline has no stage".to_owned()))?.clone();
        let mut columns = Columns::of_text(&text_col);
        let stages = pipeline.stages().iter().map(|stage| columns.bind(stage)).collect::<Result<_>>()?;
        Ok(LightPipeline { session: session.clone(), text_col, stages })
    }

    /// The results of every stage for one text.
    pub fn annotate(&self, text: &str) -> Result<Annotated<String>> {
        let found = self.full_annotate(text)?.into_iter();
        let results =
            |annotations: Vec<Annotation>| annotations.into_iter().map(|annotation| annotation.result).collect();
        Ok(found.map(|(column, annotations)| (column, results(annotations))).collect())
    }

    /// The annotations of every stage for one text.
    pub fn full_annotate(&self, text: &str) -> Result<Annotated<Annotation>> {
        Ok(self.full_annotate_all(&[text])?.into_iter().next().unwrap_or_default())
    }

    /// The annotations of every stage for each text. Vectors of all texts are computed together.
    pub fn full_annotate_all(&self, texts: &[&str]) -> Result<Vec<Annotated<Annotation>>> {
        let options = self.session.options();
        let context = Context { embedder: self.session.embedder(), hints: options.hints() };
        let texts_column: ArrayRef = Arc::new(StringArray::from_iter_values(texts));
        let mut columns = BTreeMap::from([(self.text_col.clone(), texts_column)]);
        let mut rows = vec![Annotated::new(); texts.len()];
        for stage in &self.stages {
            let inputs = stage.input_cols().iter().filter_map(|column| columns.get(column).cloned());
            let inputs: Vec<ArrayRef> = inputs.collect();
            let annotator = (stage.definition.build)(&completed(stage, &options)?)?;
            let column = annotator.annotate(&Inputs::read(stage.definition, &inputs, texts.len())?, &context)?;
            if let (Output::Annotations(_), Some(found)) = (stage.definition.output, Annotations::read(column.as_ref()))
            {
                for (row, annotated) in rows.iter_mut().enumerate() {
                    let annotations = found.row(row).map(|annotation| annotation.to_owned()).collect();
                    annotated.insert(stage.output_col().to_owned(), annotations);
                }
            }
            columns.insert(stage.output_col().to_owned(), column);
        }
        Ok(rows)
    }
}

/// The stage's settings, with the session's options where it has none of its own.
fn completed(stage: &Stage, options: &AnnotaOptions) -> Result<Settings> {
    let mut settings = stage.settings.clone();
    for parameter in stage.definition.parameters {
        let given = stage.settings.iter().any(|(name, _)| name == parameter.name);
        if let (false, Some(value)) = (given, options.fallback(parameter)) {
            settings.set(parameter.name, value);
        }
    }
    stage.definition.read_paths(&mut settings)?;
    Ok(settings)
}
