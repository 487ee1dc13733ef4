//! What a hostile peer may send instead of a signed record. Most are signed well, by a key that may
//! sign: the lie is in the payload or in the form.

use coset::cbor::Value;
use keting_trust::{Ed25519Signer, Outcome, cbor, cose};

use crate::samples::{
    alice, announcement, commit, commit_body, confirmation, decision, ending, enrolment, erasure,
    head_grant, heard, invitation, key, mallory, outcomes, parts, revocation, root, rulings,
    server, verdict,
};
use keting_trust::record::Manner;

const COMMIT: &str = "keting/commit/1";
const GRANT: &str = "keting/grant/1";

/// A name, the bytes, and the code they must be refused with.
type Forged = (String, Vec<u8>, &'static str);

/// All that is made here.
pub fn all() -> Vec<Forged> {
    let mut all = Vec::new();
    signatures(&mut all);
    forms(&mut all);
    commits(&mut all);
    grants(&mut all);
    records(&mut all);
    unsigned(&mut all);
    all
}

/// Well-formed records whose signature does not hold.
fn signatures(all: &mut Vec<Forged>) {
    let mut add = |name: &str, bytes: Vec<u8>| all.push((name.to_owned(), bytes, "bad_signature"));
    let (commit, grant) = (commit().bytes, head_grant().bytes);
    let held = verdict(Outcome::Held { code: "expired".to_owned() }).bytes;
    let body = cbor::to_vec(&commit_body());
    let claims = cbor::to_vec(&head_grant().grant);
    add("commit.flipped_signature", flipped(&commit, commit.len() - 1));
    add("commit.flipped_entry", flipped(&commit, commit.len() - 70));
    add("commit.signed_by_another_key", sign(&body, COMMIT, &mallory()));
    add("commit.signed_as_a_grant", sign(&body, GRANT, &alice()));
    add("commit.malleable_signature", malleable(&commit));
    add("commit.short_signature", edited(&commit, |parts| shorten(&mut parts[3])));
    add("commit.key_of_small_order", small_order());
    add("grant.flipped_signature", flipped(&grant, grant.len() - 1));
    add("grant.signed_by_another_key", sign(&claims, GRANT, &mallory()));
    add("grant.signed_as_a_commit", sign(&claims, COMMIT, &server()));
    add("verdict.flipped_signature", flipped(&held, held.len() - 1));
}

/// Messages that are COSE, or nearly, and not of the one strict form.
fn forms(all: &mut Vec<Forged>) {
    let commit = commit().bytes;
    let mut add =
        |name: &str, bytes: Vec<u8>, code| all.push((format!("commit.{name}"), bytes, code));
    let not = "not_signed";
    let protected = |bytes: &[u8]| Value::Bytes(bytes.to_vec());
    add("empty", Vec::new(), not);
    add("tagged", [&[0xd2], commit.as_slice()].concat(), not);
    add("followed_by_a_byte", [commit.as_slice(), &[0]].concat(), not);
    add("cut", commit[..commit.len() - 1].to_vec(), not);
    add(
        "unprotected_header",
        edited(&commit, |parts| {
            parts[1] = Value::Map(vec![(4.into(), protected(b"kid"))]);
        }),
        not,
    );
    add(
        "further_protected_header",
        edited(&commit, |parts| {
            parts[0] = protected(&[0xa2, 0x01, 0x32, 0x03, 0x00]);
        }),
        not,
    );
    add(
        "wide_protected_header",
        edited(&commit, |parts| {
            parts[0] = protected(&[0xa1, 0x01, 0x38, 0x12]);
        }),
        not,
    );
    add("no_protected_header", edited(&commit, |parts| parts[0] = protected(&[])), not);
    add("no_algorithm", edited(&commit, |parts| parts[0] = protected(&[0xa0])), not);
    add(
        "deprecated_algorithm",
        edited(&commit, |parts| {
            parts[0] = protected(&[0xa1, 0x01, 0x27]);
        }),
        "unknown_algorithm",
    );
    add(
        "algorithm_of_a_newer_version",
        edited(&commit, |parts| {
            parts[0] = protected(&[0xa1, 0x01, 0x28]);
        }),
        "unknown_algorithm",
    );
    add("detached_payload", edited(&commit, |parts| parts[2] = Value::Null), not);
    add("indefinite_array", [&[0x9f], &commit[1..], &[0xff]].concat(), not);
    add(
        "several_signatures",
        edited(&commit, |parts| {
            parts[3] = Value::Array(vec![parts[3].clone()]);
        }),
        not,
    );
    add("payload_of_four_gigabytes", [&commit[..6], &[0x5a, 0xff, 0xff, 0xff, 0xff]].concat(), not);
    let mut nested = commit[..6].to_vec();
    nested.extend([0x81; 20_000]);
    add("nested_payload", nested, not);
}

/// Commits that their author signed and that say what no commit may say.
fn commits(all: &mut Vec<Forged>) {
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

/// Grants that an issuing key signed and that say what no grant may say.
fn grants(all: &mut Vec<Forged>) {
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

/// Records of the server, and a confirmation, that are not what they say.
fn records(all: &mut Vec<Forged>) {
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

/// Keys, parts and invitations, which carry no signature.
fn unsigned(all: &mut Vec<Forged>) {
    let mut add = |name: &str, bytes: Vec<u8>, code| all.push((name.to_owned(), bytes, code));
    let key = cbor::to_vec(&key(&root()));
    add("key.of_another_algorithm", edited(&key, |parts| parts[0] = (-9).into()), "malformed");
    add("key.short", edited(&key, |parts| shorten(&mut parts[1])), "malformed");
    let part = cbor::to_vec(&parts()[0]);
    add("part.short_salt", edited(&part, |parts| shorten(&mut parts[0])), "malformed");
    add("part.further_field", edited(&part, |parts| parts.push(0.into())), "not_canonical");
    let text = invitation().to_text();
    add("invitation.cut", text.as_bytes()[..text.len() - 1].to_vec(), "invitation_malformed");
    add("invitation.padded", format!("{text}=").into_bytes(), "invitation_malformed");
    add("invitation.without_prefix", text.as_bytes()[8..].to_vec(), "invitation_malformed");
    add("invitation.newer_format", text.replace(":hwF", ":hwJ").into_bytes(), "needs_newer_app");
}

fn sign(payload: &[u8], context: &'static str, signer: &Ed25519Signer) -> Vec<u8> {
    cose::sign1(payload, context, signer).unwrap()
}

fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1;
    bytes
}

fn shorten(value: &mut Value) {
    value.as_bytes_mut().unwrap().pop();
}

fn parse(bytes: &[u8]) -> Value {
    coset::cbor::from_reader(bytes).unwrap()
}

fn written(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    coset::cbor::into_writer(value, &mut bytes).unwrap();
    bytes
}

/// Changes the elements of an array.
fn edited(bytes: &[u8], change: impl FnOnce(&mut Vec<Value>)) -> Vec<u8> {
    let mut value = parse(bytes);
    change(value.as_array_mut().unwrap());
    written(&value)
}

/// Changes the entries of a map.
fn mapped(bytes: &[u8], change: impl FnOnce(&mut Vec<(Value, Value)>)) -> Vec<u8> {
    let mut value = parse(bytes);
    change(value.as_map_mut().unwrap());
    written(&value)
}

/// The same signature with the group's order added to its scalar: it holds for whoever does not
/// look at the scalar's range.
fn malleable(commit: &[u8]) -> Vec<u8> {
    let order: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut bytes = commit.to_vec();
    let start = bytes.len() - 32;
    let mut carry = 0;
    for (byte, add) in bytes[start..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        (*byte, carry) = (sum.to_le_bytes()[0], sum >> 8);
    }
    bytes
}

/// A commit "signed" with the neutral point as key: without strict verification it holds.
fn small_order() -> Vec<u8> {
    let mut neutral = vec![0; 32];
    neutral[0] = 1;
    let body = edited(&cbor::to_vec(&commit_body()), |fields| {
        fields[3] = Value::Array(vec![(-19).into(), Value::Bytes(neutral.clone())]);
    });
    let signature = [neutral.as_slice(), &[0; 32]].concat();
    edited(&sign(&body, COMMIT, &alice()), |parts| parts[3] = Value::Bytes(signature))
}
