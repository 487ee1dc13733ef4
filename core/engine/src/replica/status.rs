//! How far a replica is, as an app shows it.

use keting_model::Role;
use keting_store::View;
use keting_trust::Cursor;

use crate::error::EngineError;
use crate::replica::{City, Replica, meta, read_up_to_date_at};

/// How far a replica is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The city's name, once the device is enrolled.
    pub city: Option<String>,
    /// The holder's name in the grant.
    pub holder: Option<String>,
    /// The holder's role.
    pub role: Option<Role>,
    /// Until when the grant holds, milliseconds since the Unix epoch.
    pub grant_expires_at_ms: Option<u64>,
    /// Up to where the log is here.
    pub cursor: Option<Cursor>,
    /// When the device was last up to date, by the server's clock, milliseconds since the Unix
    /// epoch.
    pub up_to_date_at_ms: Option<u64>,
    /// Whether a first sync has begun and is not over.
    pub first_sync_unfinished: bool,
    /// Edits the server has not acknowledged.
    pub waiting: u64,
    /// Edits that somebody has to look at.
    pub held: u64,
    /// Documents held.
    pub documents: u64,
}

impl Status {
    /// How far the replica in a file is.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn read(file: &View) -> Result<Self, EngineError> {
        let counts = file.outbox_counts()?;
        let city = City::read(file)?;
        let grant = city.as_ref().map(|city| &city.grant.grant);
        Ok(Self {
            city: city.as_ref().map(|city| city.membership.city_name.clone()),
            holder: grant.map(|grant| grant.name.clone()),
            role: grant.map(|grant| grant.role),
            grant_expires_at_ms: grant.map(|grant| grant.expires_at_ms),
            cursor: city.as_ref().and_then(|city| city.cursor),
            up_to_date_at_ms: read_up_to_date_at(file)?,
            first_sync_unfinished: file.meta(meta::FIRST_SYNC)?.is_some(),
            waiting: counts.queued.saturating_add(counts.sent),
            held: counts.held,
            documents: file.document_count()?,
        })
    }
}

impl Replica {
    /// How far the replica is.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn status(&self) -> Result<Status, EngineError> {
        Status::read(&self.store)
    }

    /// Notes that the server said, at `at_ms` by its clock, that everything of this device's audience
    /// is here.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn note_up_to_date(&mut self, at_ms: u64) -> Result<(), EngineError> {
        self.store
            .write(|transaction| transaction.set_meta(meta::UP_TO_DATE_AT, &at_ms.to_be_bytes()))?;
        if let Some(city) = &mut self.city {
            city.server_time_ms = city.server_time_ms.max(at_ms);
        }
        Ok(())
    }
}
