//! What screens ask. Each query sees the replica as of one moment, never waits for an edit or a sync,
//! and leaves out what the holder's role may not read. A device that has not joined yet answers
//! `not_enrolled`: it knows of no household, and a list without any would say that there are none.

use keting_model::query::{
    self, Candidate, ConflictView, Counts, HouseholdDetail, HouseholdFilter, HouseholdPage,
    HouseholdView, Households, NoteView, OnDevice, RegionView, Shown, TurnedFourteen, VisitView,
    Withheld,
};
use keting_model::{DocumentId, ItemId};
use keting_store::{StoreError, View};
use serde::Serialize;

use crate::error::EngineError;
use crate::replica::Status;
use crate::replica::ended::Ended;
use crate::replica::regions::region_of_code;
use crate::shell::local::Local;

/// Everything one screen shows of a household.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HouseholdInFull {
    /// The household with its residents and needs.
    pub household: HouseholdDetail,
    /// Who came, the latest first, as far as the holder may read it; none if all of it is withheld.
    pub visits: Option<Vec<VisitView>>,
    /// What was noted, the latest first, in the same way.
    pub notes: Option<Vec<NoteView>>,
    /// What has to be settled.
    pub conflicts: Vec<ConflictView>,
    /// The names of what is withheld beside the household itself: `visits` and `notes`, or `visits_of_others`
    /// and `notes_of_others` where the holder reads only what they entered themselves.
    pub withheld: &'static [&'static str],
}

impl Local {
    /// The households here, or those of a region and below it, as a list shows them.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn households(&self, filter: &HouseholdFilter) -> Result<Vec<HouseholdView>, EngineError> {
        self.of_city(|view, withheld| query::households(view, withheld, filter))
    }

    /// A page of the households here, as an app lists them.
    ///
    /// # Errors
    /// When the file cannot be read; `another_query` when the mark it is to begin at is of another query,
    /// or of a time when the holder's role was another one.
    pub fn household_page(&self, query: &Households) -> Result<HouseholdPage, EngineError> {
        let page = self.of_city(|view, withheld| {
            let drafts = view.drafts()?.into_iter().filter_map(|draft| draft.household);
            let on_device = OnDevice {
                not_sent: view.documents_not_sent()?.into_iter().collect(),
                drafts: drafts.collect(),
            };
            query::household_page(view, withheld, query, &on_device)
        })?;
        Ok(page?)
    }

    /// A household with its residents, needs, visits, notes and conflicts; none if it is not here, or was
    /// withdrawn.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn household(&self, id: &DocumentId) -> Result<Option<HouseholdInFull>, EngineError> {
        self.in_full(id, Shown::Standing)
    }

    /// The same with what was withdrawn of it, also where that is the household itself.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn household_with_withdrawn(
        &self,
        id: &DocumentId,
    ) -> Result<Option<HouseholdInFull>, EngineError> {
        self.in_full(id, Shown::AlsoWithdrawn)
    }

    fn in_full(
        &self,
        id: &DocumentId,
        shown: Shown,
    ) -> Result<Option<HouseholdInFull>, EngineError> {
        let permitted = self.permitted();
        self.of_city(|view, withheld| {
            let Some(household) = query::household(view, withheld, id, shown)? else {
                return Ok(None);
            };
            Ok(Some(HouseholdInFull {
                household,
                visits: query::visits(view, withheld, id, shown)?,
                notes: query::notes(view, withheld, id, shown)?,
                conflicts: query::conflicts(view, withheld, &permitted, Some(id))?,
                withheld: withheld.beside_household(),
            }))
        })
    }

    /// The visits to a household and the notes about it that are here: a withdrawal of the household says
    /// that its author has seen them.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn visits_and_notes(&self, household: &DocumentId) -> Result<Vec<ItemId>, EngineError> {
        self.of_city(|view, _| query::visits_and_notes(view, household))
    }

    /// What has to be settled of a region or household, or everywhere.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn conflicts(&self, of: Option<&DocumentId>) -> Result<Vec<ConflictView>, EngineError> {
        let permitted = self.permitted();
        self.of_city(|view, withheld| query::conflicts(view, withheld, &permitted, of))
    }

    /// The regions here.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn regions(&self) -> Result<Vec<RegionView>, EngineError> {
        self.of_city(|view, withheld| {
            let shown = withheld.regions_shown(view)?;
            let is_shown =
                |region: &RegionView| shown.as_ref().is_none_or(|shown| shown.contains(&region.id));
            Ok(query::regions(view)?.into_iter().filter(is_shown).collect())
        })
    }

    /// The region with a code. Should two people have given the same, the one that is in the log: the
    /// other will be held, and what is entered for it with it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn region_of_code(&self, code: &str) -> Result<Option<DocumentId>, EngineError> {
        self.of_city(|view, withheld| region_of_code(view, withheld, code))
    }

    /// The household or region that a document is of, by its address or name: what a changed row is about. None
    /// if that is not here, or not shown to the holder.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn about(&self, of: &DocumentId) -> Result<Option<Candidate<DocumentId>>, EngineError> {
        self.of_city(|view, withheld| query::about(view, withheld, of))
    }

    /// Residents who turned fourteen and are still concealed, whom the holder may reveal: nobody on a device
    /// that has not joined or was ended, as there is nothing that its holder could do.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn turned_fourteen(&self) -> Result<Vec<TurnedFourteen>, EngineError> {
        let (permitted, today) = (self.permitted(), self.now().day());
        self.at_one_moment(|view, withheld| match Ended::read(view) {
            Ok(None) => Ok(Ok(query::turned_fourteen(view, withheld, &permitted, today)?)),
            Ok(Some(_)) => Ok(Ok(Vec::new())),
            Err(unreadable) => Ok(Err(unreadable)),
        })?
    }

    /// How many of everything there are in a region and below it, or in all.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn counts(&self, region: Option<DocumentId>) -> Result<Counts, EngineError> {
        self.of_city(|view, withheld| query::counts(view, withheld, region))
    }

    /// How far the replica is.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn status(&self) -> Result<Status, EngineError> {
        let (now, clock_off_ms) = self.clocks();
        self.at_one_moment(|view, _| Ok(Status::read(view, now, clock_off_ms)))?
    }

    /// Asks about the city that the device is in.
    pub(super) fn of_city<T>(
        &self,
        work: impl FnOnce(&View, &Withheld) -> Result<T, StoreError>,
    ) -> Result<T, EngineError> {
        self.require_joined()?;
        self.at_one_moment(work)
    }

    pub(crate) fn at_one_moment<T>(
        &self,
        work: impl FnOnce(&View, &Withheld) -> Result<T, StoreError>,
    ) -> Result<T, EngineError> {
        let withheld = self.withheld();
        self.read(|reader| reader.at_one_moment(|view| work(view, &withheld)))
    }
}
