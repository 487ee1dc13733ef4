//! The golden files of everything signed: bytes that every version must open as they are, and
//! bytes that every version must refuse with the code beside them.
//!
//! `KETING_BLESS=1` writes the valid files and the made invalid ones anew. Files that were put
//! into `invalid/` by hand are read like the made ones.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use keting_trust::record::{Ending, Enrolment, Manner, Record, Signed};
use keting_trust::{
    Announcement, Confirmation, Decision, Erasure, Heard, Invitation, Part, ProofError, PublicKey,
    Revocation, SignedCommit, SignedGrant, Verdict, cbor,
};

use crate::samples::{
    alice, announcement, commit, confirmation, decision, ending, enrolment, erasure,
    following_commit, head_grant, heard, invitation, issuing_grant, key, outcomes, parts,
    replacing_commit, revocation, root, rulings, server, steward_grant, verdict,
};

mod forged;

/// The golden files of a folder: name without ending → bytes.
pub type Files = BTreeMap<String, Vec<u8>>;

pub fn folder(which: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/golden/trust").join(which)
}

/// Every file of a folder with an ending, decoded from its lines of hexadecimal digits.
pub fn read_all(which: &str) -> Files {
    let mut files = Files::new();
    for entry in fs::read_dir(folder(which)).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "hex") {
            let digits: String = fs::read_to_string(&path).unwrap().split_whitespace().collect();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            files.insert(name, hex::decode(digits).unwrap());
        }
    }
    files
}

fn write(which: &str, name: &str, bytes: &[u8]) {
    let lines: Vec<String> = bytes.chunks(32).map(hex::encode).collect();
    fs::create_dir_all(folder(which)).unwrap();
    fs::write(folder(which).join(format!("{name}.hex")), lines.join("\n") + "\n").unwrap();
}

fn blessing() -> bool {
    std::env::var_os("KETING_BLESS").is_some_and(|value| value == "1")
}

/// What the valid files hold, made anew. A name's beginning says what it is one of.
fn valid() -> Files {
    let mut files = vec![
        ("key.root".to_owned(), cbor::to_vec(&key(&root()))),
        ("key.server".to_owned(), cbor::to_vec(&key(&server()))),
        ("key.alice".to_owned(), cbor::to_vec(&key(&alice()))),
        ("grant.issuing".to_owned(), issuing_grant().bytes),
        ("grant.head".to_owned(), head_grant().bytes),
        ("grant.steward".to_owned(), steward_grant().bytes),
        ("commit.first".to_owned(), commit().bytes),
        ("commit.replacing".to_owned(), replacing_commit().bytes),
        ("commit.following".to_owned(), following_commit().bytes),
        ("revocation.ended".to_owned(), revocation(Manner::Ended).bytes),
        ("revocation.compromised".to_owned(), revocation(Manner::Compromised).bytes),
        ("erasure.household".to_owned(), erasure().bytes),
        ("announcement.moving".to_owned(), announcement().bytes),
        ("heard.group".to_owned(), heard().bytes),
        ("enrolment.alice".to_owned(), enrolment().bytes),
        ("ending.alice".to_owned(), ending().bytes),
        ("confirmation.alice".to_owned(), confirmation().bytes),
        ("invitation.alice".to_owned(), invitation().to_text().into_bytes()),
    ];
    for (index, part) in parts().iter().enumerate() {
        files.push((format!("part.first_{index}"), cbor::to_vec(part)));
    }
    for (name, outcome) in outcomes() {
        files.push((format!("verdict.{name}"), verdict(outcome).bytes));
    }
    for (name, ruling) in rulings() {
        files.push((format!("decision.{name}"), decision(ruling).bytes));
    }
    files.into_iter().collect()
}

/// Opens bytes as what a file's name says they are, and hands out what they are written as again.
pub fn open(name: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
    fn record<T: Record>(bytes: &[u8], key: &PublicKey) -> Result<Vec<u8>, ProofError> {
        Signed::<T>::open(bytes, key).map(|signed| signed.bytes)
    }
    let (alice, server) = (key(&alice()), key(&server()));
    let kind = name.split('.').next().unwrap();
    let result = match kind {
        "commit" => SignedCommit::open(bytes).map(|signed| signed.bytes),
        "grant" => SignedGrant::open(bytes).map(|signed| signed.bytes),
        "verdict" => record::<Verdict>(bytes, &server),
        "decision" => record::<Decision>(bytes, &server),
        "revocation" => record::<Revocation>(bytes, &server),
        "erasure" => record::<Erasure>(bytes, &server),
        "announcement" => record::<Announcement>(bytes, &server),
        "heard" => record::<Heard>(bytes, &server),
        "enrolment" => record::<Enrolment>(bytes, &server),
        "ending" => record::<Ending>(bytes, &server),
        "confirmation" => record::<Confirmation>(bytes, &alice),
        "key" => cbor::from_slice::<PublicKey>(bytes)
            .map(|key| cbor::to_vec(&key))
            .map_err(ProofError::Payload),
        "part" => cbor::from_slice::<Part>(bytes)
            .map(|part| cbor::to_vec(&part))
            .map_err(ProofError::Payload),
        "invitation" => {
            let text = std::str::from_utf8(bytes).map_err(|_| "not a text".to_owned())?;
            return match text.parse::<Invitation>() {
                Ok(invitation) => Ok(invitation.to_text().into_bytes()),
                Err(error) => Err(error.code().to_owned()),
            };
        }
        other => panic!("no golden file is one of {other}"),
    };
    result.map_err(|error| error.code().to_owned())
}

#[test]
fn every_valid_golden_file_opens_and_is_made_again_byte_for_byte() {
    let made = valid();
    if blessing() {
        made.iter().for_each(|(name, bytes)| write("valid", name, bytes));
    }
    let files = read_all("valid");
    for (name, bytes) in &files {
        assert_eq!(open(name, bytes).as_ref(), Ok(bytes), "{name}");
    }
    let names = |files: &Files| files.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&files), names(&made));
    for (name, bytes) in &made {
        assert_eq!(hex::encode(&files[name]), hex::encode(bytes), "{name}");
    }
}

#[test]
fn every_invalid_golden_file_is_refused_with_the_code_beside_it() {
    let made = forged::all();
    if blessing() {
        for (name, bytes, code) in &made {
            write("invalid", name, bytes);
            fs::write(folder("invalid").join(format!("{name}.code")), format!("{code}\n")).unwrap();
        }
    }
    let files = read_all("invalid");
    for (name, bytes) in &files {
        let code = fs::read_to_string(folder("invalid").join(format!("{name}.code"))).unwrap();
        assert_eq!(open(name, bytes), Err(code.trim().to_owned()), "{name}");
    }
    for (name, bytes, _) in &made {
        assert_eq!(files.get(name).map(hex::encode), Some(hex::encode(bytes)), "{name}");
    }
}
