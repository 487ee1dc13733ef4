//! Commits: what is signed, what is refused, what a receiver of only some parts can tell.

use keting_model::CommandId;
use keting_trust::limits::{COMMIT_BYTES_MAX, COMMIT_FOLLOWS_MAX, COMMIT_PARTS_MAX, NUMBER_MAX};
use keting_trust::{
    CommitBody, CommitId, Digest, Part, ProofError, SignError, SignedCommit, cbor, cose,
};

use crate::samples::{
    alice, bob, commit, commit_body, device, following_commit, mallory, parts, replacing_commit,
};

#[test]
fn a_commit_is_opened_as_it_was_signed() {
    for signed in [commit(), replacing_commit(), following_commit()] {
        assert_eq!(SignedCommit::open(&signed.bytes), Ok(signed.clone()));
        assert_eq!(SignedCommit::read_stored(&signed.bytes), Ok(signed));
    }
}

#[test]
fn a_commit_is_identified_by_device_and_command_whatever_else_it_says() {
    let first = commit();
    let other = CommitBody { sequence: 2, ..commit_body() };
    let other = SignedCommit::sign(other, &alice()).unwrap();
    assert_eq!(first.id(), other.id());
    assert_eq!(first.id().device, device(&alice()));
    assert_ne!(first.digest(), other.digest());
}

#[test]
fn an_actor_belongs_to_one_incarnation_of_one_key() {
    let (first, later) = (commit(), replacing_commit());
    assert_ne!(first.actor(), later.actor());
    let bobs = CommitBody { device: crate::samples::key(&bob()), ..commit_body() };
    assert_ne!(SignedCommit::sign(bobs, &bob()).unwrap().actor(), first.actor());
}

#[test]
fn one_withheld_part_does_not_keep_the_other_from_being_found() {
    let (commit, parts) = (commit(), parts());
    assert_eq!(commit.find(&parts[1]), Some(1));
    assert_eq!(commit.find(&parts[0]), Some(0));
}

#[test]
fn a_part_with_another_salt_document_or_change_is_not_of_the_commit() {
    let (commit, parts) = (commit(), parts());
    let part = &parts[0];
    let mut salt = part.salt;
    salt[15] ^= 1;
    assert_eq!(commit.find(&Part { salt, ..part.clone() }), None);
    assert_eq!(commit.find(&Part { document: parts[1].document, ..part.clone() }), None);
    let mut change = part.change.clone();
    change.push(0);
    assert_eq!(commit.find(&Part { change, ..part.clone() }), None);
}

#[test]
fn a_part_does_not_show_its_content_in_a_log() {
    let part = Part { change: b"330481199001011234".to_vec(), ..parts()[0].clone() };
    let shown = format!("{part:?}");
    assert!(shown.ends_with("18 bytes)"), "{shown}");
}

#[test]
fn nobody_signs_a_commit_in_the_name_of_another_key() {
    assert_eq!(SignedCommit::sign(commit_body(), &mallory()), Err(SignError::WrongKey));
    let forged = cose::sign1(&cbor::to_vec(&commit_body()), "keting/commit/1", &mallory()).unwrap();
    assert_eq!(SignedCommit::open(&forged), Err(ProofError::BadSignature));
    // What was stored is not verified again: the caller says where the bytes come from.
    assert!(SignedCommit::read_stored(&forged).is_ok());
}

#[test]
fn a_commit_that_breaks_a_rule_is_neither_signed_nor_opened() {
    let fine = commit_body();
    let broken = [
        ("sequence", CommitBody { sequence: 0, ..fine.clone() }),
        ("command_name", CommitBody { command_name: String::new(), ..fine.clone() }),
        ("command_name", CommitBody { command_name: "Household add".into(), ..fine.clone() }),
        ("command_name", CommitBody { command_name: "a".repeat(65), ..fine.clone() }),
        ("rule_version", CommitBody { rule_version: 0, ..fine.clone() }),
        ("replaces", CommitBody { replaces: Some(commit().id()), ..fine.clone() }),
        ("follows", CommitBody { follows: vec![commit().id()], ..fine.clone() }),
        ("follows", CommitBody { follows: vec![followed(1); 2], ..fine.clone() }),
        ("follows", CommitBody { follows: vec![followed(2), followed(1)], ..fine.clone() }),
        ("follows", CommitBody { follows: follows(COMMIT_FOLLOWS_MAX + 1), ..fine.clone() }),
        ("entries", CommitBody { entries: Vec::new(), ..fine.clone() }),
        ("entries", CommitBody { entries: vec![Digest::of(b""); 2], ..fine.clone() }),
        ("entries", CommitBody { entries: entries(COMMIT_PARTS_MAX + 1), ..fine.clone() }),
    ];
    for (field, body) in broken {
        let error = ProofError::InvalidField { field };
        let payload = cbor::to_vec(&body);
        assert_eq!(SignedCommit::sign(body, &alice()), Err(SignError::Invalid(error.clone())));
        let bytes = cose::sign1(&payload, "keting/commit/1", &alice()).unwrap();
        assert_eq!(SignedCommit::open(&bytes), Err(error));
    }
}

#[test]
fn the_largest_commit_that_may_be_made_may_be_sent() {
    let body = CommitBody {
        command_name: "a".repeat(64),
        sequence: NUMBER_MAX,
        replaces: Some(replacing_commit().id()),
        follows: follows(COMMIT_FOLLOWS_MAX),
        entries: entries(COMMIT_PARTS_MAX),
        ..commit_body()
    };
    let signed = SignedCommit::sign(body, &alice()).unwrap();
    assert!(SignedCommit::open(&signed.bytes).is_ok());
    let too_large = vec![0; COMMIT_BYTES_MAX + 1];
    assert_eq!(
        SignedCommit::open(&too_large),
        Err(ProofError::TooLarge { bytes_max: COMMIT_BYTES_MAX })
    );
}

fn follows(count: usize) -> Vec<CommitId> {
    (0..count).map(followed).collect()
}

fn followed(number: usize) -> CommitId {
    let command = CommandId::new(u64::try_from(number).unwrap().to_be_bytes());
    CommitId { device: device(&bob()), command }
}

fn entries(count: usize) -> Vec<Digest> {
    (0..count).map(|index| Digest::of(&index.to_be_bytes())).collect()
}
