//! `watch`: a screen says which tables it shows and hears which of their rows changed.
//!
//! An observer that does not keep up loses the detail, never the news: past a bound it hears once
//! that everything may have changed, and asks again.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use keting_model::{DocumentId, RowChange};
use keting_trust::limits;

/// Which row changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangedRow {
    /// The projection table.
    pub table: &'static str,
    /// The document the row was derived from.
    pub document: DocumentId,
    /// What in the document it is about; empty for the document itself.
    pub item: Vec<u8>,
}

/// What an observer hears after a transaction was committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// Exactly these rows changed, in one transaction.
    Rows(Vec<ChangedRow>),
    /// More changed than was listened for in time: ask again for everything shown.
    Everything,
}

/// Those who watch.
#[derive(Debug, Default, Clone)]
pub struct Observers {
    list: Arc<Mutex<Vec<Observer>>>,
}

#[derive(Debug)]
struct Observer {
    id: u64,
    tables: Vec<&'static str>,
    sender: SyncSender<Changed>,
    missed: bool,
}

/// An observer's end. Dropping it ends the watch.
#[derive(Debug)]
pub struct Subscription {
    id: u64,
    receiver: Receiver<Changed>,
    list: Arc<Mutex<Vec<Observer>>>,
}

impl Observers {
    /// Begins to watch `tables`; none means all.
    pub fn subscribe(&self, tables: &[&'static str]) -> Subscription {
        let (sender, receiver) = mpsc::sync_channel(limits::WATCH_CHANGES_MAX);
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        let id = list.iter().map(|observer| observer.id + 1).max().unwrap_or(0);
        list.push(Observer { id, tables: tables.to_vec(), sender, missed: false });
        drop(list);
        Subscription { id, receiver, list: Arc::clone(&self.list) }
    }

    /// Tells everybody who watches what a committed transaction changed.
    pub fn tell(&self, changes: &[RowChange]) {
        if changes.is_empty() {
            return;
        }
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        list.retain_mut(|observer| observer.tell(changes));
    }
}

impl Observer {
    /// False when nobody listens any more.
    fn tell(&mut self, changes: &[RowChange]) -> bool {
        let shown: Vec<_> =
            changes.iter().map(changed_row).filter(|row| self.shows(row.table)).collect();
        if shown.is_empty() && !self.missed {
            return true;
        }
        let news = if self.missed { Changed::Everything } else { Changed::Rows(shown) };
        match self.sender.try_send(news) {
            Ok(()) => self.missed = false,
            Err(TrySendError::Full(_)) => self.missed = true,
            Err(TrySendError::Disconnected(_)) => return false,
        }
        true
    }

    fn shows(&self, table: &str) -> bool {
        self.tables.is_empty() || self.tables.contains(&table)
    }
}

impl Subscription {
    /// Waits for the next news; `None` when there was none in time or the replica is closed.
    pub fn next(&self, patience: Duration) -> Option<Changed> {
        match self.receiver.recv_timeout(patience) {
            Ok(changed) => Some(changed),
            Err(RecvTimeoutError::Timeout) => self.take_missed().then_some(Changed::Everything),
            Err(RecvTimeoutError::Disconnected) => None,
        }
    }

    /// Whether news was lost that no later news made known.
    fn take_missed(&self) -> bool {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        list.iter_mut()
            .find(|observer| observer.id == self.id)
            .is_some_and(|observer| std::mem::take(&mut observer.missed))
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        list.retain(|observer| observer.id != self.id);
    }
}

fn changed_row(change: &RowChange) -> ChangedRow {
    match change {
        RowChange::Put(row) => {
            ChangedRow { table: row.table.name, document: row.document, item: row.item.clone() }
        }
        RowChange::Delete { table, document, item } => {
            ChangedRow { table: table.name, document: *document, item: item.clone() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keting_model::{DocumentKind, Table};

    static HOUSEHOLD: Table = Table { name: "household", columns: &[] };
    static REGION: Table = Table { name: "region", columns: &[] };
    const AT_ONCE: Duration = Duration::ZERO;

    #[test]
    fn an_observer_hears_of_the_tables_it_shows_and_of_no_other() {
        let observers = Observers::default();
        let subscription = observers.subscribe(&["household"]);
        observers.tell(&[gone(&REGION)]);
        observers.tell(&[gone(&REGION), gone(&HOUSEHOLD)]);
        let Some(Changed::Rows(rows)) = subscription.next(AT_ONCE) else { panic!("no news") };
        assert_eq!(rows.iter().map(|row| row.table).collect::<Vec<_>>(), ["household"]);
        assert_eq!(subscription.next(AT_ONCE), None);
    }

    #[test]
    fn an_observer_that_does_not_keep_up_hears_that_everything_may_have_changed() {
        let observers = Observers::default();
        let subscription = observers.subscribe(&[]);
        for _ in 0..=limits::WATCH_CHANGES_MAX {
            observers.tell(&[gone(&HOUSEHOLD)]);
        }
        let mut last = None;
        while let Some(news) = subscription.next(AT_ONCE) {
            last = Some(news);
        }
        assert_eq!(last, Some(Changed::Everything));
    }

    #[test]
    fn dropping_the_subscription_ends_the_watch() {
        let observers = Observers::default();
        drop(observers.subscribe(&[]));
        observers.tell(&[gone(&HOUSEHOLD)]);
        assert!(observers.list.lock().unwrap().is_empty());
    }

    fn gone(table: &'static Table) -> RowChange {
        let document = DocumentId::from_random(DocumentKind::Household, [1; 14]);
        RowChange::Delete { table, document, item: Vec::new() }
    }
}
