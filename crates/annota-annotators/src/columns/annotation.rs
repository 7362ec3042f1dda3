use std::collections::BTreeMap;

/// One annotation that owns what it says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Annotation {
    pub annotator_type: String,
    /// First and last character of the document, in the session's offset unit; `end` is inclusive.
    pub begin: i32,
    pub end: i32,
    pub result: String,
    pub metadata: BTreeMap<String, String>,
    /// Empty unless the annotator embeds.
    pub embeddings: Vec<f32>,
}

/// One annotation where it lies in its column, or about to be written.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AnnotationView<'a> {
    pub annotator_type: &'a str,
    pub begin: i32,
    pub end: i32,
    pub result: &'a str,
    pub metadata: Vec<(&'a str, &'a str)>,
    pub embeddings: &'a [f32],
}

impl<'a> AnnotationView<'a> {
    /// The value of a metadata key.
    pub fn meta(&self, key: &str) -> Option<&'a str> {
        self.metadata.iter().find(|(found, _)| *found == key).map(|(_, value)| *value)
    }

    /// Whether another annotation lies within this one.
    pub fn covers(&self, other: &AnnotationView<'_>) -> bool {
        other.begin >= self.begin && other.end <= self.end
    }

    pub fn to_owned(&self) -> Annotation {
        let metadata = self.metadata.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Annotation {
            annotator_type: self.annotator_type.to_owned(),
            begin: self.begin,
            end: self.end,
            result: self.result.to_owned(),
            metadata: metadata.collect(),
            embeddings: self.embeddings.to_vec(),
        }
    }
}
