//! Sentence detection.

mod spark_nlp;

use crate::Span;

/// Spark NLP's rule-based sentence detector with its default settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct SentenceDetector {}

impl SentenceDetector {
    /// The sentences of a document, in order, without the white space around them.
    pub fn sentences(&self, document: &str) -> Vec<Span> {
        let breaks = spark_nlp::breaks(document);
        let starts = [0].into_iter().chain(breaks.iter().copied());
        let ends = breaks.iter().copied().chain([document.len()]);
        let spans = starts.zip(ends).map(|(start, end)| Span::new(start, end).trimmed(document));
        spans.filter(|span| !span.is_empty()).collect()
    }
}
