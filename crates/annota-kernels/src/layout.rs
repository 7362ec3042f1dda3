//! Where the words of weights lie.

use crate::linear::Form;
use crate::simd::Simd;
use crate::{Precision, thirds};

/// `[chunks][panels][parts][blocks of a panel][words of a chunk][lanes]`: in the order in which they are read. A panel has
/// two blocks of columns, or the one that is left.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    /// Of whole blocks.
    columns: usize,
    /// Words in a column.
    pub depth: usize,
    /// Of which that many are multiplied by at a time.
    chunk: usize,
    pub parts: usize,
    lanes: usize,
}

impl Layout {
    pub(crate) fn new<S: Simd>([input, output]: [usize; 2], form: Form, precision: Precision) -> Self {
        let depth = input.div_ceil(form.factors(precision).per_word::<S>());
        let (parts, chunk) = match (form, precision) {
            (Form::Thirds, _) => (thirds::PARTS, thirds::CHUNK),
            (_, Precision::Bf16 | Precision::Int8) if S::GRIDS => (1, S::CHUNK),
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

    /// Of a part of a word of column `n`.
    pub(crate) fn at(&self, part: usize, word: usize, n: usize) -> usize {
        let from = word / self.chunk * self.chunk;
        let (block, panel) = (n / self.lanes, n / self.lanes / 2);
        let blocks = (self.columns / self.lanes - 2 * panel).min(2);
        let row = (part * blocks + block % 2) * self.length(from) + word - from;
        self.panel(from, panel).0 + row * self.lanes + n % self.lanes
    }
}
