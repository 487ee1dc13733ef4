//! How syncing goes, as one line of a screen shows it. It never says that everything is through while
//! something waits.

use keting_model::{CityTime, Day};
use keting_store::SalvageReport;

use crate::error::EngineError;
use crate::replica::{Status, invitation};
use crate::shell::contact::Contact;
use crate::shell::local::Local;

/// How syncing goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncStatus {
    /// What is going on.
    pub phase: Phase,
    /// When the server last said that everything is here, by its clock, milliseconds since the Unix
    /// epoch.
    pub as_of_ms: Option<u64>,
    /// Edits that the server has not answered, those that are on their way among them.
    pub waiting: u64,
    /// Of these, edits that the server could not keep the last time.
    pub refused: u64,
    /// Edits that the server holds. They wait for a person, and no sync ends that: a screen names them
    /// whatever the phase is.
    pub held: u64,
    /// The day on which the oldest of those that wait was entered.
    pub oldest_waiting: Option<Day>,
    /// Fields that have to be settled.
    pub conflicts: u64,
    /// Entries of the log that only a newer version can read.
    pub unread: u64,
    /// By how many minutes the device's clock is ahead, or behind if negative: only if that is more
    /// than five, and the city's time is certain.
    pub clock_off_min: Option<i64>,
    /// The last day of the grant.
    pub grant_ends: Option<Day>,
    /// What was saved when the file took a damaged one's place, until that is dismissed.
    pub salvaged: Option<SalvageReport>,
}

/// What is going on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// The device is in no city and was not invited to one.
    NotJoined,
    /// The device has an invitation that is yet to be used.
    Joining,
    /// Documents come for the first time.
    FirstSync {
        /// Received.
        done: u64,
        /// In all.
        total: u64,
    },
    /// There is a connection, in it the server said, signed, that everything is here, and nothing waits.
    UpToDate,
    /// Something is under way.
    Working,
    /// There is no connection. What is entered is kept here.
    Offline {
        /// Why, as a code of [`crate::error::known`]; `sync_stopped` where nobody syncs.
        code: String,
        /// When it is tried again by the city's time, milliseconds since the Unix epoch; none if it is not
        /// by itself.
        retry_at_ms: Option<u64>,
    },
    /// Syncing has ended by itself, since trying again would not help.
    Stopped {
        /// Why, as a code of [`crate::error::known`].
        code: String,
    },
}

impl SyncStatus {
    /// Reads it. `contact` was known before: what was written since only makes more wait.
    pub(super) fn of(replica: &Local, contact: &Contact) -> Result<Self, EngineError> {
        let (now, clock_off_ms) = replica.clocks();
        let (status, is_invited, oldest_ms) = replica.at_one_moment(|view, _| {
            let status = Status::read(view, now, clock_off_ms);
            Ok((status, invitation(view), view.oldest_waiting_at_ms()?))
        })?;
        Ok(Self::from(status?, is_invited?.is_some(), oldest_ms, contact))
    }

    fn from(status: Status, is_invited: bool, oldest_ms: Option<u64>, contact: &Contact) -> Self {
        Self {
            phase: Phase::of(&status, is_invited, contact),
            as_of_ms: status.up_to_date_at_ms,
            waiting: status.waiting,
            refused: status.refused,
            held: status.held,
            oldest_waiting: oldest_ms.map(|ms| CityTime::new(ms).day()),
            conflicts: status.conflicts,
            unread: status.unread,
            clock_off_min: status.clock_off_ms.map(|off_ms| off_ms / 60_000),
            grant_ends: status.grant_expires_at_ms.map(|ms| CityTime::new(ms).day()),
            salvaged: status.salvaged,
        }
    }
}

impl Phase {
    fn of(status: &Status, is_invited: bool, contact: &Contact) -> Self {
        let is_joined = status.city.is_some();
        match contact {
            Contact::Stopped { code } => Self::Stopped { code: code.clone() },
            _ if !is_joined && !is_invited => Self::NotJoined,
            Contact::Offline { code, retry_at_ms } => {
                Self::Offline { code: code.clone(), retry_at_ms: *retry_at_ms }
            }
            Contact::None => Self::Offline { code: "sync_stopped".to_owned(), retry_at_ms: None },
            _ if !is_joined => Self::Joining,
            Contact::Working | Contact::UpToDate => match status.first_sync {
                Some((done, total)) => Self::FirstSync { done, total },
                None if *contact == Contact::UpToDate && status.waiting == 0 => Self::UpToDate,
                None => Self::Working,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn up_to_date_is_said_only_in_a_connection_that_said_so_and_while_nothing_waits() {
        let quiet = status();
        let waiting = Status { waiting: 1, ..status() };
        let phase = |status: &Status, contact: &Contact| Phase::of(status, false, contact);
        assert_eq!(phase(&quiet, &Contact::UpToDate), Phase::UpToDate);
        assert_eq!(phase(&waiting, &Contact::UpToDate), Phase::Working);
        assert_eq!(phase(&quiet, &Contact::Working), Phase::Working);
        assert!(matches!(phase(&quiet, &Contact::None), Phase::Offline { .. }));
        let first_sync = Status { first_sync: Some((3, 9)), ..status() };
        let expected = Phase::FirstSync { done: 3, total: 9 };
        assert_eq!(phase(&first_sync, &Contact::UpToDate), expected);
    }

    #[test]
    fn why_nothing_is_sent_is_said_also_of_a_device_that_has_yet_to_join() {
        let apart = Status { city: None, ..status() };
        let code = "wrong_server_key".to_owned();
        let stopped = Contact::Stopped { code: code.clone() };
        assert_eq!(Phase::of(&apart, true, &stopped), Phase::Stopped { code });
        let offline = Contact::Offline { code: "unreachable".to_owned(), retry_at_ms: Some(5) };
        let expected = Phase::Offline { code: "unreachable".to_owned(), retry_at_ms: Some(5) };
        assert_eq!(Phase::of(&apart, true, &offline), expected);
        assert_eq!(Phase::of(&apart, true, &Contact::Working), Phase::Joining);
        assert_eq!(Phase::of(&apart, false, &offline), Phase::NotJoined);
    }

    fn status() -> Status {
        Status {
            city: Some("潮乡市".to_owned()),
            holder: None,
            role: None,
            clock_off_ms: None,
            time_uncertain: false,
            grant_expires_at_ms: None,
            grant_ends_soon: false,
            ended: None,
            waiting_for_invitation: 0,
            cursor: None,
            up_to_date_at_ms: None,
            first_sync: None,
            waiting: 0,
            refused: 0,
            held: 0,
            conflicts: 0,
            documents: 0,
            hidden: 0,
            log_diverged: false,
            unread: 0,
            set_aside: 0,
            salvaged: None,
        }
    }
}
