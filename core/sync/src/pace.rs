//! How long what is pushed may take on its way: a commit on a thin line takes minutes, and who waits for it waits
//! so much longer.

use keting_trust::limits::LINE_BYTES_PER_S_MIN;

/// How long bytes take on the thinnest line on which work still gets through, in milliseconds.
pub(crate) fn pace_ms(bytes: usize) -> u64 {
    (bytes as u64).saturating_mul(1_000) / LINE_BYTES_PER_S_MIN as u64
}
