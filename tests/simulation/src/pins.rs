//! Which TLS keys a phone may believe, and when the server may give one up: worked out from the invitations
//! that the phone was given and from what the log announces, and from nothing else.

use keting_server::store::ServerRead;
use keting_trust::limits::OLD_KEY_ANNOUNCED_MS;
use keting_trust::{Digest, SignedAnnouncement, SignedGrant};

use crate::device::Device;
use crate::operator::UNNOTICED_MS_MAX;
use crate::safety::Memory;
use crate::world::{Broken, World};

/// What the log announces in one entry.
#[derive(Debug)]
pub struct Announced {
    number: u64,
    serial: u64,
    at_ms: u64,
    urls: Vec<String>,
    keys: Vec<Digest>,
}

impl Announced {
    /// Reads an entry of the log.
    pub fn read(number: u64, record: &[u8]) -> Self {
        let record = SignedAnnouncement::read_stored(record).unwrap().record;
        let (serial, at_ms) = (record.serial, record.at_ms);
        Self { number, serial, at_ms, urls: record.urls, keys: record.keys }
    }
}

/// The serial of the last announcement up to an entry of the log.
pub fn last_serial(announced: &[Announced], number: u64) -> Option<u64> {
    announced.iter().rev().find(|it| it.number <= number).map(|it| it.serial)
}

/// What an invitation that was given to a phone is good for.
#[derive(Debug, Clone, Copy)]
pub struct Given {
    /// The TLS key that it pins.
    pub key: Digest,
    /// The entry of the log up to which announcements were made before it, or had come to the phone.
    pub number: u64,
}

impl World {
    /// Demands of a phone that it believes exactly the TLS keys that it was told of last, and knows every
    /// address it was told of.
    ///
    /// # Errors
    /// When it believes another, or lacks an address.
    pub fn demand_pins(&self, index: usize) -> Result<(), Broken> {
        let device = &self.devices[index];
        let (Some(replica), false) = (&device.replica, device.is_troubled) else { return Ok(()) };
        // What the log announces is known only of a server that is well.
        if self.host.server.is_none() || self.host.is_troubled {
            return Ok(());
        }
        let server = replica.server().map_err(|error| error.to_string())?;
        let announced = &self.memory.announced;
        let cursor = match announced[..] {
            [] => None,
            _ => replica.status().map_err(|error| error.to_string())?.cursor,
        };
        let (known, is_open) =
            (cursor.map_or(0, |cursor| cursor.number), replica.membership().is_none());
        let is_invited =
            is_open || replica.is_to_be_renewed().map_err(|error| error.to_string())?;
        let is_right = device.given.iter().any(|given| {
            if is_invited {
                return server.keys() == [given.key];
            }
            let told =
                announced.iter().filter(|it| (given.number + 1..=known).contains(&it.number));
            match told.map(|told| told.serial).max() {
                Some(serial) => {
                    let mut later = announced.iter().filter(|it| it.serial >= serial);
                    let knows = |url: &String| server.addresses().any(|known| known == url);
                    later.any(|it| it.keys == server.keys() && it.urls.iter().all(knows))
                }
                None => given.allows(server.keys(), announced),
            }
        });
        if is_right {
            return Ok(());
        }
        let (name, keys, given) = (&device.name, server.keys(), &device.given);
        Err(format!(
            "{name} knows the log up to {known} and pins {keys:?}; it was given {given:?}, and announced was {announced:?}"
        ))
    }
}

impl Given {
    /// Whether a phone may pin keys that knows of no announcement made after its invitation; one may have
    /// come just now.
    fn allows(&self, keys: &[Digest], announced: &[Announced]) -> bool {
        let is_beside = |it: &Announced| keys.iter().skip(1).all(|key| it.keys.contains(key));
        let is_invited = keys == [self.key]
            || keys.first() == Some(&self.key) && announced.iter().any(is_beside);
        let is_its = |it: &&Announced| it.number > self.number || it.keys.contains(&self.key);
        is_invited || announced.iter().filter(is_its).any(|it| it.keys == keys)
    }
}

/// Demands of what was announced last that each key which it gives up was given up in time: everybody had the
/// next newer one, as far as they had a grant that was good, or it had its thirty days.
///
/// # Errors
/// When it was given up too early.
pub fn demand_in_time(
    read: &dyn ServerRead,
    devices: &[Device],
    may_be_asked: impl Fn(&Device) -> bool,
    memory: &Memory,
    replaced: &[Digest],
) -> Result<(), Broken> {
    let [.., before, now] = &memory.announced[..] else { return Ok(()) };
    // A clock that was set wrongly makes thirty days of an instant, and grants that were good none.
    if memory.told_off_ms.iter().any(|off_ms| off_ms.unsigned_abs() > UNNOTICED_MS_MAX) {
        return Ok(());
    }
    for (newer, old) in before.keys.iter().zip(before.keys.iter().skip(1)) {
        let first = memory.announced.iter().find(|it| it.keys.contains(newer)).unwrap();
        let is_kept = now.keys.contains(old) || replaced.contains(old) || replaced.contains(newer);
        if is_kept || now.at_ms >= first.at_ms + OLD_KEY_ANNOUNCED_MS {
            continue;
        }
        for device in devices.iter().filter(|device| may_be_asked(device)) {
            let (Some(id), Some(replica)) = (device.id(), &device.replica) else { continue };
            let Ok(status) = replica.status() else { continue };
            let is_told = status.cursor.is_some_and(|cursor| cursor.number >= first.number);
            let grants = read.grants_of(&id).map_err(|error| error.to_string())?;
            let mut grants =
                grants.iter().map(|it| SignedGrant::read_stored(&it.bytes).unwrap().grant);
            if !is_told
                && grants.any(|it| (it.issued_at_ms + 1..it.expires_at_ms).contains(&now.at_ms))
            {
                return Err(format!(
                    "a TLS key was given up of which {} had no newer one, up to {:?}: {before:?}, {now:?}",
                    device.name, status.cursor
                ));
            }
        }
    }
    Ok(())
}
