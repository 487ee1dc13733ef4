//! What a screen may ask, once or for as long as it is shown.

use std::sync::Arc;

use keting_model::DocumentId;
use keting_model::query::{ConflictView, Counts, HouseholdFilter, HouseholdView, RegionView};

use crate::error::EngineError;
use crate::replica::Status;
use crate::shell::changes::Reads;
use crate::shell::contact::Contact;
use crate::shell::hosting::Host;
use crate::shell::keting::Keting;
use crate::shell::local::Local;
use crate::shell::outbox::{HeldView, OutboxView};
use crate::shell::queries::HouseholdInFull;
use crate::shell::sync_status::SyncStatus;

/// A question about what is on this device. Each is answered as of one moment, and leaves out what the
/// holder may not read.
#[derive(Debug, Clone)]
pub enum Query {
    /// The households of a list.
    Households(HouseholdFilter),
    /// Everything one screen shows of a household.
    Household(DocumentId),
    /// How many of everything there are in a region and below it, or in all.
    Counts(Option<DocumentId>),
    /// The regions.
    Regions,
    /// What has to be settled of a region or household, or everywhere.
    Conflicts(Option<DocumentId>),
    /// What the server has not acknowledged, the oldest first, so many at most.
    Outbox(u32),
    /// What the server holds of this device's edits, with what stands on it, the oldest first.
    Held,
    /// Whose device it is and how far its replica is.
    Device,
    /// How syncing goes.
    Sync,
}

/// The answer to a [`Query`], under its name.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// To [`Query::Households`].
    Households(Vec<HouseholdView>),
    /// To [`Query::Household`]; none if it is not here, or was withdrawn.
    Household(Option<Box<HouseholdInFull>>),
    /// To [`Query::Counts`].
    Counts(Box<Counts>),
    /// To [`Query::Regions`].
    Regions(Vec<RegionView>),
    /// To [`Query::Conflicts`].
    Conflicts(Vec<ConflictView>),
    /// To [`Query::Outbox`].
    Outbox(Vec<OutboxView>),
    /// To [`Query::Held`].
    Held(Vec<HeldView>),
    /// To [`Query::Device`].
    Device(Box<Status>),
    /// To [`Query::Sync`].
    Sync(Box<SyncStatus>),
}

impl Query {
    /// After which writes the answer may be another.
    pub(super) fn reads(&self) -> Reads {
        match self {
            Self::Households(_) | Self::Household(_) | Self::Counts(_) | Self::Conflicts(_) => {
                Reads::Rows
            }
            Self::Regions => Reads::Tables(&["region"]),
            Self::Outbox(_) | Self::Held | Self::Device => Reads::File,
            Self::Sync => Reads::FileAndContact,
        }
    }

    /// Asks a replica, which stood so with the server a moment before.
    fn ask(&self, replica: &Local, contact: &Contact) -> Result<Answer, EngineError> {
        Ok(match self {
            Self::Households(filter) => Answer::Households(replica.households(filter)?),
            Self::Household(id) => Answer::Household(replica.household(id)?.map(Box::new)),
            Self::Counts(region) => Answer::Counts(Box::new(replica.counts(*region)?)),
            Self::Regions => Answer::Regions(replica.regions()?),
            Self::Conflicts(of) => Answer::Conflicts(replica.conflicts(of.as_ref())?),
            Self::Outbox(count_max) => Answer::Outbox(replica.outbox(*count_max)?),
            Self::Held => Answer::Held(replica.held()?),
            Self::Device => Answer::Device(Box::new(replica.status()?)),
            Self::Sync => Answer::Sync(Box::new(SyncStatus::of(replica, contact)?)),
        })
    }
}

impl Keting {
    /// Asks once.
    ///
    /// # Errors
    /// When the file cannot be read; `closed`.
    pub async fn ask(&self, query: Query) -> Result<Answer, EngineError> {
        ask(self.host(), query).await
    }
}

/// Asks a replica on its own threads.
pub(super) async fn ask(host: &Arc<Host>, query: Query) -> Result<Answer, EngineError> {
    let known = Arc::clone(host);
    host.read(move |replica| query.ask(replica, &known.contact())).await
}
