use std::ops::Range;

use super::Pieces;

/// For each token (bytes of the text, best in order) the index of its first piece that is not skipped, or `None` for
/// a token of which normalisation left nothing.
///
/// A piece belongs to a token if they share a byte, not counting the blanks that a piece starts with.
pub fn first_pieces(
    text: &str,
    pieces: &Pieces,
    tokens: &[Range<usize>],
    skip: impl Fn(u32) -> bool,
) -> Vec<Option<usize>> {
    let inked: Vec<Range<usize>> = pieces.spans.iter().map(|span| without_leading_blanks(text, span)).collect();
    let (mut next, mut previous) = (0, 0);
    tokens
        .iter()
        .map(|token| {
            if token.start < previous {
                next = 0;
            }
            previous = token.start;
            while inked.get(next).is_some_and(|span| span.end <= token.start) {
                next += 1;
            }
            let candidates = inked.iter().zip(&pieces.ids).enumerate().skip(next);
            candidates
                .take_while(|(_, (span, _))| span.start < token.end)
                .find(|(_, (span, id))| span.end > token.start && !span.is_empty() && !skip(**id))
                .map(|(index, _)| index)
        })
        .collect()
}

fn without_leading_blanks(text: &str, span: &Range<usize>) -> Range<usize> {
    let covered = text.get(span.clone()).unwrap_or_default();
    let blanks = covered.len() - covered.trim_start().len();
    // A piece of nothing but blanks keeps its place; no token can share it.
    span.start + blanks..span.end
}

#[cfg(test)]
mod tests {
    use super::{Pieces, first_pieces};

    #[test]
    fn a_token_takes_its_first_inked_piece() {
        // "ab cd ." as ▁a b ▁cd ▁ .
        let pieces = Pieces { ids: vec![1, 2, 3, 0, 4], spans: vec![0..1, 1..2, 2..5, 5..6, 6..7] };
        let tokens = [0..2, 3..5, 6..7];
        assert_eq!(first_pieces("ab cd .", &pieces, &tokens, |id| id == 0), [Some(0), Some(2), Some(4)]);
    }

    #[test]
    fn two_tokens_may_share_a_piece_and_one_may_have_none() {
        let pieces = Pieces { ids: vec![7, 8], spans: vec![0..4, 4..5] };
        assert_eq!(first_pieces("ab.cd\u{200b}", &pieces, &[0..2, 2..4, 5..8], |_| false), [Some(0), Some(0), None]);
    }
}
