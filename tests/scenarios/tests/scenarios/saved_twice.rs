//! A form that is saved twice is saved once: an app may end before it heard that the first time was enough.

use keting::verbs::{NewHousehold, NewNeed, NewNote, NewResident, NewVisit, ResidentEdit};
use keting::words::Relation;
use keting::{HouseholdId, RegionId};
use keting_scenarios::city::{City, GRID, MICRO_GRID, UNIT};
use keting_scenarios::clock::PhoneClock;
use keting_scenarios::phone::Phone;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

fn form(phone: &Phone) -> NewHousehold {
    let head = NewResident {
        id: Some(phone.keting.new_resident_id()),
        name: "李一".to_owned(),
        relation: Some(Relation::Head),
        phone: Some("138 0000-0001".to_owned()),
        ..NewResident::default()
    };
    // A child's fields lie in the private part.
    let child = NewResident {
        id: Some(phone.keting.new_resident_id()),
        name: "李小宝".to_owned(),
        birth_date: "2020-02-02".parse().ok(),
        phone: Some("13800000002".to_owned()),
        ..NewResident::default()
    };
    let region = RegionId::of(phone.region(UNIT)).unwrap();
    NewHousehold {
        id: Some(phone.keting.new_household_id()),
        residents: vec![head, child],
        ..NewHousehold::at(region, "望潮苑1幢1单元101室")
    }
}

#[test]
fn every_form_that_adds_something_is_saved_once_however_often_it_is_saved() {
    let city = City::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let household = form(&alice);
    let id = household.id.unwrap();
    let (resident, visit, note, need) = {
        let keting = &alice.keting;
        let name = "李二".to_owned();
        (
            NewResident { id: Some(keting.new_resident_id()), name, ..NewResident::default() },
            NewVisit { id: Some(keting.new_visit_id()), ..NewVisit::default() },
            NewNote { id: Some(keting.new_note_id()), text: "门铃坏了".to_owned() },
            NewNeed { id: Some(keting.new_need_id()), text: "楼道灯坏了".to_owned() },
        )
    };
    let save_all = |phone: &Phone| {
        let keting = &phone.keting;
        let household = keting.add_household(household.clone(), None).unwrap();
        let resident = keting.add_resident(id, resident.clone(), None).unwrap();
        let visit = keting.add_visit(id, visit.clone(), None).unwrap();
        let note = keting.add_note(id, note.clone(), None).unwrap();
        let need = keting.add_need(id, need.clone(), None).unwrap();
        let ids = (household.id, resident.id, visit.id, note.id, need.id);
        let commits = [household.commit, resident.commit, visit.commit, note.commit, need.commit];
        (ids, commits.into_iter().flatten().count())
    };
    let (ids, commits) = save_all(&alice);
    assert_eq!(commits, 5);
    // At once, after the app was opened again, and by a phone that writes as another incarnation.
    assert_eq!(save_all(&alice), (ids, 0));
    let alice = alice.reopened();
    assert_eq!(save_all(&alice), (ids, 0));
    alice.sync();
    assert_eq!(save_all(&alice.copied_data()), (ids, 0));
    let page = alice.keting.household(&id.document()).unwrap().unwrap();
    assert_eq!((page.household.residents.len(), page.household.needs.len()), (3, 1));
    assert_eq!((page.visits.unwrap().len(), page.notes.unwrap().len()), (1, 1));
    assert_eq!(alice.households().len(), 1);
}

#[test]
fn a_visit_or_note_of_today_is_saved_once_though_it_is_saved_again_next_year() {
    let city = City::start();
    let clock = PhoneClock::default();
    let invitation = city.invite("陆德祥", "micro_grid_head", MICRO_GRID);
    let alice = Phone::with_clock(city.directory(), &invitation, &clock);
    alice.sync();
    let id = alice.keting.add_household(form(&alice), None).unwrap().id;
    let visit = NewVisit { id: Some(alice.keting.new_visit_id()), ..NewVisit::default() };
    let note = NewNote { id: Some(alice.keting.new_note_id()), text: "门铃坏了".to_owned() };
    let day = alice.keting.now().day();
    for days in [0, 1, 400] {
        clock.pass(days * DAY_MS);
        let commits = [
            alice.keting.add_visit(id, visit.clone(), None).unwrap().commit,
            alice.keting.add_note(id, note.clone(), None).unwrap().commit,
        ];
        assert_eq!(commits.map(|commit| commit.is_some()), [days == 0; 2]);
    }
    assert!(alice.keting.now().day().year() > day.year());
    let page = alice.keting.household(&id.document()).unwrap().unwrap();
    let (visits, notes) = (page.visits.unwrap(), page.notes.unwrap());
    assert_eq!((visits.len(), notes.len()), (1, 1));
    assert_eq!([&visits[0].at, &notes[0].at], [&day.to_string(); 2]);
    let another_day = NewVisit { on: "2026-01-02".parse().ok(), ..visit };
    let refused = alice.keting.add_visit(id, another_day, None).unwrap_err();
    assert_eq!(refused.code(), "already_exists");
}

#[test]
fn a_form_that_says_something_else_under_its_id_is_refused_so_that_nothing_is_lost() {
    let city = City::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let household = form(&alice);
    let id = alice.keting.add_household(household.clone(), None).unwrap().id;
    let moved = NewHousehold { address: "望潮苑9幢".to_owned(), ..household.clone() };
    let mut another_phone = household.clone();
    another_phone.residents[1].phone = Some("13800000003".to_owned());
    let mut one_more = household.clone();
    one_more.residents.push(NewResident { name: "李三".to_owned(), ..NewResident::default() });
    let mut no_phone = household.clone();
    no_phone.residents[0].phone = None;
    let mut one_less = household;
    one_less.residents.pop();
    for changed in [moved, another_phone, one_more, no_phone, one_less] {
        let refused = alice.keting.add_household(changed, None).unwrap_err();
        assert_eq!(refused.code(), "already_exists");
    }
    let note = NewNote { id: Some(alice.keting.new_note_id()), text: "门铃坏了".to_owned() };
    alice.keting.add_note(id, note.clone(), None).unwrap();
    let note = NewNote { text: "门铃修好了".to_owned(), ..note };
    assert_eq!(alice.keting.add_note(id, note, None).unwrap_err().code(), "already_exists");
    let purpose = Some("日常走访".to_owned());
    let (new, by) = (Some(alice.keting.new_visit_id()), Some("沈国强".to_owned()));
    let visit = NewVisit { id: new, purpose, by, ..NewVisit::default() };
    alice.keting.add_visit(id, visit.clone(), None).unwrap();
    let (purpose, by) = (visit.purpose.clone(), visit.by.clone());
    for less in
        [NewVisit { purpose: None, by, ..visit.clone() }, NewVisit { purpose, by: None, ..visit }]
    {
        assert_eq!(alice.keting.add_visit(id, less, None).unwrap_err().code(), "already_exists");
    }
}

#[test]
fn the_id_of_somebody_elses_record_is_refused_though_it_says_the_same() {
    let city = City::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let bob = city.phone("刘平杰", "grid_worker", GRID);
    let household = form(&alice);
    alice.keting.add_household(household.clone(), None).unwrap();
    alice.sync();
    bob.sync();
    let refused = bob.keting.add_household(household.clone(), None).unwrap_err();
    assert_eq!(refused.code(), "already_exists");
    // What a colleague has changed since does not make the author's own form another record, as long as
    // what it says stands.
    let id: HouseholdId = household.id.unwrap();
    let resident = household.residents[0].id.unwrap();
    let edit = vec![ResidentEdit::Health { value: Some("良好".to_owned()) }];
    bob.keting.edit_resident(id, resident, edit, None).unwrap();
    bob.sync();
    alice.sync();
    assert_eq!(alice.keting.add_household(household, None).unwrap().commit, None);
}

#[test]
fn an_edit_that_changes_nothing_is_saved_without_a_commit() {
    let city = City::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let household = form(&alice);
    let id = alice.keting.add_household(household.clone(), None).unwrap().id;
    let resident = household.residents[0].id.unwrap();
    let waiting = alice.keting.status().unwrap().waiting;
    let same = vec![ResidentEdit::Phone { value: Some("13800000001".to_owned()) }];
    for edits in [same, Vec::new()] {
        let saved = alice.keting.edit_resident(id, resident, edits, None).unwrap();
        assert_eq!((saved.id, saved.commit, saved.warnings), (resident, None, vec![]));
    }
    assert_eq!(alice.keting.edit_household(id, Vec::new(), None).unwrap().commit, None);
    assert_eq!(alice.keting.status().unwrap().waiting, waiting);
}
