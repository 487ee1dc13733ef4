//! What a screen asks, once or for as long as it is shown.

use std::sync::Arc;

use keting::verbs::Draft;
use keting::{EngineError, HouseholdId, RegionId, SyncStatus};

use crate::core::Core;
use crate::failure::KetingError;
use crate::guarded;
use crate::views::{Conflict, Counts, Household, HouseholdPage, HouseholdsAsked, Region};

/// A question about what is on this phone. Each is answered as of one moment, and leaves out what the
/// holder may not read.
#[derive(Debug, Clone, uniffi::Enum)]
pub enum Query {
    /// A page of the households here.
    Households {
        /// Which, in which order, from where on.
        asked: HouseholdsAsked,
    },
    /// Everything one screen shows of a household.
    Household {
        /// Which.
        household: HouseholdId,
        /// Whether with what was withdrawn of it.
        with_withdrawn: bool,
    },
    /// How many of everything there are in a region and below it, or in all.
    Counts {
        /// Which region.
        region: Option<RegionId>,
    },
    /// The regions.
    Regions,
    /// What has to be settled, of a household or everywhere.
    Conflicts {
        /// Which household.
        household: Option<HouseholdId>,
    },
    /// Every form that was begun and not saved, the latest first.
    Drafts,
    /// How syncing goes.
    Sync,
}

/// The answer to a query, under its name.
#[derive(Debug, Clone, PartialEq, uniffi::Enum)]
pub enum Answer {
    /// A page of households.
    Households {
        /// The page.
        page: HouseholdPage,
    },
    /// A household.
    Household {
        /// None if it is not here, or was withdrawn.
        household: Option<Household>,
    },
    /// Counts.
    Counts {
        /// How many.
        counts: Counts,
    },
    /// Regions.
    Regions {
        /// All of them.
        regions: Vec<Region>,
    },
    /// Conflicts.
    Conflicts {
        /// All of them.
        conflicts: Vec<Conflict>,
    },
    /// Drafts.
    Drafts {
        /// All of them.
        drafts: Vec<Draft>,
    },
    /// How syncing goes.
    Sync {
        /// It.
        status: SyncStatus,
    },
}

impl From<Query> for keting::Query {
    fn from(query: Query) -> Self {
        match query {
            Query::Households { asked } => Self::Households(asked.into()),
            Query::Household { household, with_withdrawn: false } => Self::Household(household),
            Query::Household { household, with_withdrawn: true } => {
                Self::HouseholdWithWithdrawn(household)
            }
            Query::Counts { region } => Self::Counts(region),
            Query::Regions => Self::Regions,
            Query::Conflicts { household } => Self::Conflicts(household.map(HouseholdId::document)),
            Query::Drafts => Self::Drafts,
            Query::Sync => Self::Sync,
        }
    }
}

impl TryFrom<keting::Answer> for Answer {
    type Error = EngineError;

    /// Of questions that do not cross there is no answer.
    fn try_from(answer: keting::Answer) -> Result<Self, EngineError> {
        use keting::Answer as From;
        Ok(match answer {
            From::Households(page) => Self::Households { page: (*page).into() },
            From::Household(full) | From::HouseholdWithWithdrawn(full) => {
                Self::Household { household: full.and_then(Household::of) }
            }
            From::Counts(counts) => Self::Counts { counts: (*counts).into() },
            From::Regions(all) => {
                Self::Regions { regions: all.into_iter().filter_map(Region::of).collect() }
            }
            From::Conflicts(all) => {
                Self::Conflicts { conflicts: all.into_iter().map(Conflict::from).collect() }
            }
            From::Drafts(drafts) => Self::Drafts { drafts },
            From::Sync(status) => Self::Sync { status: *status },
            _ => return Err(EngineError::Fault),
        })
    }
}

#[uniffi::export]
impl Core {
    /// Asks once.
    ///
    /// # Errors
    /// When the file cannot be read; `another_query` when a page is to begin at a mark of another query;
    /// `closed`.
    pub async fn ask(&self, query: Query) -> Result<Answer, KetingError> {
        guarded::soon(async { self.keting.ask(query.into()).await?.try_into() }).await
    }

    /// Asks for as long as a screen shows the answer.
    ///
    /// # Errors
    /// `internal`.
    pub fn live(&self, query: Query) -> Result<Arc<Live>, KetingError> {
        guarded::now(|| {
            let live = self.keting.live(query.into());
            Ok::<_, EngineError>(Arc::new(Live { live }))
        })
    }
}

/// A query that is answered anew whenever its answer may have changed. Nothing is pushed: the next answer
/// is worked out when it is asked for, so a slow screen gets the latest state and never a queue.
#[derive(uniffi::Object)]
pub struct Live {
    live: keting::Live,
}

#[uniffi::export]
impl Live {
    /// The next answer: the first at once, each further one when it differs from the last, and not sooner
    /// than 30 ms after it. None when the query was cancelled or the engine closed.
    ///
    /// # Errors
    /// When the file cannot be read; the next call tries again. `not_enrolled`, once, while the device has
    /// not joined; the next call waits until it has.
    pub async fn next(&self) -> Result<Option<Answer>, KetingError> {
        guarded::soon(async { self.live.next().await?.map(Answer::try_from).transpose() }).await
    }

    /// Ends it: whoever waits for the next answer hears so at once.
    ///
    /// # Errors
    /// `internal`.
    pub fn cancel(&self) -> Result<(), KetingError> {
        guarded::now(|| {
            self.live.cancel();
            Ok::<_, EngineError>(())
        })
    }
}
