//! Sentence detection.

mod annota;
mod bounds;
mod settings;
mod spark_nlp;
mod split;

pub use bounds::BoundStrategy;
pub use settings::{Paragraphs, Profile, SentenceSettings};

use bounds::{Bounds, Cut};

use crate::{SettingError, Span, StepLimit};

/// Finds the sentences of documents by rules.
#[derive(Debug, Clone)]
pub struct SentenceDetector {
    settings: SentenceSettings,
    bounds: Bounds,
}

impl SentenceDetector {
    /// # Errors
    /// A pattern that cannot be read, or a `max_length` below `min_length`.
    pub fn new(settings: SentenceSettings) -> Result<Self, SettingError> {
        crate::settings::check_lengths(settings.min_length, settings.max_length)?;
        if settings.split_length == Some(0) {
            return Err(SettingError::new("split_length", "0", "a whole number of at least 1"));
        }
        Ok(SentenceDetector { bounds: Bounds::new(&settings)?, settings })
    }

    /// The sentences of a document, in order, without the white space around them.
    ///
    /// # Errors
    /// A pattern among the custom bounds that takes too many steps. Without custom bounds there is no error.
    pub fn sentences(&self, document: &str) -> Result<Vec<Span>, StepLimit> {
        let cuts = self.cuts(document)?;
        let starts = std::iter::once(0).chain(cuts.iter().map(|cut| cut.start));
        let ends = cuts.iter().map(|cut| cut.end).chain([document.len()]);
        let spans = starts.zip(ends).map(|(start, end)| self.trimmed(document, Span::new(start, end.max(start))));
        let spans = spans.filter(|span| !span.is_empty());
        let Some(length) = self.settings.split_length else {
            return Ok(spans.filter(|span| self.fits(document, *span)).collect());
        };
        let mut parts = Vec::new();
        spans.for_each(|span| split::wrap(document, span, length, &mut parts));
        // Spark NLP leaves the blanks at the ends of what it wraps.
        let trims = self.settings.profile == Profile::Annota;
        let parts = parts.into_iter().map(|part| if trims { self.trimmed(document, part) } else { part });
        Ok(parts.filter(|part| !part.is_empty() && self.fits(document, *part)).collect())
    }

    fn cuts(&self, document: &str) -> Result<Vec<Cut>, StepLimit> {
        let custom = self.bounds.cuts(document)?;
        if self.settings.use_custom_bounds_only && !self.bounds.is_empty() {
            return Ok(custom);
        }
        Ok(match self.settings.profile {
            Profile::SparkNlp => spark_nlp::cuts(document, &self.settings, &custom),
            Profile::Annota => {
                let mut cuts = custom;
                let breaks = annota::breaks(document, &self.settings);
                bounds::merge(&mut cuts, breaks.into_iter().map(Cut::at).collect());
                cuts
            }
        })
    }

    fn trimmed(&self, document: &str, span: Span) -> Span {
        match self.settings.profile {
            Profile::SparkNlp => span.trimmed(document),
            Profile::Annota => span.without_blanks(document),
        }
    }

    fn fits(&self, document: &str, span: Span) -> bool {
        crate::settings::fits(&document[span.range()], self.settings.min_length, self.settings.max_length)
    }
}

impl Default for SentenceDetector {
    fn default() -> Self {
        let settings = SentenceSettings::default();
        SentenceDetector { settings, bounds: Bounds::default() }
    }
}
