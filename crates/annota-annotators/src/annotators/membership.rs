use crate::AnnotationView;

/// The sentences of a row, which find the tokens that lie within them. Where a row has several documents, whose
/// places overlap, a token belongs to a sentence of its own document.
pub struct Sentences<'a> {
    sentences: Vec<AnnotationView<'a>>,
    /// Whether the sentences are documents side by side, which their numbers tell apart.
    are_documents: bool,
    /// Document, begin and place of every sentence, in this order.
    sorted: Vec<(&'a str, i32, usize)>,
}

impl<'a> Sentences<'a> {
    pub fn new(sentences: Vec<AnnotationView<'a>>) -> Self {
        let follows = |pair: &[AnnotationView<'_>]| pair[1].begin > pair[0].begin;
        let are_documents =
            sentences.iter().all(|sentence| sentence.meta("document").is_none()) && !sentences.windows(2).all(follows);
        let places = sentences.iter().enumerate();
        let places = places.map(|(place, sentence)| (document_of(sentence, are_documents), sentence.begin, place));
        let mut sorted: Vec<_> = places.collect();
        sorted.sort_unstable();
        Sentences { sentences, are_documents, sorted }
    }

    pub fn iter(&self) -> impl Iterator<Item = &AnnotationView<'a>> {
        self.sentences.iter()
    }

    /// For every sentence the tokens that lie within it, in their order.
    pub fn with_their<'t>(&self, tokens: impl Iterator<Item = AnnotationView<'t>>) -> Vec<Vec<AnnotationView<'t>>> {
        let mut found: Vec<Vec<AnnotationView<'t>>> = vec![Vec::new(); self.sentences.len()];
        for token in tokens {
            if let Some(place) = self.place_of(&token) {
                found[place].push(token);
            }
        }
        found
    }

    fn place_of(&self, token: &AnnotationView<'_>) -> Option<usize> {
        let document = document_of(token, self.are_documents);
        let behind = self.sorted.partition_point(|(found, begin, _)| (*found, *begin) <= (document, token.begin));
        let (found, _, place) = *self.sorted.get(behind.checked_sub(1)?)?;
        (found == document && self.sentences[place].covers(token)).then_some(place)
    }
}

/// The index of the document of a sentence or token; a document's own index is its number.
fn document_of<'a>(annotation: &AnnotationView<'a>, are_documents: bool) -> &'a str {
    let number = || annotation.meta("sentence").filter(|_| are_documents);
    annotation.meta("document").or_else(number).unwrap_or_default()
}
