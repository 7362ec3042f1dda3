//! Where the runtimes of GPUs keep what they tune and compile.

use cubecl::config::cache::CacheConfig;
use cubecl::config::{CubeClRuntimeConfig, RuntimeConfig};

use crate::kept;

/// Has the runtime keep what it tunes and compiles in the user's cache folder, wherever a process was started; by
/// itself it would look for a `target` folder. A `cubecl.toml` or `burn.toml` may name another place. To be called
/// before a device is opened.
pub fn keep() {
    let mut config = CubeClRuntimeConfig::from_current_dir().override_from_env();
    if matches!(config.environment.path, CacheConfig::Target) {
        config.environment.path = kept::folder("gpu").map_or(CacheConfig::Global, CacheConfig::Directory);
    }
    config.compilation.cache = true;
    // A program that has used burn before has its own.
    CubeClRuntimeConfig::try_set(config);
}
