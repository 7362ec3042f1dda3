//! Memory in which every matrix lies: words of 32 bits in blocks of as many columns as a vector has lanes.
//!
//! Element (r, c) of a matrix of `stride` rows is word `(c / L · stride + r) · L + c % L`. A tile of a product then finds
//! its rows side by side, a column of tiles is one piece of memory, and the result of one product is the operand of the
//! next without being packed. A word is an f32, or has in the bits of an f32 two bf16 or four bytes of columns that
//! follow one another.

/// Zeroed words, aligned to cache lines.
#[derive(Clone, Default)]
pub(crate) struct Words(Vec<Line>);

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([f32; 16]);

impl Words {
    pub(crate) fn zeros(words: usize) -> Self {
        Words(vec![Line([0.0; 16]); words.div_ceil(16)])
    }

    pub(crate) fn from_slice(values: &[f32]) -> Self {
        let mut words = Words::zeros(values.len());
        words[..values.len()].copy_from_slice(values);
        words
    }
}

impl std::ops::Deref for Words {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        // SAFETY: a `Line` is sixteen f32 and nothing else (its size is its alignment).
        unsafe { std::slice::from_raw_parts(self.0.as_ptr().cast(), self.0.len() * 16) }
    }
}

impl std::ops::DerefMut for Words {
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: as above, and `self` is borrowed for as long.
        unsafe { std::slice::from_raw_parts_mut(self.0.as_mut_ptr().cast(), self.0.len() * 16) }
    }
}

/// Two values rounded to bf16 (to nearest, ties to even) as one word, the first in the low half.
#[inline(always)]
pub(crate) fn pair(first: f32, second: f32) -> f32 {
    f32::from_bits(bf16(first) | bf16(second) << 16)
}

/// Rounded to bf16, to nearest, ties to even.
#[inline(always)]
pub(crate) fn round_bf16(x: f32) -> f32 {
    f32::from_bits(bf16(x) << 16)
}

#[inline(always)]
fn bf16(x: f32) -> u32 {
    let bits = x.to_bits();
    if x.is_nan() { 0x7fc0 } else { (bits + (0x7fff + (bits >> 16 & 1))) >> 16 }
}

/// Rows of a matrix in blocks, from row `first` on.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub words: &'a [f32],
    /// Rows of the matrix.
    pub stride: usize,
    pub first: usize,
}

/// Rows from one block to the next, an odd number: rows of neighbouring blocks then never compete for the same few lines
/// of a cache.
pub(crate) fn stride(rows: usize) -> usize {
    rows | 1
}

/// A matrix of which every row is written.
pub(crate) struct Matrix {
    pub words: Words,
    /// Of [`stride`].
    pub stride: usize,
    lanes: usize,
}

impl Matrix {
    pub(crate) fn new(rows: usize, blocks: usize, lanes: usize) -> Self {
        let stride = stride(rows);
        Matrix { words: Words::zeros(stride * blocks * lanes), stride, lanes }
    }

    pub(crate) fn from(&self, first: usize) -> View<'_> {
        View { words: &self.words, stride: self.stride, first }
    }

    /// From column block `block` on.
    pub(crate) fn block(&self, block: usize, first: usize) -> View<'_> {
        View { words: &self.words[block * self.stride * self.lanes..], stride: self.stride, first }
    }

    /// Words in a column block.
    pub(crate) fn block_size(&self) -> usize {
        self.stride * self.lanes
    }

    /// Where the words of `row` in `block` begin.
    pub(crate) fn at(&self, row: usize, block: usize) -> usize {
        (block * self.stride + row) * self.lanes
    }

    /// Copies `rows`, row-major and `width` wide, to the rows from 0 on.
    pub(crate) fn read(&mut self, rows: &[f32], width: usize) {
        for (r, row) in rows.chunks_exact(width).enumerate() {
            for (b, part) in row.chunks(self.lanes).enumerate() {
                let at = self.at(r, b);
                self.words[at..at + part.len()].copy_from_slice(part);
            }
        }
    }

    /// Copies the rows from `first` on to `rows`, row-major and `width` wide.
    pub(crate) fn write(&self, first: usize, rows: &mut [f32], width: usize) {
        for (r, row) in rows.chunks_exact_mut(width).enumerate() {
            for (b, part) in row.chunks_mut(self.lanes).enumerate() {
                let at = self.at(first + r, b);
                part.copy_from_slice(&self.words[at..at + part.len()]);
            }
        }
    }
}
