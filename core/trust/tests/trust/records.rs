//! The server's records and a device's confirmation.

use std::collections::BTreeSet;

use keting_model::HybridTime;
use keting_trust::record::{
    Announcement, Claimed, Ending, Enrolment, Erased, Heard, Manner, Moved, Participants,
    Redrawing, Ruling, Signed,
};
use keting_trust::{
    Confirmation, Decision, Digest, Erasure, GroupDigest, Outcome, Place, ProofError, Revocation,
    SignError, Verdict,
};

use crate::samples::{
    PLACE, alice, announcement, commit, confirmation, decision, device, ending, enrolment, erasure,
    heard, household, key, mallory, outcomes, region, revocation, rulings, server, verdict,
};

#[test]
fn every_record_is_opened_as_it_was_signed() {
    let server = key(&server());
    for (_, outcome) in outcomes() {
        let signed = verdict(outcome);
        assert_eq!(Signed::<Verdict>::open(&signed.bytes, &server), Ok(signed));
    }
    for (_, ruling) in rulings() {
        let signed = decision(ruling);
        assert_eq!(Signed::<Decision>::open(&signed.bytes, &server), Ok(signed));
    }
    for manner in [Manner::Ended, Manner::Compromised] {
        let signed = revocation(manner);
        assert_eq!(Signed::<Revocation>::open(&signed.bytes, &server), Ok(signed));
    }
    assert_eq!(Signed::<Erasure>::open(&erasure().bytes, &server), Ok(erasure()));
    let server = &server;
    assert_eq!(Signed::<Announcement>::open(&announcement().bytes, server), Ok(announcement()));
    assert_eq!(Signed::<Heard>::open(&heard().bytes, server), Ok(heard()));
    assert_eq!(Signed::<Enrolment>::open(&enrolment().bytes, server), Ok(enrolment()));
    assert_eq!(Signed::<Ending>::open(&ending().bytes, server), Ok(ending()));
    let confirmed = Signed::<Confirmation>::open(&confirmation().bytes, &key(&alice()));
    assert_eq!(confirmed, Ok(confirmation()));
}

#[test]
fn a_record_of_one_kind_is_none_of_another_even_if_it_would_decode() {
    let signed = revocation(Manner::Ended);
    let as_verdict = Signed::<Verdict>::open(&signed.bytes, &key(&server()));
    assert!(as_verdict.is_err());
    // The same payload under another kind's name: the signature tells them apart.
    let payload = keting_trust::cose::open1(
        &signed.bytes,
        "keting/revocation/1",
        &key(&server()),
        usize::MAX,
    );
    let resigned =
        keting_trust::cose::sign1(&payload.unwrap(), "keting/verdict/1", &server()).unwrap();
    assert_eq!(
        Signed::<Revocation>::open(&resigned, &key(&server())),
        Err(ProofError::BadSignature)
    );
}

#[test]
fn a_record_says_which_key_to_verify_it_with_and_is_refused_with_any_other() {
    let (_, held) = outcomes().into_iter().next().unwrap();
    let signed = verdict(held);
    let claimed = Claimed::<Verdict>::read(&signed.bytes).unwrap();
    assert_eq!((claimed.signer(), claimed.says()), (device(&server()), &signed.record));
    assert_eq!(claimed.verify(&key(&server())), Ok(signed.clone()));
    assert_eq!(claimed.verify(&key(&mallory())), Err(ProofError::WrongKey));
    let with_other = Signed::<Verdict>::open(&signed.bytes, &key(&mallory()));
    assert_eq!(with_other, Err(ProofError::WrongKey));
}

#[test]
fn a_verdict_that_breaks_a_rule_is_not_signed() {
    let base = verdict(Outcome::Held { code: "expired".to_owned() }).record;
    let held = |code: &str| Outcome::Held { code: code.to_owned() };
    let by = commit().id();
    let broken = [
        ("outcome", Verdict { outcome: held(""), ..base.clone() }),
        ("outcome", Verdict { outcome: held("Resident's ID 3304"), ..base.clone() }),
        ("outcome", Verdict { outcome: Outcome::Superseded { by }, ..base.clone() }),
        ("at_ms", Verdict { at_ms: HybridTime::UNIX_MS_MAX + 1, ..base.clone() }),
    ];
    for (field, verdict) in broken {
        assert_eq!(Signed::sign_at(PLACE, verdict, &server()), Err(invalid(field)));
    }
}

#[test]
fn a_record_of_the_log_says_where_it_stands_and_cannot_be_shown_elsewhere() {
    let held = || Outcome::Held { code: "fork".to_owned() };
    let here = verdict(held());
    assert_eq!(here.place, PLACE);
    let elsewhere = Place { number: PLACE.number + 1, ..PLACE };
    let there = Signed::sign_at(elsewhere, here.record.clone(), &server()).unwrap();
    assert_ne!(there.bytes, here.bytes);
    assert_eq!(Signed::<Verdict>::open(&there.bytes, &key(&server())).unwrap().place, elsewhere);
    let nowhere = Place { number: 0, ..PLACE };
    assert_eq!(Signed::sign_at(nowhere, here.record, &server()), Err(invalid("place")));
}

#[test]
fn the_digest_of_a_group_depends_on_every_entrys_number_kind_and_record_and_on_their_order() {
    let group = |entries: &[(u64, u8, &[u8])]| {
        let mut digest = GroupDigest::new();
        for (number, kind, record) in entries {
            digest.add(*number, *kind, &Digest::of(record));
        }
        digest.finish()
    };
    let (one, other): ((u64, u8, &[u8]), _) = ((1, 1, b"one"), (2, 4, b"other".as_slice()));
    let groups = [
        group(&[]),
        group(&[one]),
        group(&[(2, 1, b"one")]),
        group(&[(1, 2, b"one")]),
        group(&[(1, 1, b"another")]),
        group(&[one, other]),
        group(&[other, one]),
    ];
    assert_eq!(groups.iter().collect::<BTreeSet<_>>().len(), groups.len());
}

#[test]
fn a_decision_that_breaks_a_rule_is_not_signed() {
    let base = decision(rulings()[0].1.clone()).record;
    let moved = |document, region| Moved { document, region };
    let into = |number| moved(household(), region(number));
    let redrawn = |regions, documents| Ruling::Redrawing(Redrawing { regions, documents });
    let devices = vec![device(&alice()); 2];
    let broken = [
        Ruling::Home(moved(household(), household())),
        Ruling::Home(moved(region(1), region(1))),
        Ruling::Participants(Participants { document: household(), devices }),
        redrawn(vec![moved(region(5), region(1)), moved(region(4), region(1))], Vec::new()),
        redrawn(vec![into(4)], Vec::new()),
        redrawn(Vec::new(), vec![moved(region(4), region(1))]),
        redrawn(Vec::new(), vec![into(4), into(5)]),
    ];
    for ruling in broken {
        let decision = Decision { ruling, ..base.clone() };
        assert_eq!(Signed::sign_at(PLACE, decision, &server()), Err(invalid("ruling")));
    }
}

#[test]
fn an_erasure_names_each_document_once_and_follows_it_with_one_of_its_kind() {
    let base = erasure().record;
    let erased = |document, successor| Erased { document, successor };
    let broken = [
        Vec::new(),
        vec![erased(household(), None), erased(household(), None)],
        vec![erased(household(), Some(region(1)))],
        vec![erased(household(), Some(household()))],
    ];
    for documents in broken {
        let erasure = Erasure { documents, ..base.clone() };
        assert_eq!(Signed::sign_at(PLACE, erasure, &server()), Err(invalid("documents")));
    }
}

fn invalid(field: &'static str) -> SignError {
    SignError::Invalid(ProofError::InvalidField { field })
}
