//! A phone whose file is damaged, and one whose server could not keep an edit.

use std::path::{Path, PathBuf};

use keting::ErrorKind;
use keting::parts::{Local, replica_of};
use keting_model::Fields;
use keting_scenarios::city::City;
use keting_scenarios::phone::{Phone, Two, vault};
use keting_trust::cbor;

const PAGE_BYTES: usize = 4096;

#[test]
fn what_was_not_sent_from_a_damaged_file_reaches_everybody_and_its_authors_own_screen() {
    let city = City::start();
    let Two { alice, bob, household } = Two::in_city(&city);
    alice.edit(household, Fields::new().with("address", "望潮苑2幢1单元201室")).unwrap();
    let newborn = alice.add_resident(household, Fields::new().with("name", "李新"));
    let directory = alice.directory().to_owned();
    let pages = pages_of(alice, "household");
    damage(&directory, &pages);

    // It opens, a query meets the page, and the app is told by a code what is the matter.
    let keting = Local::open(&directory.join("data"), vault(&directory)).unwrap();
    let alice = Phone::holding(keting, directory.clone());
    let error = alice.try_households().unwrap_err();
    assert_eq!((error.code(), error.kind()), ("corrupt", ErrorKind::File));
    drop(alice);

    let (keting, report) = Local::salvage(&directory.join("data"), vault(&directory)).unwrap();
    let report = report.unwrap();
    assert_eq!((report.outbox_count, report.lost_count), (2, 0));
    assert!(directory.join("data").join(&report.set_aside_as).exists(), "nothing is deleted");
    let alice = Phone::holding(keting, directory);
    assert_eq!(alice.keting.status().unwrap().salvaged, Some(report));
    assert_eq!(alice.households().len(), 0);
    // Nothing of it goes out before its documents are here again.
    let waiting = replica_of(&alice.keting).waiting(None, 9, u64::MAX).unwrap();
    assert_eq!((waiting, alice.keting.status().unwrap().waiting), (Vec::new(), 2));

    alice.sync();
    assert_eq!(alice.keting.status().unwrap().waiting, 0);
    alice.sync();
    bob.sync();
    for phone in [&alice, &bob] {
        let shown = phone.household(household);
        assert_eq!(shown.address, "望潮苑2幢1单元201室");
        assert!(shown.residents.iter().any(|resident| resident.id == newborn));
        phone.assert_verified();
    }
    // What a colleague builds on it arrives as well: nothing of it is missing here.
    bob.edit(household, Fields::new().with("address", "望潮苑2幢1单元202室")).unwrap();
    bob.sync();
    alice.sync();
    assert_eq!(alice.household(household).address, "望潮苑2幢1单元202室");
}

#[test]
fn a_fresh_file_in_the_place_of_a_damaged_one_still_knows_what_was_entered_before_the_end() {
    let city = City::start();
    let Two { alice, household, .. } = Two::in_city(&city);
    alice.add_resident(household, Fields::new().with("name", "李新"));
    alice.hears_of_its_end("已调离本村");
    alice.edit(household, Fields::new().with("address", "望潮苑2幢1单元201室")).unwrap();
    let directory = alice.directory().to_owned();
    let pages = pages_of(alice, "household");
    damage(&directory, &pages);
    let (keting, report) = Local::salvage(&directory.join("data"), vault(&directory)).unwrap();
    assert_eq!(report.unwrap().outbox_count, 2);
    let status = keting.status().unwrap();
    assert_eq!(status.ended.as_deref(), Some("已调离本村"));
    assert_eq!((status.waiting, status.waiting_for_invitation), (2, 1));
    assert_eq!(replica_of(&keting).waiting(None, 9, u64::MAX).unwrap().len(), 1);
}

#[test]
fn the_end_is_set_back_to_what_a_fresh_file_has_so_that_nothing_new_takes_a_place_from_before_it() {
    let city = City::start();
    let Two { alice, household, .. } = Two::in_city(&city);
    alice.edit(household, Fields::new().with("address", "望潮苑2幢1单元201室")).unwrap();
    alice.sync();
    alice.hears_of_its_end("已调离本村");
    assert!(told_at(&alice.keting) > 0);
    let directory = alice.directory().to_owned();
    let pages = pages_of(alice, "household");
    damage(&directory, &pages);
    let (keting, report) = Local::salvage(&directory.join("data"), vault(&directory)).unwrap();
    assert_eq!(report.unwrap().outbox_count, 0);
    assert_eq!(keting.status().unwrap().ended.as_deref(), Some("已调离本村"));
    // The fresh file gives its first commit the place 1.
    assert_eq!(told_at(&keting), 0);
}

#[test]
fn a_sound_file_is_not_salvaged() {
    let city = City::start();
    let Two { alice, household, .. } = Two::in_city(&city);
    let directory = alice.directory().to_owned();
    drop(alice);
    let (keting, report) = Local::salvage(&directory.join("data"), vault(&directory)).unwrap();
    assert_eq!(report, None);
    let alice = Phone::holding(keting, directory);
    assert_eq!(alice.household(household).address, "望潮苑1幢1单元101室");
}

#[test]
fn a_file_that_lost_every_byte_is_corrupt_and_not_a_new_one() {
    let city = City::start();
    let Two { alice, .. } = Two::in_city(&city);
    let directory = alice.directory().to_owned();
    drop(alice);
    std::fs::write(file(&directory), b"").unwrap();
    let error = Local::open(&directory.join("data"), vault(&directory)).err().unwrap();
    assert_eq!(error.code(), "corrupt");
    let (keting, report) = Local::salvage(&directory.join("data"), vault(&directory)).unwrap();
    assert!(!report.unwrap().complete, "it is said plainly that more may be missing");
    assert_eq!(keting.status().unwrap().city, None, "it has to be enrolled anew");
}

/// The last place in the file from before the end, as the file keeps it.
fn told_at(keting: &Local) -> i64 {
    let ended = replica_of(keting).store().meta("sync/ended").unwrap().unwrap();
    let (_, last_row): (String, i64) = cbor::from_slice(&ended).unwrap();
    last_row
}

/// Switches a phone off and says on which pages of its file a table has rows.
pub(super) fn pages_of(phone: Phone, table: &str) -> Vec<usize> {
    let mut pages = Vec::new();
    let sql = format!("SELECT pageno FROM dbstat WHERE name = '{table}'");
    phone
        .keting
        .read(|reader| {
            reader.query(&sql, &[], &mut |cells| {
                if let [keting_model::Cell::Int(page)] = cells {
                    pages.push(usize::try_from(*page).unwrap());
                }
            })
        })
        .unwrap();
    assert!(!pages.is_empty());
    pages
}

pub(super) fn damage(directory: &Path, pages: &[usize]) {
    let path = file(directory);
    let mut bytes = std::fs::read(&path).unwrap();
    for page in pages {
        bytes[page * PAGE_BYTES - PAGE_BYTES / 2] ^= 0xff;
    }
    std::fs::write(path, bytes).unwrap();
}

fn file(directory: &Path) -> PathBuf {
    keting::parts::file_path(&directory.join("data"))
}
