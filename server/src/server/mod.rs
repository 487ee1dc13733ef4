//! The server's core: sessions on one side, the store on the other, one thread.
//!
//! It performs what the sessions of `keting-sync` ask for. Nothing happens between the calls of its
//! driver, and nothing in it knows the time or a socket.

mod admitting;
mod announcing;
mod clock;
mod connection;
mod effects;
mod endings;
mod health;
mod letting_in;
mod operating;
mod reading;
mod waiting;

use std::collections::{BTreeMap, BTreeSet};

use keting_sync::{CommitKey, IssuingKey, ServerConfig, ServerEvent, ServerSession};
use keting_trust::{CommitId, DeviceId};

use crate::admission::Admission;
use crate::audience::Coverage;
use crate::authority::Book;
use crate::city::City;
use crate::clock_watch::ClockWatch;
use crate::enrol::Endpoint;
use crate::metrics::Metrics;
use crate::random::Random;
use crate::store::{Head, ServerStore, StoreError};

use self::admitting::Judges;
pub use self::admitting::{Admitter, Group};
pub use self::announcing::PlacesToTry;
pub(crate) use self::clock::CLOCK_SUSPECT;
use self::connection::Connection;
pub use self::connection::{Channel, ConnectionId};
pub(crate) use self::endings::ISSUING_KEY_DAYS;
pub use self::health::Health;
use self::waiting::Waiting;

/// How long confirmations wait for company before they are written, in milliseconds. Losing one
/// costs nothing but a later one.
const CONFIRMATIONS_EVERY_MS: u64 = 5_000;

/// How a server is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// What invitations say of how to reach the server.
    pub endpoint: Endpoint,
    /// On how many threads commits are checked; with 1 the driver's own does it.
    pub threads: usize,
    /// How much memory documents may take that are kept open from one group to the next, in bytes.
    pub open_documents_bytes_max: usize,
    /// How long before their end grants are renewed when their device comes, in milliseconds. `None`
    /// if the operator does that.
    pub renew_within_ms: Option<u64>,
    /// How often the store is asked whether another process has admitted something, in
    /// milliseconds. `None` if there is no other process.
    pub poll_store_every_ms: Option<u64>,
}

impl Config {
    fn admission(&self) -> Admission {
        Admission::new(self.threads).keeping_within(self.open_documents_bytes_max)
    }
}

/// The server's core.
///
/// *Inputs*: [`Self::connect`], [`Self::handle_frame`], [`Self::disconnect`], and
/// [`Self::handle_admitted`] where another judges ([`Self::admit_through`]). *Commands*:
/// [`Self::invite`], [`Self::announce`], [`Self::confirm_clock`]. *Outputs*: [`Self::poll_transmit`],
/// [`Self::is_closed`], [`Self::poll_retired_key`], [`Self::poll_timeout`].
///
/// The driver gives it whatever inputs are there and then calls [`Self::step`], which performs all
/// that follows, admission in groups included. After a step it sends what [`Self::poll_transmit`]
/// gives for each connection, closes and [`Self::disconnect`]s those that [`Self::is_closed`], and
/// steps again when there are inputs or when [`Self::poll_timeout`] says so. Answers that a step
/// leaves are about what is durable.
///
/// `now_ms` is monotonic milliseconds from any start, `unix_ms` the wall clock.
pub struct Server {
    store: Box<dyn ServerStore>,
    random: Box<dyn Random>,
    city: City,
    config: Config,
    clock: ClockWatch,
    sync: ServerConfig,
    judges: Judges,
    book: Book,
    coverages: BTreeMap<DeviceId, Coverage>,
    connections: BTreeMap<ConnectionId, Connection>,
    last_connection: u64,
    /// Connections whose sessions may ask for something.
    touched: BTreeSet<ConnectionId>,
    /// Connections whose next push waits for room among those that wait for admission.
    stalled: BTreeSet<ConnectionId>,
    timeouts: BTreeSet<(u64, ConnectionId)>,
    waiting: Waiting,
    confirmations: BTreeMap<DeviceId, effects::Confirmed>,
    confirmations_due: Option<u64>,
    poll_store_at: Option<u64>,
    head: Head,
    /// Why the store did not do what it was last asked, until it does again.
    fault: Option<&'static str>,
    metrics: Metrics,
    /// When it was last counted what will be over soon.
    endings_at_ms: Option<u64>,
    /// When it is looked next whether an old TLS key is over, while there is one.
    keys_due: Option<u64>,
    /// TLS keys that were given up and that the driver is still to be told of.
    retired: Vec<[u8; 32]>,
}

impl Server {
    /// Serves the city of a store.
    ///
    /// # Errors
    /// When there is none, or the store cannot be read.
    pub fn open(
        mut store: Box<dyn ServerStore>,
        config: Config,
        random: Box<dyn Random>,
    ) -> Result<Self, StoreError> {
        let (city, head, clock) = {
            let read = store.snapshot()?;
            let head = read.head()?.ok_or(StoreError::Empty)?;
            (City::read(&*read)?, head, clock::watch_of(&*read)?)
        };
        let sync = ServerConfig::new(city.id, IssuingKey::new(city.issuing.clone()));
        let mut metrics = Metrics::default();
        metrics.log_number = head.number;
        Ok(Self {
            judges: Judges::Here(config.admission()),
            store,
            random,
            city,
            config,
            clock,
            sync,
            book: Book::default(),
            coverages: BTreeMap::new(),
            connections: BTreeMap::new(),
            last_connection: 0,
            touched: BTreeSet::new(),
            stalled: BTreeSet::new(),
            timeouts: BTreeSet::new(),
            waiting: Waiting::default(),
            confirmations: BTreeMap::new(),
            confirmations_due: None,
            poll_store_at: None,
            head,
            fault: None,
            metrics,
            endings_at_ms: None,
            keys_due: Some(0),
            retired: Vec::new(),
        })
    }

    /// The city.
    pub fn city(&self) -> &City {
        &self.city
    }

    /// A pipeline of admission as this server is set up, for whoever judges in its place.
    pub fn new_admission(&self) -> Admission {
        self.config.admission()
    }

    /// What was counted since the start.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// The store, for what the operator looks at.
    pub fn store(&mut self) -> &mut dyn ServerStore {
        &mut *self.store
    }

    /// A connection stands.
    pub fn connect(&mut self, channel: Channel, now_ms: u64) -> ConnectionId {
        self.last_connection += 1;
        let id = ConnectionId(self.last_connection);
        let seed = u64::from_be_bytes(self.random.bytes());
        let mut session = ServerSession::new(self.sync.clone(), seed);
        session.handle_connected(&channel.binding, now_ms);
        self.connections.insert(id, Connection::new(session, channel));
        self.metrics.connections_opened += 1;
        self.metrics.connections_open += 1;
        if let (None, Some(every_ms)) = (self.poll_store_at, self.config.poll_store_every_ms) {
            self.poll_store_at = Some(now_ms.saturating_add(every_ms));
        }
        self.touch(id);
        id
    }

    /// A frame came: one binary message of the WebSocket.
    pub fn handle_frame(&mut self, connection: ConnectionId, frame: &[u8], now_ms: u64) {
        if let Some(open) = self.connections.get_mut(&connection) {
            self.metrics.frame_bytes_in += frame.len() as u64;
            open.session.handle_frame(frame, now_ms);
            self.touch(connection);
        }
    }

    /// So many bytes of a frame came that is not whole yet.
    pub fn handle_arriving(&mut self, connection: ConnectionId, bytes: usize, now_ms: u64) {
        if let Some(open) = self.connections.get_mut(&connection) {
            open.session.handle_arriving(bytes, now_ms);
            self.touch(connection);
        }
    }

    /// A connection is gone. What it pushed is admitted all the same.
    pub fn disconnect(&mut self, connection: ConnectionId) {
        if let Some(gone) = self.connections.remove(&connection) {
            self.timeouts.remove(&(gone.timeout.unwrap_or(0), connection));
            self.touched.remove(&connection);
            self.stalled.remove(&connection);
            self.metrics.connections_open = self.metrics.connections_open.saturating_sub(1);
        }
    }

    /// Does everything that is to be done now.
    pub fn step(&mut self, now_ms: u64, unix_ms: u64) {
        self.look_at_clock(now_ms, unix_ms);
        self.handle_timeouts(now_ms);
        self.look_at_keys(now_ms, unix_ms);
        loop {
            while let Some(connection) = self.touched.pop_first() {
                self.perform_all(connection, now_ms, unix_ms);
            }
            if !self.admit_some(now_ms, unix_ms) {
                break;
            }
        }
        if self.confirmations_due.is_some_and(|due| due <= now_ms) {
            self.write_confirmations(now_ms, unix_ms);
        }
    }

    /// The next frame to send on a connection.
    pub fn poll_transmit(&mut self, connection: ConnectionId) -> Option<Vec<u8>> {
        let frame = self.connections.get_mut(&connection)?.session.poll_transmit()?;
        self.metrics.frame_bytes_out += frame.len() as u64;
        Some(frame)
    }

    /// Whether a connection is to be closed, once its last frames are sent.
    pub fn is_closed(&self, connection: ConnectionId) -> bool {
        self.connections.get(&connection).is_none_or(|open| open.is_closed)
    }

    /// When to step even if no input comes, and why.
    pub fn poll_timeout(&self) -> Option<(u64, &'static str)> {
        let session = self.timeouts.first().map(|(at, _)| (*at, "session"));
        let confirmations = self.confirmations_due.map(|at| (at, "confirmations"));
        let store = self.poll_store_at.map(|at| (at, "poll_store"));
        let keys = self.keys_due.map(|at| (at, "keys"));
        [session, confirmations, store, keys].into_iter().flatten().min()
    }

    /// Ends every session, telling each device that it may come back, and writes what waits to be
    /// written. Step once more before, to answer what was pushed.
    pub fn stop(&mut self, now_ms: u64, unix_ms: u64) {
        for open in self.connections.values_mut() {
            open.session.refuse(keting_sync::Denial {
                code: "server_stopping".to_owned(),
                retryable: true,
                message: "the server is stopping".to_owned(),
            });
            open.is_closed = true;
        }
        self.write_confirmations(now_ms, unix_ms);
    }

    fn touch(&mut self, connection: ConnectionId) {
        self.touched.insert(connection);
    }

    fn handle_timeouts(&mut self, now_ms: u64) {
        while let Some((at, connection)) = self.timeouts.first().copied()
            && at <= now_ms
        {
            self.timeouts.remove(&(at, connection));
            if let Some(open) = self.connections.get_mut(&connection) {
                open.timeout = None;
                open.session.handle_timeout(now_ms);
                self.touch(connection);
            }
        }
        if let (Some(at), Some(every_ms)) = (self.poll_store_at, self.config.poll_store_every_ms)
            && at <= now_ms
        {
            self.poll_store_at =
                (!self.connections.is_empty()).then(|| now_ms.saturating_add(every_ms));
            self.look_for_news(now_ms);
        }
    }

    /// Tells every session that the log has grown. What another judged meanwhile may be older news.
    fn take_head(&mut self, head: Head, now_ms: u64) {
        if head.generation == self.head.generation && head.number < self.head.number {
            return;
        }
        if head.number > self.head.number || head.generation != self.head.generation {
            for (connection, open) in &mut self.connections {
                open.session.handle_log_advanced(head.number, now_ms);
                self.touched.insert(*connection);
            }
        }
        self.metrics.log_number = head.number;
        self.head = head;
    }

    fn look_for_news(&mut self, now_ms: u64) {
        let head = self.store.snapshot().and_then(|read| read.head());
        match head.and_then(|head| head.ok_or(StoreError::Empty)) {
            Ok(head) => self.take_head(head, now_ms),
            Err(error) => self.note_fault(&error),
        }
    }

    fn note_result(&mut self, result: Result<(), StoreError>) {
        if let Err(error) = result {
            self.note_fault(&error);
        }
    }

    fn note_fault(&mut self, error: &StoreError) {
        self.fault = Some(error.code());
        Metrics::count(&mut self.metrics.store_failures, error.code());
    }

    fn note_timeout(&mut self, connection: ConnectionId) {
        let Some(open) = self.connections.get_mut(&connection) else { return };
        let next = open.session.poll_timeout().map(|(at, _)| at);
        if next != open.timeout {
            if let Some(old) = open.timeout {
                self.timeouts.remove(&(old, connection));
            }
            open.timeout = next;
            self.timeouts.extend(next.map(|at| (at, connection)));
        }
    }

    fn take_events(&mut self, connection: ConnectionId) {
        let Some(open) = self.connections.get_mut(&connection) else { return };
        while let Some(event) = open.session.poll_event() {
            if let ServerEvent::Closed(reason) = event {
                open.is_closed = true;
                Metrics::count(&mut self.metrics.connections_closed, reason.code());
            }
        }
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("head", &self.head).finish_non_exhaustive()
    }
}

/// The commit that a key names in a session of a device.
fn commit_id(key: &CommitKey, device: DeviceId) -> CommitId {
    CommitId { device: key.author.unwrap_or(device), command: key.command }
}

#[cfg(test)]
mod tests;
