//! A server whose issuing key is not the one that a phone knows: the root key made it one while the phone
//! slept. What the log tells of it, a phone that was ended does not read; so the Welcome brings it.

use keting::parts::replica_of;
use keting_model::{CityId, LogId};
use keting_scenarios::city::{City, MICRO_GRID};
use keting_scenarios::liar::{Liar, given, state};
use keting_scenarios::phone::Two;
use keting_sync::message::{Ended, ServerMessage};
use keting_trust::{
    Ed25519Signer, Grant, KindAccess, RecordKind, Signed, SignedGrant, Signer as _,
};

use crate::ending::WHY;

#[test]
fn an_ended_phone_that_slept_over_another_issuing_key_hands_over_and_is_told_of_its_end() {
    let mut city = City::start();
    let Two { alice, bob, household } = Two::in_city(&city);
    alice.change_address(household, "望潮苑1幢1单元102室");
    let second = alice.add_household(MICRO_GRID, "望潮苑1幢1单元103室", "李二");
    city.end_device(&alice, WHY);
    city.replace_issuing_key();
    for _ in 0..2 {
        assert_eq!(alice.try_sync().unwrap_err().code(), "device_ended");
    }
    let status = alice.keting.status().unwrap();
    assert_eq!(status.ended.as_deref(), Some(WHY));
    assert_eq!((status.waiting, status.held, status.refused), (0, 0, 0));
    bob.sync();
    assert_eq!(bob.household(household).address, "望潮苑1幢1单元102室");
    assert_eq!(bob.household(second).address, "望潮苑1幢1单元103室");
    alice.assert_verified();
}

#[test]
fn a_phone_that_slept_over_another_issuing_key_believes_it_in_its_first_session() {
    let mut city = City::start();
    let Two { alice, bob, household } = Two::in_city(&city);
    alice.change_address(household, "望潮苑1幢1单元102室");
    city.replace_issuing_key();
    alice.sync();
    let status = alice.keting.status().unwrap();
    assert_eq!((status.waiting, status.set_aside), (0, 0));
    bob.sync();
    assert_eq!(bob.household(household).address, "望潮苑1幢1单元102室");
    // The log has brought the same grant since, which is there once.
    let records = replica_of(&alice.keting).store().records_of(RecordKind::Grant.code()).unwrap();
    assert!(records.iter().all(|record| record.number.is_some()));
    alice.assert_verified();
}

#[test]
fn what_the_citys_root_key_did_not_make_an_issuing_key_of_this_log_ends_nobody() {
    let city = City::start();
    let Two { alice, household, .. } = Two::in_city(&city);
    alice.change_address(household, "望潮苑1幢1单元102室");
    let mut liar = Liar::of(&city);
    let thief = Ed25519Signer::from_seed([0x7e; 32]);
    let honest = Grant { holder: thief.public_key().clone(), ..liar.issuing_grant().grant };
    let of_a_role = KindAccess::of_role(honest.role);
    let mut bent = given(honest.clone(), &liar.root).bytes;
    *bent.last_mut().unwrap() ^= 1;
    let lies = [
        given(honest.clone(), &thief).bytes,
        given(
            Grant { parent: Some(liar.city.issuing_grant), ..honest.clone() },
            &*liar.city.issuing,
        )
        .bytes,
        given(Grant { city: CityId::new([9; 16]), ..honest.clone() }, &liar.root).bytes,
        given(Grant { log: LogId::new([9; 16]), ..honest.clone() }, &liar.root).bytes,
        given(Grant { kinds: of_a_role, ..honest.clone() }, &liar.root).bytes,
        bent,
        b"no grant at all".to_vec(),
    ];
    let before = state(&alice);
    let end = liar.ending(&alice, WHY);
    let told = || {
        let proof = Signed::sign(end.clone(), &thief).unwrap().into();
        vec![ServerMessage::Ended(Ended { proof })]
    };
    for lie in lies {
        liar.shown = Some(lie);
        let error = liar.say(&alice, told()).unwrap_err();
        assert_eq!((error.code(), state(&alice)), ("log_not_signed", before.clone()));
    }
    liar.shown = Some(given(honest, &liar.root).bytes);
    assert_eq!(liar.say(&alice, told()).unwrap_err().code(), "device_ended");
}

#[test]
fn an_issuing_key_that_the_city_has_replaced_is_not_brought_back_by_its_old_grant() {
    let city = City::start();
    let Two { alice, .. } = Two::in_city(&city);
    let mut liar = Liar::of(&city);
    let [old, new] = [[0x01; 32], [0x02; 32]].map(Ed25519Signer::from_seed);
    let latest = liar.issuing_grant().grant;
    let later = |key: &Ed25519Signer, by_ms: u64| {
        let (holder, issued_at_ms) = (key.public_key().clone(), latest.issued_at_ms + by_ms);
        given(Grant { holder, issued_at_ms, ..latest.clone() }, &liar.root)
    };
    let (old_grant, new_grant) = (later(&old, 60_000), later(&new, 120_000));
    let end = liar.ending(&alice, WHY);
    let say = |liar: &mut Liar, shown: &SignedGrant, key: &Ed25519Signer| {
        liar.shown = Some(shown.bytes.clone());
        let proof = Signed::sign(end.clone(), key).unwrap().into();
        let error = liar.say(&alice, vec![ServerMessage::Ended(Ended { proof })]).unwrap_err();
        error.code().to_owned()
    };
    assert_eq!(say(&mut liar, &new_grant, &new), "device_ended");
    let known = || replica_of(&alice.keting).store().records_of(RecordKind::Grant.code()).unwrap();
    let before = known();
    assert_eq!(say(&mut liar, &old_grant, &old), "log_not_signed");
    // The one that is known is no news, whoever shows it.
    assert_eq!(say(&mut liar, &new_grant, &new), "device_ended");
    assert_eq!(known(), before);
}
