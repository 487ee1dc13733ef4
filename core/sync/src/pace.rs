//! How long what is sent may take on its way: a commit on a thin line takes minutes, up and down, and who waits for
//! it waits so much longer.

use keting_trust::limits::LINE_BYTES_PER_S_MIN;

/// Says how long bytes take on the thinnest line on which work still gets through, in milliseconds.
pub fn pace_ms(bytes: usize) -> u64 {
    (bytes as u64).saturating_mul(1_000) / LINE_BYTES_PER_S_MIN as u64
}
