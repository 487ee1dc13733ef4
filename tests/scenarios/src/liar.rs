//! A server that tells a phone whatever it likes. It has a real city's store to draw on, and speaks
//! the protocol as it should; only what it says is not so.

use keting::EngineError;
use keting::parts::{SyncDriver, replica_of};
use keting_server::init::store_path;
use keting_server::store::sqlite::SqliteStore;
use keting_server::store::{ServerRead, ServerStore};
use keting_sync::frame::encode_server;
use keting_sync::message::{Entries, Entry, Limits, ServerMessage, UpTo, Welcome};
use keting_trust::{Cursor, Part};

use crate::city::City;
use crate::phone::Phone;

const CHANNEL_BINDING: [u8; 32] = [7; 32];

/// A server that lies, and the truth it knows.
pub struct Liar {
    store: SqliteStore,
}

impl Liar {
    /// One that knows everything the server of a city holds.
    pub fn of(city: &City) -> Self {
        let store = SqliteStore::open(&store_path(&city.server_directory())).unwrap();
        Self { store }
    }

    /// The entries of the log after a number, as they are.
    pub fn truth_after(&mut self, number: u64) -> Vec<Entry> {
        let read = self.store.snapshot().unwrap();
        let entries = read.entries(number, u32::MAX).unwrap();
        let entry = |entry: keting_server::store::StoredEntry| Entry {
            number: entry.number,
            kind: entry.kind.code(),
            parts: parts(&*read, entry.number),
            record: entry.record,
        };
        entries.into_iter().map(entry).collect()
    }

    /// Lets a phone connect and tells it these entries, and that there is nothing else.
    ///
    /// # Errors
    /// Why the phone ended the session.
    pub fn tell(&mut self, phone: &Phone, entries: Vec<Entry>) -> Result<(), EngineError> {
        let head = self.head();
        let mut replica = replica_of(&phone.keting);
        let city = replica.membership().unwrap().city;
        let welcome = Welcome {
            version: 1,
            city,
            log: head.log,
            generation: head.generation,
            head_number: head.number,
            backed_up_to: 0,
            server_time_ms: 0,
            limits: Limits::default(),
        };
        let said = [
            ServerMessage::Welcome(welcome),
            ServerMessage::Entries(Entries { entries }),
            ServerMessage::UpTo(UpTo { cursor: head, more: false }),
        ];
        let mut driver = SyncDriver::start(&mut replica, CHANNEL_BINDING, 0)?;
        for message in said {
            while driver.poll_transmit().is_some() {}
            driver.handle_frame(&mut replica, &encode_server(&message), 0);
        }
        driver.close(&mut replica, 0);
        driver.take_ended().unwrap()
    }

    fn head(&mut self) -> Cursor {
        let head = self.store.snapshot().unwrap().head().unwrap().unwrap();
        Cursor {
            log: head.log,
            generation: head.generation,
            number: head.number,
            chain: head.chain,
        }
    }
}

fn parts(read: &dyn ServerRead, number: u64) -> Vec<Part> {
    let parts = read.parts(number).unwrap().into_iter();
    let part = |part: keting_server::store::StoredPart| Part {
        salt: part.salt,
        document: part.document,
        change: part.change,
    };
    parts.map(part).collect()
}
