//! Records of the server, and a confirmation, that are not what they say.

use coset::cbor::Value;
use keting_trust::Ed25519Signer;
use keting_trust::record::Manner;

use super::Forged;
use super::bytes::{edited, parse, sign};
use crate::samples::{
    alice, announcement, confirmation, decision, ending, enrolment, erasure, heard, mallory,
    outcomes, parts, revocation, rulings, server, verdict,
};

pub(super) fn records(all: &mut Vec<Forged>) {
    let server = server();
    let payload = |bytes: &[u8]| {
        let Value::Array(parts) = parse(bytes) else { panic!("no array") };
        parts[2].as_bytes().unwrap().clone()
    };
    let mut add = |name: &str, payload: &[u8], signer: &Ed25519Signer, code| {
        let context = match name.split('.').next().unwrap() {
            "verdict" => "keting/verdict/1",
            "decision" => "keting/decision/1",
            "revocation" => "keting/revocation/1",
            "erasure" => "keting/erasure/1",
            "announcement" => "keting/announcement/1",
            "heard" => "keting/heard/1",
            "enrolment" => "keting/enrolled/1",
            "ending" => "keting/ended/1",
            "confirmation" => "keting/confirmation/1",
            other => panic!("no record is a {other}"),
        };
        all.push((name.to_owned(), sign(payload, context, signer), code));
    };
    let held = payload(&verdict(outcomes()[0].1.clone()).bytes);
    let fields = |outer: &mut Vec<Value>| outer.pop().unwrap().into_array().unwrap();
    let field = |record: &[u8], at: usize, value: Value| {
        edited(record, |outer| {
            let mut record = fields(outer);
            record[at] = value;
            outer.push(Value::Array(record));
        })
    };
    let variant = |code: i64, value: Value| Value::Array(vec![code.into(), value]);
    let text = |text: &str| Value::Text(text.to_owned());
    add(
        "verdict.newer_format",
        &edited(&held, |outer| outer[0] = 2.into()),
        &server,
        "needs_newer_app",
    );
    add("verdict.unknown_outcome", &field(&held, 3, variant(9, text("x"))), &server, "malformed");
    add(
        "verdict.code_with_a_name",
        &field(&held, 3, variant(1, text("Lu Ajin"))),
        &server,
        "invalid_field",
    );
    add(
        "verdict.outcome_with_more",
        &field(&held, 3, Value::Array(vec![1.into(), text("a"), 0.into()])),
        &server,
        "not_canonical",
    );
    add(
        "verdict.time_out_of_range",
        &field(&held, 4, (1_u64 << 47).into()),
        &server,
        "invalid_field",
    );
    add(
        "verdict.further_field",
        &edited(&held, |outer| outer[3].as_array_mut().unwrap().push(0.into())),
        &server,
        "not_canonical",
    );
    add(
        "verdict.of_another_signer",
        &edited(&held, |outer| outer[1] = Value::Bytes(vec![1; 16])),
        &server,
        "signed_by_another_key",
    );
    add("verdict.signed_by_another_key", &held, &mallory(), "bad_signature");
    let place =
        |number: Value| edited(&held, |outer| outer[2] = Value::Array(vec![1.into(), number]));
    add(
        "verdict.without_place",
        &edited(&held, |outer| drop(outer.remove(2))),
        &server,
        "malformed",
    );
    add("verdict.at_number_zero", &place(0.into()), &server, "invalid_field");
    add("verdict.beyond_63_bits", &place((1_u64 << 63).into()), &server, "invalid_field");
    add(
        "verdict.is_a_decision",
        &payload(&decision(rulings()[0].1.clone()).bytes),
        &server,
        "malformed",
    );
    let home = payload(&decision(rulings()[0].1.clone()).bytes);
    let house = Value::Bytes(parts()[0].document.as_bytes().to_vec());
    add("decision.unknown_ruling", &field(&home, 3, variant(9, 0.into())), &server, "malformed");
    add(
        "decision.home_is_a_household",
        &field(&home, 3, variant(1, Value::Array(vec![house.clone(), house]))),
        &server,
        "invalid_field",
    );
    let ended = payload(&revocation(Manner::Ended).bytes);
    add("revocation.unknown_manner", &field(&ended, 4, 3.into()), &server, "malformed");
    add(
        "revocation.short_grant",
        &field(&ended, 3, Value::Bytes(vec![0; 31])),
        &server,
        "malformed",
    );
    add("revocation.without_a_reason", &field(&ended, 6, text("")), &server, "invalid_field");
    add(
        "revocation.long_reason",
        &field(&ended, 6, text(&"长".repeat(86))),
        &server,
        "invalid_field",
    );
    let erased = payload(&erasure().bytes);
    add(
        "erasure.of_nothing",
        &field(&erased, 3, Value::Array(Vec::new())),
        &server,
        "invalid_field",
    );
    let announced = payload(&announcement().bytes);
    let (url, pin) = (text("wss://keting.example"), Value::Bytes(vec![0x5b; 32]));
    for (name, at, value, code) in [
        ("serial_zero", 2, 0.into(), "invalid_field"),
        ("without_address", 3, Value::Array(Vec::new()), "invalid_field"),
        ("address_twice", 3, Value::Array(vec![url.clone(), url]), "invalid_field"),
        ("without_key", 4, Value::Array(Vec::new()), "invalid_field"),
        ("key_twice", 4, Value::Array(vec![pin.clone(), pin]), "invalid_field"),
        ("short_key", 4, Value::Array(vec![Value::Bytes(vec![0x5b; 31])]), "malformed"),
    ] {
        add(&format!("announcement.{name}"), &field(&announced, at, value), &server, code);
    }
    let keys = (0..5_u8).map(|byte| Value::Bytes(vec![byte; 32])).collect();
    let five = field(&announced, 4, Value::Array(keys));
    add("announcement.five_keys", &five, &server, "invalid_field");
    let said = payload(&heard().bytes);
    add("heard.signed_by_another_key", &said, &mallory(), "bad_signature");
    add(
        "heard.time_out_of_range",
        &field(&said, 2, (1_u64 << 47).into()),
        &server,
        "invalid_field",
    );
    add("heard.short_group", &field(&said, 3, Value::Bytes(vec![0; 31])), &server, "malformed");
    add(
        "heard.cursor_beyond_63_bits",
        &edited(&said, |outer| {
            let record = outer[2].as_array_mut().unwrap();
            record[1].as_array_mut().unwrap()[2] = (1_u64 << 63).into();
        }),
        &server,
        "invalid_field",
    );
    let proof = payload(&enrolment().bytes);
    add("enrolment.signed_by_another_key", &proof, &mallory(), "bad_signature");
    add(
        "enrolment.without_grants",
        &field(&proof, 6, Value::Array(Vec::new())),
        &server,
        "invalid_field",
    );
    add(
        "enrolment.announced_beyond_63_bits",
        &field(&proof, 7, (1_u64 << 63).into()),
        &server,
        "invalid_field",
    );
    add(
        "enrolment.short_binding",
        &field(&proof, 4, Value::Bytes(vec![0; 31])),
        &server,
        "malformed",
    );
    let ended = payload(&ending().bytes);
    add("ending.signed_by_another_key", &ended, &mallory(), "bad_signature");
    add("ending.without_a_reason", &field(&ended, 4, text("")), &server, "invalid_field");
    add("ending.short_binding", &field(&ended, 3, Value::Bytes(vec![0; 31])), &server, "malformed");
    let confirmed = payload(&confirmation().bytes);
    add("confirmation.signed_by_another_key", &confirmed, &mallory(), "bad_signature");
    add(
        "confirmation.sequence_beyond_63_bits",
        &field(&confirmed, 3, (1_u64 << 63).into()),
        &alice(),
        "invalid_field",
    );
    add(
        "confirmation.cursor_beyond_63_bits",
        &edited(&confirmed, |outer| {
            let record = outer[2].as_array_mut().unwrap();
            record[1].as_array_mut().unwrap()[2] = (1_u64 << 63).into();
        }),
        &alice(),
        "invalid_field",
    );
    add(
        "confirmation.negative_sequence",
        &field(&confirmed, 3, (-1).into()),
        &alice(),
        "malformed",
    );
}
