//! A false server at the first contact: a phone becomes a device of the city that invited it, under a
//! grant that leads from the root key of the invitation to its own key, or of none.

use keting::parts::{Membership, replica_of};
use keting_model::role::Role;
use keting_model::{CityId, LogId};
use keting_scenarios::city::{City, MICRO_GRID};
use keting_scenarios::liar::{Liar, given, state};
use keting_scenarios::phone::Phone;
use keting_sync::Enrolled;
use keting_sync::message::ServerMessage;
use keting_trust::record::Enrolment;
use keting_trust::{Digest, Ed25519Signer, Grant, Invitation, Signed, SignedGrant, Signer};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

#[test]
fn a_phone_whose_server_is_honest_is_enrolled() {
    let mut story = Story::begin();
    let honest = story.enrolled(&story.chain.clone());
    story.liar.say(&story.phone, vec![ServerMessage::Enrolled(honest)]).unwrap();
    let membership = replica_of(&story.phone.keting).membership().cloned().unwrap();
    assert_eq!((membership.city, membership.root), (story.liar.city.id, story.liar.city.root));
    assert!(replica_of(&story.phone.keting).invitation().unwrap().is_none());
}

#[test]
fn an_enrolment_that_names_another_root_key_than_the_invitation_is_refused() {
    let mut story = Story::begin();
    let mallory = Ed25519Signer::from_seed([0x66; 32]);
    let other_root = mallory.public_key().clone();
    let [issuing, own] = story.chain.clone();
    let under_mallory = [given(issuing.grant, &mallory), own];
    for chain in [story.chain.clone(), under_mallory] {
        let false_root = Enrolled { root: other_root.clone(), ..story.enrolled(&chain) };
        story.is_refused(false_root, "other_root_key");
    }
    story.end();
}

#[test]
fn an_enrolment_whose_grants_do_not_lead_to_the_root_key_is_refused() {
    let mut story = Story::begin();
    let mallory = Ed25519Signer::from_seed([0x66; 32]);
    let [issuing, own] = story.chain.clone();
    let by_mallory = given(issuing.grant.clone(), &mallory);
    let mallorys =
        given(Grant { holder: mallory.public_key().clone(), ..issuing.grant.clone() }, &mallory);
    let own_by_mallory = given(own.grant.clone(), &mallory);
    let orphan = given(Grant { parent: None, ..own.grant.clone() }, &mallory);
    for chain in [
        vec![own.clone()],
        vec![own.clone(), issuing.clone()],
        vec![by_mallory, own.clone()],
        vec![mallorys, own_by_mallory.clone()],
        vec![issuing.clone(), own_by_mallory],
        vec![orphan],
    ] {
        let enrolled = story.enrolled(&chain);
        story.is_refused(enrolled, "broken_chain");
    }
    let nothing = story.enrolled(&[]);
    story.is_refused(nothing, "no_grant");
    let mut torn = story.enrolled(&[issuing, own]);
    *torn.grants[1].last_mut().unwrap() ^= 1;
    story.is_refused(torn, "bad_signature");
    story.end();
}

#[test]
fn an_enrolment_under_a_grant_that_its_issuer_could_not_give_is_refused() {
    let mut story = Story::begin();
    let [issuing, own] = story.chain.clone();
    let ended_ms = issuing.grant.expires_at_ms;
    let late =
        Grant { issued_at_ms: ended_ms, expires_at_ms: ended_ms + DAY_MS, ..own.grant.clone() };
    let late = given(late, &story.liar.city.issuing);
    let after_its_issuer_ended = story.enrolled(&[issuing.clone(), late]);
    story.is_refused(after_its_issuer_ended, "expired");
    let may_give_none = given(Grant { depth: 0, ..issuing.grant }, &story.liar.root);
    let below_a_last_link = story.enrolled(&[may_give_none, own]);
    story.is_refused(below_a_last_link, "wider_than_parent");
    story.end();
}

#[test]
fn an_enrolment_under_a_grant_of_another_device_city_or_log_is_refused() {
    let mut story = Story::begin();
    let [issuing, own] = story.chain.clone();
    let mallory = Ed25519Signer::from_seed([0x66; 32]);
    let anothers = Grant { holder: mallory.public_key().clone(), ..own.grant.clone() };
    let anothers = given(anothers, &story.liar.city.issuing);
    let of_another_device = story.enrolled(&[issuing.clone(), anothers]);
    story.is_refused(of_another_device, "grant_of_another");
    let elsewhere: [fn(Grant) -> Grant; 2] = [
        |grant| Grant { city: CityId::new([9; 16]), ..grant },
        |grant| Grant { log: LogId::new([9; 16]), ..grant },
    ];
    for elsewhere in elsewhere {
        let link = given(elsewhere(own.grant.clone()), &story.liar.city.issuing);
        let own_link = story.enrolled(&[issuing.clone(), link.clone()]);
        story.is_refused(own_link, "other_city");
        let above = given(elsewhere(issuing.grant.clone()), &story.liar.root);
        let whole_chain = story.enrolled(&[above, link]);
        story.is_refused(whole_chain, "grant_of_another");
    }
    story.end();
}

#[test]
fn an_enrolment_that_no_issuing_key_signed_for_this_device_invitation_server_and_connection_is_refused()
 {
    let mut story = Story::begin();
    let chain = story.chain.clone();
    let honest = story.proof(&chain);
    let elsewhere: [fn(&mut Enrolment); 7] = [
        |proof| proof.city = CityId::new([9; 16]),
        |proof| proof.log = LogId::new([9; 16]),
        |proof| proof.device = keting_trust::DeviceId::new([9; 16]),
        |proof| proof.tls_spki_sha256 = Digest::new([9; 32]),
        |proof| proof.channel_binding = [9; 32],
        |proof| proof.secret = Digest::new([9; 32]),
        |proof| proof.grants.reverse(),
    ];
    for elsewhere in elsewhere {
        let mut proof = honest.clone();
        elsewhere(&mut proof);
        let proof = Signed::sign(proof, &story.liar.city.issuing).unwrap().bytes;
        let enrolled = Enrolled { proof, ..story.enrolled(&chain) };
        story.is_refused(enrolled, "enrolment_not_proven");
    }
    // A former member has the grants, and every key but the issuing one.
    let mallory = Ed25519Signer::from_seed([0x66; 32]);
    let signed = Signed::sign(honest, &mallory).unwrap().bytes;
    for proof in [signed, vec![0; 100], Vec::new()] {
        let enrolled = Enrolled { proof, ..story.enrolled(&chain) };
        story.is_refused(enrolled, "enrolment_not_proven");
    }
    story.end();
}

#[test]
fn a_phone_that_is_enrolled_once_more_believes_no_server_that_repeats_what_any_member_knows() {
    let mut story = Story::begin();
    let chain = story.chain.clone();
    let first = story.enrolled(&chain);
    story.phone.sync();
    let household = story.phone.add_household(MICRO_GRID, "望潮苑1幢1单元101室", "李一");
    let before = membership(&story.phone);
    story.invitation = story.city.invite("陆德祥", "micro_grid_head", MICRO_GRID);
    story.phone.keting.accept(&story.invitation).unwrap();

    // What enrolled it before, which was for another invitation.
    story.is_refused(first.clone(), "enrolment_not_proven");
    // Its grants again, and the key of one who left; or none at all.
    let mallory = Ed25519Signer::from_seed([0x66; 32]);
    let honest = story.proof(&chain);
    let signed = Signed::sign(honest.clone(), &mallory).unwrap().bytes;
    for proof in [signed, Vec::new()] {
        story.is_refused(Enrolled { proof, ..first.clone() }, "enrolment_not_proven");
    }
    let elsewhere = Enrolment { channel_binding: [9; 32], ..honest };
    let proof = Signed::sign(elsewhere, &story.liar.city.issuing).unwrap().bytes;
    story.is_refused(Enrolled { proof, ..first.clone() }, "enrolment_not_proven");
    let root = mallory.public_key().clone();
    story.is_refused(Enrolled { root, ..story.enrolled(&chain) }, "other_root_key");
    assert_eq!(membership(&story.phone), before);

    let anew = story.enrolled(&chain);
    story.liar.say(&story.phone, vec![ServerMessage::Enrolled(anew)]).unwrap();
    assert!(replica_of(&story.phone.keting).invitation().unwrap().is_none());
    assert_eq!(story.phone.household(household).address, "望潮苑1幢1单元101室");
}

#[test]
fn an_invitation_of_another_city_or_with_another_root_key_is_not_even_presented() {
    let story = Story::begin();
    story.phone.sync();
    let before = state(&story.phone);
    let invitation = story.city.invite("陆德祥", "micro_grid_head", MICRO_GRID);
    let city = CityId::new([9; 16]);
    let root = Ed25519Signer::from_seed([0x66; 32]).public_key().clone();
    for (invitation, code) in [
        (Invitation { city, ..invitation.clone() }, "already_enrolled"),
        (Invitation { root, ..invitation }, "other_root_key"),
    ] {
        assert_eq!(story.phone.keting.accept(&invitation).unwrap_err().code(), code);
        assert_eq!(state(&story.phone), before);
    }
}

fn membership(phone: &Phone) -> Membership {
    replica_of(&phone.keting).membership().cloned().unwrap()
}

/// A phone with an invitation, and a server that knows it.
struct Story {
    city: City,
    invitation: Invitation,
    phone: Phone,
    liar: Liar,
    /// What an honest server gives: the issuing key's grant, and the phone's own.
    chain: [SignedGrant; 2],
}

impl Story {
    fn begin() -> Self {
        let city = City::start();
        let invitation = city.invite("陆德祥", "micro_grid_head", MICRO_GRID);
        let phone = Phone::new(city.directory(), &invitation);
        let mut liar = Liar::of(&city);
        let key = replica_of(&phone.keting).public_key().clone();
        let own = liar.grant_for(&key, Role::MicroGridHead, MICRO_GRID);
        let chain = [liar.issuing_grant(), given(own, &liar.city.issuing)];
        Self { city, invitation, phone, liar, chain }
    }

    fn enrolled(&self, chain: &[SignedGrant]) -> Enrolled {
        let proof = self.proof(chain);
        Enrolled {
            proof: Signed::sign(proof, &self.liar.city.issuing)
                .map_or(vec![0], |proof| proof.bytes),
            city_name: self.liar.city.name.clone(),
            log: self.liar.city.log,
            root: self.liar.city.root.clone(),
            grants: chain.iter().map(|link| link.bytes.clone()).collect(),
        }
    }

    /// What an honest server's issuing key would sign.
    fn proof(&self, chain: &[SignedGrant]) -> Enrolment {
        let replica = replica_of(&self.phone.keting);
        self.liar.proof(&self.invitation, replica.public_key(), chain)
    }

    /// The phone ends the session with a code and is as it was.
    fn is_refused(&mut self, enrolled: Enrolled, code: &str) {
        let before = state(&self.phone);
        let error =
            self.liar.say(&self.phone, vec![ServerMessage::Enrolled(enrolled)]).unwrap_err();
        assert_eq!(error.code(), code);
        assert!(keting::error::known(error.code()).is_some(), "{error} has no advice");
        assert_eq!(state(&self.phone), before, "after {error}");
    }

    /// The invitation is as good as ever.
    fn end(self) {
        self.phone.sync();
        self.phone.add_household(MICRO_GRID, "望潮苑1幢1单元101室", "李一");
        self.phone.sync();
        self.phone.assert_verified();
        drop(self.city);
    }
}
