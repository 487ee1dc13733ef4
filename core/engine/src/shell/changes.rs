//! Who asks again after which writes.
//!
//! A write says which tables it changed, and that it changed the file at all: what is no table (the
//! outbox, drafts, what a replica knows of itself) has no finer names. A listener hears only *that*
//! something it reads has changed, however often: the last change is never lost and nothing queues up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// What a query reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reads {
    /// Rows of any table.
    Rows,
    /// Rows of these tables.
    Tables(&'static [&'static str]),
    /// Anything in the file.
    File,
    /// Anything in the file, and how things stand with the server.
    FileAndContact,
}

/// What may read otherwise than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Changed {
    /// One piece of work was written: these tables, perhaps none, and something beside them.
    Written(BTreeSet<&'static str>),
    /// How things stand with the server.
    Contact,
    /// Everything: who asks is somebody else now, or it is another day, or another file.
    Everything,
}

impl Reads {
    fn concerned_by(self, changed: &Changed) -> bool {
        match (changed, self) {
            (Changed::Everything, _)
            | (Changed::Written(_), Self::File | Self::FileAndContact)
            | (Changed::Contact, Self::FileAndContact) => true,
            (Changed::Written(tables), Self::Rows) => !tables.is_empty(),
            (Changed::Written(tables), Self::Tables(read)) => {
                read.iter().any(|table| tables.contains(table))
            }
            (Changed::Contact, _) => false,
        }
    }
}

/// Those who ask again. Clones are the same ones.
#[derive(Debug, Clone, Default)]
pub(super) struct Changes {
    listeners: Arc<Mutex<Listeners>>,
}

#[derive(Debug, Default)]
struct Listeners {
    last_id: u64,
    by_id: BTreeMap<u64, (Reads, Arc<Notify>)>,
}

/// One who asks again. Dropping it leaves nothing behind.
#[derive(Debug)]
pub(super) struct Listener {
    id: u64,
    changed: Arc<Notify>,
    changes: Changes,
}

impl Changes {
    /// Begins to listen for what changes of what is read.
    pub(super) fn listen(&self, reads: Reads) -> Listener {
        let changed = Arc::new(Notify::new());
        let mut listeners = self.listeners();
        listeners.last_id += 1;
        let id = listeners.last_id;
        listeners.by_id.insert(id, (reads, Arc::clone(&changed)));
        drop(listeners);
        Listener { id, changed, changes: self.clone() }
    }

    /// Tells everybody whom it concerns.
    pub(super) fn tell(&self, changed: &Changed) {
        // Whoever is woken may run at once, and listen or leave: the list is not locked by then.
        let concerned: Vec<_> = self
            .listeners()
            .by_id
            .values()
            .filter(|(reads, _)| reads.concerned_by(changed))
            .map(|(_, notify)| Arc::clone(notify))
            .collect();
        concerned.iter().for_each(|notify| notify.notify_one());
    }

    /// How many listen.
    pub(super) fn count(&self) -> usize {
        self.listeners().by_id.len()
    }

    fn listeners(&self) -> MutexGuard<'_, Listeners> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener {
    /// Waits until something changed since this was last waited for, or since it began to listen.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Leaves early: it hears of nothing more.
    pub(super) fn leave(&self) {
        self.changes.listeners().by_id.remove(&self.id);
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn a_listener_hears_of_what_it_reads_and_of_nothing_else() {
        let changes = Changes::default();
        let heard = |reads, changed: &Changed| {
            let listener = changes.listen(reads);
            changes.tell(changed);
            listener.changed().now_or_never().is_some()
        };
        let all = [Reads::Rows, Reads::Tables(&["region"]), Reads::File, Reads::FileAndContact];
        let of = |changed: Changed| all.map(|reads| heard(reads, &changed));
        assert_eq!(of(Changed::Written(["need"].into())), [true, false, true, true]);
        assert_eq!(of(Changed::Written(["region"].into())), [true; 4]);
        assert_eq!(of(Changed::Written(BTreeSet::new())), [false, false, true, true]);
        assert_eq!(of(Changed::Contact), [false, false, false, true]);
        assert_eq!(of(Changed::Everything), [true; 4]);
        assert_eq!(changes.count(), 0);
    }

    #[test]
    fn a_listener_that_was_told_a_thousand_times_hears_it_once() {
        let changes = Changes::default();
        let listener = changes.listen(Reads::File);
        for _ in 0..1_000 {
            changes.tell(&Changed::Everything);
        }
        assert!(listener.changed().now_or_never().is_some());
        assert!(listener.changed().now_or_never().is_none());
        changes.tell(&Changed::Everything);
        assert!(listener.changed().now_or_never().is_some());
    }
}
