//! The server: its disk, and the process on it while it runs.

use std::path::Path;

use keting_model::role::Role;
use keting_server::enrol::Endpoint;
use keting_server::init::{init_store, read_regions};
use keting_server::inviting::InviteRequest;
use keting_server::renewal::{RENEW_WITHIN_DAYS, days_ms};
use keting_server::server::{Channel, Config, Server};
use keting_server::store::sqlite::SqliteStore;
use keting_testkit::rng::Rng;
use keting_testkit::vfs::Disk;
use keting_trust::Invitation;
use keting_trust::limits::SERVER_DOCUMENTS_OPEN_BYTES_MAX;

use crate::cast;
use crate::clock::{Chance, Clock};

const FILE: &str = "/server.sqlite";

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
            chance,
            clock: clock.clone(),
        };
        host.start().unwrap();
        host
    }

    /// Starts the process.
    pub fn start(&mut self) -> Result<(), String> {
        self.disk.set_unix_ms(self.unix_ms());
        let store = SqliteStore::open_with(Path::new(FILE), Some(self.disk.vfs_name()), true)
            .map_err(|error| error.code().to_owned())?;
        let chance = self.chance.clone();
        let random = move |bytes: &mut [u8]| chance.fill(bytes);
        let config = Config {
            endpoint: endpoint(),
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

    /// What its wall clock shows, in milliseconds since the Unix epoch.
    pub fn unix_ms(&self) -> u64 {
        self.clock.unix_ms().saturating_add_signed(self.clock_off_ms)
    }

    /// What it says of every edit now, if it keeps none.
    pub fn refusal(&self) -> Option<&'static str> {
        let (until_ms, code) = self.refuses?;
        (self.clock.now_ms() < until_ms).then_some(code)
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

/// What TLS would make of a connection to it.
pub fn channel(binding: [u8; 32]) -> Channel {
    Channel { binding, tls_spki_sha256: endpoint().tls_spki_sha256 }
}

fn endpoint() -> Endpoint {
    let url = "wss://keting.example/v1/sync".to_owned();
    Endpoint { url, is_named: true, tls_spki_sha256: [7; 32], newer_tls_keys: Vec::new() }
}
