//! Who is told of downloads: one listener for the process, as there is one terminal.

use std::sync::OnceLock;

use super::hub::{Progress, Silent};

static LISTENER: OnceLock<&'static (dyn Progress + Sync)> = OnceLock::new();

/// Tells `listener` of every download of this process. The first that is set stays.
pub fn listen(listener: &'static (dyn Progress + Sync)) {
    LISTENER.get_or_init(|| listener);
}

/// The listener, or one that tells nobody.
pub(super) fn listener() -> &'static (dyn Progress + Sync) {
    LISTENER.get().copied().unwrap_or(&Silent)
}
