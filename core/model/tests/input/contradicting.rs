//! Values that are right by themselves and contradict each other, entered together, apart, or by two people.

use keting_model::household::HouseholdCommand;
use keting_model::household_private::PrivateCommand;
use keting_model::{Command, Fields, InvalidValue};

use crate::common::{Replica, edit_resident, household_id, residents};
use crate::typist::Typist;

#[test]
fn a_birth_that_contradicts_the_identity_number_is_refused_together_and_apart() {
    let mut typist = Typist::new();
    let resident = residents(&typist.replica, 1)[0];
    let mut edit = |fields: Fields| {
        let edit = edit_resident(&typist.replica, 1, resident, fields);
        typist.replica.run(&edit).map(drop).map_err(|error| error.code())
    };
    let number = || Fields::new().with("id_number", "11010519491231002X");
    assert_eq!(edit(number().with("birth_date", "1949-12-30")), Err("contradicts_id_number"));
    assert_eq!(edit(Fields::new().with("birth_date", "1949-12-30")), Ok(()));
    assert_eq!(edit(number()), Err("contradicts_id_number"));
    assert_eq!(edit(number().with("birth_date", "1949-12-31")), Ok(()));
    assert_eq!(edit(Fields::new().with("birth_date", "1950-01-01")), Err("contradicts_id_number"));
    assert_eq!(edit(Fields::new().with("birth_date", "")), Ok(()));
}

#[test]
fn a_sex_that_contradicts_the_identity_number_is_refused_together_and_apart() {
    let mut typist = Typist::new();
    let resident = residents(&typist.replica, 1)[0];
    let woman = "11010519491231002X";
    let with = |name: &str, value: &str| Fields::new().with(name, value);
    let mut edit = |fields: &Fields, private: bool| {
        let (household, fields) = (household_id(1), fields.clone());
        let edit = if private {
            Command::Private(PrivateCommand::Edit { household, resident, fields })
        } else {
            edit_resident(&typist.replica, 1, resident, fields)
        };
        typist.replica.run(&edit).map(drop).map_err(|error| error.to_string())
    };
    let refused = "the field sex is not valid: it is another sex than the 17th digit of the identity number says";
    let refused = Err(refused.to_owned());
    assert_eq!(edit(&with("id_number", woman).with("sex", "男"), false), refused);
    assert_eq!(edit(&with("sex", "男"), true), Ok(()));
    assert_eq!(edit(&with("id_number", woman), false), refused);
    assert_eq!(edit(&with("id_number", woman).with("sex", ""), false), Ok(()));
    assert_eq!(edit(&with("sex", "男"), true), refused);
    assert_eq!(edit(&with("sex", "女"), true), Ok(()));
    assert_eq!(edit(&with("id_number", "110105194912310011"), false), refused);
    assert_eq!(edit(&with("id_number", "").with("sex", "男"), false), Ok(()));
}

#[test]
fn nobody_dies_before_they_are_born_nor_leaves_before_they_come() {
    let mut typist = Typist::new();
    let resident = residents(&typist.replica, 1)[0];
    let say = |typist: &mut Typist, status: &str, day: &str| {
        let (fact, time) = (typist.replica.fresh(), typist.replica.time());
        let (household, reason) = (household_id(1), None);
        let (status, at) = (status.to_owned(), Some(day.to_owned()));
        let said =
            HouseholdCommand::SetStatus { household, resident, fact, status, reason, at, time };
        typist.replica.run(&Command::Household(said)).map(drop).map_err(|error| error.code())
    };
    let born = |typist: &mut Typist, field: &str, value: &str| {
        let edit = edit_resident(&typist.replica, 1, resident, Fields::new().with(field, value));
        typist.replica.run(&edit).map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(born(&mut typist, "birth_date", "1949-12-31"), Ok(()));
    assert_eq!(say(&mut typist, "deceased", "1949-12-30"), Err("before_birth"));
    assert_eq!(say(&mut typist, "moved_out", "1949年12月30日"), Err("before_birth"));
    assert_eq!(say(&mut typist, "deceased", "1949-12-31"), Ok(()));
    let of = |field: &str| format!("the field {field} is not valid: {}", InvalidValue::BeforeBirth);
    assert_eq!(born(&mut typist, "birth_date", "1950-01-01"), Err(of("birth_date")));
    assert_eq!(born(&mut typist, "birth_date", ""), Ok(()));
    assert_eq!(born(&mut typist, "id_number", "990481199007130028"), Err(of("id_number")));
    // Another day for the same is a correction.
    assert_eq!(say(&mut typist, "moved_out", "2026-03-01"), Ok(()));
    assert_eq!(say(&mut typist, "away", "2026-02-01"), Ok(()));
    assert_eq!(say(&mut typist, "living", "2026-01-31"), Err("before_last_status"));
    assert_eq!(say(&mut typist, "living", "2026-04-01"), Ok(()));
    assert_eq!(say(&mut typist, "away", "2026-03-31"), Err("before_last_status"));
    assert_eq!(say(&mut typist, "living", "2026-03-30"), Ok(()));
    assert_eq!(say(&mut typist, "away", "2026-03-31"), Ok(()));
}

/// Alice's phone has no day of birth when Bob says that somebody died.
#[test]
fn what_two_people_entered_apart_stands_and_may_be_corrected() {
    let mut alice = Typist::new().replica;
    let resident = residents(&alice, 1)[0];
    let mut bob = Replica::new(2);
    bob.hear(&alice.sent);
    let died = |replica: &mut Replica, day: &str| {
        let (household, fact, time) = (household_id(1), replica.fresh(), replica.time());
        let (status, reason, at) = ("deceased".to_owned(), None, Some(day.to_owned()));
        let said =
            HouseholdCommand::SetStatus { household, resident, fact, status, reason, at, time };
        replica.run(&Command::Household(said))
    };
    let born = edit_resident(&alice, 1, resident, Fields::new().with("birth_date", "1962-05-05"));
    alice.run(&born).unwrap();
    died(&mut bob, "1960-01-01").unwrap();
    alice.hear(&bob.sent);
    died(&mut alice, "2020-01-01").unwrap();
    let phone = edit_resident(&alice, 1, resident, Fields::new().with("phone", "13812345678"));
    alice.run(&phone).unwrap();
}
