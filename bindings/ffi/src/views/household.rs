//! Everything one screen shows of a household.

use keting::views::{
    FactView, HouseholdDetail, HouseholdInFull, NeedView, NoteView, ResidentDetail, ResidentView,
    VisitView,
};
use keting::{Day, HouseholdId, NeedId, NoteId, ResidentId, VisitId};

use super::{Conflict, all, owned};

/// A household with everything the reader may see of it.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Household {
    /// Its id.
    pub id: HouseholdId,
    /// Where it lives.
    pub address: String,
    /// The code of the standard address.
    pub address_code: Option<String>,
    /// By what right it lives there.
    pub tenure: Option<String>,
    /// The code of the region it lives in, if that is here.
    pub region: Option<String>,
    /// The name of its head.
    pub head: Option<String>,
    /// How many live here.
    pub living_here: u32,
    /// The facts by which it is withdrawn; none if it stands.
    pub withdrawn: Vec<Fact>,
    /// Asked for with what was withdrawn: by which facts it was withdrawn before, and was restored.
    pub withdrawn_before: Vec<Fact>,
    /// Its residents.
    pub residents: Vec<Resident>,
    /// Its needs, in the order of their entry.
    pub needs: Vec<Need>,
    /// Its visits, the latest first; none if they are withheld.
    pub visits: Option<Vec<Visit>>,
    /// Its notes, the latest first; none if they are withheld.
    pub notes: Option<Vec<Note>>,
    /// What of it has to be settled.
    pub conflicts: Vec<Conflict>,
    /// The names of what is none because the reader may not see it, of the household and beside it.
    pub withheld: Vec<String>,
}

/// A resident.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Resident {
    /// The id within the household.
    pub id: ResidentId,
    /// The name.
    pub name: String,
    /// What they are to the head of the household.
    pub relation: Option<String>,
    /// The phone number.
    pub phone: Option<String>,
    /// How they belong to the household.
    pub bond: Option<String>,
    /// The care tags; none when they are withheld.
    pub care_tags: Option<Vec<String>>,
    /// The identity number.
    pub id_number: Option<String>,
    /// The day of birth.
    pub birth_date: Option<Day>,
    /// The sex that stands in their papers.
    pub sex: Option<String>,
    /// What is known of the health.
    pub health: Option<String>,
    /// What is known of a disability.
    pub disability: Option<String>,
    /// What has become of them; none when it is withheld.
    pub status: Option<String>,
    /// Why.
    pub status_reason: Option<String>,
    /// Since when, if those who say so agree.
    pub status_at: Option<Day>,
    /// Whether people say different things of the status, and somebody has to settle it.
    pub status_in_conflict: bool,
    /// Whether only those may read more than name and relation who may read what is private.
    pub concealed: bool,
    /// Whether they are there: they have not gone by everything that is said of them, and are not
    /// withdrawn.
    pub is_there: bool,
    /// What is said of the status and was replaced by nobody.
    pub facts: Vec<Fact>,
    /// What was said of it before, the last word first.
    pub earlier: Vec<Fact>,
    /// The facts by which they are withdrawn; none if they stand.
    pub withdrawn: Vec<Fact>,
    /// Asked for with what was withdrawn: by which facts they were withdrawn before, and was restored.
    pub withdrawn_before: Vec<Fact>,
    /// The names of the fields that are none because the reader may not see them.
    pub withheld: Vec<String>,
}

/// A need.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Need {
    /// The id within the household.
    pub id: NeedId,
    /// What is needed.
    pub text: String,
    /// Who entered it, and when.
    pub entered: Entered,
    /// What has become of it.
    pub status: String,
    /// Whether people say different things of the status, and somebody has to settle it.
    pub status_in_conflict: bool,
    /// What was done last.
    pub note: Option<String>,
    /// What is said of it and was replaced by nobody.
    pub facts: Vec<Fact>,
    /// What was said of it before, the last word first.
    pub earlier: Vec<Fact>,
    /// The facts by which it is withdrawn; none if it stands.
    pub withdrawn: Vec<Fact>,
    /// Asked for with what was withdrawn: by which facts it was withdrawn before, and was restored.
    pub withdrawn_before: Vec<Fact>,
}

/// A visit.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Visit {
    /// The id within the household.
    pub id: VisitId,
    /// The day.
    pub on: Option<Day>,
    /// What for.
    pub purpose: Option<String>,
    /// What was said and seen.
    pub note: Option<String>,
    /// Who went there.
    pub by: Option<String>,
    /// Who entered it, and when.
    pub entered: Entered,
    /// The facts by which it is withdrawn; none if it stands.
    pub withdrawn: Vec<Fact>,
    /// Asked for with what was withdrawn: by which facts it was withdrawn before, and was restored.
    pub withdrawn_before: Vec<Fact>,
}

/// A note.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Note {
    /// The id within the household.
    pub id: NoteId,
    /// The day.
    pub on: Option<Day>,
    /// The note.
    pub text: String,
    /// Who entered it, and when.
    pub entered: Entered,
    /// The facts by which it is withdrawn; none if it stands.
    pub withdrawn: Vec<Fact>,
    /// Asked for with what was withdrawn: by which facts it was withdrawn before, and was restored.
    pub withdrawn_before: Vec<Fact>,
}

/// Something that somebody said became of somebody or something.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Fact {
    /// What, as a word.
    pub status: String,
    /// The day it came about.
    pub on: Option<Day>,
    /// Why; of a need, what was done.
    pub reason: Option<String>,
    /// Who said so, and when.
    pub entered: Entered,
    /// The names of the fields that are none because the reader may not see them.
    pub withheld: Vec<String>,
}

/// Who entered something, and when.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Entered {
    /// The person's name, if it is known here.
    pub by: Option<String>,
    /// The device they wrote with: two people may have one name.
    pub device: Option<String>,
    /// The city's time, in the city's zone: `2026-11-26T20:28:00+08:00`.
    pub at: Option<String>,
}

impl Household {
    pub(crate) fn of(full: HouseholdInFull) -> Option<Self> {
        let HouseholdInFull { household, visits, notes, conflicts, withheld: beside } = full;
        let HouseholdDetail {
            id,
            address,
            address_code,
            tenure,
            region,
            head,
            withheld,
            living_here,
            withdrawn,
            withdrawn_before,
            residents,
            needs,
        } = household;
        Some(Self {
            id: HouseholdId::of(id)?,
            address,
            address_code,
            tenure,
            region,
            head,
            living_here: u32::try_from(living_here).unwrap_or(u32::MAX),
            withdrawn: all(withdrawn),
            withdrawn_before: all(withdrawn_before),
            residents: all(residents),
            needs: all(needs),
            visits: visits.map(all),
            notes: notes.map(all),
            conflicts: all(conflicts),
            withheld: [owned(withheld), owned(beside)].concat(),
        })
    }
}

impl From<ResidentDetail> for Resident {
    fn from(detail: ResidentDetail) -> Self {
        let ResidentDetail {
            resident,
            status_reason,
            status_at,
            facts,
            earlier,
            birth_date,
            sex,
            health,
            disability,
        } = detail;
        let ResidentView {
            id,
            name,
            phone,
            id_number,
            relation,
            bond,
            care_tags,
            status,
            status_in_conflict,
            concealed,
            is_there,
            withdrawn,
            withdrawn_before,
            withheld,
        } = resident;
        Self {
            id: ResidentId::of(id),
            name,
            relation,
            phone,
            bond,
            care_tags,
            id_number,
            birth_date: birth_date.and_then(day),
            sex,
            health,
            disability,
            status,
            status_reason,
            status_at: status_at.and_then(day),
            status_in_conflict,
            concealed,
            is_there,
            facts: all(facts),
            earlier: all(earlier),
            withdrawn: all(withdrawn),
            withdrawn_before: all(withdrawn_before),
            withheld: owned(withheld),
        }
    }
}

impl From<NeedView> for Need {
    fn from(need: NeedView) -> Self {
        let NeedView {
            id,
            text,
            entered,
            status,
            status_in_conflict,
            note,
            facts,
            earlier,
            withdrawn,
            withdrawn_before,
        } = need;
        Self {
            id: NeedId::of(id),
            text,
            entered: entered.into(),
            status,
            status_in_conflict,
            note,
            facts: all(facts),
            earlier: all(earlier),
            withdrawn: all(withdrawn),
            withdrawn_before: all(withdrawn_before),
        }
    }
}

impl From<VisitView> for Visit {
    fn from(visit: VisitView) -> Self {
        let VisitView { id, at, purpose, note, by, entered, withdrawn, withdrawn_before } = visit;
        Self {
            id: VisitId::of(id),
            on: day(at),
            purpose,
            note,
            by,
            entered: entered.into(),
            withdrawn: all(withdrawn),
            withdrawn_before: all(withdrawn_before),
        }
    }
}

impl From<NoteView> for Note {
    fn from(note: NoteView) -> Self {
        let NoteView { id, at, text, entered, withdrawn, withdrawn_before } = note;
        Self {
            id: NoteId::of(id),
            on: day(at),
            text,
            entered: entered.into(),
            withdrawn: all(withdrawn),
            withdrawn_before: all(withdrawn_before),
        }
    }
}

impl From<FactView> for Fact {
    fn from(said: FactView) -> Self {
        // One fact is told from another by who said it and when.
        let FactView { fact: _, status, at, reason, entered, withheld } = said;
        Self {
            status,
            on: at.and_then(day),
            reason,
            entered: entered.into(),
            withheld: owned(withheld),
        }
    }
}

impl From<keting::views::Entered> for Entered {
    fn from(entered: keting::views::Entered) -> Self {
        Self { by: entered.by, device: entered.device, at: entered.at }
    }
}

/// The day, if it is one: what an older or newer version wrote is not trusted to be.
fn day(text: String) -> Option<Day> {
    text.parse().ok()
}
