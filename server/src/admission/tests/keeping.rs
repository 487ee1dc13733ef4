//! What stays in memory from one batch to the next, counted by the allocator.

use keting_model::household_visits::VisitsCommand;
use keting_model::{Command, Document, DocumentId, ItemId};
use keting_testkit::alloc::measure;

use super::*;
use crate::testing::Person;

keting_testkit::counting_allocator!();

/// The longest note there may be.
const NOTE_CHARS: usize = 4_000;
/// What stays beside the documents: the book of authority, and the answers.
const BESIDE_BYTES: isize = 64 * 1024;

#[test]
fn three_large_documents_leave_in_memory_what_may_be_kept_open_and_no_more() {
    // Of some 1.6 MB one document fits, or none does.
    for (bytes_max, expected) in [(700_000, 1), (300_000, 0)] {
        let mut town = Town::new();
        let mut alice = town.person("micro_grid_head", HEAD_REGION);
        let commits = three_years_of_long_notes(&town, &mut alice);
        let large: Vec<_> =
            alice.documents.values().filter(|document| is_large(document)).collect();
        assert_eq!(large.len(), 3);

        let mut admission = Admission::new(1).keeping_within(bytes_max);
        let push = [alice.push(commits)];
        let admit = || admission.admit(&mut town.store, &town.city, &push, NOW_MS).unwrap();
        let (batch, usage) = measure(admit);
        assert!(batch.answers[0].iter().all(|answer| matches!(answer, Outcome::Admitted { .. })));
        println!("{bytes_max}: {} kept open, {usage:?}", batch.open_documents_bytes);
        assert_eq!(batch.open_documents_bytes / 400_000, expected);
        assert!(batch.open_documents_bytes <= bytes_max);
        let reckoned = isize::try_from(batch.open_documents_bytes).unwrap();
        assert!(usage.current_bytes <= 2 * reckoned + BESIDE_BYTES, "{usage:?}");
    }
}

fn three_years_of_long_notes(town: &Town, person: &mut Person) -> Vec<PushedCommit> {
    let region = town.region(HEAD_REGION);
    let mut commits = Vec::new();
    for _ in 0..3 {
        let (household, founding) = person.add_household(region);
        commits.push(founding);
        commits.extend((0..40).map(|_| add_long_note(person, household)));
    }
    commits
}

fn add_long_note(person: &mut Person, household: DocumentId) -> PushedCommit {
    let note = ItemId::new(person.fresh());
    let text = "字".repeat(NOTE_CHARS);
    person.commit(&Command::Visits(VisitsCommand::AddNote {
        household,
        note,
        text,
        time: CITY_TIME,
    }))
}

fn is_large(document: &Document) -> bool {
    document.size().bytes > 400_000
}
