//! Values that stand beside each other, and what settles them.

use std::collections::BTreeSet;

use keting_model::{
    Command, CommandError, Family, Fields, InvalidValue, ItemId, Op, RuleError, Settle, Value,
};

use crate::common::{Replica, edit_resident, household_id, region_id, residents};
use crate::{TIME, founded, id_value, judged, put};

/// Alice and bob with one household of one adult, and her phone in conflict on alice's replica.
fn in_conflict() -> (Replica, ItemId, String) {
    let mut alice = founded();
    let mut bob = Replica::new(2);
    bob.hear(&alice.sent);
    let resident = residents(&alice, 1)[0];
    for (replica, phone) in [(&mut alice, "13800000001"), (&mut bob, "13800000002")] {
        let edit = edit_resident(replica, 1, resident, Fields::new().with("phone", phone));
        replica.run(&edit).unwrap();
    }
    alice.hear(&bob.sent);
    (alice, resident, format!("r/{resident}/phone"))
}

fn settle_op(key: &str, value: impl Into<Value>) -> Op {
    Op::Settle { key: key.to_owned(), value: value.into() }
}

#[test]
fn concurrent_values_stand_until_a_settle_and_only_until_then() {
    let (mut alice, resident, key) = in_conflict();
    let id = household_id(1);
    assert_eq!(alice.documents[&id].values(&key).len(), 2);
    let edit = edit_resident(&alice, 1, resident, Fields::new().with("phone", "13800000003"));
    let refused = Err(CommandError::Conflicted { document: id, key: key.clone() });
    assert_eq!(alice.plan(&edit), refused);
    let over = [put(&key, "13800000003")];
    let field = "r/*/phone";
    let verdict = judged("resident.edit", &alice.documents[&id], &over);
    assert_eq!(verdict, Err(RuleError::Conflicted { field }));

    // The value shown already may be chosen, too.
    let value = alice.documents[&id].value(&key).unwrap();
    let settle = Command::Settle(Settle {
        document: id,
        key: key.clone(),
        value: value.clone(),
        time: TIME,
    });
    alice.run(&settle).unwrap();
    assert_eq!(alice.documents[&id].values(&key), vec![value]);
    assert_eq!(alice.plan(&settle), Err(CommandError::NothingToSettle));
    let over = [settle_op(&key, "13800000003")];
    let verdict = judged("field.settle", &alice.documents[&id], &over);
    assert_eq!(verdict, Err(RuleError::NothingToSettle { field }));
    alice.run(&edit).unwrap();
}

#[test]
fn a_settle_is_of_one_field_that_may_change_on_a_valid_value_and_by_no_other_command() {
    let (alice, _, key) = in_conflict();
    let document = &alice.documents[&household_id(1)];
    let settled = |op: Op| judged("field.settle", document, &[op]);
    let invalid = RuleError::Invalid { field: "r/*/phone", rule: InvalidValue::NotAPhone };
    assert_eq!(settled(settle_op(&key, "not a phone")), Err(invalid));
    let home = settled(settle_op("home", id_value(&region_id(2))));
    assert_eq!(home, Err(RuleError::NotThisCommand { field: "home" }));
    let two = [settle_op("tenure", "owned"), settle_op("address", "x")];
    assert_eq!(judged("field.settle", document, &two), Err(RuleError::TooManyItems));
    let address = Err(RuleError::NotThisCommand { field: "address" });
    assert_eq!(settled(put("address", "x")), address);
    let field = "r/*/phone";
    assert_eq!(settled(put(&key, "13800000001")), Err(RuleError::Conflicted { field }));
    let undecided = Err(RuleError::Conflicted { field });
    let by_an_edit = judged("resident.edit", document, &[settle_op(&key, "13800000001")]);
    assert_eq!(by_an_edit, undecided);
    assert_eq!(settled(settle_op(&key, "13800000001")), Ok(BTreeSet::from([Family::Resident])));
}

#[test]
fn every_one_of_several_values_settles_a_field_as_it_is_shown() {
    let mut alice = founded();
    let resident = residents(&alice, 1)[0];
    let change = |replica: &mut Replica, fields: Fields| {
        let edit = edit_resident(replica, 1, resident, fields);
        replica.run(&edit).unwrap();
    };
    let tag = |has| Fields::new().with_care_tag("bereaved", has);
    change(&mut alice, tag(true).with("phone", "13800000001"));
    let mut bob = Replica::new(2);
    bob.hear(&alice.sent);
    change(&mut alice, tag(false).with("phone", ""));
    change(&mut alice, tag(true));
    change(&mut bob, tag(false).with("phone", "13800000002"));
    alice.hear(&bob.sent);
    let id = household_id(1);
    for key in [format!("r/{resident}/phone"), format!("r/{resident}/t/bereaved")] {
        let values = alice.documents[&id].values(&key);
        assert_eq!(values.len(), 2, "{key}");
        for value in values {
            let settle = Settle::on_typed(id, &key, &value.to_string(), TIME).unwrap();
            assert_eq!(settle.value, value, "{key}");
            alice.clone().run(&Command::Settle(settle)).unwrap();
        }
    }
    let typed =
        |key: &str, text| Settle::on_typed(id, key, text, TIME).map_err(|error| error.code());
    assert_eq!(typed(&format!("r/{resident}/t/bereaved"), "maybe"), Err("wrong_type"));
    assert_eq!(typed("home", "x"), Err("unknown_field"));
    assert_eq!(typed("nickname", "x"), Err("unknown_field"));
}
