//! The golden files: `tests/fixtures/golden/guard/{valid,invalid}/*.hex`, and beside each invalid
//! one the code it is refused with. Automerge's encoder is part of the protocol, and these bytes
//! hold it. `KETING_WRITE_GOLDEN=1` writes them anew, which changes the protocol.

use std::fs;
use std::path::PathBuf;

use keting_trust::guard::scan;

use crate::{hostile, let_in, story};
use keting_testkit::craft::{Craft, chunk, fix_checksum, put};

#[test]
fn valid_files_hold_what_automerge_writes_and_are_let_in() {
    let mut known = story::empty();
    let all = story::valid();
    for (name, bytes) in &all {
        assert_eq!(&golden(&format!("valid/{name}.hex"), bytes), bytes, "{name}");
        let checked = let_in(&known, bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        known = checked.document;
    }
    assert_eq!(known.heads(), story::known().heads());
    assert_eq!(files("valid"), names(all.iter().map(|(name, _)| *name), &["hex"]));
}

#[test]
fn invalid_files_are_refused_with_their_code() {
    let known = story::known();
    let all = hostile::invalid();
    for (name, bytes, code) in &all {
        let bytes = golden(&format!("invalid/{name}.hex"), bytes);
        let expected = golden_text(&format!("invalid/{name}.code"), code);
        match let_in(&known, &bytes) {
            Ok(_) => panic!("{name} is let in"),
            Err(error) => assert_eq!(error.code(), expected, "{name}: {error}"),
        }
    }
    assert_eq!(files("invalid"), names(all.iter().map(|(name, ..)| *name), &["code", "hex"]));
}

#[test]
fn a_change_cut_at_any_byte_is_malformed() {
    let code = |bytes: &[u8]| scan(bytes).map_or_else(|error| error.code(), |_| "scanned");
    for (name, bytes) in story::valid() {
        for length in 0..bytes.len() {
            assert_eq!(code(&bytes[..length]), "malformed", "{name} cut at {length}");
        }
        // The same with a header that admits to the length.
        let body = Craft::parse(&bytes).body();
        for length in 0..body.len() {
            let cut = chunk(1, &body[..length]);
            assert_eq!(code(&cut), "malformed", "{name} cut in its body at {length}");
        }
    }
}

#[test]
fn a_change_longer_than_the_limit_is_refused_unread() {
    let long = vec![0; keting_trust::limits::CHANGE_BYTES_MAX + 1];
    assert_eq!(scan(&long).unwrap_err().code(), "limit");
}

#[test]
fn the_crafting_tool_writes_what_automerge_writes() {
    for (name, bytes) in story::valid() {
        assert_eq!(Craft::parse(&bytes).bytes(), bytes, "{name}");
        let mut fixed = bytes.clone();
        fix_checksum(&mut fixed);
        assert_eq!(fixed, bytes, "{name}");
    }
    // Described from nothing: Carol replaces her own phone number.
    let known = story::known();
    let ops = [story::put_op("phone", "13800000009")];
    let honest = known.clone().author(&story::stamp(story::CAROL, 9), &ops).unwrap().bytes;
    // Her settle before: a put of another key, then the deletion and the put of this one.
    let replaced = Craft::parse(&story::valid()[7].1).start_op + 2;
    let described = [put("phone", "13800000009", &[(0, replaced as i64)])];
    let head = Craft { columns: Vec::new(), others: Vec::new(), ..Craft::parse(&honest) };
    assert_eq!(head.with_ops(&described).bytes(), honest);
    for truth in hostile::truths_about_text() {
        let_in(&known, &truth).unwrap();
    }
}

/// Every file of a folder: its name and its bytes.
pub fn golden_files(folder_name: &str) -> Vec<(String, Vec<u8>)> {
    let bytes = |name: &String| {
        let text = fs::read_to_string(folder().join(folder_name).join(name)).unwrap();
        hex::decode(text.lines().collect::<String>()).unwrap()
    };
    let names = files(folder_name).into_iter().filter(|name| name.ends_with(".hex"));
    names.map(|name| (name.clone(), bytes(&name))).collect()
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/golden/guard")
}

fn golden(path: &str, made: &[u8]) -> Vec<u8> {
    let digits: Vec<String> = made.chunks(32).map(hex::encode).collect();
    let text = golden_text(path, &digits.join("\n"));
    hex::decode(text.lines().collect::<String>()).unwrap()
}

fn golden_text(path: &str, made: &str) -> String {
    let path = folder().join(path);
    if std::env::var_os("KETING_WRITE_GOLDEN").is_some() {
        fs::write(&path, format!("{made}\n")).unwrap();
    }
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    text.trim_end().to_owned()
}

fn files(folder_name: &str) -> Vec<String> {
    let entries = fs::read_dir(folder().join(folder_name)).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn names<'a>(names: impl Iterator<Item = &'a str>, endings: &[&str]) -> Vec<String> {
    let mut all: Vec<_> = names
        .flat_map(|name| endings.iter().map(move |ending| format!("{name}.{ending}")))
        .collect();
    all.sort();
    all
}
