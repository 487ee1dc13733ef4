//! The server's records and a device's confirmation.

use keting_model::HybridTime;
use keting_trust::record::{Erased, Manner, Moved, Participants, Redrawing, Ruling, Signed};
use keting_trust::{
    Confirmation, Decision, Erasure, Outcome, ProofError, Revocation, SignError, Verdict,
};

use crate::samples::{
    alice, commit, confirmation, decision, device, erasure, household, key, mallory, outcomes,
    region, revocation, rulings, server, verdict,
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
    assert_eq!(Signed::<Verdict>::claimed_signer(&signed.bytes), Ok(device(&server())));
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
        assert_eq!(Signed::sign(verdict, &server()), Err(invalid(field)));
    }
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
        assert_eq!(Signed::sign(decision, &server()), Err(invalid("ruling")));
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
        assert_eq!(Signed::sign(erasure, &server()), Err(invalid("documents")));
    }
}

fn invalid(field: &'static str) -> SignError {
    SignError::Invalid(ProofError::InvalidField { field })
}
