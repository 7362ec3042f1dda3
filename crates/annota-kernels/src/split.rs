//! One loop for one thread and for many.

use rayon::prelude::*;

/// Calls `f(state, i, chunk)` for every chunk of `size` words: in order with one state, or, with `team`, on all threads
/// of the current pool, each with its own.
pub(crate) fn chunks<T>(
    team: bool,
    words: &mut [f32],
    size: usize,
    state: impl Fn() -> T + Send + Sync,
    f: impl Fn(&mut T, usize, &mut [f32]) + Send + Sync,
) {
    if team {
        words
            .par_chunks_mut(size)
            .enumerate()
            .with_max_len(1)
            .for_each_init(state, |state, (i, chunk)| f(state, i, chunk));
    } else {
        let mut state = state();
        words.chunks_mut(size).enumerate().for_each(|(i, chunk)| f(&mut state, i, chunk));
    }
}
