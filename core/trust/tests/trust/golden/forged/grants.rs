//! Grants that an issuing key signed and that say what no grant may say.

use coset::cbor::Value;
use keting_trust::cbor;

use super::bytes::{mapped, sign};
use super::{Forged, GRANT};
use crate::samples::{head_grant, server};

pub(super) fn grants(all: &mut Vec<Forged>) {
    let claims = cbor::to_vec(&head_grant().grant);
    let mut add = |name: &str, payload: &[u8], code| {
        all.push((format!("grant.{name}"), sign(payload, GRANT, &server()), code));
    };
    let set = |name: i64, value: Value| {
        mapped(&claims, |entries| {
            let entry = entries.iter_mut().find(|(key, _)| *key == Value::from(name));
            entry.unwrap().1 = value;
        })
    };
    let (malformed, invalid) = ("malformed", "invalid_field");
    let array = |values: Vec<Value>| Value::Array(values);
    let region = |byte: u8| {
        let mut id = vec![byte; 16];
        (id[0], id[1]) = (0, 1);
        Value::Bytes(id)
    };
    let access = |kind: u16, bits: u8| array(vec![kind.into(), bits.into()]);
    add("followed_by_a_byte", &[claims.as_slice(), &[0]].concat(), "trailing_bytes");
    let expiry = claims.windows(2).position(|pair| pair == [0x04, 0x1a]).unwrap();
    let (before, after) = (&claims[..=expiry], &claims[expiry + 2..]);
    add("expiry_in_eight_bytes", &[before, &[0x1b, 0, 0, 0, 0], after].concat(), "not_canonical");
    add(
        "unknown_claim",
        &mapped(&claims, |entries| {
            entries.insert(2, (3.into(), Value::Text("audience".into())));
        }),
        malformed,
    );
    add("claim_twice", &mapped(&claims, |entries| entries[1] = entries[0].clone()), malformed);
    add("claims_out_of_order", &mapped(&claims, |entries| entries.swap(2, 3)), malformed);
    add("no_expiry", &mapped(&claims, |entries| drop(entries.remove(2))), malformed);
    add("floating_expiry", &set(4, 1.8e9.into()), malformed);
    add("expiry_out_of_range", &set(4, u64::MAX.into()), malformed);
    add("expired_before_issued", &set(4, 1.into()), invalid);
    add("issuer_of_another_name", &set(1, Value::Text("0".repeat(32))), invalid);
    add("no_name", &set(2, Value::Text(String::new())), invalid);
    add("name_with_a_colon", &set(2, Value::Text("urn: no".into())), invalid);
    add("holder_by_key_id", &set(8, Value::Map(vec![(3.into(), region(1))])), malformed);
    let ec2 = Value::Map(vec![
        (1.into(), 2.into()),
        ((-1).into(), 1.into()),
        ((-2).into(), region(1)),
        ((-3).into(), region(2)),
    ]);
    add("holder_with_a_newer_key", &set(8, Value::Map(vec![(1.into(), ec2)])), "unknown_algorithm");
    add("newer_role", &set(-65539, 200.into()), "needs_newer_app");
    add("no_region", &set(-65540, array(Vec::new())), invalid);
    add("regions_out_of_order", &set(-65540, array(vec![region(5), region(4)])), invalid);
    add("region_twice", &set(-65540, array(vec![region(4), region(4)])), invalid);
    add(
        "region_is_a_household",
        &set(
            -65540,
            array(vec![Value::Bytes(vec![0, 2, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7])]),
        ),
        invalid,
    );
    add("whole_city_for_a_head", &set(-65541, array(vec![access(0, 3)])), invalid);
    add("no_kind", &set(-65541, array(Vec::new())), invalid);
    add("kind_twice", &set(-65541, array(vec![access(2, 1), access(2, 3)])), invalid);
    add("kinds_out_of_order", &set(-65541, array(vec![access(3, 1), access(2, 1)])), invalid);
    add("access_to_nothing", &set(-65541, array(vec![access(2, 4)])), invalid);
    add("unknown_access", &set(-65541, array(vec![access(2, 8)])), malformed);
    add("short_parent", &set(-65542, Value::Bytes(vec![0; 31])), malformed);
    add("depth_of_300", &set(-65543, 300.into()), malformed);
    add("administrator_of_a_region", &set(-65539, 9.into()), invalid);
}
