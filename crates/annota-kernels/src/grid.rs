//! A strip in tiles of sixteen rows and sixteen words, where the processor has instructions for them.

use crate::simd::Simd;
use crate::strip::{Panel, Strip};
use crate::tile::{Dot, Start};

/// Rows and words of a tile.
pub(crate) const SIDE: usize = 16;
/// Rows of two tiles.
const ROWS: usize = 2 * SIDE;
/// Lines of 64 bytes that are called into the second cache for each product of tiles.
pub(crate) const LINES: usize = 3;
const WORD: usize = size_of::<f32>();
/// Bytes of a row of a tile: what lies between two rows.
const ROW: usize = SIDE * WORD;

/// How the words of tiles are multiplied.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Dots {
    /// As pairs of bf16.
    Pairs,
    /// As four bytes, the left ones unsigned.
    Bytes,
    /// As pairs of bf16 of three parts, by [`TERMS`](crate::thirds::TERMS).
    Thirds,
}

/// `c = start + a · b`, two tiles of rows and two of columns at a time, or one where there are no more. Offsets are in bytes.
#[repr(C)]
pub(crate) struct Grid {
    /// At most 32, or 32 for each of `count`.
    pub rows: usize,
    /// 16 or 32.
    pub columns: usize,
    /// Times as many rows.
    pub count: usize,
    /// Tiles of the depth.
    pub steps: usize,
    pub start: *const f32,
    /// From one row to the next.
    pub start_row: usize,
    /// From one tile of rows to the next.
    pub start_lower: usize,
    pub start_right: usize,
    pub a: *const f32,
    /// From one tile of the depth to the next.
    pub a_step: usize,
    /// From one part to the next.
    pub a_part: usize,
    pub b: *const f32,
    pub b_step: usize,
    pub b_right: usize,
    pub b_part: usize,
    pub c: *mut f32,
    pub c_right: usize,
    /// What is called into the second cache meanwhile. Any address will do.
    pub next: *const f32,
    /// From one product of tiles to the next.
    pub next_step: usize,
}

/// As [`Strip::run`], but for words of the depth that fill no tile: the number of those that are done.
pub(crate) fn run<S: Simd, D: Dot>(s: S, dots: Dots, strip: &Strip<'_>, start: Start<'_>, to: &mut Panel<'_>) -> usize {
    let Strip { a, rows, b, depth, next } = *strip;
    let mut ahead = 0;
    let done = depth / SIDE * SIDE;
    let blocks = to.c.len() / (to.stride * SIDE);
    let (a_part, b_part) = (a.stride / D::PARTS, blocks * depth);
    if done == 0 || rows == 0 {
        return done;
    }
    assert!(const { S::LANES == SIDE && S::SLICE.is_multiple_of(SIDE) } && (1..=2).contains(&blocks));
    assert!(a.first + rows <= a_part && to.first + rows <= to.stride);
    assert!(a.words.len() >= ((done / SIDE * D::PARTS - 1) * a_part + a.first + rows) * SIDE);
    assert!(b.len() >= D::PARTS * b_part * SIDE && to.c.len() >= blocks * to.stride * SIDE);
    let c_right = to.stride * ROW;
    for from in (0..done).step_by(S::SLICE) {
        for (first, rows, count) in [(0, ROWS, rows / ROWS), (rows / ROWS * ROWS, rows % ROWS, 1)] {
            if rows * count == 0 {
                continue;
            }
            let c = to.c[(to.first + first) * SIDE..].as_mut_ptr();
            let (start, start_row, start_lower, start_right) = match start {
                Start::Vectors(vectors) if from == 0 => (vectors[..blocks * SIDE].as_ptr(), 0, 0, ROW),
                _ => (c.cast_const(), ROW, SIDE * ROW, c_right),
            };
            let left = &next[next.len().min(ahead)..];
            let grid = Grid {
                rows,
                columns: blocks * SIDE,
                count,
                steps: S::SLICE.min(done - from) / SIDE,
                start,
                start_row,
                start_lower,
                start_right,
                a: a.words[from * a.stride + (a.first + first) * SIDE..].as_ptr(),
                a_step: a.stride * ROW,
                a_part: a_part * ROW,
                b: b[from * SIDE..].as_ptr(),
                b_step: SIDE * ROW,
                b_right: depth * ROW,
                b_part: b_part * ROW,
                c,
                c_right,
                next: if left.is_empty() { b.as_ptr() } else { left.as_ptr() },
                next_step: if left.is_empty() { 0 } else { LINES * ROW },
            };
            ahead += count * grid.steps * D::TERMS.len() * LINES * SIDE;
            // SAFETY: all that is read and written lies before the ends asserted above.
            unsafe { s.grid(dots, grid) }
        }
    }
    done
}
