//! What the server says first: Welcome, and after it Enrolled or NewGeneration where they are due.

use std::collections::BTreeMap;

use keting_model::{CityId, LogId};
use keting_trust::{Cursor, Digest, PublicKey};
use minicbor::Decoder;

use super::fields;
use crate::codec::{
    Misfit, Out, Written, array, put, put_list, put_nullable, take, take_bytes, take_cursor,
    take_list, take_nullable, take_number, take_text,
};
use keting_trust::limits::{
    ENROLMENT_PROOF_BYTES_MAX, GRANT_BYTES_MAX, GRANT_CHAIN_MAX, IDLE_AFTER_MS, NAME_BYTES_MAX,
    WELCOME_LIMITS_MAX,
};

/// The session stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Welcome {
    /// The version of the protocol that the server chose of those offered.
    pub version: u16,
    /// The city.
    pub city: CityId,
    /// The city's log.
    pub log: LogId,
    /// The log's generation.
    pub generation: u32,
    /// The number of the log's last entry.
    pub head_number: u64,
    /// The number up to which a backup of the server exists.
    pub backed_up_to: u64,
    /// The server's clock, in milliseconds since the Unix epoch.
    pub server_time_ms: u64,
    /// What the server allows in this session.
    pub limits: Limits,
    /// Of the incarnation that the Hello names: the last commit the server has numbered, which a
    /// device whose file was put back from a copy does not know. `None` if it has none.
    pub highest: Option<Highest>,
    /// The root key's signed grant for the key that the server signs with, where the cursor of the Hello
    /// lies below it in the log or there is none: who hands over reads no log, and what becomes of pushed
    /// commits may be said before the log's entries come. Whether it holds is the driver's question.
    pub issuing_grant: Option<Vec<u8>>,
}

/// The commit with the highest sequence that a server has numbered of one incarnation, admitted or
/// held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Highest {
    /// Its sequence.
    pub sequence: u64,
    /// The digest of its signed bytes.
    pub digest: Digest,
}

/// The numbers a server chooses, by their keys. Unknown ones are kept and ignored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Limits(pub BTreeMap<u16, u64>);

/// What a newly enrolled device needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// The city's name, for people.
    pub city_name: String,
    /// The city's log.
    pub log: LogId,
    /// The city's root key; the device compares it with the invitation's.
    pub root: PublicKey,
    /// The signed grants from the root's first to the device's own.
    pub grants: Vec<Vec<u8>>,
    /// The issuing key's proof that all of it is meant for this device on this connection
    /// (`keting_trust::SignedEnrolment`).
    pub proof: Vec<u8>,
}

/// The device's cursor is of a branch of the log that the server does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGeneration {
    /// The end of the log that the server has.
    pub head: Cursor,
    /// The number of the last entry that both have in common, as far as the server knows.
    pub shared_number: u64,
}

impl Limits {
    const IDLE_AFTER_MS: u16 = 1;

    /// Limits in which the server says after what silence it takes a device for gone.
    pub fn with_idle_after_ms(idle_after_ms: u64) -> Self {
        Self(BTreeMap::from([(Self::IDLE_AFTER_MS, idle_after_ms)]))
    }

    /// After what silence the server takes the device for gone, in milliseconds.
    pub fn idle_after_ms(&self) -> u64 {
        self.0.get(&Self::IDLE_AFTER_MS).copied().unwrap_or(IDLE_AFTER_MS)
    }

    fn write(&self, e: &mut Out) -> Written {
        // Shortest integers sort by value in bytewise order too, so the map's order is canonical.
        e.map(self.0.len() as u64)?;
        self.0.iter().try_for_each(|(key, value)| e.u16(*key)?.u64(*value)?.ok())
    }

    fn read(d: &mut Decoder<'_>) -> Result<Self, Misfit> {
        let count = d.map()?.ok_or(Misfit::Form)?;
        if count > WELCOME_LIMITS_MAX as u64 {
            return Err(Misfit::TooMuch);
        }
        let pairs = (0..count).map(|_| Ok((d.u16()?, d.u64()?)));
        Ok(Self(pairs.collect::<Result<_, Misfit>>()?))
    }
}

impl Welcome {
    pub(crate) fn write(&self, e: &mut Out) -> Written {
        e.array(11)?.u16(16)?.u16(self.version)?;
        put(e, &self.city)?;
        put(e, &self.log)?;
        e.u32(self.generation)?.u64(self.head_number)?.u64(self.backed_up_to)?;
        e.u64(self.server_time_ms)?;
        self.limits.write(e)?;
        put_nullable(e, self.highest.as_ref(), |e, highest| {
            e.array(2)?.u64(highest.sequence)?;
            put(e, &highest.digest)
        })?;
        put_nullable(e, self.issuing_grant.as_ref(), |e, grant| e.bytes(grant)?.ok())
    }

    pub(crate) fn read(len: u64, d: &mut Decoder<'_>) -> Result<Self, Misfit> {
        fields(len, 10)?;
        Ok(Self {
            version: d.u16()?,
            city: take(d)?,
            log: take(d)?,
            generation: d.u32()?,
            head_number: take_number(d)?,
            backed_up_to: take_number(d)?,
            server_time_ms: d.u64()?,
            limits: Limits::read(d)?,
            highest: take_nullable(d, Highest::read)?,
            issuing_grant: take_nullable(d, |d| take_bytes(d, GRANT_BYTES_MAX))?,
        })
    }
}

impl Highest {
    fn read(d: &mut Decoder<'_>) -> Result<Self, Misfit> {
        array(d, 2)?;
        Ok(Self { sequence: take_number(d)?, digest: take(d)? })
    }
}

impl Enrolled {
    pub(crate) fn write(&self, e: &mut Out) -> Written {
        e.array(6)?.u16(17)?.str(&self.city_name)?;
        put(e, &self.log)?;
        put(e, &self.root)?;
        put_list(e, &self.grants, |e, grant| e.bytes(grant)?.ok())?;
        e.bytes(&self.proof)?.ok()
    }

    pub(crate) fn read(len: u64, d: &mut Decoder<'_>) -> Result<Self, Misfit> {
        fields(len, 5)?;
        Ok(Self {
            city_name: take_text(d, NAME_BYTES_MAX)?,
            log: take(d)?,
            root: take(d)?,
            grants: take_list(d, GRANT_CHAIN_MAX, |d| take_bytes(d, GRANT_BYTES_MAX))?,
            proof: take_bytes(d, ENROLMENT_PROOF_BYTES_MAX)?,
        })
    }
}

impl NewGeneration {
    pub(crate) fn write(&self, e: &mut Out) -> Written {
        e.array(3)?.u16(22)?;
        put(e, &self.head)?;
        e.u64(self.shared_number)?.ok()
    }

    pub(crate) fn read(len: u64, d: &mut Decoder<'_>) -> Result<Self, Misfit> {
        fields(len, 2)?;
        Ok(Self { head: take_cursor(d)?, shared_number: take_number(d)? })
    }
}
