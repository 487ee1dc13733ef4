//! What people said differently, settled by the id of what a screen shows.

use keting::input::Field;
use keting::verbs::{
    HouseholdEdit, NeedStep, NewNeed, NewStatus, NewVisit, RecordRef, ResidentEdit, Settlement,
};
use keting::words::{NeedStatus, Status, Tenure};
use keting::{ConflictId, DocumentId, HouseholdId, ResidentId};
use keting_scenarios::city::City;
use keting_scenarios::phone::{Phone, Two};

/// Two phones that have one household with one resident.
struct Both {
    _city: City,
    two: Two,
    household: HouseholdId,
    resident: ResidentId,
}

impl Both {
    fn start() -> Self {
        let city = City::start();
        let two = Two::in_city(&city);
        let resident = two.alice.detail(two.household).residents[0].resident.id;
        let household = HouseholdId::of(two.household).unwrap();
        Self { _city: city, two, household, resident: ResidentId::of(resident) }
    }

    /// Both do something apart from each other, and then hear of each other.
    fn apart(&self, act: impl Fn(&Phone, bool)) {
        act(&self.two.alice, true);
        act(&self.two.bob, false);
        self.two.sync();
    }

    /// The ids of what Alice has to settle, by key.
    fn conflict(&self, key: &str) -> ConflictId {
        let conflicts = self.two.alice.conflicts(self.document());
        let found = conflicts.iter().find(|one| one.key == key);
        found.unwrap_or_else(|| panic!("{key} of {conflicts:?}")).id()
    }

    fn settle(&self, conflict: ConflictId, on: Settlement) -> Result<(), String> {
        let saved = self.two.alice.keting.settle(conflict, on);
        saved.map(|saved| assert!(saved.commit.is_some())).map_err(|e| e.code().to_owned())
    }

    fn document(&self) -> DocumentId {
        self.household.document()
    }
}

#[test]
fn a_field_is_settled_on_a_value_that_stands_on_another_or_on_none() {
    let both = Both::start();
    let (household, resident) = (both.household, both.resident);
    both.apart(|phone, first| {
        let value = if first { Tenure::Owned } else { Tenure::Rented };
        let edits = vec![
            HouseholdEdit::Tenure { value: Some(value) },
            HouseholdEdit::AddressCode { value: Some(value.code().to_owned()) },
        ];
        phone.keting.edit_household(household, edits, None).unwrap();
        let digit = u8::from(first);
        let edits = vec![
            ResidentEdit::Phone { value: Some(format!("1380000000{digit}")) },
            ResidentEdit::Health { value: Some(format!("第{digit}级")) },
        ];
        phone.keting.edit_resident(household, resident, edits, None).unwrap();
    });
    let [phone, health] = ["phone", "health"].map(|name| format!("r/{resident}/{name}"));
    let value = |value: &str| Settlement::Value { value: value.to_owned() };
    both.settle(both.conflict("tenure"), value("rented")).unwrap();
    both.settle(both.conflict("address_code"), Settlement::Clear).unwrap();
    both.settle(both.conflict(&phone), value("139 0000 0009")).unwrap();
    both.settle(both.conflict(&health), value("第1级")).unwrap();
    both.two.sync();
    for phone in [&both.two.alice, &both.two.bob] {
        assert_eq!(phone.conflicts(both.document()), []);
        let shown = phone.detail(both.document());
        assert_eq!((shown.tenure.as_deref(), shown.address_code), (Some("rented"), None));
        assert_eq!(shown.residents[0].resident.phone.as_deref(), Some("13900000009"));
        assert_eq!(shown.residents[0].health.as_deref(), Some("第1级"));
    }
}

#[test]
fn what_became_of_a_resident_or_a_need_is_settled_by_saying_it() {
    let both = Both::start();
    let (household, resident) = (both.household, both.resident);
    let new = NewNeed { text: "楼道灯坏了".to_owned(), ..NewNeed::default() };
    let need = both.two.alice.keting.add_need(household, new, None).unwrap().id;
    both.two.sync();
    both.apart(|phone, first| {
        let status = if first { Status::Away } else { Status::MovedOut };
        phone.keting.set_status(household, resident, NewStatus::of(status)).unwrap();
        let status = if first { NeedStatus::Met } else { NeedStatus::Dropped };
        let step = NeedStep { status, note: None };
        phone.keting.advance_need(household, need, step).unwrap();
    });
    let fact = Settlement::Fact {
        status: Status::MovedOut,
        reason: Some("去杭州".to_owned()),
        at: Some(both.two.alice.keting.now().day()),
    };
    both.settle(both.conflict(&format!("r/{resident}/s")), fact).unwrap();
    let met = Settlement::Need { status: NeedStatus::Met, note: Some("换了灯泡".to_owned()) };
    both.settle(both.conflict(&format!("n/{need}/s")), met).unwrap();
    both.two.sync();
    let shown = both.two.bob.detail(both.document());
    assert_eq!(both.two.bob.conflicts(both.document()), []);
    assert_eq!(shown.residents[0].status_reason.as_deref(), Some("去杭州"));
    assert_eq!(shown.needs[0].status, "met");
}

#[test]
fn what_was_withdrawn_while_somebody_worked_on_it_stays_so_or_stands() {
    let both = Both::start();
    let household = both.household;
    let record = RecordRef::Household { household };
    let visit_meanwhile = || {
        both.apart(|phone, first| {
            let keting = &phone.keting;
            if first {
                keting.withdraw(record, "录错了".to_owned()).unwrap();
            } else {
                keting.add_visit(household, NewVisit::default(), None).unwrap();
            }
        });
    };
    visit_meanwhile();
    let kept = Settlement::Withdrawn { reason: "录错了".to_owned() };
    both.settle(both.conflict("w"), kept).unwrap();
    assert_eq!(both.two.alice.conflicts(both.document()), []);
    both.two.alice.keting.restore(record, None).unwrap();
    both.two.sync();
    visit_meanwhile();
    both.settle(both.conflict("w"), Settlement::Stands { reason: None }).unwrap();
    both.two.sync();
    assert!(both.two.bob.detail(both.document()).withdrawn.is_empty());
}

#[test]
fn a_conflict_that_is_not_as_it_was_read_any_more_is_not_settled() {
    let both = Both::start();
    let household = both.household;
    let address = |phone: &Phone, value: &str| {
        let edit = HouseholdEdit::Address { value: value.to_owned() };
        phone.keting.edit_household(household, vec![edit], None).unwrap();
    };
    both.apart(|phone, first| address(phone, if first { "一号" } else { "二号" }));
    let read = both.conflict("address");
    let on = || Settlement::Value { value: "一号".to_owned() };
    // An answer to another question changes nothing.
    let wrong = NeedStatus::Met;
    let wrong = both.settle(read, Settlement::Need { status: wrong, note: None });
    assert_eq!(wrong, Err("settlement_of_something_else".to_owned()));

    // Bob settles it, and Alice hears of that while her screen still shows the question.
    let at_bobs = both.two.bob.conflicts(both.document())[0].id();
    assert_eq!(at_bobs, read, "both read the same");
    let other = Settlement::Value { value: "三号".to_owned() };
    both.two.bob.keting.settle(at_bobs, other).unwrap();
    both.two.sync();
    assert_eq!(both.two.alice.conflicts(both.document()), []);
    let error = both.two.alice.keting.settle(read, on()).unwrap_err();
    let failure = error.failure();
    assert_eq!(failure.code, "changed_meanwhile");
    assert_eq!((failure.about, failure.field), (Some(household), None::<Field>));
    assert_eq!(both.two.alice.detail(both.document()).address, "三号");
}
