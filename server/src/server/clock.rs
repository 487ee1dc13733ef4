//! What the core does about its own clock: nothing that lasts while that is suspect.

use keting_sync::Denial;

use super::effects::denial;
use super::{ConnectionId, Server};
use crate::clock_watch::{ClockWatch, KeptClock, Suspicion};
use crate::store::{ServerRead, ServerStore, ServerTransaction, StoreError};

/// The code of it all.
pub(crate) const CLOCK_SUSPECT: &str = "clock_suspect";
const HEARTBEAT: &str = "clock_heartbeat";
const IS_SUSPECT: &str = "clock_is_suspect";

impl Server {
    /// Looks at the clocks, and ends every session if the wall clock has become suspect. To be called
    /// before anything that relies on the time; [`Self::step`] begins with it.
    pub fn look_at_clock(&mut self, now_ms: u64, unix_ms: u64) {
        if self.clock.look(unix_ms, now_ms) {
            let open: Vec<ConnectionId> = self.connections.keys().copied().collect();
            for connection in open {
                self.refuse(connection, clock_suspect());
            }
            // Losing them costs nothing but later ones.
            self.confirmations.clear();
            self.confirmations_due = None;
        }
        if let Some(kept) = self.clock.due(unix_ms, now_ms, false) {
            let written = keep(&mut *self.store, kept);
            self.note_result(written);
        }
    }

    /// Why the server's clock is not to be believed, unless it is. Until the operator has confirmed
    /// it, no device is served and nothing is enrolled, admitted or signed.
    pub fn clock_suspicion(&self) -> Option<Suspicion> {
        self.clock.suspicion()
    }

    /// The operator says that the clock is right as it stands. Who was told another time until now is
    /// let go, and hears this one when they come again.
    ///
    /// # Errors
    /// When that cannot be written; the clock is then as suspect as before.
    pub fn confirm_clock(&mut self, now_ms: u64, unix_ms: u64) -> Result<(), StoreError> {
        self.look_at_clock(now_ms, unix_ms);
        keep(&mut *self.store, KeptClock { heartbeat_ms: unix_ms, is_suspect: false })?;
        self.clock.confirm(unix_ms, now_ms);
        // What a suspect clock gave no time for.
        self.keys_due = Some(now_ms);
        Ok(())
    }

    fn refuse(&mut self, connection: ConnectionId, denial: Denial) {
        if let Some(open) = self.connections.get_mut(&connection) {
            open.session.refuse(denial);
            open.stalled = None;
            self.touched.insert(connection);
        }
    }
}

/// What a device is told while the clock is suspect.
pub(super) fn clock_suspect() -> Denial {
    denial(CLOCK_SUSPECT, true)
}

/// The watch as a store has it.
pub(super) fn watch_of(read: &dyn ServerRead) -> Result<ClockWatch, StoreError> {
    let heartbeat_ms = match read.meta(HEARTBEAT)? {
        None => 0,
        Some(bytes) => {
            let damaged = |_| StoreError::Damaged("a heartbeat is no time");
            u64::from_be_bytes(bytes.as_slice().try_into().map_err(damaged)?)
        }
    };
    let is_suspect = read.meta(IS_SUSPECT)?.is_some_and(|value| value == [1]);
    Ok(ClockWatch::new(KeptClock { heartbeat_ms, is_suspect }))
}

/// Writes what is to be kept of the watch.
pub(super) fn put(
    transaction: &mut dyn ServerTransaction,
    kept: KeptClock,
) -> Result<(), StoreError> {
    transaction.set_meta(HEARTBEAT, &kept.heartbeat_ms.to_be_bytes())?;
    transaction.set_meta(IS_SUSPECT, &[u8::from(kept.is_suspect)])
}

fn keep(store: &mut dyn ServerStore, kept: KeptClock) -> Result<(), StoreError> {
    let mut transaction = store.begin()?;
    put(&mut *transaction, kept)?;
    transaction.commit()
}
