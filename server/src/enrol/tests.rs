use super::*;
use crate::inviting::{InviteError, InviteRequest, invite};
use crate::renewal::days_ms;
use crate::testing::{GRID, HEAD_REGION, NOW_MS, TOWN, Town, UNIT, VILLAGE, endpoint};
use keting_trust::{Denied, Ed25519Signer, GrantError, Invitation, verify_chain};

#[test]
fn an_invitation_becomes_a_grant_in_the_log_whose_chain_leads_to_the_root_key() {
    let mut town = Town::new();
    let invitation = invited(&mut town, Some(HEAD_REGION), "micro_grid_head").unwrap();
    assert_eq!(invitation.root, town.root.public);
    let before = town.number();
    let phone = Ed25519Signer::from_seed([1; 32]);
    let enrolled = enrolled(&mut town, &invitation.secret, &phone, NOW_MS).unwrap();
    assert_eq!((enrolled.head.number, enrolled.head.grants_number), (before + 1, before + 1));
    let chain: Vec<SignedGrant> =
        enrolled.grants.iter().map(|bytes| SignedGrant::open(bytes).unwrap()).collect();
    let mut book = crate::authority::Book::default();
    let mut store = town.reopen();
    let read = store.snapshot().unwrap();
    book.refresh(&*read, &enrolled.head).unwrap();
    let grant = verify_chain(&town.root.public, &chain, &book, NOW_MS).unwrap();
    assert_eq!(&grant.holder, phone.public_key());
    assert_eq!(grant.role, Role::MicroGridHead);
    let later = NOW_MS + days_ms(366);
    assert_eq!(
        verify_chain(&town.root.public, &chain, &book, later).unwrap_err(),
        GrantError::NotLive(Denied::Expired)
    );
    let stored = read.device(&phone.public_key().device_id()).unwrap().unwrap();
    assert_eq!(stored.name, "phone");
}

#[test]
fn an_invitation_is_used_once_but_the_same_key_may_ask_again() {
    let mut town = Town::new();
    let invitation = invited(&mut town, Some(HEAD_REGION), "micro_grid_head").unwrap();
    let (one, other) = (Ed25519Signer::from_seed([1; 32]), Ed25519Signer::from_seed([2; 32]));
    let first = enrolled(&mut town, &invitation.secret, &one, NOW_MS).unwrap();
    let late = NOW_MS + days_ms(30);
    let again = enrolled(&mut town, &invitation.secret, &one, late).unwrap();
    assert_eq!((again.grants, again.again), (first.grants, true));
    assert_eq!(again.head, first.head);
    let used = enrolled(&mut town, &invitation.secret, &other, NOW_MS).unwrap_err();
    assert_eq!((used.code(), used.retryable()), ("invitation_used", false));
}

#[test]
fn an_invitation_that_is_unknown_old_or_from_before_a_restore_lets_nobody_in() {
    let mut town = Town::new();
    let phone = Ed25519Signer::from_seed([1; 32]);
    let unknown = enrolled(&mut town, &Secret::new([0; 16]), &phone, NOW_MS).unwrap_err();
    assert_eq!(unknown.code(), "invitation_unknown");
    let invitation = invited(&mut town, Some(UNIT), "steward").unwrap();
    let late = invitation.expires_at_ms;
    let expired = enrolled(&mut town, &invitation.secret, &phone, late).unwrap_err();
    assert_eq!(expired.code(), "invitation_expired");
    let mut transaction = town.store.begin().unwrap();
    let head = transaction.head().unwrap().unwrap();
    transaction.set_head(&Head { generation: head.generation + 1, ..head }).unwrap();
    transaction.commit().unwrap();
    let void = enrolled(&mut town, &invitation.secret, &phone, NOW_MS).unwrap_err();
    assert_eq!(void.code(), "invitation_expired");
}

#[test]
fn a_request_that_names_no_role_region_or_person_is_refused() {
    let mut town = Town::new();
    let code = |result: Result<Invitation, InviteError>| result.unwrap_err().code();
    assert_eq!(code(invited(&mut town, Some(HEAD_REGION), "king")), "unknown_role");
    assert_eq!(code(invited(&mut town, Some("1"), "steward")), "unknown_region");
    assert_eq!(code(invited(&mut town, None, "steward")), "region_does_not_fit");
    assert_eq!(code(invited(&mut town, Some(HEAD_REGION), "administrator")), "region_does_not_fit");
    assert!(invited(&mut town, None, "administrator").is_ok());
}

#[test]
fn a_role_is_granted_on_a_region_of_its_level_and_on_no_other() {
    const CITY: &str = "990481";
    let mut town = Town::new();
    let regions = [CITY, TOWN, VILLAGE, GRID, HEAD_REGION, UNIT];
    let fitting = [
        ("steward", UNIT),
        ("micro_grid_head", HEAD_REGION),
        ("grid_worker", GRID),
        ("village_officer", VILLAGE),
        ("station_chief", VILLAGE),
        ("mediator", VILLAGE),
        ("town_officer", TOWN),
        ("dispute_centre", CITY),
    ];
    for (role, fits) in fitting {
        for region in regions {
            let answer = invited(&mut town, Some(region), role).map(drop);
            let code = answer.map_err(|error| error.code());
            let expected = if region == fits { Ok(()) } else { Err("wrong_level") };
            assert_eq!(code, expected, "{role} on {region}");
        }
    }
}

#[test]
fn the_operator_invites_people_of_every_role_and_each_grant_leads_to_the_root_key() {
    let mut town = Town::new();
    for (number, role) in (1..).zip(Role::ALL) {
        let region = match role.level() {
            keting_model::Level::City => "990481",
            keting_model::Level::Town => TOWN,
            keting_model::Level::Village => VILLAGE,
            keting_model::Level::Grid => GRID,
            keting_model::Level::MicroGrid => HEAD_REGION,
            keting_model::Level::Unit => UNIT,
        };
        let region = (role != Role::Administrator).then_some(region);
        let invitation = invited(&mut town, region, role.name()).unwrap();
        let phone = Ed25519Signer::from_seed([number; 32]);
        let enrolled = enrolled(&mut town, &invitation.secret, &phone, NOW_MS).unwrap();
        let chain: Vec<SignedGrant> =
            enrolled.grants.iter().map(|bytes| SignedGrant::open(bytes).unwrap()).collect();
        let mut book = crate::authority::Book::default();
        book.refresh(&*town.read(), &enrolled.head).unwrap();
        let grant = verify_chain(&town.root.public, &chain, &book, NOW_MS).unwrap();
        assert_eq!((grant.role, grant.is_of_city()), (role, false));
    }
}

#[test]
fn no_grant_outlasts_the_issuing_key_and_nobody_is_let_in_once_it_has_ended() {
    let mut town = Town::new();
    let digest = town.city.issuing_grant;
    let issuing = stored_grant(&*town.read(), &digest).unwrap().grant;
    let last_day = issuing.expires_at_ms - days_ms(1);
    let request = InviteRequest {
        name: "李四".into(),
        role: "steward".into(),
        region_code: Some(UNIT.into()),
        days: None,
        grant_days: Some(1),
    };
    let [one, other] = [1, 2].map(|seed| Ed25519Signer::from_seed([seed; 32]));
    let [first, second] = [(); 2].map(|()| {
        let Town { store, city, random, .. } = &mut town;
        invite(store, city, &endpoint(), &request, random, last_day).unwrap()
    });
    let let_in = enrolled(&mut town, &first.secret, &one, last_day + 1_000).unwrap();
    let grant = SignedGrant::open(let_in.grants.last().unwrap()).unwrap().grant;
    assert_eq!(grant.expires_at_ms, issuing.expires_at_ms);
    let late = enrolled(&mut town, &second.secret, &other, issuing.expires_at_ms).unwrap_err();
    assert_eq!((late.code(), late.retryable()), ("issuing_key_expired", false));

    let early = issuing.issued_at_ms - 1;
    for (now_ms, code) in [
        (last_day + 1, "beyond_issuing_key"),
        (issuing.expires_at_ms, "issuing_key_expired"),
        (early, "clock_suspect"),
    ] {
        let Town { store, city, random, .. } = &mut town;
        let refused = invite(store, city, &endpoint(), &request, random, now_ms);
        assert_eq!(refused.unwrap_err().code(), code);
    }
}

#[test]
fn the_secret_of_an_invitation_is_not_in_the_store() {
    let mut town = Town::new();
    let invitation = invited(&mut town, Some(UNIT), "steward").unwrap();
    for file in std::fs::read_dir(town.dir.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(16).any(|window| window == invitation.secret.as_bytes()));
    }
}

fn invited(town: &mut Town, code: Option<&str>, role: &str) -> Result<Invitation, InviteError> {
    let request = InviteRequest {
        name: "李四".into(),
        role: role.into(),
        region_code: code.map(str::to_owned),
        days: None,
        grant_days: None,
    };
    let endpoint = endpoint();
    invite(&mut town.store, &town.city, &endpoint, &request, &mut town.random, NOW_MS)
}

fn enrolled(
    town: &mut Town,
    secret: &Secret,
    key: &Ed25519Signer,
    now_ms: u64,
) -> Result<Enrolled, EnrolError> {
    let key = key.public_key();
    enrol(&mut town.store, &town.city, secret, key, "phone", &mut town.random, now_ms)
}
