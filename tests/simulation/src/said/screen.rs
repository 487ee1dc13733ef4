//! What somebody's screens show, asked of the queries that apps ask.

use std::collections::{BTreeMap, BTreeSet};

use keting::parts::Replica;
use keting_model::household::{
    HouseholdDetail, HouseholdFilter, HouseholdView, NeedView, ResidentDetail, ResidentView,
};
use keting_model::query::{
    self, ConflictView, Entered, FactView, Permitted, RegionView, Shown, Withheld,
};
use keting_model::{DocumentId, Role};
use keting_store::{Store, StoreError};

use crate::said::word::{Slot, Word, record};
use crate::world::Broken;

/// Some screens of one reader at one moment.
#[derive(Debug, Clone, Default)]
pub struct Screen {
    shown: BTreeMap<Slot, BTreeSet<Word>>,
    listed: BTreeMap<Slot, BTreeMap<Word, BTreeSet<String>>>,
    /// What is withdrawn and was worked on meanwhile.
    meanwhile: BTreeSet<Slot>,
}

/// Reads one replica's screens.
pub struct Reader<'a> {
    /// The file.
    pub store: &'a Store,
    /// What the reader's role may not read.
    pub withheld: Withheld,
}

impl Screen {
    /// What is shown of a slot: one value of a field, every current fact, one record.
    pub fn shown(&self, slot: &Slot) -> BTreeSet<Word> {
        self.shown.get(slot).cloned().unwrap_or_else(|| BTreeSet::from([slot.unsaid()]))
    }

    /// What the list of conflicts says of a slot, and by whose devices; nothing if it is not in it.
    pub fn listed(&self, slot: &Slot) -> Option<&BTreeMap<Word, BTreeSet<String>>> {
        self.listed.get(slot)
    }

    /// Whether something is shown as withdrawn, by itself or with its household: then it is in no list of
    /// what has to be settled.
    pub fn hides(&self, slot: &Slot) -> bool {
        slot.withdrawals().iter().any(|one| self.is_withdrawn(one))
    }

    /// Whether a slot of a withdrawal is shown as withdrawn.
    pub fn is_withdrawn(&self, slot: &Slot) -> bool {
        self.shown.contains_key(slot)
    }

    /// Whether the resident it is about is shown as concealed.
    pub fn is_concealed(&self, slot: &Slot) -> bool {
        slot.concealed().is_some_and(|flag| self.shown(&flag).contains(&Word::flag(true)))
    }

    /// Whether it is listed that others worked on something that is withdrawn.
    pub fn tells_of_others(&self, slot: &Slot) -> bool {
        self.meanwhile.contains(slot)
    }

    /// The same without why facts about a slot say what they say.
    pub fn without_reasons(&self, slot: &Slot) -> Self {
        let mut bare = self.clone();
        if let Some(shown) = bare.shown.get_mut(slot) {
            *shown = shown.iter().map(Word::without_reason).collect();
        }
        if let Some(listed) = bare.listed.get_mut(slot) {
            *listed = listed.iter().map(|(word, by)| (word.without_reason(), by.clone())).collect();
        }
        bare
    }

    /// Every word that is shown or listed of a slot.
    pub fn words(&self, slot: &Slot) -> BTreeSet<Word> {
        let listed = self.listed(slot).into_iter().flat_map(|listed| listed.keys().cloned());
        self.shown(slot).into_iter().chain(listed).collect()
    }

    fn show(&mut self, slot: Slot, word: Word) {
        self.shown.entry(slot).or_default().insert(word);
    }

    fn list(&mut self, slot: &Slot, word: Word, by: &Entered) {
        let words = self.listed.entry(slot.clone()).or_default();
        words.entry(word).or_default().extend(by.device.clone());
    }
}

impl<'a> Reader<'a> {
    /// The screens of somebody with a role.
    pub fn of(replica: &'a Replica, role: Role) -> Self {
        Self { store: replica.store(), withheld: Withheld::from_roles(&[role]) }
    }

    /// The screens of one household or region.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn about(&self, of: &DocumentId) -> Result<Screen, StoreError> {
        let mut screen = Screen::default();
        if let Some(household) =
            query::household(self.store, &self.withheld, of, Shown::AlsoWithdrawn)?
        {
            self.read_household(&household, &mut screen)?;
        } else {
            let regions = query::regions(self.store)?;
            regions
                .iter()
                .filter(|region| region.id == *of)
                .for_each(|one| read_region(one, &mut screen));
        }
        self.conflicts(Some(of))?.iter().for_each(|conflict| read_conflict(conflict, &mut screen));
        Ok(screen)
    }

    /// Every screen there is.
    ///
    /// # Errors
    /// When two screens contradict each other. A disk that fails is not looked at.
    pub fn everything(&self) -> Result<Screen, Broken> {
        let failed = |error: StoreError| error.to_string();
        let mut screen = Screen::default();
        let conflicts = self.conflicts(None).map_err(failed)?;
        let filter = HouseholdFilter { region: None, shown: Shown::AlsoWithdrawn };
        for listed in query::households(self.store, &self.withheld, &filter).map_err(failed)? {
            let page = query::household(self.store, &self.withheld, &listed.id, filter.shown);
            let page = page.map_err(failed)?;
            let page = page.ok_or_else(|| format!("{} is in the list only", listed.id))?;
            if !is_alike(&listed, &page) {
                return Err(format!("the list shows {listed:?}, the page {page:?}"));
            }
            let own = conflicts.iter().filter(|conflict| conflict.home == listed.id).count();
            if own as u64 != listed.conflicts {
                return Err(format!("of {} are {own} conflicts in the list of them", listed.id));
            }
            self.read_household(&page, &mut screen).map_err(failed)?;
        }
        query::regions(self.store)
            .map_err(failed)?
            .iter()
            .for_each(|one| read_region(one, &mut screen));
        conflicts.iter().for_each(|conflict| read_conflict(conflict, &mut screen));
        Ok(screen)
    }

    pub(super) fn conflicts(
        &self,
        home: Option<&DocumentId>,
    ) -> Result<Vec<ConflictView>, StoreError> {
        query::conflicts(self.store, &self.withheld, &Permitted::everything(), home)
    }

    fn read_household(
        &self,
        page: &HouseholdDetail,
        screen: &mut Screen,
    ) -> Result<(), StoreError> {
        let of = page.id;
        for (name, value) in [("address", Some(&page.address)), ("tenure", page.tenure.as_ref())] {
            screen.show(Slot::new(of, name), value_of(value));
        }
        read_withdrawn(&Slot::new(of, "w"), &page.withdrawn, screen);
        page.residents.iter().for_each(|resident| read_resident(of, resident, screen));
        page.needs.iter().for_each(|need| read_need(of, need, screen));
        let shown = Shown::AlsoWithdrawn;
        for visit in query::visits(self.store, &self.withheld, &of, shown)?.into_iter().flatten() {
            read_withdrawn(&Slot::new(of, format!("v/{}/w", visit.id)), &visit.withdrawn, screen);
            let slot = Slot::new(of, format!("v/{}", visit.id));
            screen.show(slot, record(Some(visit.at), visit.note));
        }
        for note in query::notes(self.store, &self.withheld, &of, shown)?.into_iter().flatten() {
            read_withdrawn(&Slot::new(of, format!("o/{}/w", note.id)), &note.withdrawn, screen);
            screen.show(Slot::new(of, format!("o/{}", note.id)), Word::Record(note.text));
        }
        Ok(())
    }
}

/// Whether a list shows of a household what its page shows. The page names more that is withheld.
fn is_alike(listed: &HouseholdView, page: &HouseholdDetail) -> bool {
    let pairs = || page.residents.iter().map(|detail| &detail.resident).zip(&listed.residents);
    page.address == listed.address
        && page.residents.len() == listed.residents.len()
        && pairs()
            .all(|(one, other)| *one == ResidentView { withheld: one.withheld, ..other.clone() })
}

fn read_resident(of: DocumentId, detail: &ResidentDetail, screen: &mut Screen) {
    let shown = &detail.resident;
    let slot = |what: &str| Slot::of_resident(of, shown.id, what);
    screen.show(slot("name"), Word::Value(shown.name.clone()));
    screen.show(slot("concealed"), Word::flag(shown.concealed));
    for (what, value) in [
        ("phone", &shown.phone),
        ("relation", &shown.relation),
        ("bond", &shown.bond),
        ("birth_date", &detail.birth_date),
        ("health", &detail.health),
    ] {
        screen.show(slot(what), value_of(value.as_ref()));
    }
    for tag in shown.care_tags.iter().flatten() {
        screen.show(slot(&format!("t/{tag}")), Word::Value("true".to_owned()));
    }
    detail.facts.iter().for_each(|fact| screen.show(slot("s"), fact_of(fact)));
    read_withdrawn(&slot("w"), &shown.withdrawn, screen);
}

fn read_need(of: DocumentId, need: &NeedView, screen: &mut Screen) {
    screen.show(Slot::new(of, format!("n/{}/text", need.id)), Word::Record(need.text.clone()));
    let slot = Slot::new(of, format!("n/{}/s", need.id));
    need.facts.iter().for_each(|fact| screen.show(slot.clone(), fact_of(fact)));
    read_withdrawn(&Slot::new(of, format!("n/{}/w", need.id)), &need.withdrawn, screen);
}

fn read_withdrawn(slot: &Slot, facts: &[FactView], screen: &mut Screen) {
    facts.iter().for_each(|fact| screen.show(slot.clone(), fact_of(fact)));
}

fn read_region(region: &RegionView, screen: &mut Screen) {
    for (name, value) in [
        ("code", Some(&region.code)),
        ("name", Some(&region.name)),
        ("level", Some(&region.level)),
        ("head", region.head.as_ref()),
    ] {
        screen.show(Slot::new(region.id, name), value_of(value));
    }
}

/// A fact counts as listed if its word is among the values, too.
fn read_conflict(conflict: &ConflictView, screen: &mut Screen) {
    let slot = Slot::new(conflict.home, conflict.key.clone());
    if !conflict.meanwhile.is_empty() {
        screen.meanwhile.insert(slot);
        return;
    }
    for value in conflict.values.iter().filter(|_| conflict.facts.is_empty()) {
        for by in &value.entered {
            screen.list(&slot, Word::Value(value.value.clone()), by);
        }
    }
    for fact in &conflict.facts {
        if conflict.values.iter().any(|value| value.value == fact.status) {
            screen.list(&slot, fact_of(fact), &fact.entered);
        }
    }
}

fn value_of(text: Option<&String>) -> Word {
    Word::Value(text.cloned().unwrap_or_default())
}

fn fact_of(fact: &FactView) -> Word {
    let FactView { fact, status, at, reason, .. } = fact.clone();
    Word::Fact { fact, status, at, reason }
}
