use keting_trust::Ed25519Signer;
use keting_trust::Signer as _;

use super::*;
use crate::enrol::{EnrolError, enrol};
use crate::inviting::{InviteRequest, invite};
use crate::renewal::days_ms;
use crate::testing::{HEAD_REGION, NOW_MS, Town, endpoint};

#[test]
fn an_invitation_that_was_taken_back_lets_nobody_in_and_is_listed_as_that() {
    let mut town = Town::new();
    let (taken, open) = (invited(&mut town), invited(&mut town));
    let id = cancel(&mut town.store, &taken.digest().to_string(), NOW_MS).unwrap();
    assert_eq!(id, taken.digest());
    assert_eq!(cancel(&mut town.store, &id.to_string(), NOW_MS + 1).unwrap(), id);
    let refused = let_in(&mut town, &taken).unwrap_err();
    assert_eq!((refused.code(), refused.retryable()), ("invitation_cancelled", false));
    let device = Ed25519Signer::from_seed([1; 32]).public_key().device_id();
    assert_eq!(states(&mut town, &open, NOW_MS), InvitationState::Open);
    let_in(&mut town, &open).unwrap();
    assert_eq!(states(&mut town, &open, NOW_MS), InvitationState::Used(device));
    assert_eq!(states(&mut town, &taken, NOW_MS + days_ms(30)), InvitationState::Cancelled);
}

#[test]
fn one_that_a_device_used_cannot_be_taken_back_and_neither_can_none_or_several() {
    let mut town = Town::new();
    let (used, other) = (invited(&mut town), invited(&mut town));
    let_in(&mut town, &used).unwrap();
    let mut refused = |wanted: &str| cancel(&mut town.store, wanted, NOW_MS).unwrap_err().code();
    assert_eq!(refused(&used.digest().to_string()), "invitation_taken_up");
    assert_eq!(refused(""), "no_such_invitation");
    assert_eq!(refused("zz"), "no_such_invitation");
    assert_eq!(states(&mut town, &other, NOW_MS + days_ms(8)), InvitationState::Over);
}

fn invited(town: &mut Town) -> keting_trust::invitation::Secret {
    let request = InviteRequest {
        name: "陆德祥".to_owned(),
        role: "micro_grid_head".to_owned(),
        region_code: Some(HEAD_REGION.to_owned()),
        days: None,
        grant_days: None,
    };
    let made = invite(&mut town.store, &town.city, &endpoint(), &request, &mut town.random, NOW_MS);
    made.unwrap().secret
}

fn let_in(town: &mut Town, secret: &keting_trust::invitation::Secret) -> Result<(), EnrolError> {
    let key = Ed25519Signer::from_seed([1; 32]).public_key().clone();
    let random = &mut town.random;
    enrol(&mut town.store, &town.city, secret, &key, "phone", random, NOW_MS).map(|_| ())
}

fn states(
    town: &mut Town,
    secret: &keting_trust::invitation::Secret,
    now_ms: u64,
) -> InvitationState {
    let read = town.store.snapshot().unwrap();
    let all = invitations(&*read, now_ms).unwrap();
    all.iter().find(|one| one.id == secret.digest()).unwrap().state
}
