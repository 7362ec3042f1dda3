use annota_annotators::{Definition, annotators};

use super::assemblers::pairs;
use super::{Stage, Step, Steps};

/// The annotators that end a pipeline: they make plain values of annotations.
const FINISHERS: [&Definition; 3] =
    [&annotators::FINISHER, &annotators::METADATA_FINISHER, &annotators::EMBEDDINGS_FINISHER];

/// Whether a stage is a finisher's.
pub(super) fn finishes(stage: &Stage) -> bool {
    FINISHERS.iter().any(|definition| definition.name == stage.function())
}

/// Makes arrays of texts, or texts, of annotation columns, and drops these.
#[derive(Debug, Clone)]
pub struct Finisher {
    columns: Columns,
    stage: Stage,
    as_array: bool,
    include_metadata: bool,
}

/// Makes arrays of vectors of annotation columns, and drops these.
#[derive(Debug, Clone, Default)]
pub struct EmbeddingsFinisher {
    columns: Columns,
}

/// What both have.
#[derive(Debug, Clone)]
struct Columns {
    inputs: Vec<String>,
    outputs: Option<Vec<String>>,
    clean: bool,
}

impl Default for Columns {
    fn default() -> Self {
        Columns { inputs: Vec::new(), outputs: None, clean: true }
    }
}

impl Columns {
    /// The steps that `stages` make for every column, and the one that cleans up.
    fn steps(self, noun: &str, stages: impl Fn(String, String) -> Vec<Stage>) -> Steps {
        let clean = self.clean.then_some(Step::DropAnnotations);
        let columns = pairs(noun, self.inputs, self.outputs, "finished_");
        Steps(columns.map(|columns| {
            let stages = columns.into_iter().flat_map(|(input, output)| stages(input, output));
            stages.map(Step::from).chain(clean).collect()
        }))
    }
}

fn names<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Vec<String> {
    names.into_iter().map(Into::into).collect()
}

impl Default for Finisher {
    fn default() -> Self {
        let stage = Stage::of(&annotators::FINISHER);
        Finisher { columns: Columns::default(), stage, as_array: true, include_metadata: false }
    }
}

impl Finisher {
    pub fn new() -> Self {
        Finisher::default()
    }

    /// The annotation columns to finish.
    pub fn set_input_cols<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.columns.inputs = names(columns);
        self
    }

    /// A column for every input column, in their order; `finished_<input>` by default.
    pub fn set_output_cols<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.columns.outputs = Some(names(columns));
        self
    }

    /// Whether all annotation columns of the dataframe are dropped; true by default.
    pub fn set_clean_annotations(mut self, clean: bool) -> Self {
        self.columns.clean = clean;
        self
    }

    /// An array of texts if true, as by default, else one text.
    pub fn set_output_as_array(mut self, as_array: bool) -> Self {
        self.as_array = as_array;
        self
    }

    /// Whether metadata come out too: beside an array as the column `<output>_metadata`, else within the text.
    pub fn set_include_metadata(mut self, include: bool) -> Self {
        self.include_metadata = include;
        self
    }

    /// What stands between the parts of an annotation in one text; `#` by default.
    pub fn set_value_split_symbol(mut self, symbol: impl Into<String>) -> Self {
        self.stage = self.stage.set_text("value_split_symbol", symbol);
        self
    }

    /// What stands between annotations in one text; `@` by default.
    pub fn set_annotation_split_symbol(mut self, symbol: impl Into<String>) -> Self {
        self.stage = self.stage.set_text("annotation_split_symbol", symbol);
        self
    }

    /// Whether a vector is written in place of its text.
    pub fn set_parse_embeddings_vectors(mut self, parse: bool) -> Self {
        self.stage = self.stage.set_flag("parse_embeddings_vectors", parse);
        self
    }
}

impl From<Finisher> for Steps {
    fn from(finisher: Finisher) -> Steps {
        let Finisher { columns, mut stage, as_array, include_metadata } = finisher;
        if !as_array {
            stage = stage.set_flag("output_as_array", false).set_flag("include_metadata", include_metadata);
        }
        columns.steps("Finisher", |input, output| {
            let metadata = (as_array && include_metadata).then(|| {
                let column = format!("{output}_metadata");
                Stage::of(&annotators::METADATA_FINISHER).set_input_cols([&input]).set_output_col(column)
            });
            let results = stage.clone().set_input_cols([&input]).set_output_col(output);
            std::iter::once(results).chain(metadata).collect()
        })
    }
}

impl EmbeddingsFinisher {
    pub fn new() -> Self {
        EmbeddingsFinisher::default()
    }

    /// The annotation columns to finish.
    pub fn set_input_cols<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.columns.inputs = names(columns);
        self
    }

    /// A column for every input column, in their order; `finished_<input>` by default.
    pub fn set_output_cols<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.columns.outputs = Some(names(columns));
        self
    }

    /// Whether all annotation columns of the dataframe are dropped; true by default.
    pub fn set_clean_annotations(mut self, clean: bool) -> Self {
        self.columns.clean = clean;
        self
    }
}

impl From<EmbeddingsFinisher> for Steps {
    fn from(finisher: EmbeddingsFinisher) -> Steps {
        let stage = |input: String, output: String| {
            vec![Stage::of(&annotators::EMBEDDINGS_FINISHER).set_input_cols([input]).set_output_col(output)]
        };
        finisher.columns.steps("EmbeddingsFinisher", stage)
    }
}
