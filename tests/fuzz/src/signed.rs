//! Everything signed, and the invitation. The form is read both without the signature, so that the
//! fuzzer gets past it, and with it.

use keting_model::input::pasted;
use keting_trust::record::{Record, Signed};
use keting_trust::{
    Invitation, ProofError, PublicKey, SignedAnnouncement, SignedCommit, SignedConfirmation,
    SignedDecision, SignedEnding, SignedEnrolment, SignedErasure, SignedGrant, SignedHeard,
    SignedRevocation, SignedVerdict, cbor,
};

/// A commit.
pub fn commit(bytes: &[u8]) -> bool {
    let read = SignedCommit::read_stored(bytes);
    if let Ok(commit) = &read {
        assert!(contains(bytes, &cbor::to_vec(&commit.body)), "a body has one form");
    }
    assert!(SignedCommit::open(bytes).is_err() || read.is_ok());
    read.is_ok()
}

/// A grant.
pub fn grant(bytes: &[u8]) -> bool {
    let read = SignedGrant::read_stored(bytes);
    if let Ok(grant) = &read {
        assert!(contains(bytes, &cbor::to_vec(&grant.grant)), "a grant has one form");
    }
    assert!(SignedGrant::open(bytes).is_err() || read.is_ok());
    read.is_ok()
}

/// Each other record of the log, what else a server signs, a device's confirmation, and a key.
pub fn record(bytes: &[u8]) -> bool {
    let key = cbor::from_slice::<PublicKey>(bytes);
    if let Ok(key) = &key {
        assert_eq!(cbor::to_vec(key), bytes, "a key has one form");
    }
    one_record(bytes, SignedVerdict::read_stored)
        | one_record(bytes, SignedDecision::read_stored)
        | one_record(bytes, SignedRevocation::read_stored)
        | one_record(bytes, SignedErasure::read_stored)
        | one_record(bytes, SignedAnnouncement::read_stored)
        | one_record(bytes, SignedHeard::read_stored)
        | one_record(bytes, SignedEnrolment::read_stored)
        | one_record(bytes, SignedEnding::read_stored)
        | one_record(bytes, SignedConfirmation::read_stored)
        | key.is_ok()
}

/// An invitation, typed or scanned.
pub fn invitation(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let Ok(invitation) = text.parse::<Invitation>() else { return false };
    assert_eq!(invitation.to_text(), pasted(text), "an invitation has one form");
    true
}

fn one_record<T: Record>(bytes: &[u8], read: fn(&[u8]) -> Result<Signed<T>, ProofError>) -> bool {
    let Ok(signed) = read(bytes) else { return false };
    assert!(contains(bytes, &cbor::to_vec(&signed.record)), "a record has one form");
    true
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
