//! The server: its disk, and the process on it while it runs.

use std::path::Path;

use keting_model::role::Role;
use keting_server::announcing::announced;
use keting_server::enrol::Endpoint;
use keting_server::init::{init_store, read_regions};
use keting_server::inviting::InviteRequest;
use keting_server::renewal::{RENEW_WITHIN_DAYS, days_ms};
use keting_server::server::{Channel, Config, Server};
use keting_server::store::ServerStore as _;
use keting_server::store::sqlite::SqliteStore;
use keting_testkit::rng::Rng;
use keting_testkit::vfs::Disk;
use keting_trust::limits::SERVER_DOCUMENTS_OPEN_BYTES_MAX;
use keting_trust::{Digest, Invitation};

use crate::cast;
use crate::clock::{Chance, Clock};

const FILE: &str = "/server.sqlite";
/// Where the server is when a run begins.
pub const FIRST_URL: &str = "wss://keting.example/v1/sync";
/// The TLS key that it has then.
pub const FIRST_KEY: Digest = Digest::new([7; 32]);

/// The server's machine.
pub struct Host {
    /// Its disk.
    pub disk: Disk,
    /// The process, while there is one.
    pub server: Option<Server>,
    /// Whether the disk was made to fail since the process began.
    pub is_troubled: bool,
    /// How much memory open documents may take, in bytes: of some servers one document, of some all.
    pub open_documents_bytes_max: usize,
    /// Until when it keeps no edit, and the code it gives for that.
    pub refuses: Option<(u64, &'static str)>,
    /// How long the grants are good that it gives, in days; none for as long as is usual.
    pub grant_days: Option<u32>,
    /// How far its clock is off, in milliseconds.
    pub clock_off_ms: i64,
    /// What the operator calls it by when they start it.
    pub url: String,
    /// The TLS keys in its folder, the oldest first.
    pub tls_keys: Vec<Digest>,
    chance: Chance,
    clock: Clock,
}

impl Host {
    /// Makes the city and starts the server.
    pub fn new(clock: &Clock, rng: &Rng) -> Self {
        let disk = Disk::new(rng.fork(1).next_u64());
        let chance = Chance::new(rng.fork(2));
        let lines = read_regions(cast::REGIONS.as_bytes(), cast::CITY).unwrap();
        let mut store =
            SqliteStore::open_with(Path::new(FILE), Some(disk.vfs_name()), true).unwrap();
        let (drawn, now_ms) = (chance.clone(), clock.unix_ms() - 1_000);
        let mut random = move |bytes: &mut [u8]| drawn.fill(bytes);
        init_store(&mut store, cast::CITY, &lines, &mut random, now_ms, &mut |_, _| {}).unwrap();
        drop(store);
        let mut host = Self {
            disk,
            server: None,
            is_troubled: false,
            open_documents_bytes_max: SERVER_DOCUMENTS_OPEN_BYTES_MAX >> rng.fork(3).below(14),
            refuses: None,
            grant_days: [None, Some(40), Some(4)][rng.fork(4).index(3)],
            clock_off_ms: 0,
            url: FIRST_URL.to_owned(),
            tls_keys: vec![FIRST_KEY],
            chance,
            clock: clock.clone(),
        };
        host.start().unwrap();
        host
    }

    /// Starts the process.
    pub fn start(&mut self) -> Result<(), String> {
        self.disk.set_unix_ms(self.unix_ms());
        let mut store = SqliteStore::open_with(Path::new(FILE), Some(self.disk.vfs_name()), true)
            .map_err(|error| error.code().to_owned())?;
        let last = store.snapshot().and_then(|read| announced(&*read));
        let gone = last.map_err(|error| error.code().to_owned())?.map(|last| last.gone());
        self.forget_keys(&gone.unwrap_or_default());
        let chance = self.chance.clone();
        let random = move |bytes: &mut [u8]| chance.fill(bytes);
        let config = Config {
            endpoint: self.endpoint(),
            threads: 1,
            open_documents_bytes_max: self.open_documents_bytes_max,
            renew_within_ms: Some(days_ms(RENEW_WITHIN_DAYS)),
            poll_store_every_ms: None,
        };
        let server = Server::open(Box::new(store), config, Box::new(random))
            .map_err(|error| error.code().to_owned())?;
        self.server = Some(server);
        self.is_troubled = false;
        Ok(())
    }

    /// Serves TLS keys no longer that are over, and takes them off the disk.
    pub fn forget_keys(&mut self, gone: &[Digest]) {
        self.tls_keys.retain(|key| !gone.contains(key));
    }

    /// What TLS would make of a connection that was shown a key.
    pub fn channel(binding: [u8; 32], shown: &Digest) -> Channel {
        Channel { binding, tls_spki_sha256: *shown.as_bytes() }
    }

    fn endpoint(&self) -> Endpoint {
        let mut keys = self.tls_keys.iter().map(|key| *key.as_bytes());
        Endpoint {
            url: self.url.clone(),
            is_named: true,
            tls_spki_sha256: keys.next().unwrap(),
            newer_tls_keys: keys.collect(),
        }
    }

    /// What its wall clock shows, in milliseconds since the Unix epoch.
    pub fn unix_ms(&self) -> u64 {
        self.clock.unix_ms().saturating_add_signed(self.clock_off_ms)
    }

    /// What it says of every edit now, if it keeps none.
    pub fn refusal(&self) -> Option<&'static str> {
        let (until_ms, code) = self.refuses?;
        (self.clock.now_ms() < until_ms).then_some(code)
    }

    /// The last entry of the log; none if it cannot be read.
    pub fn log_number(&mut self) -> u64 {
        let read = self.server.as_mut().and_then(|server| server.store().snapshot().ok());
        read.and_then(|read| read.head().ok().flatten()).map_or(0, |head| head.number)
    }

    /// Makes an invitation as the operator does.
    pub fn invite(&mut self, part: &cast::Part) -> Invitation {
        self.try_invite(part).unwrap()
    }

    /// Makes an invitation, unless the server does not run or cannot.
    pub fn try_invite(&mut self, part: &cast::Part) -> Option<Invitation> {
        let request = InviteRequest {
            name: part.name.to_owned(),
            role: part.role.name().to_owned(),
            region_code: (part.role != Role::Administrator).then(|| part.region.to_owned()),
            days: Some(365),
            grant_days: self.grant_days,
        };
        let unix_ms = self.unix_ms();
        let made = self.server.as_mut()?.invite(&request, unix_ms).ok()?;
        Some(made.parse().unwrap())
    }
}
