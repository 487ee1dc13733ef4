//! Between columns and values.

use keting_model::region::Level;
use keting_model::{ChangeHash, DocumentId};
use keting_trust::RecordKind;
use rusqlite::Row;
use rusqlite::ffi;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};

use crate::store::{
    CommitState, Head, StoreError, StoredCommit, StoredDevice, StoredDocument, StoredEnd,
    StoredEntry, StoredGrant, StoredInvitation, StoredPart, StoredRegion,
};

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let code = match &error {
            // The index of the log found no room to grow.
            rusqlite::Error::SqliteFailure(error, _)
                if error.extended_code == ffi::SQLITE_IOERR_SHMSIZE =>
            {
                return Self::DiskFull;
            }
            rusqlite::Error::SqliteFailure(error, _) => error.extended_code & 0xff,
            _ => return Self::Damaged("a column does not hold what it should"),
        };
        match code {
            ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => Self::Busy,
            ffi::SQLITE_FULL => Self::DiskFull,
            ffi::SQLITE_READONLY | ffi::SQLITE_PERM => Self::ReadOnly,
            ffi::SQLITE_CONSTRAINT => Self::Contradiction,
            ffi::SQLITE_CORRUPT | ffi::SQLITE_NOTADB => Self::Damaged("a page does not check"),
            _ => Self::Failed(Box::new(error)),
        }
    }
}

/// Bytes of a fixed length, such as an id.
pub(super) struct Fixed<const N: usize>(pub [u8; N]);

impl<const N: usize> FromSql for Fixed<N> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let bytes = value.as_blob()?;
        bytes.try_into().map(Self).map_err(|_| FromSqlError::InvalidType)
    }
}

/// A number that is never negative.
pub(super) struct Count(pub u64);

impl FromSql for Count {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = value.as_i64()?;
        u64::try_from(number).map(Self).map_err(|_| FromSqlError::OutOfRange(number))
    }
}

/// A number for a column. SQLite's integers end at 2⁶³, and a number that was made to fit would
/// be another one than was signed.
pub(super) fn int(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::OutOfRange)
}

/// The bytes of fixed length in a column.
pub(super) fn fixed<const N: usize>(row: &Row<'_>, column: usize) -> rusqlite::Result<[u8; N]> {
    row.get::<_, Fixed<N>>(column).map(|fixed| fixed.0)
}

/// The number in a column.
pub(super) fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, Count>(column).map(|count| count.0)
}

/// The document in a column.
pub(super) fn document_id(row: &Row<'_>, column: usize) -> rusqlite::Result<DocumentId> {
    fixed(row, column).map(DocumentId::new)
}

/// Heads, one after the other.
pub(super) fn heads_to_bytes(heads: &[ChangeHash]) -> Vec<u8> {
    heads.iter().flat_map(|head| head.0).collect()
}

pub(super) fn heads(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<ChangeHash>> {
    let bytes = row.get_ref(column)?.as_blob()?;
    let (heads, rest) = bytes.as_chunks::<32>();
    if rest.is_empty() {
        Ok(heads.iter().copied().map(ChangeHash).collect())
    } else {
        Err(FromSqlError::InvalidType.into())
    }
}

/// The columns that [`commit`] reads.
pub(super) const COMMITS: &str = "SELECT device, command, incarnation, sequence, number, digest, act, held, superseded FROM commits";
/// The columns that [`device`] reads.
pub(super) const DEVICES: &str =
    "SELECT device, key, name, enrolled_at_ms, seen_at_ms, confirmed_number, held_bytes,
    day, day_bytes, audience, audience_from FROM devices";
/// The columns that [`invitation`] reads.
pub(super) const INVITATIONS: &str =
    "SELECT secret, name, role, region, grant_ms, expires_at_ms, generation, used_by,
    grant_digest, announced, tls_key, cancelled_at_ms FROM invitations";

pub(super) const HEAD: &str =
    "SELECT log, generation, number, chain, backed_up_to, regions_number, grants_number
     FROM head WHERE id = 1";

pub(super) fn head(row: &Row<'_>) -> rusqlite::Result<Head> {
    Ok(Head {
        log: keting_model::LogId::new(fixed(row, 0)?),
        generation: row.get(1)?,
        number: count(row, 2)?,
        chain: keting_trust::ChainHash::new(fixed(row, 3)?),
        backed_up_to: count(row, 4)?,
        regions_number: count(row, 5)?,
        grants_number: count(row, 6)?,
    })
}

pub(super) fn entry(row: &Row<'_>) -> rusqlite::Result<StoredEntry> {
    let kind = RecordKind::from_code(row.get(1)?).ok_or(FromSqlError::InvalidType)?;
    Ok(StoredEntry {
        number: count(row, 0)?,
        kind,
        record: row.get(2)?,
        digest: keting_trust::Digest::new(fixed(row, 3)?),
        chain: keting_trust::ChainHash::new(fixed(row, 4)?),
    })
}

pub(super) fn part(row: &Row<'_>) -> rusqlite::Result<(u64, StoredPart)> {
    let part = StoredPart {
        entry: row.get(1)?,
        document: document_id(row, 2)?,
        salt: fixed(row, 3)?,
        change: row.get(4)?,
        hash: ChangeHash(fixed(row, 5)?),
        actor: keting_model::ActorId::new(fixed(row, 6)?),
        seq: count(row, 7)?,
    };
    Ok((count(row, 0)?, part))
}

pub(super) fn commit(row: &Row<'_>) -> rusqlite::Result<StoredCommit> {
    let (code, superseded): (String, Option<Count>) = (row.get(7)?, row.get(8)?);
    Ok(StoredCommit {
        device: keting_trust::DeviceId::new(fixed(row, 0)?),
        command: keting_model::CommandId::new(fixed(row, 1)?),
        incarnation: keting_trust::Incarnation::new(fixed(row, 2)?),
        sequence: count(row, 3)?,
        number: count(row, 4)?,
        digest: keting_trust::Digest::new(fixed(row, 5)?),
        act: keting_model::CommandId::new(fixed(row, 6)?),
        state: match superseded {
            Some(Count(verdict)) => CommitState::Superseded { verdict },
            None if code.is_empty() => CommitState::Admitted,
            None => CommitState::Held { code },
        },
    })
}

pub(super) fn document(row: &Row<'_>) -> rusqlite::Result<StoredDocument> {
    Ok(StoredDocument {
        id: document_id(row, 0)?,
        home: document_id(row, 1)?,
        heads: heads(row, 2)?,
        change_count: count(row, 3)?,
        first_number: count(row, 4)?,
        bytes: count(row, 5)?,
    })
}

pub(super) fn region(row: &Row<'_>) -> rusqlite::Result<StoredRegion> {
    let level = Level::from_name(row.get_ref(3)?.as_str()?).ok_or(FromSqlError::InvalidType)?;
    Ok(StoredRegion {
        document: document_id(row, 0)?,
        code: row.get(1)?,
        parent: row.get::<_, Option<Fixed<16>>>(2)?.map(|id| DocumentId::new(id.0)),
        level,
        name: row.get(4)?,
    })
}

pub(super) fn device(row: &Row<'_>) -> rusqlite::Result<StoredDevice> {
    Ok(StoredDevice {
        device: keting_trust::DeviceId::new(fixed(row, 0)?),
        key: row.get(1)?,
        name: row.get(2)?,
        enrolled_at_ms: count(row, 3)?,
        seen_at_ms: count(row, 4)?,
        confirmed_number: count(row, 5)?,
        held_bytes: count(row, 6)?,
        day: count(row, 7)?,
        day_bytes: count(row, 8)?,
        audience: row.get(9)?,
        audience_from: count(row, 10)?,
    })
}

pub(super) fn grant(row: &Row<'_>) -> rusqlite::Result<StoredGrant> {
    Ok(StoredGrant {
        digest: keting_trust::Digest::new(fixed(row, 0)?),
        device: keting_trust::DeviceId::new(fixed(row, 1)?),
        bytes: row.get(2)?,
        number: count(row, 3)?,
    })
}

pub(super) fn end(row: &Row<'_>) -> rusqlite::Result<StoredEnd> {
    let incarnation = row.get::<_, Option<Fixed<8>>>(4)?;
    let sequence = count(row, 5)?;
    Ok(StoredEnd {
        number: count(row, 0)?,
        device: keting_trust::DeviceId::new(fixed(row, 1)?),
        at_ms: count(row, 2)?,
        why: row.get(3)?,
        bound: incarnation.map(|id| (keting_trust::Incarnation::new(id.0), sequence)),
        is_told: row.get(6)?,
    })
}

pub(super) fn invitation(row: &Row<'_>) -> rusqlite::Result<StoredInvitation> {
    let used_by: Option<Fixed<16>> = row.get(7)?;
    let grant: Option<Fixed<32>> = row.get(8)?;
    Ok(StoredInvitation {
        secret: keting_trust::Digest::new(fixed(row, 0)?),
        name: row.get(1)?,
        role: row.get(2)?,
        region: document_id(row, 3)?,
        grant_ms: count(row, 4)?,
        expires_at_ms: count(row, 5)?,
        generation: row.get(6)?,
        announced: count(row, 9)?,
        tls_key: keting_trust::Digest::new(fixed(row, 10)?),
        used: used_by.zip(grant).map(|(id, grant)| {
            (keting_trust::DeviceId::new(id.0), keting_trust::Digest::new(grant.0))
        }),
        cancelled_at_ms: row.get::<_, Option<Count>>(11)?.map(|at| at.0),
    })
}
