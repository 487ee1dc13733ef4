//! What people type, brought to one form: always the same one, no digit less, and the rule takes it.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod anything;
#[path = "../common/mod.rs"]
mod common;
mod contradicting;
mod refused;
mod typist;

use common::{Replica, edit_resident, household_id, residents};
use keting_model::{Command, Fields, Op, RULE_VERSION, Settle, Touched, Value, judge};
use typist::{Typist, writes};

#[test]
fn a_command_with_values_as_people_type_them_writes_their_normal_forms() {
    let mut typist = Typist::new();
    let resident = residents(&typist.replica, 1)[0];
    let fields = Fields::new()
        .with("name", "买买提 ・ 阿卜杜拉")
        .with("phone", "（０５７３）87651234 转 802")
        .with("id_number", "110105 19491231 002x")
        .with("relation", "户主")
        .with_care_tag("独居老人", true);
    let edit = edit_resident(&typist.replica, 1, resident, fields);
    let plan = typist.replica.run(&edit).unwrap();
    for value in
        ["买买提·阿卜杜拉", "0573-87651234-802", "11010519491231002X", "head", "t/living_alone"]
    {
        assert!(writes(&plan, value), "{value}: {plan:?}");
    }
    assert_eq!(typist.replica.run(&edit).unwrap_err().code(), "nothing_changed");
}

/// The tables of Unicode grow, and a verdict must be the same in every version.
#[test]
fn the_rule_takes_values_in_other_forms_than_this_version_writes() {
    let typist = Typist::new();
    let resident = residents(&typist.replica, 1)[0];
    let before = &typist.replica.documents[&household_id(1)];
    for (field, value) in [
        ("phone", "057387651234"),
        ("name", "张\u{200b}三"),
        ("name", "Jose\u{301}"),
        ("name", "买买提・阿卜杜拉"),
    ] {
        let key = format!("r/{resident}/{field}");
        let ops = [Op::Put { key, value: Value::from(value) }];
        let touched = [Touched { before, ops: &ops }];
        let verdict = judge("resident.edit", RULE_VERSION, typist.replica.time(), &touched);
        assert!(verdict.is_ok(), "{value}: {verdict:?}");
    }
}

/// Two people enter numbers apart, one of them as an older version wrote it.
#[test]
fn a_settle_keeps_what_stands_as_it_is_and_brings_what_is_typed_to_its_form() {
    let settled = |typed: &str| {
        let mut alice = Typist::new().replica;
        let resident = residents(&alice, 1)[0];
        let mut bob = Replica::new(2);
        bob.hear(&alice.sent);
        let edit = edit_resident(&bob, 1, resident, Fields::new().with("phone", "13812345678"));
        bob.run(&edit).unwrap();
        let key = format!("r/{resident}/phone");
        let old = Op::Put { key: key.clone(), value: Value::from("057387651234") };
        alice.write(household_id(1), &[old]);
        alice.hear(&bob.sent);
        let settle = Settle::on_typed(household_id(1), &key, typed, alice.time()).unwrap();
        alice.run(&Command::Settle(settle)).unwrap();
        alice.documents[&household_id(1)].value(&key)
    };
    assert_eq!(settled("057387651234"), Some(Value::from("057387651234")));
    assert_eq!(settled("0573 8765 1234"), Some(Value::from("0573-87651234")));
    assert_eq!(settled("+86 138 1234 5678"), Some(Value::from("13812345678")));
}
