//! For whom a thread works. A caller that waits in vain is noticed by the token that it holds.

use std::cell::RefCell;
use std::sync::{Arc, Weak};

thread_local! {
    static CALLER: RefCell<Option<Weak<()>>> = const { RefCell::new(None) };
}

/// Runs `work`, which may ask engines, for a caller elsewhere that holds `caller`. Once the caller has dropped it, what
/// was asked is given up before the next batch, and the asking ends with [`ModelError::CallerLeft`].
///
/// [`ModelError::CallerLeft`]: crate::ModelError::CallerLeft
pub fn on_behalf_of<T>(caller: Weak<()>, work: impl FnOnce() -> T) -> T {
    struct Restore(Option<Weak<()>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            CALLER.set(self.0.take());
        }
    }
    let _restore = Restore(CALLER.replace(Some(caller)));
    work()
}

/// The caller of this thread; without one `own`, which lives while the thread waits.
pub(super) fn current(own: &Arc<()>) -> Weak<()> {
    CALLER.with_borrow(|caller| caller.clone()).unwrap_or_else(|| Arc::downgrade(own))
}
