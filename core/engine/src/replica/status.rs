//! How far a replica is, as an app shows it.

use keting_model::query::{Withheld, conflict_counts, hidden_households};
use keting_model::{CityTime, Role};
use keting_store::{SalvageReport, View};
use keting_sync::FirstSync;
use keting_trust::{Cursor, Grant, cbor, limits};

use crate::error::EngineError;
use crate::replica::ended::{self, Ended};
use crate::replica::regions::Regions;
use crate::replica::{City, Replica, dating, meta, read_up_to_date_at};

/// How far a replica is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The city's name, once the device is enrolled.
    pub city: Option<String>,
    /// The holder's name in the grant.
    pub holder: Option<String>,
    /// The holder's role.
    pub role: Option<Role>,
    /// By how many milliseconds the device's clock is ahead of the city's time, or behind if negative:
    /// only if that is more than five minutes, and the city's time is certain.
    pub clock_off_ms: Option<i64>,
    /// Whether the city's time is uncertain: the device has started anew since it heard from the
    /// server, so that its own clock had to be asked.
    pub time_uncertain: bool,
    /// Until when the grant holds, milliseconds since the Unix epoch; none of a device that was ended.
    pub grant_expires_at_ms: Option<u64>,
    /// Whether that is within thirty days of the time that the server last told, or past: somebody
    /// should renew it. The device's own clock has no say in it.
    pub grant_ends_soon: bool,
    /// Why the device was ended, in the words of whoever did it. It keeps all it has and gets nothing
    /// more.
    pub ended: Option<String>,
    /// What was entered after the device had heard of its end, or is then to be made anew on a machine that
    /// was put back: it is kept here, and goes out after a later invitation into the same folder.
    pub waiting_for_invitation: u64,
    /// Up to where the log is here.
    pub cursor: Option<Cursor>,
    /// When the device was last up to date, by the server's clock, milliseconds since the Unix
    /// epoch.
    pub up_to_date_at_ms: Option<u64>,
    /// Documents received and in all, while a first sync is not over.
    pub first_sync: Option<(u64, u64)>,
    /// Edits the server has not acknowledged: on their way, or to be sent again.
    pub waiting: u64,
    /// Of these, edits that the server could not keep the last time.
    pub refused: u64,
    /// Edits that the server holds, and those that stand on such: they are listed by themselves and
    /// shown nowhere else.
    pub held: u64,
    /// Fields that have to be settled, as far as the holder may see them.
    pub conflicts: u64,
    /// Documents held.
    pub documents: u64,
    /// Households that are here and shown nowhere, because no grant of the holder covers them any more. They
    /// come back with one that does.
    pub hidden: u64,
    /// Whether the server's log was found to be another one: it was put back from a copy. Everything
    /// is kept here, and sent once the server has its log again.
    pub log_diverged: bool,
    /// Entries of the log that only a newer version of the software can read.
    pub unread: u64,
    /// Entries of the log that do not hold up here: kept, and in no document. The operator should hear
    /// of them.
    pub set_aside: u64,
    /// What was saved when this file took a damaged one's place, until it is dismissed.
    pub salvaged: Option<SalvageReport>,
}

impl Status {
    /// How far the replica in a file is, whose city's time is `now`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn read(
        file: &View,
        now: CityTime,
        clock_off_ms: Option<i64>,
    ) -> Result<Self, EngineError> {
        let counts = file.outbox_counts()?;
        let city = City::read(file)?;
        let grant = city.as_ref().map(|city| &city.grants.longest().grant);
        let ended = Ended::read(file)?;
        let runs = grant.filter(|_| ended.is_none());
        let told_ms = dating::read(file)?.told_ms().unwrap_or(0);
        let told_ms = grant.map_or(told_ms, |grant| told_ms.max(grant.issued_at_ms));
        let withheld = match &city {
            Some(city) => city.grants.withheld(told_ms, || Regions::of(file))?,
            None => Withheld::from_roles(&[]),
        };
        Ok(Self {
            city: city.as_ref().map(|city| city.membership.city_name.clone()),
            holder: grant.map(|grant| grant.name.clone()),
            role: grant.map(|grant| grant.role),
            clock_off_ms,
            time_uncertain: city.is_some() && now.is_uncertain(),
            grant_expires_at_ms: runs.map(|grant| grant.expires_at_ms),
            grant_ends_soon: runs.is_some_and(|grant| ends_soon(grant, told_ms)),
            waiting_for_invitation: match &ended {
                Some(ended) => ended.waiting(file)?,
                None => 0,
            },
            ended: ended.map(|ended| ended.why),
            cursor: city.as_ref().and_then(|city| city.cursor),
            up_to_date_at_ms: read_up_to_date_at(file)?,
            first_sync: first_sync(file)?.map(|first_sync| (first_sync.done, first_sync.total)),
            waiting: counts.queued.saturating_add(counts.sent).saturating_add(counts.refused),
            refused: counts.refused,
            held: counts.held,
            conflicts: conflict_counts(file, &withheld, None)?.into_values().sum(),
            documents: file.document_count()?,
            hidden: hidden_households(file, &withheld)?,
            log_diverged: file.meta(meta::LOG_DIVERGED)?.is_some(),
            unread: file.unread_count()?,
            set_aside: file.set_aside_count()?,
            salvaged: file.salvage_report()?,
        })
    }
}

fn ends_soon(grant: &Grant, told_ms: u64) -> bool {
    grant.expires_at_ms.saturating_sub(told_ms) <= limits::GRANT_ENDS_SOON_MS
}

impl Replica {
    /// How far the replica is.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn status(&self) -> Result<Status, EngineError> {
        Status::read(&self.store, self.now(), self.clock_off_ms())
    }

    /// Notes that the server said, at `at_ms` by its clock, that everything of this device's audience
    /// is here. Says whether the device was ended until now: what was entered meanwhile may be sent.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn note_up_to_date(&mut self, at_ms: u64) -> Result<bool, EngineError> {
        let was_ended = self.store.meta(meta::ENDED)?.is_some();
        self.store.note(|transaction| {
            ended::forget(transaction)?;
            transaction.delete_meta(meta::LOG_DIVERGED)?;
            transaction.set_meta(meta::UP_TO_DATE_AT, &at_ms.to_be_bytes())
        })?;
        Ok(was_ended)
    }

    /// Notes that the server's log is another one, for everybody who looks at the status.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn note_log_diverged(&mut self) -> Result<(), EngineError> {
        Ok(self.store.note(|transaction| transaction.set_meta(meta::LOG_DIVERGED, &[1]))?)
    }
}

/// Where an unfinished first sync stands.
pub(super) fn first_sync(file: &View) -> Result<Option<FirstSync>, EngineError> {
    let Some(bytes) = file.meta(meta::FIRST_SYNC)? else { return Ok(None) };
    cbor::from_slice(&bytes).map(Some).map_err(|_| EngineError::DamagedMeta)
}
