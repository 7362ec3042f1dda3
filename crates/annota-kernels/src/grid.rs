//! A product in tiles of sixteen rows and sixteen words, where the processor has instructions for them.

/// Rows and words of a tile.
pub(crate) const SIDE: usize = 16;

/// How the words of tiles are multiplied.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Dots {
    /// As pairs of bf16.
    Pairs,
    /// As four bytes, the left ones unsigned.
    Bytes,
    /// As pairs of bf16 of three parts, in the order of [`TERMS`](crate::thirds::TERMS).
    Thirds,
}

/// `c = start + a · b` for up to two tiles of rows and two of columns. Rows of all matrices lie side by side, but for those
/// of `start`; offsets are in bytes.
#[repr(C)]
pub(crate) struct Grid {
    /// At most 2 · [`SIDE`].
    pub rows: usize,
    /// [`SIDE`] or twice as many.
    pub columns: usize,
    /// Of the depth.
    pub steps: usize,
    /// From the upper tiles of `a` and `c` to the lower ones.
    pub lower: usize,
    pub start: *const f32,
    /// From one row to the next.
    pub start_row: usize,
    pub start_lower: usize,
    pub start_right: usize,
    pub a: *const f32,
    /// From one tile of the depth to the next.
    pub a_step: usize,
    /// From one part to the next.
    pub a_part: usize,
    pub b: *const f32,
    pub b_right: usize,
    pub b_part: usize,
    pub c: *mut f32,
    pub c_right: usize,
}
