//! One loop for one thread and for many.

use rayon::prelude::*;

/// Calls `f(state, i, part)` for every part: in order with one state, or, with `team`, on all threads of the current pool,
/// each with its own.
pub(crate) fn each<P: Send, T>(
    team: bool,
    parts: impl Iterator<Item = P>,
    state: impl Fn() -> T + Send + Sync,
    f: impl Fn(&mut T, usize, P) + Send + Sync,
) {
    if team {
        let parts: Vec<P> = parts.collect();
        let parts = parts.into_par_iter().enumerate().with_max_len(1);
        parts.for_each_init(state, |state, (i, part)| f(state, i, part));
    } else {
        let mut state = state();
        parts.enumerate().for_each(|(i, part)| f(&mut state, i, part));
    }
}
