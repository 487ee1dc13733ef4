//! What a reader may not read.

use std::collections::BTreeSet;

use crate::kind::DocumentKind;
use crate::role::Role;

/// The kinds of documents a reader may not read, and so the fields that are withheld.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withheld {
    kinds: BTreeSet<DocumentKind>,
}

/// What a list of households shows of the private part of everybody.
const PRIVATE_IN_LIST: &[&str] = &["id_number"];
/// What one household shows of it.
const PRIVATE_IN_DETAIL: &[&str] = &["id_number", "birth_date", "sex", "health", "disability"];
/// What a list shows that stands in the private part only of children under fourteen.
const OF_CHILDREN_IN_LIST: &[&str] = &["phone", "bond", "care_tags", "status"];
/// What one household shows of that.
const OF_CHILDREN_IN_DETAIL: &[&str] =
    &["phone", "bond", "care_tags", "status", "status_reason", "status_at"];
/// What is shown beside a household.
const BESIDE: &[&str] = &["visits", "notes"];

impl Withheld {
    /// Nothing is withheld: the reader is the server's operator or a test.
    pub fn nothing() -> Self {
        Self { kinds: BTreeSet::new() }
    }

    /// What is withheld from somebody who holds these roles.
    pub fn from_roles(roles: &[Role]) -> Self {
        let reads = |kind| roles.iter().any(|role| role.reads().iter().any(|(k, _)| *k == kind));
        Self { kinds: DocumentKind::ALL.into_iter().filter(|kind| !reads(*kind)).collect() }
    }

    /// Whether a kind is withheld as a whole.
    pub fn withholds(&self, kind: DocumentKind) -> bool {
        self.kinds.contains(&kind)
    }

    /// The names of what is withheld beside a household in full: its visits and notes.
    pub fn beside_household(&self) -> &'static [&'static str] {
        if self.withholds(DocumentKind::HouseholdVisits) { BESIDE } else { &[] }
    }

    /// The names of the fields withheld in a list. Somebody without any known status is a child:
    /// of everybody else a fact in the household says it.
    pub(crate) fn in_list(&self, has_children: bool) -> Vec<&'static str> {
        self.named(PRIVATE_IN_LIST, OF_CHILDREN_IN_LIST, has_children)
    }

    /// The names of the fields withheld where one household is shown.
    pub(crate) fn in_detail(&self, has_children: bool) -> Vec<&'static str> {
        self.named(PRIVATE_IN_DETAIL, OF_CHILDREN_IN_DETAIL, has_children)
    }

    fn named(
        &self,
        always: &[&'static str],
        of_children: &[&'static str],
        has_children: bool,
    ) -> Vec<&'static str> {
        if !self.withholds(DocumentKind::HouseholdPrivate) {
            return Vec::new();
        }
        let of_children = if has_children { of_children } else { &[] };
        always.iter().chain(of_children).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steward_is_withheld_the_private_part_and_a_head_nothing() {
        let steward = Withheld::from_roles(&[Role::Steward]);
        assert!(steward.withholds(DocumentKind::HouseholdPrivate));
        assert_eq!(steward.in_list(false), vec!["id_number"]);
        let both = Withheld::from_roles(&[Role::Steward, Role::MicroGridHead]);
        assert_eq!(both, Withheld::nothing());
        assert_eq!(both.in_list(true), Vec::<&str>::new());
    }
}
