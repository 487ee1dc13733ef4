//! The description of the formats (CDDL) parses, and says of the golden files what the code says.

use std::fs;
use std::path::Path;

use coset::cbor::Value;
use data_encoding::BASE64URL_NOPAD;

use crate::golden::read_all;

fn description() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/protocol-records.cddl");
    fs::read_to_string(path).unwrap()
}

/// Whether bytes are what a rule of the description says. The validator takes the first rule as
/// the root.
fn matches(rule: &str, bytes: &[u8]) -> Result<(), String> {
    let rooted = format!("root = {rule}\n{}", description());
    cddl::cddl_from_str(&rooted, true).unwrap();
    cddl::validate_cbor_from_slice(&rooted, bytes, None).map_err(|error| format!("{error}"))
}

/// The rules for a golden file: of the message and of its payload.
fn check(name: &str, bytes: &[u8]) -> Result<(), String> {
    let kind = name.split('.').next().unwrap();
    let payload_rule = match kind {
        "key" => return matches("public-key", bytes),
        "part" => return matches("part", bytes),
        "invitation" => {
            let text = std::str::from_utf8(bytes).unwrap().strip_prefix("keting1:").unwrap();
            return matches("invitation", &BASE64URL_NOPAD.decode(text.as_bytes()).unwrap());
        }
        "commit" | "grant" => kind.to_owned(),
        _ => format!("{kind}-record"),
    };
    matches("signed-record", bytes)?;
    let message: Value = coset::cbor::from_reader(bytes).unwrap();
    let payload = message.as_array().unwrap()[2].as_bytes().unwrap();
    matches(&payload_rule, payload)
}

#[test]
fn the_description_parses() {
    let text = description();
    cddl::cddl_from_str(&text, true).unwrap();
}

#[test]
fn every_valid_golden_file_is_as_described() {
    let files = read_all("valid");
    assert!(!files.is_empty());
    for (name, bytes) in &files {
        assert_eq!(check(name, bytes), Ok(()), "{name}");
    }
}

#[test]
fn what_breaks_the_described_form_is_told_by_the_description_alone() {
    let files = read_all("invalid");
    for name in [
        "commit.unprotected_header",
        "commit.further_protected_header",
        "commit.deprecated_algorithm",
        "commit.detached_payload",
        "commit.short_signature",
        "commit.newer_format",
        "commit.further_field",
        "commit.missing_field",
        "commit.short_city",
        "commit.sequence_zero",
        "commit.sequence_beyond_63_bits",
        "commit.seen_beyond_63_bits",
        "commit.name_with_spaces",
        "commit.no_entries",
        "commit.follows_too_many",
        "commit.follows_a_digest",
        "grant.unknown_claim",
        "grant.no_expiry",
        "grant.floating_expiry",
        "grant.newer_role",
        "grant.no_kind",
        "grant.unknown_access",
        "verdict.unknown_outcome",
        "confirmation.sequence_beyond_63_bits",
        "confirmation.cursor_beyond_63_bits",
        "verdict.code_with_a_name",
        "verdict.time_out_of_range",
        "decision.unknown_ruling",
        "verdict.without_place",
        "verdict.at_number_zero",
        "revocation.unknown_manner",
        "revocation.without_a_reason",
        "announcement.serial_zero",
        "announcement.without_address",
        "announcement.without_key",
        "announcement.five_keys",
        "announcement.short_key",
        "heard.short_group",
        "heard.time_out_of_range",
        "enrolment.without_grants",
        "enrolment.short_binding",
        "enrolment.announced_beyond_63_bits",
        "ending.without_a_reason",
        "ending.short_binding",
        "erasure.of_nothing",
        "key.short",
        "part.short_salt",
    ] {
        let bytes = files.get(name).unwrap_or_else(|| panic!("no file {name}"));
        assert!(check(name, bytes).is_err(), "{name}");
    }
}
