//! What is refused as it is typed, with the name of its field.

use keting_model::input::Field;
use keting_model::{Fields, InvalidValue};

use crate::common::{edit_resident, residents};
use crate::typist::Typist;

#[test]
fn all_fields_that_are_wrong_are_told_at_once_and_planning_names_the_first() {
    let mut typist = Typist::new();
    let resident = residents(&typist.replica, 1)[0];
    let fields = Fields::new()
        .with("phone", "87651234")
        .with("relation", "户主")
        .with("sex", "没说")
        .with("birth_date", "2062-05-05")
        .with_care_tag("孤寡", true);
    let edit = edit_resident(&typist.replica, 1, resident, fields);
    let refused = edit.refused(typist.replica.time());
    let told: Vec<_> = refused.iter().map(|one| (one.field, one.rule.code())).collect();
    let wrong = [
        (Field::Phone, "not_a_phone"),
        (Field::Sex, "unknown_word"),
        (Field::BirthDate, "in_the_future"),
        (Field::CareTag, "unknown_word"),
    ];
    assert_eq!(told, wrong);
    assert_eq!(typist.replica.run(&edit).unwrap_err().code(), "not_a_phone");
    let right = edit_resident(&typist.replica, 1, resident, Fields::new().with("sex", "女"));
    assert_eq!(right.refused(typist.replica.time()), []);
}

#[test]
fn a_name_has_a_letter_wherever_it_is_typed() {
    let mut typist = Typist::new();
    for typed in ["12345", "１２３", "·", "--", "😀"] {
        for field in [Field::Name, Field::RegionHead] {
            let command = typist.command(field, typed);
            assert_eq!(typist.replica.plan(&command).unwrap_err().code(), "no_letter", "{typed}");
        }
    }
    for typed in ["张三", "A", "买买提·阿卜杜拉", "𠮷田", "王5"] {
        let command = typist.command(Field::Name, typed);
        assert!(typist.replica.plan(&command).is_ok(), "{typed}");
    }
}

#[test]
fn a_visit_in_the_future_and_one_without_a_purpose_are_refused_with_the_field() {
    let mut typist = Typist::new();
    let mut refused = |field, typed: &str| {
        let command = typist.command(field, typed);
        typist.replica.plan(&command).unwrap_err().to_string()
    };
    let of = |field: &str, rule: InvalidValue| format!("the field {field} is not valid: {rule}");
    assert_eq!(refused(Field::VisitAt, "2026年6月2日"), of("at", InvalidValue::InTheFuture));
    assert_eq!(refused(Field::VisitAt, "3026-06-02"), of("at", InvalidValue::InTheFuture));
    assert_eq!(refused(Field::VisitAt, "1849-06-02"), of("at", InvalidValue::TooEarly));
    assert_eq!(refused(Field::VisitPurpose, " \u{200b}"), of("purpose", InvalidValue::Empty));
    assert_eq!(refused(Field::Name, "\u{feff}"), of("name", InvalidValue::Empty));
}

#[test]
fn a_care_tag_that_is_none_is_refused_with_those_there_are() {
    let mut typist = Typist::new();
    let command = typist.command(Field::CareTag, "孤寡");
    let refused = typist.replica.plan(&command).unwrap_err();
    assert_eq!(refused.code(), "unknown_word");
    assert!(refused.to_string().contains("living_alone, empty_nest"), "{refused}");
}
