use std::ops::Range;

use super::Pieces;

/// For each token (bytes of the text, best in order) the indices of its pieces that are not skipped; none for a token
/// of which normalisation left nothing.
///
/// A piece belongs to a token if they share a byte.
pub fn token_pieces(pieces: &Pieces, tokens: &[Range<usize>], skip: impl Fn(u32) -> bool) -> Vec<Vec<usize>> {
    let (mut next, mut previous) = (0, 0);
    tokens
        .iter()
        .map(|token| {
            if token.start < previous {
                next = 0;
            }
            previous = token.start;
            while pieces.spans.get(next).is_some_and(|span| span.end <= token.start) {
                next += 1;
            }
            let candidates = pieces.spans.iter().zip(&pieces.ids).enumerate().skip(next);
            candidates
                .take_while(|(_, (span, _))| span.start < token.end)
                .filter(|(_, (span, id))| span.end > token.start && !span.is_empty() && !skip(**id))
                .map(|(index, _)| index)
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Pieces, token_pieces};

    #[test]
    fn a_token_takes_its_inked_pieces() {
        // "ab cd ." as ▁a b ▁cd ▁ .
        let pieces = Pieces { ids: vec![1, 2, 3, 0, 4], spans: vec![0..1, 1..2, 3..5, 6..6, 6..7] };
        let tokens = [0..2, 3..5, 6..7];
        let found = token_pieces(&pieces, &tokens, |id| id == 0);
        assert_eq!(found, [vec![0, 1], vec![2], vec![4]]);
    }

    #[test]
    fn two_tokens_may_share_a_piece_and_one_may_have_none() {
        let pieces = Pieces { ids: vec![7, 8], spans: vec![0..4, 4..5] };
        let found = token_pieces(&pieces, &[0..2, 2..4, 5..8], |_| false);
        assert_eq!(found, [vec![0], vec![0], vec![]]);
    }
}
