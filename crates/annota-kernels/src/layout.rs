//! Where the words of weights lie.

use crate::linear::Form;
use crate::simd::Simd;
use crate::{Precision, thirds};

/// Words of a column that tiles multiply all rows by before the next ones, so that the rows stay in the second cache; of three
/// parts half as many.
const CHUNK: usize = 384;

/// `[chunks][panels][parts][blocks of a panel][words of a chunk][lanes]`: in the order in which they are read. A panel has
/// two blocks of columns, or the one that is left.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    /// Of whole blocks.
    columns: usize,
    /// Words in a column.
    pub(crate) depth: usize,
    /// Of which that many are multiplied by at a time.
    chunk: usize,
    parts: usize,
    lanes: usize,
}

impl Layout {
    pub(crate) fn new<S: Simd>([input, output]: [usize; 2], form: Form, precision: Precision) -> Self {
        let depth = input.div_ceil(form.factors(precision).per_word::<S>());
        let (parts, chunk) = match (form, precision) {
            (Form::Thirds, _) => (thirds::PARTS, CHUNK / 2),
            (_, Precision::Bf16 | Precision::Int8) if S::GRIDS => (1, CHUNK),
            _ => (1, usize::MAX),
        };
        Layout { columns: output.next_multiple_of(S::LANES), depth, chunk: chunk.min(depth), parts, lanes: S::LANES }
    }

    pub(crate) fn words(&self) -> usize {
        self.parts * self.depth * self.columns
    }

    /// The first words of the chunks of a column.
    pub(crate) fn chunks(&self) -> impl Iterator<Item = usize> + use<> {
        (0..self.depth).step_by(self.chunk)
    }

    /// Words in the chunk from `from` on.
    pub(crate) fn length(&self, from: usize) -> usize {
        self.chunk.min(self.depth - from)
    }

    /// Where panel `panel` of the chunk from `from` on begins, and its words if it has two blocks.
    pub(crate) fn panel(&self, from: usize, panel: usize) -> (usize, usize) {
        let size = self.parts * 2 * self.length(from) * self.lanes;
        (self.parts * from * self.columns + panel * size, size)
    }

    /// Where the words of a part of column `n` lie, in their order.
    pub(crate) fn column(self, part: usize, n: usize) -> impl Iterator<Item = usize> {
        let (block, panel) = (n / self.lanes, n / self.lanes / 2);
        let blocks = (self.columns / self.lanes - 2 * panel).min(2);
        self.chunks().flat_map(move |from| {
            let (length, lanes) = (self.length(from), self.lanes);
            let first = self.panel(from, panel).0 + (part * blocks + block % 2) * length * lanes + n % lanes;
            (0..length).map(move |word| first + word * lanes)
        })
    }
}
