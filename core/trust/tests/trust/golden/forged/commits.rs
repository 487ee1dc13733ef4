//! Commits that their author signed and that say what no commit may say.

use coset::cbor::Value;
use keting_trust::cbor;

use super::bytes::{edited, sign};
use super::{COMMIT, Forged};
use crate::samples::{alice, commit_body, key};

pub(super) fn commits(all: &mut Vec<Forged>) {
    let body = cbor::to_vec(&commit_body());
    let mut add = |name: &str, payload: &[u8], code| {
        all.push((format!("commit.{name}"), sign(payload, COMMIT, &alice()), code));
    };
    let set = |at: usize, value: Value| edited(&body, |fields| fields[at] = value);
    let bytes = |byte: u8, count: usize| Value::Bytes(vec![byte; count]);
    let malformed = "malformed";
    add("newer_format", &set(0, 2.into()), "needs_newer_app");
    add("no_format", &[0x80], malformed);
    add("payload_is_a_map", &[0xa1, 0x01, 0x01], malformed);
    add("payload_followed_by_a_byte", &[body.as_slice(), &[0]].concat(), "trailing_bytes");
    add("payload_with_indefinite_array", &[&[0x9f], &body[1..], &[0xff]].concat(), malformed);
    let wide = edited(&body, |_| ()).iter().skip(2).copied().collect::<Vec<_>>();
    add("format_in_two_bytes", &[&[0x92, 0x18, 0x01], wide.as_slice()].concat(), "not_canonical");
    add("further_field", &edited(&body, |fields| fields.push(0.into())), malformed);
    add("missing_field", &edited(&body, |fields| drop(fields.pop())), malformed);
    add("short_city", &set(1, bytes(0xc1, 15)), malformed);
    add("long_log", &set(2, bytes(0x10, 17)), malformed);
    add("short_key", &set(3, Value::Array(vec![(-19).into(), bytes(3, 31)])), malformed);
    add(
        "key_of_another_algorithm",
        &set(3, Value::Array(vec![(-9).into(), bytes(3, 32)])),
        malformed,
    );
    add("sequence_zero", &set(5, 0.into()), "invalid_field");
    add("sequence_beyond_63_bits", &set(5, (1_u64 << 63).into()), "invalid_field");
    add("highest_sequence", &set(5, u64::MAX.into()), "invalid_field");
    add("negative_sequence", &set(5, (-1).into()), malformed);
    let seen = vec![0.into(), (1_u64 << 63).into(), bytes(0, 8)];
    add("seen_beyond_63_bits", &set(7, Value::Array(seen)), "invalid_field");
    add("floating_sequence", &set(5, 1.0.into()), malformed);
    add("name_with_spaces", &set(9, Value::Text("household add".into())), "invalid_field");
    add("name_not_text", &set(9, bytes(b'a', 4)), malformed);
    add("rule_version_zero", &set(10, 0.into()), "invalid_field");
    add("time_beyond_63_bits", &set(11, (1_u64 << 63).into()), "invalid_field");
    let city_time = |unix_ms: Value, uncertain| Value::Array(vec![unix_ms, uncertain]);
    let too_late = city_time((1_u64 << 47).into(), Value::Bool(false));
    add("city_time_beyond_47_bits", &set(12, too_late), "invalid_field");
    add("city_time_before_1970", &set(12, city_time((-1).into(), Value::Bool(false))), malformed);
    add("city_time_without_certainty", &set(12, Value::Array(vec![0.into()])), malformed);
    add(
        "city_time_with_a_number_for_certainty",
        &set(12, city_time(0.into(), 1.into())),
        malformed,
    );
    for (at, name) in [(14, "request"), (15, "seals")] {
        let filled = Value::Array(vec![bytes(1, 32)]);
        add(&format!("{name}_of_a_later_version"), &set(at, filled), malformed);
    }
    let id = |device: u8, command: u8| Value::Array(vec![bytes(device, 16), bytes(command, 8)]);
    let follows = |ids: Vec<Value>| set(16, Value::Array(ids));
    add("follows_out_of_order", &follows(vec![id(2, 1), id(1, 1)]), "invalid_field");
    add("follows_one_twice", &follows(vec![id(1, 1), id(1, 1)]), "invalid_field");
    add("follows_too_many", &follows((0..65).map(|at| id(at, 1)).collect()), "invalid_field");
    add("follows_a_digest", &follows(vec![bytes(1, 32)]), malformed);
    let own = Value::Bytes(key(&alice()).device_id().as_bytes().to_vec());
    add("follows_itself", &follows(vec![Value::Array(vec![own, bytes(9, 8)])]), "invalid_field");
    add("no_entries", &set(17, Value::Array(Vec::new())), "invalid_field");
    add("entry_twice", &set(17, Value::Array(vec![bytes(1, 32); 2])), "invalid_field");
    add("short_entry", &set(17, Value::Array(vec![bytes(1, 31)])), malformed);
    let own = Value::Array(vec![
        Value::Bytes(key(&alice()).device_id().as_bytes().to_vec()),
        bytes(9, 8),
    ]);
    add("replaces_itself", &set(13, own), "invalid_field");
    let mut claims = body.clone();
    claims.truncate(body.len() - 2 * 34 - 1);
    claims.extend([0x9b, 0, 0, 0, 1, 0, 0, 0, 0]);
    add("entries_by_the_thousand_million", &claims, malformed);
}
