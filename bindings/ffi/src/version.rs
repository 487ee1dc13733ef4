//! Which version this is.

use keting::EngineError;

use crate::failure::KetingError;
use crate::guarded;

/// The version, such as `0.1.0`. A library in another language refuses one that is not its own.
///
/// # Errors
/// `internal`.
#[uniffi::export]
pub fn version() -> Result<String, KetingError> {
    guarded::now(|| Ok::<_, EngineError>(env!("CARGO_PKG_VERSION").to_owned()))
}
