//! `watch`: a screen says which tables it shows and hears which of their rows changed.
//!
//! An observer that does not keep up loses the detail, never the news: past a bound it hears once
//! that everything may have changed, and asks again. A watch ends by itself when the replica closes.

use std::collections::BTreeSet;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
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

/// What came of waiting for news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// There is news.
    Changed(Changed),
    /// There was none in time.
    TimedOut,
    /// The replica is closed: there will be none.
    Closed,
}

/// Those who watch.
#[derive(Debug, Default, Clone)]
pub struct Observers {
    list: Arc<Mutex<Vec<Observer>>>,
    /// The tables that were told of since somebody last took them.
    tables: Arc<Mutex<BTreeSet<&'static str>>>,
}

#[derive(Debug)]
struct Observer {
    id: u64,
    tables: Vec<&'static str>,
    sender: SyncSender<Changed>,
    missed: bool,
}

/// An observer's end. Dropping it ends the watch.
///
/// As an iterator it waits for each news, and is at its end when the replica is closed.
#[derive(Debug)]
pub struct Subscription {
    id: u64,
    receiver: Receiver<Changed>,
    /// Weak, or the watch itself would keep its sender alive and never hear that the replica closed.
    list: Weak<Mutex<Vec<Observer>>>,
}

impl Observers {
    /// Begins to watch `tables`; none means all.
    pub fn subscribe(&self, tables: &[&'static str]) -> Subscription {
        let (sender, receiver) = mpsc::sync_channel(limits::WATCH_CHANGES_MAX);
        let mut list = locked(&self.list);
        let id = list.iter().map(|observer| observer.id + 1).max().unwrap_or(0);
        list.push(Observer { id, tables: tables.to_vec(), sender, missed: false });
        drop(list);
        Subscription { id, receiver, list: Arc::downgrade(&self.list) }
    }

    /// Tells everybody who watches what a committed transaction changed.
    pub fn tell(&self, changes: &[RowChange]) {
        if changes.is_empty() {
            return;
        }
        locked(&self.tables).extend(changes.iter().map(table));
        locked(&self.list).retain_mut(|observer| observer.tell(changes));
    }

    /// The tables that changed since this was last asked.
    pub(crate) fn take_tables(&self) -> BTreeSet<&'static str> {
        std::mem::take(&mut locked(&self.tables))
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
    /// Waits for the next news, but no longer than `patience`.
    pub fn next_within(&self, patience: Duration) -> Next {
        if let Some(known) = self.next_at_once() {
            return known;
        }
        match self.receiver.recv_timeout(patience) {
            Ok(changed) => Next::Changed(changed),
            Err(RecvTimeoutError::Timeout) => Next::TimedOut,
            Err(RecvTimeoutError::Disconnected) => Next::Closed,
        }
    }

    /// What can be said without waiting.
    fn next_at_once(&self) -> Option<Next> {
        match self.receiver.try_recv() {
            Ok(changed) => Some(Next::Changed(changed)),
            Err(TryRecvError::Empty) => {
                self.take_missed().then_some(Next::Changed(Changed::Everything))
            }
            Err(TryRecvError::Disconnected) => Some(Next::Closed),
        }
    }

    /// Whether news was lost that no later news made known.
    fn take_missed(&self) -> bool {
        self.list.upgrade().is_some_and(|list| {
            locked(&list)
                .iter_mut()
                .find(|observer| observer.id == self.id)
                .is_some_and(|observer| std::mem::take(&mut observer.missed))
        })
    }
}

impl Iterator for Subscription {
    type Item = Changed;

    fn next(&mut self) -> Option<Changed> {
        match self.next_at_once() {
            Some(Next::Changed(changed)) => Some(changed),
            Some(Next::Closed) => None,
            Some(Next::TimedOut) | None => self.receiver.recv().ok(),
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(list) = self.list.upgrade() {
            locked(&list).retain(|observer| observer.id != self.id);
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn table(change: &RowChange) -> &'static str {
    match change {
        RowChange::Put(row) => row.table.name,
        RowChange::Delete { table, .. } => table.name,
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
        let Next::Changed(Changed::Rows(rows)) = subscription.next_within(AT_ONCE) else {
            panic!("no news")
        };
        assert_eq!(rows.iter().map(|row| row.table).collect::<Vec<_>>(), ["household"]);
        assert_eq!(subscription.next_within(AT_ONCE), Next::TimedOut);
    }

    #[test]
    fn an_observer_that_does_not_keep_up_hears_that_everything_may_have_changed() {
        let observers = Observers::default();
        let subscription = observers.subscribe(&[]);
        for _ in 0..=limits::WATCH_CHANGES_MAX {
            observers.tell(&[gone(&HOUSEHOLD)]);
        }
        let mut heard = Vec::new();
        while let Next::Changed(changed) = subscription.next_within(AT_ONCE) {
            heard.push(changed);
        }
        assert_eq!(heard.len(), limits::WATCH_CHANGES_MAX + 1);
        assert_eq!(heard.last(), Some(&Changed::Everything));
    }

    #[test]
    fn a_watch_ends_when_the_replica_is_closed_after_the_news_that_came_before() {
        let observers = Observers::default();
        let [polled, iterated] = [(); 2].map(|()| observers.subscribe(&[]));
        observers.tell(&[gone(&HOUSEHOLD)]);
        drop(observers);
        assert!(matches!(polled.next_within(AT_ONCE), Next::Changed(_)));
        assert_eq!(polled.next_within(AT_ONCE), Next::Closed);
        assert_eq!(iterated.count(), 1);
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
