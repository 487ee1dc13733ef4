//! One sync at a time: two sessions of one device would send everything twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::EngineError;

/// Whether a replica is syncing.
#[derive(Debug, Clone, Default)]
pub(super) struct Turns {
    taken: Arc<AtomicBool>,
}

/// The right to sync, given back when dropped.
#[derive(Debug)]
pub(super) struct Turn {
    taken: Arc<AtomicBool>,
}

impl Turns {
    /// Takes the turn, unless somebody has it.
    pub(super) fn take(&self) -> Result<Turn, EngineError> {
        if self.taken.swap(true, Ordering::AcqRel) {
            return Err(EngineError::SyncRunning);
        }
        Ok(Turn { taken: Arc::clone(&self.taken) })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.taken.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_one_persons_until_it_is_dropped() {
        let turns = Turns::default();
        let first = turns.take().unwrap();
        assert_eq!(turns.take().unwrap_err().code(), "sync_running");
        drop(first);
        assert!(turns.take().is_ok());
    }
}
