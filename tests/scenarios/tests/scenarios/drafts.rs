//! Forms begun and not saved, through everything that may happen to a phone.

use std::path::Path;

use keting::parts::{self, FileIdentity, Local, Replica, ReplicaConfig};
use keting::verbs::{NewHousehold, NewNote, ResidentEdit};
use keting::{EngineError, ErrorKind, HouseholdId, RegionId, ReplicaId};
use keting_scenarios::city::{City, MICRO_GRID, UNIT};
use keting_scenarios::clock::PhoneClock;
use keting_scenarios::phone::{Phone, Two, vault};
use keting_testkit::vfs::{Disk, Failure, Fault};
use keting_trust::limits::{DRAFT_BYTES_MAX, DRAFT_NAME_BYTES_MAX, DRAFTS_MAX};

const KEY: &str = "household/new";
const TYPED: &[u8] = "望潮苑1幢1单元1".as_bytes();

fn keep(phone: &Phone, key: &str) -> Result<(), EngineError> {
    phone.keting.keep_draft(key.to_owned(), None, "household".to_owned(), TYPED.to_vec())
}

fn kept(phone: &Phone) -> Option<Vec<u8>> {
    phone.keting.draft(KEY).unwrap()
}

fn form(phone: &Phone) -> NewHousehold {
    let region = RegionId::of(phone.region(UNIT)).unwrap();
    let id = Some(phone.keting.new_household_id());
    NewHousehold { id, ..NewHousehold::at(region, "望潮苑1幢1单元101室") }
}

#[test]
fn a_draft_is_kept_shown_replaced_and_discarded() {
    let city = City::start();
    let Two { alice, household, .. } = Two::in_city(&city);
    let household = HouseholdId::of(household);
    assert_eq!((kept(&alice), alice.keting.drafts().unwrap()), (None, vec![]));
    keep(&alice, KEY).unwrap();
    let about = |bytes: &[u8]| {
        let (key, form) = ("resident".to_owned(), "resident".to_owned());
        alice.keting.keep_draft(key, household, form, bytes.to_vec()).unwrap();
    };
    about(b"first");
    about(b"second");
    assert_eq!(kept(&alice).as_deref(), Some(TYPED));
    assert_eq!(alice.keting.draft("resident").unwrap().as_deref(), Some(&b"second"[..]));
    let drafts = alice.keting.drafts().unwrap();
    let shown: Vec<_> =
        drafts.iter().map(|one| (one.key.as_str(), one.form.as_str(), one.household)).collect();
    assert_eq!(shown, [("resident", "resident", household), (KEY, "household", None)]);
    assert!(drafts.iter().all(|one| one.kept_at_ms > 0));

    alice.keting.discard_draft("resident".to_owned()).unwrap();
    alice.keting.discard_draft("of no draft".to_owned()).unwrap();
    assert_eq!(alice.keting.drafts().unwrap().len(), 1);
}

#[test]
fn a_draft_goes_with_the_edit_it_was_of_and_stays_when_that_is_refused() {
    let city = City::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let draft = || Some(KEY.to_owned());
    keep(&alice, KEY).unwrap();
    let form = form(&alice);
    let nowhere = NewHousehold { address: String::new(), ..form.clone() };
    assert_eq!(alice.keting.add_household(nowhere, draft()).unwrap_err().code(), "empty");
    assert_eq!(kept(&alice).as_deref(), Some(TYPED));
    let household = alice.keting.add_household(form.clone(), draft()).unwrap().id;
    assert_eq!(kept(&alice), None);
    // Of one that was found saved, too, and of an edit that changes nothing.
    keep(&alice, KEY).unwrap();
    assert_eq!(alice.keting.add_household(form, draft()).unwrap().commit, None);
    assert_eq!(kept(&alice), None);
    keep(&alice, KEY).unwrap();
    alice.keting.edit_household(household, Vec::new(), draft()).unwrap();
    assert_eq!(kept(&alice), None);
    keep(&alice, KEY).unwrap();
    let note = NewNote { text: "门铃坏了".to_owned(), ..NewNote::default() };
    alice.keting.add_note(household, note, None).unwrap();
    assert_eq!(kept(&alice).as_deref(), Some(TYPED), "of another form");
}

#[test]
fn what_is_too_much_for_a_draft_is_refused_by_name_and_number() {
    let city = City::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let refused = |key: &str, form: &str, bytes: usize| {
        let (key, form) = (key.to_owned(), form.to_owned());
        let failure = alice.keting.keep_draft(key, None, form, vec![7; bytes]);
        let failure = failure.unwrap_err().failure();
        (failure.code, failure.kind, failure.limit)
    };
    let limit = |of: usize| u32::try_from(of).ok();
    let too_large = refused(KEY, "household", DRAFT_BYTES_MAX + 1);
    let expected = ("draft_too_large".to_owned(), ErrorKind::Refused, limit(DRAFT_BYTES_MAX));
    assert_eq!(too_large, expected);
    let bad_name = ("bad_draft_name".to_owned(), ErrorKind::Internal, limit(DRAFT_NAME_BYTES_MAX));
    assert_eq!(refused("", "household", 1), bad_name);
    assert_eq!(refused(KEY, &"f".repeat(DRAFT_NAME_BYTES_MAX + 1), 1), bad_name);
    for number in 0..DRAFTS_MAX {
        keep(&alice, &format!("draft {number}")).unwrap();
    }
    let too_many =
        ("too_many_drafts".to_owned(), ErrorKind::Refused, u32::try_from(DRAFTS_MAX).ok());
    assert_eq!(refused(KEY, "household", 1), too_many);
    // One of them may still be kept again.
    keep(&alice, "draft 0").unwrap();
}

#[test]
fn a_draft_outlives_the_app_and_a_phone_that_was_put_back_and_is_in_a_copy() {
    let city = City::start();
    let Two { alice, household, .. } = Two::in_city(&city);
    keep(&alice, KEY).unwrap();
    let alice = alice.reopened();
    assert_eq!(kept(&alice).as_deref(), Some(TYPED));
    // A copy writes as another incarnation.
    let copy = alice.copied_data();
    assert_eq!(kept(&copy).as_deref(), Some(TYPED));
    drop(copy);
    let resident = alice.detail(household).residents[0].resident.id;
    let resident = keting::ResidentId::of(resident);
    let edits = vec![ResidentEdit::Health { value: Some("良好".to_owned()) }];
    let household = HouseholdId::of(household).unwrap();
    alice.keting.edit_resident(household, resident, edits, None).unwrap();
    alice.hears_that_it_was_put_back();
    assert_eq!(kept(&alice).as_deref(), Some(TYPED));
}

#[test]
fn a_draft_is_saved_from_a_damaged_file() {
    let city = City::start();
    let Two { alice, .. } = Two::in_city(&city);
    keep(&alice, KEY).unwrap();
    let directory = alice.directory().to_owned();
    let pages = crate::damaged::pages_of(alice, "household");
    crate::damaged::damage(&directory, &pages);
    let (keting, report) = Local::salvage(&directory.join("data"), vault(&directory)).unwrap();
    assert_eq!(report.unwrap().draft_count, 1);
    let alice = Phone::holding(keting, directory);
    assert_eq!(kept(&alice).as_deref(), Some(TYPED));
    // The form is saved once the phone knows its regions again.
    alice.sync();
    alice.keting.add_household(form(&alice), Some(KEY.to_owned())).unwrap();
    assert_eq!(kept(&alice), None);
}

/// A phone whose file is on a disk that loses its power.
struct OnDisk {
    disk: Disk,
    directory: std::path::PathBuf,
}

impl OnDisk {
    fn open(&self) -> Phone {
        let config = ReplicaConfig {
            path: Path::new("/replica.db"),
            vfs: Some(self.disk.vfs_name()),
            id: ReplicaId::new([1; 16]),
            identity: &|_| Some(FileIdentity([1; 16])),
        };
        let environment = Box::new(PhoneClock::default());
        let replica = Replica::open(&config, vault(&self.directory), environment).unwrap();
        Phone::holding(parts::share(replica), self.directory.clone())
    }
}

#[test]
fn whenever_the_power_goes_while_a_form_is_saved_the_edit_is_there_or_the_draft_and_never_both() {
    let city = City::start();
    let disk = Disk::new(7);
    let invitation = city.invite("陆德祥", "micro_grid_head", MICRO_GRID);
    let alice = Phone::on_disk(city.directory(), &invitation, &disk);
    alice.sync();
    let phone = OnDisk { directory: alice.directory().to_owned(), disk };
    drop(alice);
    let (mut drafts, mut edits) = (0, 0);
    for nth in 1.. {
        let alice = phone.open();
        let form = form(&alice);
        let id = form.id.unwrap();
        keep(&alice, KEY).unwrap();
        phone.disk.inject(Fault::nth_change(nth, Failure::PowerOff));
        let told = alice.keting.add_household(form.clone(), Some(KEY.to_owned())).is_ok();
        drop(alice);
        let is_over = phone.disk.is_powered();
        phone.disk.power_cut(nth);
        phone.disk.clear_faults();

        let alice = phone.open();
        let is_there = || alice.keting.household(&id.document()).unwrap().is_some();
        assert_eq!(is_there(), kept(&alice).is_none(), "power cut at call {nth}");
        assert!(is_there() || !told, "power cut at call {nth}");
        if is_there() {
            edits += 1
        } else {
            drafts += 1
        }
        // Whatever was there, the form is saved again, and once.
        let before = alice.households().len();
        let again = alice.keting.add_household(form, Some(KEY.to_owned())).unwrap();
        assert_eq!(again.commit.is_none(), before == alice.households().len());
        assert_eq!((is_there(), kept(&alice)), (true, None));
        drop(alice);
        if is_over {
            break;
        }
    }
    assert!(drafts > 3 && edits > 0, "{drafts} drafts, {edits} edits");
    let alice = phone.open();
    assert_eq!(alice.households().len(), drafts + edits);
}
