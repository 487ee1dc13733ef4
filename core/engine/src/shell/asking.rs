//! What a screen may ask, once or for as long as it is shown. Each question stands here once: by its name
//! in [`Query`], by a method of [`Keting`] that asks it once, and by its answer.

use std::sync::Arc;

use keting_model::history::{History, HistoryEntry};
use keting_model::query::{
    ConflictView, Counts, HouseholdFilter, HouseholdPage, HouseholdView, Households, RegionView,
    TurnedFourteen,
};
use keting_model::{DocumentId, HouseholdId, RegionId};

use crate::error::EngineError;
use crate::replica::Status;
use crate::shell::changes::Reads;
use crate::shell::contact::Contact;
use crate::shell::hosting::{Answered, Host};
use crate::shell::keting::Keting;
use crate::shell::known_devices::KnownDevice;
use crate::shell::local::Local;
use crate::shell::outbox::{HeldView, OutboxView};
use crate::shell::queries::HouseholdInFull;
use crate::shell::sync_status::SyncStatus;
use crate::verbs::Draft;

/// A question: its name, what it is asked with, the answer and how [`Answer`] holds it, the method that asks
/// it once, after which writes the answer may be another, and how a replica is asked, which stood so with the
/// server a moment before.
macro_rules! questions {
    ($(
        $(#[$doc:meta])*
        $name:ident $(($given:ident: $form:ty))? -> $answer:ty as $held:ty,
        $method:ident after $reads:expr, |$replica:ident, $contact:ident| $ask:expr;
    )*) => {
        /// A question about what is on this device. Each is answered as of one moment, and leaves out what
        /// the holder may not read. A device that has not joined answers `not_enrolled`, but for
        /// [`Self::Device`] and [`Self::Sync`].
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Query {
            $($(#[$doc])* $name $(($form))?,)*
        }

        /// The answer to a [`Query`], under its name.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Answer {
            $(#[doc = concat!("To [`Query::", stringify!($name), "`].")] $name($held),)*
        }

        impl Query {
            /// After which writes the answer may be another.
            pub(super) fn reads(&self) -> Reads {
                match self {
                    $(Self::$name { .. } => $reads,)*
                }
            }

            fn ask(&self, replica: &Local, contact: &Contact) -> Result<Answer, EngineError> {
                match self {
                    $(Self::$name $(($given))? => {
                        let ($replica, $contact) = (replica, contact);
                        $ask.map(|answer| Answer::$name(answer.into()))
                    })*
                }
            }
        }

        /// Each question once, in Rust's own types.
        impl Keting {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// As for [`Self::ask`].
                pub fn $method(&self $(, $given: $form)?) -> Answered<$answer> {
                    let known = Arc::clone(self.host());
                    self.read(move |$replica| {
                        $(let $given = &$given;)?
                        let $contact = &known.contact();
                        $ask
                    })
                }
            )*
        }
    };
}

questions! {
    /// A page of the households here, in an order that an index gives.
    Households(households: Households) -> HouseholdPage as Box<HouseholdPage>,
    households after Reads::File, |replica, _contact| replica.household_page(households);

    /// Every household of a list with its residents: what a table of all of them shows.
    EveryHousehold(filter: HouseholdFilter) -> Vec<HouseholdView> as Vec<HouseholdView>,
    every_household after Reads::Rows, |replica, _contact| replica.households(filter);

    /// Everything one screen shows of a household; none if it is not here, or was withdrawn.
    Household(household: HouseholdId) -> Option<HouseholdInFull> as Box<Option<HouseholdInFull>>,
    household after Reads::Rows,
    |replica, _contact| replica.household(&household.document());

    /// The same with what was withdrawn of it, also where that is the household itself.
    HouseholdWithWithdrawn(household: HouseholdId)
        -> Option<HouseholdInFull> as Box<Option<HouseholdInFull>>,
    household_with_withdrawn after Reads::Rows,
    |replica, _contact| replica.household_with_withdrawn(&household.document());

    /// Who changed a field of a household or of a resident, from what to what, when and in which role, the
    /// latest first; none if the household is not here.
    History(asked: History)
        -> Option<Vec<HistoryEntry>> as Option<Vec<HistoryEntry>>,
    history after Reads::File, |replica, _contact| replica.history(asked);

    /// How many of everything there are in a region and below it, or in all.
    Counts(region: Option<RegionId>) -> Counts as Box<Counts>,
    counts after Reads::Rows, |replica, _contact| replica.counts(region.map(RegionId::document));

    /// The regions.
    Regions -> Vec<RegionView> as Vec<RegionView>,
    regions after Reads::Tables(&["region"]), |replica, _contact| replica.regions();

    /// What has to be settled of a region or household, or everywhere.
    Conflicts(of: Option<DocumentId>) -> Vec<ConflictView> as Vec<ConflictView>,
    conflicts after Reads::Rows, |replica, _contact| replica.conflicts(of.as_ref());

    /// Residents who turned fourteen and are still concealed, whom the holder may reveal.
    TurnedFourteen -> Vec<TurnedFourteen> as Vec<TurnedFourteen>,
    turned_fourteen after Reads::File, |replica, _contact| replica.turned_fourteen();

    /// Every form that was begun and not saved, the latest first.
    Drafts -> Vec<Draft> as Vec<Draft>,
    drafts after Reads::File, |replica, _contact| replica.drafts();

    /// What the server has not acknowledged, the oldest first, so many at most.
    Outbox(count_max: u32) -> Vec<OutboxView> as Vec<OutboxView>,
    outbox after Reads::File, |replica, _contact| replica.outbox(*count_max);

    /// What the server holds of this device's edits, with what stands on it, the oldest first.
    Held -> Vec<HeldView> as Vec<HeldView>,
    held after Reads::File, |replica, _contact| replica.held();

    /// The devices whose grants are here.
    Devices -> Vec<KnownDevice> as Vec<KnownDevice>,
    devices after Reads::File, |replica, _contact| replica.known_devices();

    /// Whose device it is and how far its replica is.
    Device -> Status as Box<Status>,
    device after Reads::File, |replica, _contact| replica.status();

    /// How syncing goes.
    Sync -> SyncStatus as Box<SyncStatus>,
    sync_status after Reads::FileAndContact, |replica, contact| SyncStatus::of(replica, contact);
}

impl Keting {
    /// Asks once.
    ///
    /// # Errors
    /// When the file cannot be read; `another_query` when a page is to begin at a mark of another query, or
    /// of a time when the holder's role was another one; `closed`.
    pub fn ask(&self, query: Query) -> Answered<Answer> {
        ask(self.host(), query)
    }
}

/// Asks a replica on its own threads.
pub(super) fn ask(host: &Arc<Host>, query: Query) -> Answered<Answer> {
    let known = Arc::clone(host);
    host.read(move |replica| query.ask(replica, &known.contact()))
}
