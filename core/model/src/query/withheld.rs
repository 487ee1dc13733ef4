//! What a reader may not read.

use std::collections::BTreeSet;

use crate::kind::DocumentKind;
use crate::projection::Cell;
use crate::query::within::Within;
use crate::role::{Reach, Role};

/// The condition of SQL that a record is the reader's own, where only those are shown: its second parameter is
/// [`Withheld::only_of`].
macro_rules! only_of {
    ($table:literal) => {
        concat!(
            "(?2 IS NULL OR EXISTS (SELECT 1 FROM author a WHERE a.actor = ",
            $table,
            ".actor AND a.device = ?2))"
        )
    };
}
pub(crate) use only_of;

/// The kinds of documents a reader may not read, and so the fields that are withheld; and where they may
/// not look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withheld {
    kinds: BTreeSet<DocumentKind>,
    /// Those of which the reader may read what they wrote themselves, and nothing else.
    of_others: BTreeSet<DocumentKind>,
    /// The device the reader reads with: what it wrote is theirs. None where nobody asks, as in a test.
    own: Option<[u8; 16]>,
    pub(super) within: Within,
}

/// What a list of households shows of the private part of everybody.
const IN_LIST: &[&str] = &["id_number"];
/// What it shows of it of who is concealed.
const IN_LIST_CONCEALED: &[&str] = &["id_number", "phone", "bond", "care_tags", "status"];
/// What one household shows of the private part of everybody.
const IN_DETAIL: &[&str] = &["id_number", "birth_date", "sex", "health", "disability"];
/// What it shows of it of who is concealed.
const IN_DETAIL_CONCEALED: &[&str] = &[
    "id_number",
    "birth_date",
    "sex",
    "health",
    "disability",
    "phone",
    "bond",
    "care_tags",
    "status",
    "status_reason",
    "status_at",
];
/// What is shown beside a household.
const BESIDE: &[&str] = &["visits", "notes"];
/// What is not shown beside it to who reads only what they entered themselves.
const BESIDE_OF_OTHERS: &[&str] = &["visits_of_others", "notes_of_others"];
/// What a row of a page shows of visits.
const IN_ROW: &[&str] = &["last_visit"];
/// What it does not to who reads only their own.
const IN_ROW_OF_OTHERS: &[&str] = &["last_visit_of_others"];

impl Withheld {
    /// Nothing is withheld: the reader is the server's operator or a test.
    pub fn nothing() -> Self {
        Self {
            kinds: BTreeSet::new(),
            of_others: BTreeSet::new(),
            own: None,
            within: Within::Everywhere,
        }
    }

    /// What is withheld from somebody who holds these roles.
    pub fn from_roles(roles: &[Role]) -> Self {
        let reads = |kind| {
            let all = roles.iter().flat_map(|role| role.reads());
            all.filter(|(readable, _)| *readable == kind).map(|(_, reach)| *reach).min()
        };
        Self::unless(reads)
    }

    /// What is withheld from somebody who may read so much of each kind.
    pub fn unless(reads: impl Fn(DocumentKind) -> Option<Reach>) -> Self {
        let of_reach = |reach| -> BTreeSet<DocumentKind> {
            DocumentKind::ALL.into_iter().filter(|kind| reads(*kind) == reach).collect()
        };
        let (kinds, of_others) = (of_reach(None), of_reach(Some(Reach::OwnOnly)));
        Self { kinds, of_others, own: None, within: Within::Everywhere }
    }

    /// The same, of who reads with a device. What others wrote may be here from when their role was another.
    #[must_use]
    pub fn of_device(mut self, device: [u8; 16]) -> Self {
        self.own = Some(device);
        self
    }

    /// The device whose records of a kind alone are shown; null where everybody's are.
    pub(crate) fn only_of(&self, kind: DocumentKind) -> Cell {
        let own = self.own.filter(|_| self.of_others.contains(&kind));
        own.map_or(Cell::Null, |device| Cell::Blob(device.to_vec()))
    }

    /// Whether a kind is withheld as a whole.
    pub fn withholds(&self, kind: DocumentKind) -> bool {
        self.kinds.contains(&kind)
    }

    /// Whether of a kind at least what others wrote is withheld.
    pub(crate) fn withholds_others(&self, kind: DocumentKind) -> bool {
        self.withholds(kind) || self.of_others.contains(&kind)
    }

    /// The names of what is withheld beside a household in full: its visits and notes, or those of others.
    pub fn beside_household(&self) -> &'static [&'static str] {
        self.of_visits(BESIDE, BESIDE_OF_OTHERS)
    }

    /// The names of the fields that are withheld in every row of a page of households: the last visit, or that
    /// of others where it is only among the reader's own.
    pub(crate) fn in_row(&self) -> &'static [&'static str] {
        self.of_visits(IN_ROW, IN_ROW_OF_OTHERS)
    }

    /// What is withheld of visits: all of it, what others entered, or nothing.
    fn of_visits(
        &self,
        all: &'static [&'static str],
        of_others: &'static [&'static str],
    ) -> &'static [&'static str] {
        let kind = DocumentKind::HouseholdVisits;
        match (self.withholds(kind), self.withholds_others(kind)) {
            (true, _) => all,
            (false, true) => of_others,
            (false, false) => &[],
        }
    }

    /// The names of the fields of a resident that are withheld in a list.
    pub(crate) fn in_list(&self, concealed: bool) -> &'static [&'static str] {
        match (self.withholds(DocumentKind::HouseholdPrivate), concealed) {
            (false, _) => &[],
            (true, false) => IN_LIST,
            (true, true) => IN_LIST_CONCEALED,
        }
    }

    /// The names of the fields of a resident that are withheld where one household is shown.
    pub(crate) fn in_detail(&self, concealed: bool) -> &'static [&'static str] {
        match (self.withholds(DocumentKind::HouseholdPrivate), concealed) {
            (false, _) => &[],
            (true, false) => IN_DETAIL,
            (true, true) => IN_DETAIL_CONCEALED,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steward_is_withheld_the_private_part_and_a_head_nothing() {
        let steward = Withheld::from_roles(&[Role::Steward]);
        assert!(steward.withholds(DocumentKind::HouseholdPrivate));
        assert_eq!(steward.in_list(false), ["id_number"]);
        assert_eq!(steward.beside_household(), ["visits_of_others", "notes_of_others"]);
        assert_eq!(steward.in_row(), ["last_visit_of_others"]);
        let both = Withheld::from_roles(&[Role::Steward, Role::MicroGridHead]);
        assert!(!both.withholds_others(DocumentKind::HouseholdVisits));
        assert!(both.in_list(true).is_empty() && both.beside_household().is_empty());
        let chief = Withheld::from_roles(&[Role::StationChief]);
        assert_eq!(chief.beside_household(), ["visits_of_others", "notes_of_others"]);
        let mediator = Withheld::from_roles(&[Role::Mediator]);
        assert_eq!(mediator.beside_household(), ["visits", "notes"]);
    }
}
