//! What a person does, by the verbs and forms that an app on a phone calls.

use keting::input::Field;
use keting::verbs::{
    HouseholdEdit, NeedStep, NewHousehold, NewNeed, NewNote, NewRegion, NewResident, NewStatus,
    NewVisit, RecordRef, ResidentEdit,
};
use keting::words::{Bond, CareTag, NeedStatus, Relation, Sex, Status, Tenure};
use keting::{ErrorKind, HouseholdId, Level, NeedId, RegionId, ResidentId, Saved, Warning};
use keting_scenarios::city::{City, GRID, MICRO_GRID, UNIT, VILLAGE};
use keting_scenarios::phone::Phone;

const ADDRESS: &str = "望潮苑1幢1单元101室";
/// Of a woman born on 1990-07-13.
const ID_NUMBER: &str = "990481199007130028";

fn region(phone: &Phone, code: &str) -> RegionId {
    RegionId::of(phone.region(code)).unwrap()
}

fn named(name: &str) -> NewResident {
    NewResident { name: name.to_owned(), ..NewResident::default() }
}

/// A household of one, which has been entered on a phone.
fn entered(phone: &Phone) -> (HouseholdId, ResidentId) {
    let household = NewHousehold::at(region(phone, UNIT), ADDRESS);
    let household = phone.keting.add_household(household, None).unwrap().id;
    let resident = phone.keting.add_resident(household, named("李一"), None).unwrap().id;
    (household, resident)
}

/// What was saved, which gave nothing to look at again.
fn plainly<I>(saved: Saved<I>) -> I {
    assert_eq!((saved.commit.is_some(), saved.warnings), (true, vec![]));
    saved.id
}

#[test]
fn a_household_is_entered_whole_and_what_is_private_of_it_reaches_only_who_may_read_it() {
    let city = City::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let steward = city.phone("梁志杰", "steward", UNIT);
    let head = NewResident {
        relation: Some(Relation::Head),
        phone: Some("138 0000-0001".to_owned()),
        bond: Some(Bond::Both),
        care_tags: vec![CareTag::LowIncome, CareTag::Bedridden],
        id_number: Some(ID_NUMBER.to_owned()),
        sex: Some(Sex::Female),
        health: Some("高血压".to_owned()),
        disability: Some("二级".to_owned()),
        ..named("李一")
    };
    let child = NewResident { birth_date: "2020-02-02".parse().ok(), ..named("李小宝") };
    let household = NewHousehold {
        tenure: Some(Tenure::Rented),
        address_code: Some("A-1".to_owned()),
        residents: vec![head, NewResident { phone: Some("13800000002".to_owned()), ..child }],
        ..NewHousehold::at(region(&alice, UNIT), ADDRESS)
    };
    let household = plainly(alice.keting.add_household(household, None).unwrap()).document();
    let shown = alice.detail(household);
    assert_eq!((shown.address.as_str(), shown.tenure.as_deref()), (ADDRESS, Some("rented")));
    assert_eq!(shown.address_code.as_deref(), Some("A-1"));
    let head = shown.residents.iter().find(|one| one.resident.name == "李一").unwrap();
    assert_eq!(head.resident.phone.as_deref(), Some("13800000001"));
    assert_eq!(head.resident.bond.as_deref(), Some("both"));
    assert_eq!(head.resident.id_number.as_deref(), Some(ID_NUMBER));
    assert_eq!(head.resident.care_tags.clone().unwrap(), ["bedridden", "low_income"]);
    let private = [&head.sex, &head.health, &head.disability].map(Option::as_deref);
    assert_eq!(private, [Some("female"), Some("高血压"), Some("二级")]);

    alice.sync();
    steward.sync();
    let shown = steward.detail(household);
    let of = |name: &str| shown.residents.iter().find(|one| one.resident.name == name).unwrap();
    let head = of("李一");
    assert_eq!(head.resident.phone.as_deref(), Some("13800000001"));
    assert_eq!([&head.resident.id_number, &head.sex, &head.health], [&None; 3]);
    // Of a child nothing but name and relation.
    let child = of("李小宝");
    assert!(child.resident.concealed);
    assert_eq!([&child.resident.phone, &child.birth_date], [&None; 2]);
}

#[test]
fn what_an_edit_mentions_is_written_and_none_clears() {
    let city = City::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let (household, resident) = entered(&alice);
    let edits = vec![
        HouseholdEdit::Address { value: "望潮苑1幢1单元102室".to_owned() },
        HouseholdEdit::Tenure { value: Some(Tenure::Owned) },
        HouseholdEdit::AddressCode { value: Some("A-2".to_owned()) },
    ];
    plainly(alice.keting.edit_household(household, edits, None).unwrap());
    let edits = vec![
        ResidentEdit::Name { value: "李一一".to_owned() },
        ResidentEdit::Phone { value: Some("13800000001".to_owned()) },
        ResidentEdit::Relation { value: Some(Relation::Head) },
        ResidentEdit::Bond { value: Some(Bond::LivesHere) },
        ResidentEdit::IdNumber { value: Some(ID_NUMBER.to_owned()) },
        ResidentEdit::BirthDate { value: "1990-07-13".parse().ok() },
        ResidentEdit::Sex { value: Some(Sex::Female) },
        ResidentEdit::Health { value: Some("良好".to_owned()) },
        ResidentEdit::Disability { value: Some("无".to_owned()) },
        ResidentEdit::CareTag { tag: CareTag::LivingAlone, on: true },
    ];
    plainly(alice.keting.edit_resident(household, resident, edits, None).unwrap());
    let shown = alice.detail(household.document());
    assert_eq!(shown.address, "望潮苑1幢1单元102室");
    let one = &shown.residents[0];
    assert_eq!(one.resident.name, "李一一");
    assert_eq!(one.resident.relation.as_deref(), Some("head"));
    assert_eq!(one.resident.care_tags.clone().unwrap(), ["living_alone"]);
    assert_eq!((one.sex.as_deref(), one.disability.as_deref()), (Some("female"), Some("无")));
    assert_eq!(one.birth_date.as_deref(), Some("1990-07-13"));

    let cleared = vec![
        ResidentEdit::Phone { value: None },
        ResidentEdit::Relation { value: None },
        ResidentEdit::Health { value: None },
        ResidentEdit::CareTag { tag: CareTag::LivingAlone, on: false },
    ];
    plainly(alice.keting.edit_resident(household, resident, cleared, None).unwrap());
    let cleared = vec![HouseholdEdit::Tenure { value: None }];
    plainly(alice.keting.edit_household(household, cleared, None).unwrap());
    let shown = alice.detail(household.document());
    let one = &shown.residents[0];
    assert_eq!([&shown.tenure, &one.resident.phone, &one.resident.relation], [&None; 3]);
    assert_eq!((one.health.as_deref(), one.resident.care_tags.clone()), (None, Some(vec![])));
    assert_eq!(shown.address_code.as_deref(), Some("A-2"));
    assert_eq!(one.disability.as_deref(), Some("无"));
    alice.assert_verified();
}

#[test]
fn visits_notes_and_needs_are_recorded_and_a_need_moves_on() {
    let city = City::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let (household, _) = entered(&alice);
    let today = alice.keting.now().day();
    let visit = NewVisit {
        purpose: Some("看望老人".to_owned()),
        note: Some("一切都好".to_owned()),
        by: Some("陆德祥".to_owned()),
        ..NewVisit::default()
    };
    let visit = plainly(alice.keting.add_visit(household, visit, None).unwrap());
    let earlier = NewVisit { on: "2026-01-02".parse().ok(), ..NewVisit::default() };
    let earlier = plainly(alice.keting.add_visit(household, earlier, None).unwrap());
    let note = NewNote { text: "门铃坏了".to_owned(), ..NewNote::default() };
    let note = plainly(alice.keting.add_note(household, note, None).unwrap());
    let need = NewNeed { text: "楼道灯坏了".to_owned(), ..NewNeed::default() };
    let need = plainly(alice.keting.add_need(household, need, None).unwrap());
    let step = NeedStep { status: NeedStatus::Met, note: Some("换了灯泡".to_owned()) };
    plainly(alice.keting.advance_need(household, need, step.clone()).unwrap());
    assert_eq!(alice.keting.advance_need(household, need, step).unwrap().commit, None);

    let page = alice.keting.household(&household.document()).unwrap().unwrap();
    let visits = page.visits.unwrap();
    let days: Vec<_> = visits.iter().map(|visit| (visit.id, visit.at.as_str())).collect();
    assert_eq!(days, [(visit.item(), today.to_string().as_str()), (earlier.item(), "2026-01-02")]);
    assert_eq!(visits[0].by.as_deref(), Some("陆德祥"));
    let notes = page.notes.unwrap();
    assert_eq!((notes[0].id, notes[0].text.as_str()), (note.item(), "门铃坏了"));
    let [shown] = &page.household.needs[..] else { panic!("one need") };
    assert_eq!((shown.id, shown.status.as_str()), (need.item(), "met"));
    assert_eq!(shown.note.as_deref(), Some("换了灯泡"));
}

#[test]
fn somebody_leaves_comes_back_and_is_concealed_and_revealed() {
    let city = City::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let (household, resident) = entered(&alice);
    let status = || alice.detail(household.document()).residents.remove(0).resident.status;
    let gone = NewStatus {
        status: Status::MovedOut,
        reason: Some("去杭州".to_owned()),
        on: Some(alice.keting.now().day()),
    };
    plainly(alice.keting.set_status(household, resident, gone.clone()).unwrap());
    assert_eq!(status().as_deref(), Some("moved_out"));
    // The same once more is no second fact.
    assert_eq!(alice.keting.set_status(household, resident, gone).unwrap().commit, None);
    let back = NewStatus::of(Status::Living);
    plainly(alice.keting.set_status(household, resident, back).unwrap());
    assert_eq!(status().as_deref(), Some("living"));

    let concealed = || alice.detail(household.document()).residents[0].resident.concealed;
    plainly(alice.keting.conceal_resident(household, resident).unwrap());
    assert!(concealed());
    plainly(alice.keting.reveal_resident(household, resident).unwrap());
    assert!(!concealed());
}

#[test]
fn each_kind_of_record_is_withdrawn_and_restored() {
    let city = City::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let (household, resident) = entered(&alice);
    let keting = &alice.keting;
    let last_year = NewVisit { on: "2025-12-31".parse().ok(), ..NewVisit::default() };
    let visit = keting.add_visit(household, last_year, None).unwrap().id;
    let note = NewNote { text: "门铃坏了".to_owned(), ..NewNote::default() };
    let note = keting.add_note(household, note, None).unwrap().id;
    let need = NewNeed { text: "楼道灯坏了".to_owned(), ..NewNeed::default() };
    let need = keting.add_need(household, need, None).unwrap().id;
    let shown = || {
        let page = keting.household(&household.document()).unwrap();
        page.map(|page| {
            let counts = [page.household.residents.len(), page.household.needs.len()];
            (counts, page.visits.unwrap().len(), page.notes.unwrap().len())
        })
    };
    let all = shown();
    for record in [
        RecordRef::Resident { household, resident },
        RecordRef::Need { household, need },
        RecordRef::Visit { household, visit },
        RecordRef::Note { household, note },
        RecordRef::Household { household },
    ] {
        plainly(keting.withdraw(record, "录错了".to_owned()).unwrap());
        assert_ne!(shown(), all, "{record:?}");
        let again = keting.withdraw(record, "录错了".to_owned()).unwrap_err();
        assert_eq!(again.code(), "already_withdrawn", "{record:?}");
        plainly(keting.restore(record, None).unwrap());
        assert_eq!(shown(), all, "{record:?}");
    }
    let nothing = RecordRef::Need { household, need: keting.new_need_id() };
    assert_eq!(keting.withdraw(nothing, "录错了".to_owned()).unwrap_err().code(), "not_found");
}

#[test]
fn a_region_is_added_below_one_that_is_there() {
    let city = City::start();
    let officer = city.phone("周国强", "village_officer", VILLAGE);
    let unit = NewRegion {
        id: None,
        parent: region(&officer, MICRO_GRID),
        code: format!("{MICRO_GRID}987"),
        name: "新单元".to_owned(),
        level: Level::Unit,
        boundary: None,
        head: Some("陆德祥".to_owned()),
    };
    let added = plainly(officer.keting.add_region(unit.clone(), None).unwrap());
    assert_eq!(officer.region(&unit.code), added.document());
    let same = NewRegion { id: Some(added), ..unit.clone() };
    assert_eq!(officer.keting.add_region(same, None).unwrap().commit, None);
    let elsewhere = NewRegion { code: format!("{GRID}99"), ..unit };
    let failure = officer.keting.add_region(elsewhere, None).unwrap_err().failure();
    assert_eq!((failure.code.as_str(), failure.field), ("wrong_code", Some(Field::RegionCode)));
}

#[test]
fn what_should_be_looked_at_again_comes_back_beside_the_id_and_the_edit_is_kept() {
    let city = City::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let (household, _) = entered(&alice);
    let head = |name| NewResident { relation: Some(Relation::Head), ..named(name) };
    plainly(alice.keting.add_resident(household, head("李二"), None).unwrap());
    let second = alice.keting.add_resident(household, head("李三"), None).unwrap();
    assert_eq!(second.warnings, [Warning::SecondHead { household: household.document() }]);
    let shown = alice.detail(household.document());
    assert!(shown.residents.iter().any(|one| one.resident.id == second.id.item()));
}

#[test]
fn a_field_in_conflict_says_where_to_go_also_where_it_is_private() {
    let city = City::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let bob = city.phone("刘平杰", "grid_worker", GRID);
    let (household, resident) = entered(&alice);
    alice.sync();
    bob.sync();
    for (phone, text) in [(&alice, "13800000001"), (&bob, "13800000002")] {
        let edits = vec![
            ResidentEdit::Phone { value: Some(text.to_owned()) },
            ResidentEdit::Health { value: Some(text.to_owned()) },
        ];
        phone.keting.edit_resident(household, resident, edits, None).unwrap();
        let address = vec![HouseholdEdit::Address { value: text.to_owned() }];
        phone.keting.edit_household(household, address, None).unwrap();
    }
    alice.sync();
    bob.sync();
    alice.sync();

    let edit = |edit| alice.keting.edit_resident(household, resident, vec![edit], None);
    let phone = edit(ResidentEdit::Phone { value: None }).unwrap_err();
    let health = edit(ResidentEdit::Health { value: None }).unwrap_err();
    let address = vec![HouseholdEdit::Address { value: ADDRESS.to_owned() }];
    let address = alice.keting.edit_household(household, address, None).unwrap_err();
    for (error, field) in
        [(phone, Field::Phone), (health, Field::Health), (address, Field::Address)]
    {
        let failure = error.failure();
        assert_eq!((failure.code.as_str(), failure.kind), ("conflicted", ErrorKind::Refused));
        assert_eq!((failure.field, failure.about), (Some(field), Some(household)));
        assert!(!failure.retryable);
    }
}

#[test]
fn a_field_that_takes_less_says_which_and_how_much() {
    let city = City::start();
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let (household, resident) = entered(&alice);
    let name = ResidentEdit::Name { value: "一".repeat(65) };
    let failure = alice.keting.edit_resident(household, resident, vec![name], None);
    let failure = failure.unwrap_err().failure();
    assert_eq!((failure.code.as_str(), failure.limit), ("too_long", Some(64)));
    assert_eq!((failure.field, failure.about), (Some(Field::Name), None));
    let wrong = ResidentEdit::IdNumber { value: Some("990481199007130027".to_owned()) };
    let failure = alice.keting.edit_resident(household, resident, vec![wrong], None);
    let failure = failure.unwrap_err().failure();
    assert_eq!(failure.code, "not_an_id_number");
    assert_eq!((failure.field, failure.limit), (Some(Field::IdNumber), None));
    let nobody = ResidentId::of(alice.keting.new_item());
    let unknown = alice.keting.set_status(household, nobody, NewStatus::of(Status::Away));
    assert_eq!(unknown.unwrap_err().failure().kind, ErrorKind::NotFound);
    let step = NeedStep { status: NeedStatus::Open, note: None };
    let unknown = alice.keting.advance_need(household, NeedId::of(nobody.item()), step);
    assert_eq!(unknown.unwrap_err().failure().code, "not_found");
}
