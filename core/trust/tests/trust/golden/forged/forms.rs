//! Signatures that do not hold, and messages that are COSE, or nearly, and not of the one strict form.

use coset::cbor::Value;
use keting_trust::{Outcome, cbor};

use super::bytes::{edited, flipped, shorten, sign};
use super::{COMMIT, Forged, GRANT};
use crate::samples::{alice, commit, commit_body, head_grant, mallory, server, verdict};

/// Well-formed records whose signature does not hold.
pub(super) fn signatures(all: &mut Vec<Forged>) {
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
pub(super) fn forms(all: &mut Vec<Forged>) {
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
