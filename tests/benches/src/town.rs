//! A city with as many households as a bench wants: its real server, and an author who filled it.

use keting::{Environment as _, SystemEnvironment};
use keting_model::DocumentId;
use keting_scenarios::city::{City, UNIT, VILLAGE};
use keting_scenarios::phone::Phone;
use keting_server::admission::{Admission, Outcome, Push, PushedCommit};
use keting_server::city::City as ServerCity;
use keting_server::enrol::enrol;
use keting_server::init::store_path;
use keting_server::store::ServerStore as _;
use keting_server::store::sqlite::SqliteStore;
use keting_testkit::people::{CHAOXIANG_SEED, Shape, make_city};
use keting_trust::{Cursor, DeviceId, Digest, Ed25519Signer, Signer as _};

use crate::author::{Author, Ready, random};

/// Households admitted at once while a city is filled.
const FILLED_AT_ONCE: usize = 1_000;

/// The city, its server listening, and an author with a village officer's grant.
pub struct Town {
    pub city: City,
    pub author: Author,
    pub unit: DocumentId,
}

impl Town {
    /// A city without households.
    pub fn new() -> Self {
        let city = City::start();
        let author = enrolled(&city, "陈刚");
        let mut store = store(&city);
        let unit = store.snapshot().unwrap().region_by_code(UNIT).unwrap().unwrap().document;
        Self { city, author, unit }
    }

    /// A colleague of the author, on a device of their own.
    pub fn colleague(&self) -> Author {
        enrolled(&self.city, "王芳")
    }

    /// A city with so many households and their people. The author can still edit the last ones.
    pub fn of_households(households: u32) -> Self {
        let mut town = Self::new();
        let people = make_city(CHAOXIANG_SEED, &Shape::of_households(households));
        let mut admitting = Admitting::begin(&mut town.city, false);
        for families in people.households.chunks(FILLED_AT_ONCE) {
            town.author.forget();
            let add = |family| town.author.add_family(town.unit, family).1;
            let commits = families.iter().map(add).collect();
            admitting.admit(town.author.signer().public_key().device_id(), commits);
        }
        drop(admitting);
        town.city.restart();
        town
    }

    /// Admits commits of the author, as if he had synced.
    pub fn admit(&mut self, commits: Vec<Ready>) {
        let mut admitting = Admitting::begin(&mut self.city, true);
        admitting.admit(self.author.signer().public_key().device_id(), commits);
        drop(admitting);
        self.city.restart();
    }

    /// A phone of a village officer that has everything.
    pub fn phone(&self) -> Phone {
        self.city.phone("王芳", "village_officer", VILLAGE)
    }

    /// Where the log stands.
    pub fn cursor(&self) -> Cursor {
        store(&self.city).snapshot().unwrap().head().unwrap().unwrap().cursor()
    }
}

/// Admission while the server is stopped.
struct Admitting {
    store: SqliteStore,
    city: ServerCity,
    admission: Admission,
}

impl Admitting {
    fn begin(city: &mut City, full_sync: bool) -> Self {
        city.stop();
        let path = store_path(&city.server_directory());
        let mut store = SqliteStore::open_with(&path, None, full_sync).unwrap();
        let city = ServerCity::read(&*store.snapshot().unwrap()).unwrap();
        Self { store, city, admission: Admission::new(2) }
    }

    fn admit(&mut self, device: DeviceId, commits: Vec<Ready>) {
        let commits = commits.into_iter().map(|ready| PushedCommit {
            expected: Some(ready.id),
            signed: ready.signed,
            parts: ready.parts,
        });
        let push = Push { device, commits: commits.collect() };
        let now_ms = SystemEnvironment.unix_ms();
        let batch = self.admission.admit(&mut self.store, &self.city, &[push], now_ms).unwrap();
        let is_admitted = |outcome: &Outcome| matches!(outcome, Outcome::Admitted { .. });
        assert!(batch.answers.iter().flatten().all(is_admitted));
    }
}

/// Somebody with a village officer's grant.
fn enrolled(city: &City, name: &str) -> Author {
    let invitation = city.invite(name, "village_officer", VILLAGE);
    let mut store = store(city);
    let server = ServerCity::read(&*store.snapshot().unwrap()).unwrap();
    let signer = Ed25519Signer::from_seed(random());
    let mut chance = |bytes: &mut [u8]| SystemEnvironment.fill(bytes);
    let now_ms = SystemEnvironment.unix_ms();
    let (secret, key) = (&invitation.secret, signer.public_key());
    let enrolled = enrol(&mut store, &server, secret, key, "bench", &mut chance, now_ms).unwrap();
    let grant = Digest::of(enrolled.grants.last().unwrap());
    Author::new(signer, grant, server.id, enrolled.head.cursor())
}

fn store(city: &City) -> SqliteStore {
    SqliteStore::open(&store_path(&city.server_directory())).unwrap()
}
