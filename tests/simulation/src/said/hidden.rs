//! Of somebody who is concealed, readers who may not read what is private see name and relation, and
//! nothing else in whatever they ask; and all of it once they are revealed.

use std::collections::BTreeSet;

use keting_model::household::{
    HouseholdCommand, HouseholdFilter, HouseholdView, ResidentDetail, ResidentView,
};
use keting_model::query::{self, ConflictView, Shown};
use keting_model::role::Reach;
use keting_model::{Command, Document, DocumentId, DocumentKind, ItemId, Value};
use keting_store::{Store, StoreError};

use crate::device::Device;
use crate::said::screen::{Reader, Screen};
use crate::said::word::{Slot, Word};
use crate::world::{Broken, World};

impl World {
    /// Demands of a phone whose holder may not read what is private that no answer says more than name
    /// and relation of whom its own documents say that they are concealed.
    ///
    /// # Errors
    /// When one does.
    pub fn demand_hidden(&mut self, index: usize) -> Result<(), Broken> {
        let device = &self.devices[index];
        let (Some(replica), false) = (&device.replica, device.is_troubled) else { return Ok(()) };
        let reader = Reader::of(replica, device.part.role);
        if !reader.withheld.withholds(DocumentKind::HouseholdPrivate) {
            return Ok(());
        }
        let hidden = demand_hidden(&reader).map_err(|what| format!("{}: {what}", device.name))?;
        self.trace.add("said: concealed from a reader", hidden);
        Ok(())
    }

    /// Reveals everybody who is no child, by whoever may, and lets all hear of it.
    ///
    /// # Errors
    /// When something happens that must not.
    pub fn reveal_everybody(&mut self) -> Result<(), Broken> {
        let concealed: Vec<(DocumentId, ItemId)> = self
            .said
            .about
            .keys()
            .filter(|slot| slot.is_flag())
            .filter_map(|flag| Some((flag.of, flag.resident()?.0)))
            .collect();
        for (household, resident) in concealed {
            let may = |device: &Device| self.may_reveal(device, &household);
            let Some(index) = self.devices.iter().position(may) else { continue };
            let Some(replica) = &self.devices[index].replica else { continue };
            let time = replica.now();
            let reveal = HouseholdCommand::Reveal { household, resident, time };
            self.carry_out(index, &Command::Household(reveal))?;
        }
        self.settle_down()
    }

    fn may_reveal(&self, device: &Device, household: &DocumentId) -> bool {
        let homes = self.memory.homes();
        let reaches = |home| self.reach(device, DocumentKind::HouseholdPrivate, home);
        device.is_honest && homes.get(household).and_then(reaches) == Some(Reach::Whole)
    }

    /// Demands that all that was said of who is not concealed is in the open, unless people said different
    /// things in the open and in private, which whoever reads both has to settle.
    ///
    /// # Errors
    /// When something is not.
    pub(super) fn demand_revealed(
        &self,
        index: usize,
        screen: &Screen,
        all: &Screen,
    ) -> Result<(), Broken> {
        let device = &self.devices[index];
        for slot in self.said.about.keys().filter(|slot| slot.is_hidden_of_concealed()) {
            let Some(stands) = self.stands_for(device, slot) else { continue };
            let flag = slot.concealed().map(|flag| screen.shown(&flag)).unwrap_or_default();
            if flag.contains(&Word::flag(true)) || all.listed(slot).is_some() || screen.hides(slot)
            {
                continue;
            }
            let words = screen.words(slot);
            if let Some(missing) = stands.keys().find(|word| !words.contains(word)) {
                let (name, told) = (&device.name, self.said.told(slot));
                return Err(format!("{name} is not shown {missing:?} of {slot:?}, said was{told}"));
            }
        }
        Ok(())
    }
}

/// Looks at every answer, and gives how many are concealed.
fn demand_hidden(reader: &Reader<'_>) -> Result<u64, Broken> {
    let failed = |error: StoreError| error.to_string();
    let conflicts = reader.conflicts(None).map_err(failed)?;
    let (mut hidden, mut unknown) = (0, 0);
    let filter = HouseholdFilter { region: None, shown: Shown::AlsoWithdrawn };
    for listed in query::households(reader.store, &reader.withheld, &filter).map_err(failed)? {
        let stands = |one: &&ResidentView| one.withdrawn.is_empty() && listed.withdrawn.is_empty();
        let standing = listed.residents.iter().filter(stands);
        unknown += standing.filter(|resident| resident.status.is_none()).count() as u64;
        if listed.residents.is_empty() {
            continue;
        }
        let concealed = concealed_in(reader.store, &listed)?;
        if concealed.is_empty() {
            continue;
        }
        let standing = listed.residents.iter().filter(stands);
        hidden += standing.filter(|resident| concealed.contains(&resident.id)).count() as u64;
        let page = query::household(reader.store, &reader.withheld, &listed.id, filter.shown);
        let page = page.map_err(failed)?;
        let page = page.ok_or("a household is in the list only")?;
        for resident in listed.residents.iter().filter(|resident| concealed.contains(&resident.id))
        {
            is_bare(resident).then_some(()).ok_or_else(|| format!("{resident:?} is concealed"))?;
        }
        for detail in page.residents.iter().filter(|one| concealed.contains(&one.resident.id)) {
            is_bare_in_full(detail)
                .then_some(())
                .ok_or_else(|| format!("{detail:?} is concealed"))?;
        }
        if let Some(told) =
            conflicts.iter().find(|one| one.home == listed.id && tells(one, &concealed))
        {
            return Err(format!("{told:?} is about somebody who is concealed"));
        }
    }
    let counts = query::counts(reader.store, &reader.withheld, None).map_err(failed)?;
    let counted = counts.residents.get("unknown").copied().unwrap_or(0);
    if counted != unknown || hidden > unknown {
        return Err(format!("{hidden} are concealed, {unknown} shown so and {counted} counted"));
    }
    Ok(hidden)
}

/// Who is concealed, as the document itself says.
fn concealed_in(store: &Store, household: &HouseholdView) -> Result<BTreeSet<ItemId>, Broken> {
    let failed = |error: StoreError| error.to_string();
    let id = household.id;
    let stored = store.document(&id).map_err(failed)?.ok_or("a household without a document")?;
    let mut document = match &stored.snapshot {
        Some(bytes) => Document::load(id, bytes).map_err(|error| error.to_string())?,
        None => Document::empty(id),
    };
    for change in &stored.changes_after {
        document.apply(change).map_err(|error| error.to_string())?;
    }
    let says_so = |resident: &ItemId| {
        document.values(&format!("r/{resident}/concealed")).contains(&Value::Bool(true))
    };
    Ok(household.residents.iter().map(|resident| resident.id).filter(says_so).collect())
}

fn is_bare(resident: &ResidentView) -> bool {
    let ResidentView {
        phone,
        id_number,
        bond,
        care_tags,
        status,
        status_in_conflict,
        withdrawn,
        ..
    } = resident;
    phone.is_none()
        && id_number.is_none()
        && bond.is_none()
        && care_tags.is_none()
        && status.is_none()
        && withdrawn.iter().all(|fact| fact.reason.is_none())
        && !status_in_conflict
        && resident.concealed
        && ["phone", "bond", "care_tags", "status"]
            .iter()
            .all(|field| resident.withheld.contains(field))
}

fn is_bare_in_full(detail: &ResidentDetail) -> bool {
    let says = [
        &detail.status_reason,
        &detail.status_at,
        &detail.birth_date,
        &detail.sex,
        &detail.health,
        &detail.disability,
    ];
    is_bare(&detail.resident) && says.iter().all(|one| one.is_none()) && detail.facts.is_empty()
}

/// Whether a conflict says more than name and relation of one of these.
fn tells(conflict: &ConflictView, concealed: &BTreeSet<ItemId>) -> bool {
    let of_others = conflict.meanwhile.iter().map(|done| &done.key);
    of_others.chain([&conflict.key]).any(|key| {
        let slot = Slot::new(conflict.home, key.clone());
        let about = slot.resident().is_some_and(|(resident, _)| concealed.contains(&resident));
        about && (slot.is_hidden_of_concealed() || slot.is_flag())
    })
}
