//! How things stand with the server, as far as the connections of this process know.

use keting_model::CityTime;

use crate::shell::news::SyncNews;

/// How things stand with the server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Contact {
    /// Nobody syncs.
    #[default]
    None,
    /// Somebody syncs, or tries to for the first time, and is not through.
    Working,
    /// There is a connection, and in it the server said, signed, that everything is here.
    UpToDate,
    /// There is no connection, and it is tried again.
    Offline {
        /// Why.
        code: String,
        /// When it is tried again by the city's time, milliseconds since the Unix epoch.
        retry_at_ms: Option<u64>,
    },
    /// Syncing has ended by itself: trying again would not help.
    Stopped {
        /// Why.
        code: String,
    },
}

impl Contact {
    /// How things stand after some news; none if that is as before.
    pub(super) fn after(news: &SyncNews, now: CityTime) -> Option<Self> {
        match news {
            SyncNews::Connected => Some(Self::Working),
            SyncNews::UpToDate => Some(Self::UpToDate),
            SyncNews::Disconnected { code, retry_in_ms: Some(retry_in_ms) } => {
                let retry_at_ms = Some(now.plus_ms(*retry_in_ms).unix_ms());
                Some(Self::Offline { code: code.clone(), retry_at_ms })
            }
            SyncNews::Disconnected { code, retry_in_ms: None } => {
                Some(Self::Stopped { code: code.clone() })
            }
            SyncNews::ClockOff { .. }
            | SyncNews::GrantEndsSoon { .. }
            | SyncNews::FirstSync { .. }
            | SyncNews::Moot(_) => None,
        }
    }
}
