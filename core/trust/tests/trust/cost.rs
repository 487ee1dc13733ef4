//! What a peer can make the decoders of signed records spend, against `limits.rs`.

use std::collections::BTreeSet;

use keting_model::role::Role;
use keting_model::{CommandId, DocumentId, DocumentKind};
use keting_testkit::alloc::measure;
use keting_trust::limits::{
    COMMIT_BYTES_MAX, COMMIT_FOLLOWS_MAX, COMMIT_PARTS_MAX, GRANT_BYTES_MAX, GRANT_KINDS_MAX,
    GRANT_REGIONS_MAX, INVITATION_CHARACTERS_MAX, NAME_BYTES_MAX, READ_BYTES_A_BYTE_MAX,
    READ_BYTES_FIXED_MAX, RECORD_BYTES_MAX,
};
use keting_trust::record::{Erased, Signed};
use keting_trust::{
    CommitBody, CommitId, Digest, Erasure, Grant, Invitation, KindAccess, SignedCommit, SignedGrant,
};

use crate::golden::{open, read_all};
use crate::samples::{
    PLACE, alice, bob, commit_body, device, erasure, grant, invitation, issuing_grant, server,
};

#[test]
fn refusing_a_signed_record_costs_what_limits_rs_says_and_no_more() {
    let (kept, usage) = measure(|| vec![0_u8; 10_000]);
    assert!(usage.peak_bytes >= 10_000 && !kept.is_empty(), "the allocator does not count");
    let files = read_all("invalid");
    assert!(files.len() > 50);
    for (name, bytes) in &files {
        assert!(is_within(name, bytes).is_err(), "{name}");
    }
}

#[test]
fn the_largest_of_every_signed_record_costs_what_limits_rs_says_and_no_more() {
    for (name, bytes, bytes_max) in largest() {
        assert!(bytes.len() <= bytes_max && bytes.len() > bytes_max / 5, "{name}: {}", bytes.len());
        assert_eq!(is_within(name, &bytes).as_ref(), Ok(&bytes), "{name}");
    }
    for (name, bytes) in read_all("valid") {
        assert_eq!(is_within(&name, &bytes), Ok(bytes), "{name}");
    }
}

#[test]
fn a_signed_record_that_is_longer_than_its_limit_is_refused_unread() {
    for (name, mut bytes, bytes_max) in largest() {
        bytes.resize(bytes_max + 1, b'a');
        let (refused, usage) = measure(|| open(name, &bytes).is_err());
        assert!(refused && usage.peak_bytes < 256, "{name}: {usage:?}");
    }
}

/// Opens bytes as what their name says they are, within the bound.
fn is_within(name: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let (opened, usage) = measure(|| open(name, bytes));
    let most = READ_BYTES_A_BYTE_MAX * bytes.len() + READ_BYTES_FIXED_MAX;
    assert!(
        usage.peak_bytes <= isize::try_from(most).unwrap(),
        "{name}: {usage:?}, {most} allowed"
    );
    opened
}

/// One of each kind that is as large as its limits allow, with its limit in bytes.
fn largest() -> Vec<(&'static str, Vec<u8>, usize)> {
    let digest = |number: usize| Digest::of(&number.to_be_bytes());
    let followed = |number: usize| CommitId {
        device: device(&bob()),
        command: CommandId::new(number.to_be_bytes()),
    };
    let commit = CommitBody {
        follows: (0..COMMIT_FOLLOWS_MAX).map(followed).collect(),
        entries: (0..COMMIT_PARTS_MAX).map(digest).collect(),
        ..commit_body()
    };
    let regions: BTreeSet<_> =
        (0..GRANT_REGIONS_MAX).map(|at| document(DocumentKind::Region, at)).collect();
    let kinds = (1..=GRANT_KINDS_MAX).map(|kind| KindAccess {
        kind: u16::try_from(kind).unwrap(),
        ..KindAccess::of_role(Role::MicroGridHead)[0]
    });
    let grant = Grant {
        name: "n".repeat(NAME_BYTES_MAX),
        regions: regions.into_iter().collect(),
        kinds: kinds.collect(),
        parent: Some(issuing_grant().digest()),
        ..grant(&server(), &alice(), Role::MicroGridHead, &[])
    };
    let erased = |at| Erased { successor: None, document: document(DocumentKind::Household, at) };
    let erasure = Erasure { documents: (0..800).map(erased).collect(), ..erasure().record };
    let invitation = Invitation { url: format!("wss://{}", "a".repeat(200)), ..invitation() };
    vec![
        ("commit", SignedCommit::sign(commit, &alice()).unwrap().bytes, COMMIT_BYTES_MAX),
        ("grant", SignedGrant::issue(grant, &server()).unwrap().bytes, GRANT_BYTES_MAX),
        ("erasure", Signed::sign_at(PLACE, erasure, &server()).unwrap().bytes, RECORD_BYTES_MAX),
        ("invitation", invitation.to_text().into_bytes(), INVITATION_CHARACTERS_MAX),
    ]
}

fn document(kind: DocumentKind, number: usize) -> DocumentId {
    let mut random = [0; 14];
    random[6..].copy_from_slice(&number.to_be_bytes());
    DocumentId::from_random(kind, random)
}
