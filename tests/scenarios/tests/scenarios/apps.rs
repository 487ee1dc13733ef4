//! What a person does through the handle that an app holds, beside a real server.

use keting::input::Field;
use keting::verbs::{
    HouseholdEdit, NeedStep, NewHousehold, NewNeed, NewNote, NewRegion, NewResident, NewStatus,
    NewVisit, RecordRef, ResidentEdit, Settlement,
};
use keting::views::{History, HouseholdFilter, HouseholdRow, Households};
use keting::words::{NeedStatus, Relation, Status, Tenure};
use keting::{Answer, HouseholdId, Level, Live, Query, Saved};
use keting_scenarios::app::{App, next, wait};
use keting_scenarios::city::{City, GRID, MICRO_GRID, UNIT, VILLAGE};

const ADDRESS: &str = "望潮苑1幢1单元101室";

fn app(city: &City) -> App {
    App::joined(city.directory(), &city.invite("陆德祥", "micro_grid_head", MICRO_GRID))
}

/// The form of a household of one.
fn form(app: &App) -> NewHousehold {
    let region = wait(app.keting.region_of_code(UNIT.to_owned())).unwrap().unwrap();
    let head = NewResident {
        id: Some(app.keting.new_resident_id()),
        name: "李一".to_owned(),
        relation: Some(Relation::Head),
        ..NewResident::default()
    };
    NewHousehold { residents: vec![head], ..NewHousehold::at(region, ADDRESS) }
}

/// A household of one, which has been entered.
fn entered(app: &App) -> HouseholdId {
    wait(app.keting.add_household(form(app), None)).unwrap().id
}

/// The id of what a commit saved.
fn committed<I>(saved: Saved<I>) -> I {
    assert!(saved.commit.is_some());
    saved.id
}

fn only_row(live: &Live) -> HouseholdRow {
    let answer = next(live);
    let Answer::Households(page) = answer else { panic!("not what was asked: {answer:?}") };
    let [row] = page.rows.try_into().unwrap_or_else(|rows| panic!("not one row: {rows:?}"));
    row
}

#[test]
fn everything_a_person_does_is_a_call_of_the_app_and_reaches_a_colleague() {
    let city = City::start();
    let alice = app(&city);
    let keting = &alice.keting;
    let household = entered(&alice);
    let edits = vec![HouseholdEdit::Tenure { value: Some(Tenure::Rented) }];
    committed(wait(keting.edit_household(household, edits, None)).unwrap());
    let child = NewResident { name: "李小宝".to_owned(), ..NewResident::default() };
    let resident = committed(wait(keting.add_resident(household, child, None)).unwrap());
    let edits = vec![ResidentEdit::Relation { value: Some(Relation::Child) }];
    committed(wait(keting.edit_resident(household, resident, edits, None)).unwrap());
    committed(wait(keting.conceal_resident(household, resident)).unwrap());
    committed(wait(keting.reveal_resident(household, resident)).unwrap());
    let left = NewStatus::of(Status::MovedOut);
    committed(wait(keting.set_status(household, resident, left)).unwrap());
    let visit = NewVisit { purpose: Some("日常走访".to_owned()), ..NewVisit::default() };
    committed(wait(keting.add_visit(household, visit, None)).unwrap());
    let note = NewNote { text: "门铃坏了".to_owned(), ..NewNote::default() };
    let note = committed(wait(keting.add_note(household, note, None)).unwrap());
    let need = NewNeed { text: "楼道灯坏了".to_owned(), ..NewNeed::default() };
    let need = committed(wait(keting.add_need(household, need, None)).unwrap());
    let step = NeedStep { status: NeedStatus::Met, note: None };
    committed(wait(keting.advance_need(household, need, step)).unwrap());
    let record = RecordRef::Note { household, note };
    committed(wait(keting.withdraw(record, "记错了".to_owned())).unwrap());
    committed(wait(keting.restore(record, None)).unwrap());
    alice.sync();

    let bob = city.phone("刘平杰", "grid_worker", GRID);
    bob.sync();
    let seen = bob.keting.household(&household.document()).unwrap().unwrap();
    assert_eq!(seen.household.tenure.as_deref(), Some(Tenure::Rented.code()));
    assert_eq!(seen.household.residents.len(), 2);
    assert_eq!(seen.household.needs[0].status, NeedStatus::Met.code());
    assert_eq!((seen.visits.unwrap().len(), seen.notes.unwrap().len()), (1, 1));
    let same = wait(keting.household(household)).unwrap().unwrap();
    assert_eq!(same.household.residents, seen.household.residents);
}

#[test]
fn what_is_asked_once_is_what_a_live_query_says_first() {
    let city = City::start();
    let alice = app(&city);
    let keting = &alice.keting;
    let household = entered(&alice);
    let draft = keting.keep_draft("note/new".to_owned(), None, "note".to_owned(), vec![1]);
    wait(draft).unwrap();
    let all = [
        Query::Households(Households::default()),
        Query::EveryHousehold(HouseholdFilter::default()),
        Query::Household(household),
        Query::HouseholdWithWithdrawn(household),
        Query::History(History { household: household.document(), resident: None, field: None }),
        Query::Counts(None),
        Query::Regions,
        Query::Conflicts(None),
        Query::TurnedFourteen,
        Query::Drafts,
        Query::Outbox(10),
        Query::Held,
        Query::Devices,
        Query::Sync,
    ];
    for query in all {
        let live = keting.live(query.clone());
        assert_eq!(next(&live), wait(keting.ask(query.clone())).unwrap(), "{query:?}");
    }
}

#[test]
fn a_region_is_added_through_the_app_of_who_may() {
    let city = City::start();
    let add = |invitation| {
        let app = App::joined(city.directory(), &invitation);
        let parent = wait(app.keting.region_of_code(MICRO_GRID.to_owned())).unwrap().unwrap();
        let region = NewRegion {
            id: Some(app.keting.new_region_id()),
            parent,
            code: format!("{MICRO_GRID}987"),
            name: "新单元".to_owned(),
            level: Level::Unit,
            boundary: None,
            head: None,
        };
        let live = app.keting.live(Query::Regions);
        let before = next(&live);
        wait(app.keting.add_region(region, None)).map_err(|error| error.code().to_owned())?;
        assert_ne!(next(&live), before);
        Ok::<(), String>(())
    };
    add(city.invite("周国强", "village_officer", VILLAGE)).unwrap();
    add(city.invite("陆德祥", "micro_grid_head", MICRO_GRID)).unwrap_err();
}

#[test]
fn a_row_of_a_live_list_says_what_was_not_sent_and_where_a_form_was_begun() {
    let city = City::start();
    let alice = app(&city);
    let household = entered(&alice);
    let live = alice.keting.live(Query::Households(Households::default()));
    let row = only_row(&live);
    assert_eq!((row.id, row.not_sent, row.draft), (household.document(), true, false));
    alice.sync();
    let row = only_row(&live);
    assert_eq!((row.not_sent, row.draft), (false, false));
    let draft = || "visit".to_owned();
    let typed = "门口".as_bytes().to_vec();
    wait(alice.keting.keep_draft(draft(), Some(household), draft(), typed)).unwrap();
    let row = only_row(&live);
    assert_eq!((row.not_sent, row.draft), (false, true));
    let visit = NewVisit { note: Some("门口有灯".to_owned()), ..NewVisit::default() };
    wait(alice.keting.add_visit(household, visit, Some(draft()))).unwrap();
    let row = only_row(&live);
    assert_eq!((row.not_sent, row.draft, row.last_visit.is_some()), (true, false, true));
}

#[test]
fn a_form_that_an_app_saves_again_after_it_died_is_saved_once() {
    let city = City::start();
    let alice = app(&city);
    let form = NewHousehold { id: Some(alice.keting.new_household_id()), ..form(&alice) };
    let first = wait(alice.keting.add_household(form.clone(), None)).unwrap();
    let again = wait(alice.keting.add_household(form, None)).unwrap();
    assert_eq!((again.id, again.commit), (first.id, None));
}

#[test]
fn a_conflict_is_settled_by_the_app_that_shows_it_and_the_history_tells_of_both() {
    let city = City::start();
    let alice = app(&city);
    let household = entered(&alice);
    alice.sync();
    let bob = city.phone("刘平杰", "grid_worker", GRID);
    bob.sync();
    let tenure = |value| vec![HouseholdEdit::Tenure { value: Some(value) }];
    wait(alice.keting.edit_household(household, tenure(Tenure::Owned), None)).unwrap();
    bob.keting.edit_household(household, tenure(Tenure::Rented), None).unwrap();
    bob.sync();
    let live = alice.keting.live(Query::Conflicts(Some(household.document())));
    assert_eq!(next(&live), Answer::Conflicts(Vec::new()));
    alice.sync();
    let answer = next(&live);
    let Answer::Conflicts(conflicts) = answer else { panic!("not what was asked: {answer:?}") };
    let conflict = conflicts[0].id();
    let on = Settlement::Value { value: Tenure::Rented.code().to_owned() };
    committed(wait(alice.keting.settle(conflict, on.clone())).unwrap());
    assert_eq!(next(&live), Answer::Conflicts(Vec::new()));
    let settled_again = wait(alice.keting.settle(conflict, on)).unwrap_err();
    assert_eq!(settled_again.code(), "changed_meanwhile");

    let asked =
        History { household: household.document(), resident: None, field: Some(Field::Tenure) };
    let told = wait(alice.keting.history(asked.clone())).unwrap().unwrap();
    let by: Vec<_> = told.iter().filter_map(|one| one.entered.by.as_deref()).collect();
    assert!(by.contains(&"陆德祥") && by.contains(&"刘平杰"), "{by:?}");
    assert_eq!(next(&alice.keting.live(Query::History(asked))), Answer::History(Some(told)));
}

#[test]
fn what_a_person_names_is_found_through_the_app() {
    let city = City::start();
    let alice = app(&city);
    let household = entered(&alice);
    let beginning: String = household.to_string().chars().take(8).collect();
    assert_eq!(wait(alice.keting.household_named(beginning)).unwrap(), household);
    let unknown = wait(alice.keting.household_named("ffffffff".to_owned())).unwrap_err();
    assert_eq!(unknown.code(), "not_found");
    let about = wait(alice.keting.about(household.document())).unwrap().unwrap();
    assert_eq!(about.called, ADDRESS);
    assert_eq!(wait(alice.keting.region_of_code("990481999".to_owned())).unwrap(), None);
}

#[test]
fn an_app_that_was_joined_is_let_in_again_with_a_further_invitation_and_keeps_what_waits() {
    let city = City::start();
    let alice = app(&city);
    entered(&alice);
    let further = city.invite("陆德祥", "micro_grid_head", MICRO_GRID);
    wait(alice.keting.rejoin(&further)).unwrap();
    assert_eq!(wait(alice.keting.outbox(10)).unwrap().len(), 1);
    alice.sync();
    assert_eq!(wait(alice.keting.outbox(10)).unwrap(), []);
    let other = City::start();
    let of_another = other.invite("陆德祥", "micro_grid_head", MICRO_GRID);
    assert_eq!(wait(alice.keting.rejoin(&of_another)).unwrap_err().code(), "already_enrolled");
}
