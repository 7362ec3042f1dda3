use crate::Span;
use crate::span::is_java_space;

/// Spark NLP's tokenizer with its default settings: runs of what is not ASCII white space, from which leading
/// and trailing runs of [`Tokenizer::CONTEXT`] characters are taken off as tokens of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Tokenizer {}

impl Tokenizer {
    /// Punctuation that is taken off a word's ends. Runs of it stay together.
    pub const CONTEXT: &'static [u8] = b".,;:!?*-()\"'";

    /// The tokens of a sentence, in order.
    pub fn tokens(&self, sentence: &str) -> Vec<Span> {
        let mut tokens = Vec::new();
        let bytes = sentence.as_bytes();
        let mut start = 0;
        while let Some(skipped) = bytes[start..].iter().position(|&byte| !is_java_space(byte)) {
            start += skipped;
            let length = bytes[start..].iter().position(|&byte| is_java_space(byte));
            let end = length.map_or(bytes.len(), |length| start + length);
            split_word(bytes, Span::new(start, end), &mut tokens);
            start = end;
        }
        tokens
    }
}

fn split_word(bytes: &[u8], word: Span, tokens: &mut Vec<Span>) {
    let inner = |byte: &u8| !Tokenizer::CONTEXT.contains(byte);
    let characters = &bytes[word.range()];
    let Some(first) = characters.iter().position(inner) else {
        tokens.push(word);
        return;
    };
    let last = characters.iter().rposition(inner).unwrap_or(first) + 1;
    let parts = [(0, first), (first, last), (last, characters.len())];
    let spans = parts.map(|(start, end)| Span::new(word.start + start, word.start + end));
    tokens.extend(spans.into_iter().filter(|span| !span.is_empty()));
}
