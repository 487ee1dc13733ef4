//! What a phone keeps in memory.

use keting::commands::VisitsCommand;
use keting::{Command, DocumentId, parts};
use keting_scenarios::city::{City, GRID, MICRO_GRID};
use keting_scenarios::phone::Phone;

/// Enough for one of the three years of notes below, not for two.
const OPEN_BYTES_MAX: usize = 512 * 1024;
const NOTES: usize = 12;

#[test]
fn a_phone_keeps_large_documents_open_by_what_they_take_and_loses_nothing_of_the_others() {
    let city = City::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let bob = city.phone("刘平杰", "grid_worker", GRID);
    for phone in [&alice, &bob] {
        parts::replica_of(&phone.keting).keep_documents_within(OPEN_BYTES_MAX);
    }
    let households = ["101", "102", "103"].map(|room| {
        let address = format!("望潮苑1幢1单元{room}室");
        alice.add_household(MICRO_GRID, &address, "李一")
    });
    // In turn, so that each note is written into a document that was closed meanwhile.
    for _ in 0..NOTES {
        for household in households {
            add_long_note(&alice, household);
            assert_is_within(&alice);
        }
    }
    alice.sync();
    bob.sync();
    for phone in [&alice, &bob] {
        assert_is_within(phone);
        for household in households {
            let page = phone.keting.household(&household).unwrap().unwrap();
            assert_eq!(page.notes.unwrap().len(), NOTES);
        }
        phone.assert_verified();
    }
}

fn add_long_note(phone: &Phone, household: DocumentId) {
    let (note, time) = (phone.keting.new_item(), phone.keting.now());
    // The longest there may be: twelve kilobytes.
    let text = "字".repeat(4_000);
    let add = VisitsCommand::AddNote { household, note, text, time };
    phone.keting.execute(&Command::Visits(add)).unwrap();
}

fn assert_is_within(phone: &Phone) {
    let open = parts::replica_of(&phone.keting).open_documents_bytes();
    assert!((1..=OPEN_BYTES_MAX).contains(&open), "{open}");
}
