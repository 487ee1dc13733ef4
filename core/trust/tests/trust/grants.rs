//! Grants and their chains: nobody gives more than he has, and nothing outlasts its issuer.

use std::collections::BTreeMap;

use keting_model::role::Role;
use keting_model::{CityId, DocumentKind, LogId};
use keting_trust::grant::chain_expires_at_ms;
use keting_trust::{
    Denied, Ed25519Signer, Grant, GrantError, KindAccess, ProofError, SignError, SignedGrant,
    verify_chain,
};

use crate::samples::{
    DAY_MS, NOW_MS, alice, bob, grant, head_grant, issuing_grant, key, mallory, region, root,
    server, steward_grant, tree,
};

fn chain() -> Vec<SignedGrant> {
    vec![issuing_grant(), head_grant(), steward_grant()]
}

/// The chain down to Bob, whose grant Alice makes as `change` wants it.
fn chain_with(change: impl FnOnce(&mut Grant)) -> Vec<SignedGrant> {
    let mut last = steward_grant().grant;
    change(&mut last);
    vec![issuing_grant(), head_grant(), SignedGrant::issue(last, &alice()).unwrap()]
}

fn verify(chain: &[SignedGrant]) -> Result<&Grant, GrantError> {
    verify_chain(&key(&root()), chain, &tree(), NOW_MS)
}

#[test]
fn a_grant_is_opened_as_it_was_issued() {
    for signed in chain() {
        assert_eq!(SignedGrant::open(&signed.bytes), Ok(signed.clone()));
        assert_eq!(SignedGrant::read_stored(&signed.bytes), Ok(signed));
    }
}

#[test]
fn times_are_whole_seconds_and_lists_are_in_order_once_issued() {
    let mut unordered = grant(&server(), &alice(), Role::MicroGridHead, &[40, 4]);
    unordered.kinds.reverse();
    unordered.issued_at_ms += 999;
    let issued = SignedGrant::issue(unordered, &server()).unwrap();
    assert_eq!(issued.grant.issued_at_ms, NOW_MS - DAY_MS);
    assert_eq!(issued.grant.regions, [region(4), region(40)]);
    assert_eq!(SignedGrant::open(&issued.bytes), Ok(issued));
}

#[test]
fn a_chain_from_the_root_key_to_a_helper_holds() {
    assert_eq!(verify(&chain()), Ok(&steward_grant().grant));
    assert_eq!(verify(&chain()[..2]), Ok(&head_grant().grant));
    assert_eq!(verify(&chain()[..1]), Ok(&issuing_grant().grant));
    // Below an issuer of the whole city no region needs to be known.
    let nothing = BTreeMap::new();
    assert!(verify_chain(&key(&root()), &chain()[..2], &nothing, NOW_MS).is_ok());
}

#[test]
fn a_chain_without_beginning_middle_or_end_gives_nothing() {
    let all = chain();
    assert_eq!(verify(&[]), Err(GrantError::ChainLength));
    assert_eq!(verify(&all[1..]), Err(GrantError::BrokenChain));
    assert_eq!(verify(&[all[0].clone(), all[2].clone()]), Err(GrantError::BrokenChain));
    let long = vec![all[0].clone(); 9];
    assert_eq!(verify(&long), Err(GrantError::ChainLength));
    let other_root = verify_chain(&key(&mallory()), &all, &tree(), NOW_MS);
    assert_eq!(other_root, Err(GrantError::BrokenChain));
}

#[test]
fn a_renewed_issuing_grant_keeps_what_its_key_has_issued_in_force() {
    let mut renewed = issuing_grant().grant;
    renewed.id = [0x2e; 16];
    renewed.expires_at_ms += 365 * DAY_MS;
    let mut chain = chain();
    chain[0] = SignedGrant::issue(renewed, &root()).unwrap();
    assert!(verify(&chain).is_ok());
}

#[test]
fn a_grant_ends_with_the_last_live_grant_of_its_issuer() {
    let mut short = issuing_grant().grant;
    short.expires_at_ms = NOW_MS + DAY_MS;
    let mut chain = chain();
    chain[0] = SignedGrant::issue(short, &root()).unwrap();
    assert_eq!(chain_expires_at_ms(&chain), NOW_MS + DAY_MS);
    let at = |now_ms| verify_chain(&key(&root()), &chain, &tree(), now_ms).map(drop);
    assert_eq!(at(NOW_MS + DAY_MS - 1), Ok(()));
    assert_eq!(at(NOW_MS + DAY_MS), Err(GrantError::NotLive(Denied::Expired)));
    assert_eq!(at(NOW_MS - DAY_MS), Ok(()));
    assert_eq!(at(NOW_MS - DAY_MS - 1), Err(GrantError::NotLive(Denied::NotYetValid)));
}

#[test]
fn nobody_gives_more_than_he_has() {
    let wider = |what| Err(GrantError::Wider { what });
    type Change = fn(&mut Grant);
    let refused: [(&'static str, Change); 7] = [
        ("depth", |grant| grant.depth = 1),
        ("role", |grant| grant.role = Role::MicroGridHead),
        ("role", |grant| {
            grant.role = Role::Administrator;
            grant.regions.clear();
        }),
        ("regions", |grant| grant.regions = vec![region(40)]),
        ("regions", |grant| grant.regions = vec![region(3)]),
        ("regions", |grant| grant.regions = vec![region(5), region(99)]),
        ("kinds", |grant| {
            grant.kinds.push(KindAccess { kind: 99, read: true, write: false, own_only: false });
        }),
    ];
    for (what, change) in refused {
        assert_eq!(verify(&chain_with(change)), wider(what));
    }
    assert!(verify(&chain_with(|grant| grant.regions = vec![region(4), region(5)])).is_ok());
}

#[test]
fn an_administrator_gives_the_role_of_a_town_officer_and_no_other() {
    let mut administrator = grant(&server(), &alice(), Role::Administrator, &[]);
    administrator.parent = Some(issuing_grant().digest());
    administrator.depth = Role::Administrator.delegation_depth();
    let administrator = SignedGrant::issue(administrator, &server()).unwrap();
    assert!(verify(&[issuing_grant(), administrator.clone()]).is_ok());
    for role in Role::ALL {
        let regions: &[u8] = if role == Role::Administrator { &[] } else { &[1] };
        let mut given = grant(&alice(), &bob(), role, regions);
        given.parent = Some(administrator.digest());
        let given = SignedGrant::issue(given, &alice()).unwrap();
        let answer = verify(&[issuing_grant(), administrator.clone(), given]).map(drop);
        let expected = match role {
            Role::TownOfficer => Ok(()),
            _ => Err(GrantError::Wider { what: "role" }),
        };
        assert_eq!(answer, expected, "{role:?}");
    }
}

#[test]
fn the_citys_issuing_key_gives_every_role() {
    for role in Role::ALL {
        let regions: &[u8] = if role == Role::Administrator { &[] } else { &[1] };
        let mut given = grant(&server(), &alice(), role, regions);
        given.parent = Some(issuing_grant().digest());
        let given = SignedGrant::issue(given, &server()).unwrap();
        assert_eq!(verify(&[issuing_grant(), given]).map(drop), Ok(()), "{role:?}");
    }
}

#[test]
fn an_access_is_within_another_only_if_none_of_its_parts_is_wider() {
    let visits = DocumentKind::HouseholdVisits.code();
    let chain_of = |given: [bool; 3], taken: [bool; 3]| {
        let access = |[read, write, own_only]: [bool; 3]| {
            vec![KindAccess { kind: visits, read, write, own_only }]
        };
        let mut head = head_grant().grant;
        head.kinds = access(given);
        let mut steward = steward_grant().grant;
        steward.kinds = access(taken);
        let head = SignedGrant::issue(head, &server()).unwrap();
        let steward = SignedGrant::issue(steward, &alice()).unwrap();
        verify(&[issuing_grant(), head, steward]).is_ok()
    };
    assert!(chain_of([true, true, false], [true, false, true]));
    assert!(chain_of([true, true, true], [true, true, true]));
    assert!(!chain_of([true, false, false], [true, true, false]));
    assert!(!chain_of([false, true, false], [true, true, false]));
    assert!(!chain_of([true, true, true], [true, true, false]));
}

#[test]
fn a_holder_without_depth_issues_nothing() {
    let mut helper = steward_grant().grant;
    helper.issuer = key(&bob());
    helper.holder = key(&mallory());
    let mut chain = chain();
    chain.push(SignedGrant::issue(helper, &bob()).unwrap());
    assert_eq!(verify(&chain), Err(GrantError::Wider { what: "depth" }));
}

#[test]
fn no_role_passes_on_more_links_than_its_own_depth() {
    let mut head = head_grant().grant;
    head.depth = 2;
    let chain = [issuing_grant(), SignedGrant::issue(head, &server()).unwrap()];
    assert_eq!(verify(&chain), Err(GrantError::Wider { what: "depth" }));
}

#[test]
fn a_grant_of_another_city_or_log_is_no_link() {
    let other_city = chain_with(|grant| grant.city = CityId::new([0xc2; 16]));
    assert_eq!(verify(&other_city), Err(GrantError::OtherCity));
    let other_log = chain_with(|grant| grant.log = LogId::new([0x11; 16]));
    assert_eq!(verify(&other_log), Err(GrantError::OtherCity));
}

#[test]
fn only_the_root_key_issues_without_a_grant_above() {
    let orphan = chain_with(|grant| grant.parent = None);
    assert_eq!(verify(&orphan), Err(GrantError::BrokenChain));
    let mut first = issuing_grant().grant;
    first.parent = Some(head_grant().digest());
    let first = SignedGrant::issue(first, &root()).unwrap();
    assert_eq!(verify(&[first]), Err(GrantError::BrokenChain));
}

#[test]
fn a_grant_that_breaks_a_rule_is_not_issued() {
    let fine = || head_grant().grant;
    let access = |kind| KindAccess { kind, read: true, write: false, own_only: false };
    let nothing = KindAccess { kind: 2, read: false, write: false, own_only: true };
    let household = crate::samples::household();
    let regions = (0..65).map(region).collect();
    let broken = [
        ("sub", Grant { name: String::new(), ..fine() }),
        ("sub", Grant { name: "head: Shen".into(), ..fine() }),
        ("sub", Grant { name: "Shen\u{7}".into(), ..fine() }),
        ("sub", Grant { name: "a".repeat(257), ..fine() }),
        ("iat", Grant { issued_at_ms: NOW_MS, expires_at_ms: NOW_MS + 999, ..fine() }),
        ("exp", Grant { expires_at_ms: u64::MAX, ..fine() }),
        ("regions", Grant { regions: Vec::new(), ..fine() }),
        ("regions", Grant { regions: vec![region(4), region(4)], ..fine() }),
        ("regions", Grant { regions: vec![household], ..fine() }),
        ("regions", Grant { regions, ..fine() }),
        ("regions", Grant { role: Role::Administrator, ..fine() }),
        ("kinds", Grant { kinds: Vec::new(), ..fine() }),
        ("kinds", Grant { kinds: vec![access(2), access(2)], ..fine() }),
        ("kinds", Grant { kinds: vec![nothing], ..fine() }),
        ("kinds", Grant { kinds: vec![access(KindAccess::EVERY_KIND)], ..fine() }),
        ("kinds", Grant { kinds: (1..=65).map(access).collect(), ..fine() }),
    ];
    for (field, grant) in broken {
        let error = SignError::Invalid(ProofError::InvalidField { field });
        assert_eq!(SignedGrant::issue(grant, &server()), Err(error));
    }
    let as_mallory = |signer: &Ed25519Signer| SignedGrant::issue(fine(), signer);
    assert_eq!(as_mallory(&mallory()), Err(SignError::WrongKey));
}

#[test]
fn the_largest_grant_that_may_be_issued_may_be_sent() {
    let mut grant = head_grant().grant;
    grant.name = "沈".repeat(85);
    grant.regions = (0..64).map(region).collect();
    let access = |kind| KindAccess { kind, read: true, write: true, own_only: true };
    grant.kinds = (u16::MAX - 63..=u16::MAX).map(access).collect();
    let issued = SignedGrant::issue(grant, &server()).unwrap();
    assert_eq!(SignedGrant::open(&issued.bytes), Ok(issued));
}
