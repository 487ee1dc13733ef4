//! What is kept and said to be looked at again: it never refuses, and tells nobody what they may not
//! read.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::expect_used)]

mod common;

use common::tables::tables;
use common::{
    Replica, add_household, add_region, edit_resident, household_id, region_id, residents,
};
use keting_model::household::{HouseholdCommand, NewResident};
use keting_model::household_visits::VisitsCommand;
use keting_model::query::Withheld;
use keting_model::withdrawal::{Record, WithdrawalCommand};
use keting_model::{Command, Day, Fields, Role, Warning};

const NUMBER: &str = "11010519491231002X";

/// Two households, the first with a head and somebody else, the second with one resident.
fn two_households() -> Replica {
    let mut alice = Replica::new(1);
    alice.run(&add_region(1, None, "town")).unwrap();
    let named = |name: &str| Fields::new().with("name", name);
    let first = [named("李一").with("relation", "head"), named("王二")];
    let add = add_household(&mut alice, 1, 1, &first);
    alice.run(&add).unwrap();
    let add = add_household(&mut alice, 2, 1, &[named("张三").with("id_number", NUMBER)]);
    alice.run(&add).unwrap();
    alice
}

/// Carries a command out, and says what it warns of.
fn warnings_as(alice: &mut Replica, withheld: &Withheld, command: &Command) -> Vec<Warning> {
    let rows = tables(&alice.rows());
    let plan = alice.run(command).expect("a warning refuses nothing");
    command.warnings(&plan, alice.time(), &rows, withheld).unwrap()
}

fn warnings(alice: &mut Replica, command: &Command) -> Vec<Warning> {
    warnings_as(alice, &Withheld::nothing(), command)
}

fn set_status(alice: &mut Replica, resident: keting_model::ItemId, status: &str) -> Command {
    let (fact, time) = (alice.fresh(), alice.time());
    let (household, status) = (household_id(1), status.to_owned());
    let (reason, at) = (None, None);
    Command::Household(HouseholdCommand::SetStatus {
        household,
        resident,
        fact,
        status,
        reason,
        at,
        time,
    })
}

fn add_resident(alice: &mut Replica, n: u8, fields: Fields) -> Command {
    let (resident, fact, time) = (alice.fresh(), alice.fresh(), alice.time());
    let resident = NewResident { resident, fact, fields };
    Command::Household(HouseholdCommand::AddResident { household: household_id(n), resident, time })
}

#[test]
fn who_types_more_than_the_word_that_is_kept_hears_of_it() {
    let mut alice = two_households();
    let as_other = vec![Warning::KeptAsOther { field: "relation" }];
    for (typed, said) in
        [("侄子", as_other.clone()), ("亲家", as_other), ("其他", vec![]), ("老婆", vec![])]
    {
        let fields = Fields::new().with("name", "赵四").with("relation", typed);
        let add = add_resident(&mut alice, 1, fields);
        assert_eq!(warnings(&mut alice, &add), said, "{typed}");
    }
}

#[test]
fn who_types_a_day_without_its_year_that_is_kept_as_last_years_hears_of_the_whole_day() {
    let mut alice = two_households();
    let last_year = Day::parse("2025-06-02").unwrap();
    for (typed, said) in [
        ("6月2日", vec![Warning::DayOfLastYear { field: "at", day: last_year }]),
        ("6-1", vec![]),
        ("2025-06-02", vec![]),
    ] {
        let (visit, time) = (alice.fresh(), alice.time());
        let fields = Fields::new().with("purpose", "回访").with("at", typed);
        let add = VisitsCommand::AddVisit { household: household_id(1), visit, fields, time };
        assert_eq!(warnings(&mut alice, &Command::Visits(add)), said, "{typed}");
    }
}

#[test]
fn a_second_head_is_warned_of_and_kept() {
    let mut alice = two_households();
    let [_, other] = residents(&alice, 1)[..] else { panic!() };
    let head = || Fields::new().with("relation", "head");
    let second = vec![Warning::SecondHead { household: household_id(1) }];
    let edit = edit_resident(&alice, 1, other, head());
    assert_eq!(warnings(&mut alice, &edit), second);
    let add = add_resident(&mut alice, 1, head().with("name", "赵四"));
    assert_eq!(warnings(&mut alice, &add), second);
    let only_one = edit_resident(&alice, 1, other, Fields::new().with("relation", "spouse"));
    assert_eq!(warnings(&mut alice, &only_one), []);
    let elsewhere = add_resident(&mut alice, 2, head().with("name", "孙五"));
    assert_eq!(warnings(&mut alice, &elsewhere), []);
}

#[test]
fn who_has_gone_is_no_head_until_they_are_back() {
    let mut alice = two_households();
    let [first, other] = residents(&alice, 1)[..] else { panic!() };
    let gone = set_status(&mut alice, first, "deceased");
    assert_eq!(warnings(&mut alice, &gone), []);
    let edit = edit_resident(&alice, 1, other, Fields::new().with("relation", "head"));
    assert_eq!(warnings(&mut alice, &edit), []);
    let back = set_status(&mut alice, first, "living");
    let second = vec![Warning::SecondHead { household: household_id(1) }];
    assert_eq!(warnings(&mut alice, &back), second);
}

#[test]
fn an_identity_number_that_stands_elsewhere_is_warned_of_and_kept() {
    let mut alice = two_households();
    let [first, other] = residents(&alice, 1)[..] else { panic!() };
    let number = || Fields::new().with("id_number", "110105 19491231 002x");
    let known = |n| vec![Warning::IdNumberKnown { household: household_id(n) }];
    let edit = edit_resident(&alice, 1, first, number());
    assert_eq!(warnings(&mut alice, &edit), known(2));
    let own = edit_resident(&alice, 1, first, Fields::new().with("id_number", ""));
    assert_eq!(warnings(&mut alice, &own), []);
    let again =
        edit_resident(&alice, 1, other, Fields::new().with("id_number", "990481199007130028"));
    assert_eq!(warnings(&mut alice, &again), []);
    let same = [number().with("name", "甲"), number().with("name", "乙")];
    let add = add_household(&mut alice, 3, 1, &same);
    let said = warnings(&mut alice, &add);
    assert_eq!(said.len(), 2, "{said:?}");
}

#[test]
fn who_comes_back_by_a_restore_may_be_a_second_head_or_have_a_number_that_was_entered_again() {
    let mut alice = two_households();
    let [first, other] = residents(&alice, 1)[..] else { panic!() };
    let [third] = residents(&alice, 2)[..] else { panic!() };
    let say = |alice: &mut Replica, n, record, reason: Option<&str>| {
        let (household, fact, time) = (household_id(n), alice.fresh(), alice.time());
        let reason = reason.map(str::to_owned);
        let command = match reason {
            Some(reason) => {
                let seen = Vec::new();
                WithdrawalCommand::Withdraw { household, record, fact, reason, seen, time }
            }
            None => WithdrawalCommand::Restore { household, record, fact, reason, time },
        };
        warnings(alice, &Command::Withdrawal(command))
    };
    let (head, alone) = (Record::Resident(first), Record::Household);
    assert_eq!(say(&mut alice, 1, head, Some("录错了")), []);
    assert_eq!(say(&mut alice, 2, alone, Some("录重复了")), []);
    assert_eq!(say(&mut alice, 2, alone, None), []);
    assert_eq!(say(&mut alice, 2, Record::Resident(third), Some("录错了")), []);
    let takes_over = Fields::new().with("relation", "head").with("id_number", NUMBER);
    let edit = edit_resident(&alice, 1, other, takes_over);
    assert_eq!(warnings(&mut alice, &edit), []);
    let second = vec![Warning::SecondHead { household: household_id(1) }];
    assert_eq!(say(&mut alice, 1, head, None), second);
    let known = vec![Warning::IdNumberKnown { household: household_id(1) }];
    assert_eq!(say(&mut alice, 2, Record::Resident(third), None), known);
    assert_eq!(say(&mut alice, 2, alone, Some("录重复了")), []);
    assert_eq!(say(&mut alice, 2, alone, None), known);
}

fn born(name: &str) -> Fields {
    Fields::new().with("name", name).with("birth_date", "1949-12-31")
}

#[test]
fn somebody_of_one_name_and_birth_is_warned_of_and_kept() {
    let mut alice = two_households();
    let [first, other] = residents(&alice, 1)[..] else { panic!() };
    let known = |n| vec![Warning::PersonKnown { household: household_id(n) }];
    // Whose number tells the day of birth stands as born on it.
    let add = add_resident(&mut alice, 1, born("张三"));
    assert_eq!(warnings(&mut alice, &add), known(2));
    let add = add_resident(&mut alice, 1, born("张三丰"));
    assert_eq!(warnings(&mut alice, &add), []);
    // A part at a time.
    let edit = edit_resident(&alice, 1, first, Fields::new().with("birth_date", "1949-12-31"));
    assert_eq!(warnings(&mut alice, &edit), []);
    let edit = edit_resident(&alice, 1, first, Fields::new().with("name", "张三丰"));
    assert_eq!(warnings(&mut alice, &edit), known(1));
    let edit = edit_resident(&alice, 1, first, Fields::new().with("phone", "13812345678"));
    assert_eq!(warnings(&mut alice, &edit), []);
    // Who has another number is somebody else.
    let another = born("张三").with("id_number", "110105194912310011");
    let add = add_resident(&mut alice, 2, another);
    assert_eq!(warnings(&mut alice, &add), known(1));
    // Where the number is known it is not said twice.
    let same = born("张三").with("id_number", NUMBER);
    let edit = edit_resident(&alice, 1, other, same);
    assert_eq!(
        warnings(&mut alice, &edit),
        [Warning::IdNumberKnown { household: household_id(2) }]
    );
    let twins = [born("赵四"), born("赵四")];
    let add = add_household(&mut alice, 3, 1, &twins);
    assert_eq!(warnings(&mut alice, &add), known(3));
}

#[test]
fn whoever_may_not_read_who_was_born_when_is_not_told_of_somebody_of_one_name() {
    let mut alice = two_households();
    let add = add_resident(&mut alice, 1, born("张三"));
    let steward = Withheld::from_roles(&[Role::Steward]);
    assert_eq!(warnings_as(&mut alice, &steward, &add), []);
    let add = add_resident(&mut alice, 1, born("张三"));
    let elsewhere = Withheld::nothing().within(vec![region_id(9)]);
    assert_eq!(warnings_as(&mut alice, &elsewhere, &add), []);
}

/// A household in a region, at an address, perhaps with the code of one.
fn at(alice: &Replica, n: u8, region: u8, fields: Fields) -> Command {
    let (household, region, residents) = (household_id(n), region_id(region), Vec::new());
    let time = alice.time();
    Command::Household(HouseholdCommand::Add { household, region, fields, residents, time })
}

#[test]
fn an_address_that_another_household_has_nearby_is_warned_of_and_kept() {
    let mut alice = two_households();
    alice.run(&add_region(2, Some(1), "village")).unwrap();
    alice.run(&add_region(3, Some(1), "village")).unwrap();
    alice.run(&add_region(4, None, "town")).unwrap();
    let address = |address: &str| Fields::new().with("address", address);
    let known = |n| vec![Warning::AddressKnown { household: household_id(n) }];
    let add = at(&alice, 10, 2, address("一号"));
    assert_eq!(warnings(&mut alice, &add), []);
    // In the same region, beside, above, and far away.
    for (n, region, said) in [(11, 2, known(10)), (12, 3, known(10)), (13, 1, known(10))] {
        let add = at(&alice, n, region, address(" 一号 "));
        assert_eq!(warnings(&mut alice, &add), said, "{n}");
    }
    let add = at(&alice, 14, 4, address("一号"));
    assert_eq!(warnings(&mut alice, &add), []);
    let (household, fields) = (household_id(14), Fields::new().with("tenure", "owned"));
    let edit = Command::Household(HouseholdCommand::Edit { household, fields });
    assert_eq!(warnings(&mut alice, &edit), []);
    // The code of a standard address is one home wherever it stands.
    let coded = |address: &str| Fields::new().with("address", address).with("address_code", "A7");
    let add = at(&alice, 15, 4, coded("三号"));
    assert_eq!(warnings(&mut alice, &add), []);
    let add = at(&alice, 16, 2, coded("四号"));
    assert_eq!(warnings(&mut alice, &add), known(15));
    let (household, fields) = (household_id(16), address("一号"));
    let moved = Command::Household(HouseholdCommand::Edit { household, fields });
    assert_eq!(warnings(&mut alice, &moved), known(10));
    let below = Withheld::nothing().within(vec![region_id(3)]);
    let add = at(&alice, 17, 2, address("一号"));
    assert_eq!(warnings_as(&mut alice, &below, &add), known(12));
}

#[test]
fn an_address_where_only_a_withdrawn_household_stands_is_free_until_it_is_restored() {
    let mut alice = two_households();
    let household = household_id(2);
    let (record, seen, time) = (Record::Household, Vec::new(), alice.time());
    let (fact, reason) = (alice.fresh(), "录重复了".to_owned());
    let withdraw = WithdrawalCommand::Withdraw { household, record, fact, reason, seen, time };
    assert_eq!(warnings(&mut alice, &Command::Withdrawal(withdraw)), []);
    let add = at(&alice, 5, 1, Fields::new().with("address", "潮乡2幢1单元101室"));
    assert_eq!(warnings(&mut alice, &add), []);
    let (fact, reason) = (alice.fresh(), None);
    let restore = WithdrawalCommand::Restore { household, record, fact, reason, time };
    let known = vec![Warning::AddressKnown { household: household_id(5) }];
    assert_eq!(warnings(&mut alice, &Command::Withdrawal(restore)), known);
}

#[test]
fn a_number_that_stands_where_the_reader_may_not_look_is_not_told() {
    let mut alice = two_households();
    alice.run(&add_region(2, Some(1), "village")).unwrap();
    let add = add_household(&mut alice, 3, 2, &[Fields::new().with("name", "甲")]);
    alice.run(&add).unwrap();
    let number = || Fields::new().with("name", "乙").with("id_number", NUMBER);
    let add = add_resident(&mut alice, 3, number());
    let only_below = Withheld::nothing().within(vec![region_id(2)]);
    assert_eq!(warnings_as(&mut alice, &only_below, &add), []);
    let again = add_resident(&mut alice, 3, number());
    let known = |n| vec![Warning::IdNumberKnown { household: household_id(n) }];
    assert_eq!(warnings_as(&mut alice, &only_below, &again), known(3));
    let above = Withheld::nothing().within(vec![region_id(1)]);
    let once_more = add_resident(&mut alice, 3, number());
    assert_eq!(warnings_as(&mut alice, &above, &once_more), known(2));
}

#[test]
fn whoever_may_not_read_identity_numbers_is_not_told_where_one_stands() {
    let mut alice = two_households();
    let first = residents(&alice, 1)[0];
    let edit = edit_resident(&alice, 1, first, Fields::new().with("id_number", NUMBER));
    let steward = Withheld::from_roles(&[Role::Steward]);
    assert_eq!(warnings_as(&mut alice, &steward, &edit), []);
}
