//! A city and its server.

use std::path::{Path, PathBuf};

use keting::parts::replica_of;
use keting::{Environment, SystemEnvironment};
use keting_server::ending::EndRequest;
use keting_server::enrol::Endpoint;
use keting_server::init::{Place, init, log_grant, store_path};
use keting_server::inviting::InviteRequest;
use keting_server::renewal::{RENEW_WITHIN_DAYS, days_ms};
use keting_server::server::{Config, Server};
use keting_server::shell::admin::{AdminReply, AdminRequest, AdminSocket, ask};
use keting_server::shell::tls_keys::TlsKeys;
use keting_server::shell::{Running, SYNC_PATH};
use keting_server::store::ServerStore as _;
use keting_server::store::sqlite::SqliteStore;
use keting_trust::limits::SERVER_DOCUMENTS_OPEN_BYTES_MAX;
use keting_trust::{Ed25519Signer, Grant, Invitation, SignedGrant, Signer as _};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::phone::Phone;
use crate::port::Port;

/// The first micro-grid of the fixtures, in the first grid.
pub const MICRO_GRID: &str = "9904810010010101";
/// The grid it lies in.
pub const GRID: &str = "99048100100101";
/// The second micro-grid, in the second grid.
pub const OTHER_MICRO_GRID: &str = "9904810010010201";
/// A unit of the first micro-grid.
pub const UNIT: &str = "9904810010010101001";
/// The village all of it lies in.
pub const VILLAGE: &str = "990481001001";

/// The table of the fixtures' regions.
pub const REGIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/chaoxiang/regions.csv");

/// A city with a server that listens, in a directory that goes with it.
pub struct City {
    directory: TempDir,
    runtime: Runtime,
    running: Option<Running>,
    port: Port,
    /// Where invitations say the server is, if not where it listens.
    advertised: Option<u16>,
}

impl City {
    /// Makes a city of the fixtures' regions and starts its server.
    pub fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let regions = std::fs::File::open(REGIONS).unwrap();
        let mut random = |bytes: &mut [u8]| SystemEnvironment.fill(bytes);
        let now_ms = SystemEnvironment.unix_ms();
        let place = Place {
            directory: &directory.path().join("server"),
            root_key: &directory.path().join("root.key"),
        };
        init(place, "潮乡市", regions, &mut random, now_ms, &mut |_, _| {}).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let mut city =
            Self { directory, runtime, running: None, port: Port::take(), advertised: None };
        city.restart();
        city
    }

    /// Stops the server, if it runs, and starts it again on the same port.
    pub fn restart(&mut self) {
        self.stop();
        let tls = TlsKeys::load(&self.server_directory(), &[]).unwrap();
        let server = self.opened_with(&tls);
        let _entered = self.runtime.enter();
        let admin = AdminSocket::bind(&self.server_directory()).unwrap();
        let listener = self.port.listen();
        let running = Running::start(server, self.store(), admin, listener, tls);
        self.running = Some(running.unwrap());
    }

    /// The server of the directory without sockets, to be stepped by hand while none runs on it.
    pub fn opened(&self) -> Server {
        self.opened_with(&TlsKeys::load(&self.server_directory(), &[]).unwrap())
    }

    fn opened_with(&self, tls: &TlsKeys) -> Server {
        let port = self.advertised.unwrap_or(self.port.number());
        let config = Config {
            endpoint: Endpoint {
                url: format!("wss://127.0.0.1:{port}{SYNC_PATH}"),
                is_named: true,
                tls_spki_sha256: tls.pins()[0],
                newer_tls_keys: tls.pins()[1..].to_vec(),
            },
            threads: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            open_documents_bytes_max: SERVER_DOCUMENTS_OPEN_BYTES_MAX,
            renew_within_ms: Some(days_ms(RENEW_WITHIN_DAYS)),
            poll_store_every_ms: None,
        };
        let random = |bytes: &mut [u8]| SystemEnvironment.fill(bytes);
        Server::open(self.store(), config, Box::new(random)).unwrap()
    }

    fn store(&self) -> Box<SqliteStore> {
        Box::new(SqliteStore::open(&store_path(&self.server_directory())).unwrap())
    }

    /// Stops the server gracefully.
    pub fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            self.runtime.block_on(running.stop());
        }
    }

    /// Lets invitations name another port of this machine than the server's: a link's.
    pub fn advertise(&mut self, port: u16) {
        self.advertised = Some(port);
        self.restart();
    }

    /// The port the server listens on.
    pub fn port(&self) -> u16 {
        self.port.number()
    }

    /// The server's directory.
    pub fn server_directory(&self) -> PathBuf {
        self.directory.path().join("server")
    }

    /// The root key's seed, as `init` wrote it for the operator to take away.
    pub fn root_seed(&self) -> [u8; 32] {
        let text = std::fs::read_to_string(self.directory.path().join("root.key")).unwrap();
        let seed = text.lines().find_map(|line| line.strip_prefix("seed ")).unwrap();
        hex::decode(seed).unwrap().try_into().unwrap()
    }

    /// A place of this city's for anything.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Asks the operator for an invitation, as `keting invite` does. An administrator's is for no
    /// region.
    pub fn invite(&self, name: &str, role: &str, region: &str) -> Invitation {
        let request = AdminRequest::Invite(InviteRequest {
            name: name.to_owned(),
            role: role.to_owned(),
            region_code: (role != "administrator").then(|| region.to_owned()),
            days: None,
            grant_days: None,
        });
        match self.runtime.block_on(ask(&self.server_directory(), &request)).unwrap() {
            AdminReply::Invitation(text) => text.parse().unwrap(),
            other => panic!("not invited: {other:?}"),
        }
    }

    /// Ends the device of a phone, as `keting device end` does.
    pub fn end_device(&self, phone: &Phone, why: &str) {
        let device = replica_of(&phone.keting).device().to_string();
        let request = AdminRequest::EndDevice(EndRequest { device, why: why.to_owned() });
        match self.runtime.block_on(ask(&self.server_directory(), &request)).unwrap() {
            AdminReply::DeviceEnded(_) => {}
            other => panic!("not ended: {other:?}"),
        }
    }

    /// Gives the server another issuing key with the root key, while it is stopped. No command does that so
    /// far; the devices that are out there are to follow once one does.
    pub fn replace_issuing_key(&mut self) {
        self.stop();
        let mut random = [[0; 32]; 2];
        random.iter_mut().for_each(|bytes| SystemEnvironment.fill(bytes));
        let [seed, id] = random;
        let mut store = SqliteStore::open(&store_path(&self.server_directory())).unwrap();
        let mut transaction = store.begin().unwrap();
        let city = keting_server::city::City::read(&*transaction).unwrap();
        let before = transaction.grant(&city.issuing_grant).unwrap().unwrap();
        let grant = Grant {
            id: id[..16].try_into().unwrap(),
            holder: Ed25519Signer::from_seed(seed).public_key().clone(),
            issued_at_ms: SystemEnvironment.unix_ms(),
            ..SignedGrant::open(&before.bytes).unwrap().grant
        };
        let root = Ed25519Signer::from_seed(self.root_seed());
        let grant = SignedGrant::issue(grant, &root).unwrap();
        log_grant(&mut *transaction, &grant).unwrap();
        transaction.set_meta("issuing_seed", &seed).unwrap();
        transaction.set_meta("issuing_grant", grant.digest().as_bytes()).unwrap();
        transaction.commit().unwrap();
        self.restart();
    }

    /// A phone of somebody new, enrolled and with everything of his region.
    pub fn phone(&self, name: &str, role: &str, region: &str) -> Phone {
        let phone = Phone::new(self.directory.path(), &self.invite(name, role, region));
        phone.sync();
        phone
    }

    /// The runtime the server's sockets are on, for a story's own tasks.
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }
}

impl Drop for City {
    fn drop(&mut self) {
        self.stop();
    }
}
