//! Golden commits: `tests/fixtures/golden/guard_commit/{valid,invalid}/*.txt`, what the guard says to
//! a whole commit by its second step (it is what its signer says it is) and its fifth (the rule).
//!
//! A file is a sentence, then lines of a key and a value:
//!
//! - `code`: what it is refused with; absent in a valid one.
//! - `known`: a change that is there already, as the id of its document and its bytes, in order.
//! - `commit`: the signed commit.
//! - `part`: a part of it as the protocol writes it, after how often it is given.
//!
//! Bytes are in hexadecimal digits. `KETING_WRITE_GOLDEN=1` writes the files anew.

mod broken_rules;
mod not_as_signed;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use keting_model::{Document, DocumentId};
use keting_trust::guard::{Forks, check_commit};
use keting_trust::{Part, SignedCommit, cbor};

use crate::guard_commit::{add_city, rename};
use crate::phone::{Documents, Phone, region};

/// A commit that is shown to somebody who knows some changes.
pub struct Case {
    name: &'static str,
    sentence: &'static str,
    code: Option<&'static str>,
    known: Vec<(DocumentId, Vec<u8>)>,
    commit: SignedCommit,
    parts: Vec<Part>,
}

#[test]
fn every_valid_golden_commit_is_let_in() {
    for (name, text) in golden("valid", &valid()) {
        assert_eq!(verdict(&text), None, "{name}");
    }
}

#[test]
fn every_invalid_golden_commit_is_refused_with_the_code_beside_it() {
    let mut codes = BTreeSet::new();
    for (name, text) in golden("invalid", &invalid()) {
        let expected = lines(&text, "code").next();
        assert_eq!(verdict(&text), expected, "{name}");
        codes.extend(expected.map(str::to_owned));
    }
    for code in broken_rules::CODES {
        assert!(codes.contains(code), "no golden commit is refused with {code}");
    }
}

fn valid() -> Vec<Case> {
    let mut phone = Phone::new(1);
    let mut cases = Vec::new();
    let mut known = Vec::new();
    let story = [
        ("01-a-city-is-made", "the first change of a document", add_city(1)),
        ("02-a-city-is-renamed", "a change at the heads", rename(1, "潮乡市")),
    ];
    for (name, sentence, command) in story {
        let (commit, parts) = phone.execute(&command);
        let made = parts.iter().map(|part| (part.document, part.change.clone()));
        let made: Vec<_> = made.collect();
        cases.push(Case { name, sentence, code: None, known: known.clone(), commit, parts });
        known.extend(made);
    }
    let (commit, parts) = two_regions();
    let two = "two documents at once";
    cases.push(Case {
        name: "03-two-regions",
        sentence: two,
        code: None,
        known: vec![],
        commit: commit.clone(),
        parts: parts.clone(),
    });
    let one = "the same commit, of which the receiver gets one part only";
    let parts = parts[1..].to_vec();
    cases.push(Case {
        name: "04-one-of-two-parts",
        sentence: one,
        code: None,
        known: vec![],
        commit,
        parts,
    });
    cases
}

fn invalid() -> Vec<Case> {
    let mut all = not_as_signed::all();
    all.extend(broken_rules::all());
    all
}

/// A commit that makes two regions.
fn two_regions() -> (SignedCommit, Vec<Part>) {
    let edits = [1, 2].map(|number| {
        let id = region(number);
        let plan = add_city(number).plan(&Documents::from([(id, Document::empty(id))])).unwrap();
        (id, plan.edits[0].ops.clone())
    });
    Phone::new(1).write("region.add", &edits)
}

/// A commit that is refused by somebody who knows nothing yet.
fn refused(
    name: &'static str,
    sentence: &'static str,
    code: &'static str,
    (commit, parts): (SignedCommit, Vec<Part>),
) -> Case {
    Case { name, sentence, code: Some(code), known: Vec::new(), commit, parts }
}

/// What the guard says to the commit in a file.
fn verdict(text: &str) -> Option<&'static str> {
    let bytes = |digits: &str| hex::decode(digits).unwrap();
    let mut documents = BTreeMap::new();
    for known in lines(text, "known") {
        let (id, change) = known.split_once(' ').unwrap();
        let id: DocumentId = id.parse().unwrap();
        let document = documents.entry(id).or_insert_with(|| Document::empty(id));
        document.apply(&bytes(change)).unwrap();
    }
    let commit = SignedCommit::open(&bytes(lines(text, "commit").next().unwrap())).unwrap();
    let parts = lines(text, "part").flat_map(|line| {
        let (times, part) = line.split_once(" x ").unwrap();
        let part: Part = cbor::from_slice(&bytes(part)).unwrap();
        std::iter::repeat_n(part, times.parse().unwrap())
    });
    let parts: Vec<_> = parts.collect();
    check_commit(&commit, &parts, &documents, &mut Forks::default()).err().map(|error| error.code())
}

fn lines<'a>(text: &'a str, key: &'a str) -> impl Iterator<Item = &'a str> {
    text.lines().filter_map(move |line| line.strip_prefix(key)?.strip_prefix(" = "))
}

impl Case {
    fn text(&self) -> String {
        let mut text = format!("# {}\n", self.sentence);
        let mut line = |key: &str, value: String| writeln!(text, "{key} = {value}").unwrap();
        self.code.iter().for_each(|code| line("code", (*code).to_owned()));
        for (document, change) in &self.known {
            line("known", format!("{document} {}", hex::encode(change)));
        }
        line("commit", hex::encode(&self.commit.bytes));
        for same in self.parts.chunk_by(|one, other| one == other) {
            line("part", format!("{} x {}", same.len(), hex::encode(cbor::to_vec(&same[0]))));
        }
        text
    }
}

/// The files of a folder, which hold exactly what was made.
fn golden(folder: &str, made: &[Case]) -> BTreeMap<String, String> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/golden/guard_commit");
    let folder = PathBuf::from(root).join(folder);
    let made: BTreeMap<_, _> =
        made.iter().map(|case| (format!("{}.txt", case.name), case.text())).collect();
    if std::env::var_os("KETING_WRITE_GOLDEN").is_some() {
        fs::create_dir_all(&folder).unwrap();
        made.iter().for_each(|(name, text)| fs::write(folder.join(name), text).unwrap());
    }
    let files = fs::read_dir(&folder).unwrap().map(|file| {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(&path).unwrap())
    });
    let files: BTreeMap<_, _> = files.collect();
    assert_eq!(files, made);
    files
}
