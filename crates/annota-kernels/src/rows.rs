//! Where the rows of sequences lie that go through the layers together.

use std::ops::Range;

/// Rows `first..first + length` of a matrix are a sequence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Span {
    pub first: usize,
    pub length: usize,
}

pub(crate) struct Rows {
    pub spans: Vec<Span>,
    /// With those that only complete a pair.
    pub count: usize,
    /// 2 where rows are pairs, and each sequence begins with one: else 1.
    unit: usize,
}

impl Rows {
    pub(crate) fn new(lengths: impl Iterator<Item = usize>, pairs: bool) -> Self {
        let (unit, mut count) = (1 + usize::from(pairs), 0);
        let span = |length: usize| {
            let span = Span { first: count, length };
            count += length.next_multiple_of(unit);
            span
        };
        Rows { spans: lengths.map(span).collect(), count, unit }
    }

    pub(crate) fn pairs(&self) -> bool {
        self.unit == 2
    }

    /// All rows, evenly divided into the fewest blocks of about `most` rows that part no pair.
    pub(crate) fn blocks(&self, most: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        let (units, unit) = (self.count / self.unit, self.unit);
        let blocks = units.div_ceil(most.div_ceil(unit));
        (0..blocks).map(move |i| units * i / blocks * unit..units * (i + 1) / blocks * unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_completed() {
        let rows = Rows::new([3, 0, 4, 1].into_iter(), true);
        let firsts: Vec<usize> = rows.spans.iter().map(|span| span.first).collect();
        assert_eq!((firsts, rows.count), (vec![0, 4, 4, 8], 10));
        assert_eq!(Rows::new([3, 0, 4, 1].into_iter(), false).count, 8);
    }

    #[test]
    fn blocks_are_all_rows_and_part_no_pair() {
        for pairs in [false, true] {
            for length in 0..40 {
                let rows = Rows::new([length].into_iter(), pairs);
                for most in 1..20 {
                    let blocks: Vec<Range<usize>> = rows.blocks(most).collect();
                    assert!(blocks.iter().all(|b| !b.is_empty() && b.len() <= most.next_multiple_of(rows.unit)));
                    assert!(blocks.iter().all(|b| b.start.is_multiple_of(rows.unit)));
                    assert!(blocks.into_iter().flatten().eq(0..rows.count));
                }
            }
        }
    }
}
