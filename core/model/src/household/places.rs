//! Finding a household in a list by its id, for what is read household by household.

use crate::id::DocumentId;

/// Where each household stands in a list.
pub(super) struct Places {
    /// In the order of ids.
    all: Vec<(DocumentId, usize)>,
    /// The one that was asked for last: residents come household by household.
    last: Option<(DocumentId, usize)>,
}

impl Places {
    /// Of the households of a list, in its order.
    pub(super) fn of(households: impl Iterator<Item = DocumentId>) -> Self {
        let mut all: Vec<_> = households.enumerate().map(|(place, id)| (id, place)).collect();
        all.sort_unstable();
        Self { all, last: None }
    }

    /// The place of a household, if it is in the list.
    pub(super) fn place(&mut self, household: DocumentId) -> Option<usize> {
        if self.last.is_none_or(|(id, _)| id != household) {
            let at = self.all.binary_search_by_key(&household, |(id, _)| *id).ok()?;
            self.last = self.all.get(at).copied();
        }
        self.last.map(|(_, place)| place)
    }
}
