use super::{Doc2Chunk, DocumentAssembler, Stage, Step, Steps, TokenAssembler};

impl DocumentAssembler {
    /// The column of texts, or of lists of texts.
    pub fn set_input_col(self, column: impl Into<String>) -> Self {
        self.set_input_cols([column])
    }

    /// The column of texts or whole numbers that documents bear as `id`.
    pub fn set_id_col(self, column: impl Into<String>) -> Self {
        self.map(|stage| stage.set_optional_col("id", column))
    }

    /// The column of maps whose entries documents bear.
    pub fn set_metadata_col(self, column: impl Into<String>) -> Self {
        self.map(|stage| stage.set_optional_col("metadata", column))
    }

    /// `disabled`, `inplace`, `inplace_full`, `shrink`, `shrink_full`, `each`, `each_full` or `delete_full`.
    pub fn set_cleanup_mode(self, mode: impl Into<String>) -> Self {
        self.map(|stage| stage.set_text("cleanup_mode", mode))
    }
}

impl TokenAssembler {
    /// Whether the white space that stood between two tokens is put there, not one blank.
    pub fn set_preserve_position(self, preserve: bool) -> Self {
        self.map(|stage| stage.set_flag("preserve_position", preserve))
    }
}

impl Doc2Chunk {
    /// The column of texts, or of lists of texts, to look for. Without one every document is a chunk.
    pub fn set_chunk_col(self, column: impl Into<String>) -> Self {
        self.map(|stage| stage.set_optional_col("chunk", column))
    }

    /// The column of whole numbers that say from where to look.
    pub fn set_start_col(self, column: impl Into<String>) -> Self {
        self.map(|stage| stage.set_optional_col("start", column))
    }

    /// Whether starts count words between single blanks.
    pub fn set_start_col_by_token_index(self, by_token_index: bool) -> Self {
        self.map(|stage| stage.set_flag("start_by_token_index", by_token_index))
    }

    /// Whether a text that no document of its row holds is an error.
    pub fn set_fail_on_missing(self, fail: bool) -> Self {
        self.map(|stage| stage.set_flag("fail_on_missing", fail))
    }

    /// Whether capitals and small letters are the same.
    pub fn set_lower_case(self, lower_case: bool) -> Self {
        self.map(|stage| stage.set_flag("lower_case", lower_case))
    }
}

/// Makes documents of several columns of texts: a [`DocumentAssembler`] for each, with the same settings.
#[derive(Debug, Clone, Default)]
pub struct MultiDocumentAssembler {
    assembler: DocumentAssembler,
    input_cols: Vec<String>,
    output_cols: Option<Vec<String>>,
}

impl MultiDocumentAssembler {
    pub fn new() -> Self {
        MultiDocumentAssembler::default()
    }

    /// The columns of texts, or of lists of texts.
    pub fn set_input_cols<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.input_cols = columns.into_iter().map(Into::into).collect();
        self
    }

    /// A column for every input column, in their order; `document_<input>` by default.
    pub fn set_output_cols<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.output_cols = Some(columns.into_iter().map(Into::into).collect());
        self
    }

    /// See [`DocumentAssembler::set_id_col`].
    pub fn set_id_col(self, column: impl Into<String>) -> Self {
        MultiDocumentAssembler { assembler: self.assembler.set_id_col(column), ..self }
    }

    /// See [`DocumentAssembler::set_metadata_col`].
    pub fn set_metadata_col(self, column: impl Into<String>) -> Self {
        MultiDocumentAssembler { assembler: self.assembler.set_metadata_col(column), ..self }
    }

    /// See [`DocumentAssembler::set_cleanup_mode`].
    pub fn set_cleanup_mode(self, mode: impl Into<String>) -> Self {
        MultiDocumentAssembler { assembler: self.assembler.set_cleanup_mode(mode), ..self }
    }
}

impl From<MultiDocumentAssembler> for Steps {
    fn from(assembler: MultiDocumentAssembler) -> Steps {
        let MultiDocumentAssembler { assembler, input_cols, output_cols } = assembler;
        let columns = pairs("MultiDocumentAssembler", input_cols, output_cols, "document_");
        let stage = |(input, output): (String, String)| {
            Step::from(Stage::from(assembler.clone()).set_input_cols([input]).set_output_col(output))
        };
        Steps(columns.map(|columns| columns.into_iter().map(stage).collect()))
    }
}

/// Every input column with its output column, which without a name of its own is the input's behind a prefix.
pub(super) fn pairs(
    noun: &str,
    inputs: Vec<String>,
    outputs: Option<Vec<String>>,
    prefix: &str,
) -> Result<Vec<(String, String)>, String> {
    let outputs = outputs.unwrap_or_else(|| inputs.iter().map(|input| format!("{prefix}{input}")).collect());
    if inputs.is_empty() {
        return Err(format!("{noun} has no input columns: expected one or more"));
    }
    if inputs.len() != outputs.len() {
        let expected = inputs.len();
        return Err(format!("{noun} has output columns {outputs:?} for input columns {inputs:?}: expected {expected}"));
    }
    Ok(inputs.into_iter().zip(outputs).collect())
}
