//! Documents as they were: the states that changes were made on, when those are not the heads.

use std::collections::VecDeque;

use keting_model::{ChangeHash, Document};

use super::replay::guarded;
use super::{GuardError, Spent};
use crate::kept::memory_of;
use crate::limits;

/// Earlier states of documents, kept for the next change that was made on one of them.
///
/// A phone that comes back after a week brings a row of changes to one household, each made on the
/// one before; making the state anew for each would cost the document's whole history every time.
#[derive(Debug, Default)]
pub struct Forks {
    kept: VecDeque<Document>,
    bytes: usize,
    spent: Spent,
}

impl Forks {
    /// What was spent so far.
    pub fn spent(&self) -> Spent {
        self.spent
    }

    /// Forgets all states, but not what was spent.
    pub fn forget(&mut self) {
        (self.kept, self.bytes) = (VecDeque::new(), 0);
    }

    /// Counts operations that are about to be made again.
    pub(super) fn count_replay(&mut self, ops: u64) {
        self.spent.replayed_ops += ops;
    }

    /// The document as it was at `deps`, all of which it has.
    pub(super) fn at(
        &mut self,
        document: &Document,
        deps: &[ChangeHash],
    ) -> Result<Document, GuardError> {
        let found = self
            .kept
            .iter()
            .position(|fork| fork.id() == document.id() && is_at(fork, deps))
            .and_then(|index| self.kept.remove(index));
        if let Some(fork) = found {
            self.bytes = self.bytes.saturating_sub(memory_of(&fork));
            return Ok(fork);
        }
        self.spent.forks += 1;
        self.spent.forked_changes += document.size().changes;
        guarded(|| document.at(deps).map_err(|_| GuardError::MissingDependency))
    }

    /// Keeps a state, and forgets the oldest while all of them take too much.
    pub(super) fn keep(&mut self, fork: Document) {
        self.bytes = self.bytes.saturating_add(memory_of(&fork));
        self.kept.push_back(fork);
        while self.bytes > limits::FORKS_BYTES_MAX
            && let Some(oldest) = self.kept.pop_front()
        {
            self.bytes = self.bytes.saturating_sub(memory_of(&oldest));
        }
    }
}

/// Whether `deps` are where the document is: its heads, and perhaps ancestors of them.
///
/// A change names its actor's previous change even when others have built on that since, so
/// dependencies are not always heads.
pub(super) fn is_at(document: &Document, deps: &[ChangeHash]) -> bool {
    document.heads().iter().all(|head| deps.contains(head))
        && deps.iter().all(|dep| document.has(dep))
}

#[cfg(test)]
mod tests {
    use keting_model::{
        ActorId, CityTime, CommandId, DocumentId, DocumentKind, HybridTime, Op, Stamp, Value,
    };

    use super::*;

    #[test]
    fn a_kept_state_is_found_again_and_the_oldest_are_forgotten_by_what_they_take() {
        let mut forks = Forks::default();
        let states: Vec<_> = (0..9).map(large).collect();
        let of_one = memory_of(&states[0]);
        states.iter().for_each(|state| forks.keep(state.clone()));
        assert!(9 * of_one > limits::FORKS_BYTES_MAX && 7 * of_one < limits::FORKS_BYTES_MAX);
        assert!(forks.bytes <= limits::FORKS_BYTES_MAX);
        let nothing = Document::empty(states[0].id());
        // The document that is asked for cannot make the states itself.
        assert!(forks.at(&nothing, &states[0].heads()).is_err());
        let newest = states[8].heads();
        assert_eq!(forks.at(&nothing, &newest).unwrap().heads(), newest);
        assert!(forks.bytes < 8 * of_one);
    }

    #[test]
    fn a_state_of_another_document_is_not_taken() {
        let mut forks = Forks::default();
        forks.keep(state(1));
        let other = DocumentId::from_random(DocumentKind::Household, [2; 14]);
        assert!(forks.at(&Document::empty(other), &state(1).heads()).is_err());
    }

    #[test]
    fn a_document_is_at_its_heads_also_when_an_ancestor_is_named_beside_them() {
        let mut document = state(1);
        let first = document.heads();
        write(&mut document, 2);
        let second = document.heads();
        assert!(is_at(&document, &second));
        assert!(is_at(&document, &[first.clone(), second.clone()].concat()));
        assert!(!is_at(&document, &first));
        assert!(!is_at(&document, &[second, vec![ChangeHash([9; 32])]].concat()));
    }

    /// A document of a size that is too large for nine of them to be kept.
    fn large(number: usize) -> Document {
        let mut document = state(number);
        let stuffing = limits::FORKS_BYTES_MAX / 8 / limits::DOCUMENT_MEMORY_A_BYTE;
        let text = Value::from("x".repeat(stuffing));
        document.author(&stamp(), &[Op::Put { key: "stuffing".to_owned(), value: text }]).unwrap();
        document
    }

    fn state(number: usize) -> Document {
        let id = DocumentId::from_random(DocumentKind::Household, [1; 14]);
        let mut document = Document::empty(id);
        write(&mut document, number);
        document
    }

    fn write(document: &mut Document, number: usize) {
        let value = Value::Int(i64::try_from(number).unwrap());
        document.author(&stamp(), &[Op::Put { key: "key".to_owned(), value }]).unwrap();
    }

    fn stamp() -> Stamp {
        Stamp {
            actor: ActorId::new([1; 10]),
            time: HybridTime::new(1, 0),
            city: CityTime::new(1),
            command: CommandId::new([1; 8]),
        }
    }
}
