//! One city with its keys, regions, grants, a commit and a record of each kind. Nothing in it is by
//! chance: the golden files are made of it.

use keting_model::role::Role;
use keting_model::{
    CityId, CityTime, CommandId, Document, DocumentId, DocumentKind, HybridTime, LogId, Op, Stamp,
    Value,
};
use keting_trust::invitation::Secret;
use keting_trust::record::{
    CaseNumber, Ending, Enrolment, Erased, Manner, Moved, Participants, Redrawing, Ruling, Signed,
};
use keting_trust::{
    Announcement, CommitBody, CommitId, Confirmation, Cursor, Decision, DeviceId, Digest,
    Ed25519Signer, Erasure, Grant, GroupDigest, Heard, Incarnation, Invitation, KindAccess,
    Outcome, Part, Place, PublicKey, RecordKind, Revocation, SignedCommit, SignedGrant, Signer,
    Verdict, actor_id,
};
use std::collections::BTreeMap;

/// 1 November 2026, 00:00 UTC.
pub const NOW_MS: u64 = 1_793_491_200_000;
pub const DAY_MS: u64 = 24 * 60 * 60 * 1000;

pub const CITY: CityId = CityId::new([0xc1; 16]);
pub const LOG: LogId = LogId::new([0x10; 16]);

/// The root key, which lies in a safe.
pub fn root() -> Ed25519Signer {
    Ed25519Signer::from_seed([1; 32])
}

/// The server's issuing key.
pub fn server() -> Ed25519Signer {
    Ed25519Signer::from_seed([2; 32])
}

/// A micro-grid head's phone.
pub fn alice() -> Ed25519Signer {
    Ed25519Signer::from_seed([3; 32])
}

/// A steward's phone.
pub fn bob() -> Ed25519Signer {
    Ed25519Signer::from_seed([4; 32])
}

/// Somebody without any grant.
pub fn mallory() -> Ed25519Signer {
    Ed25519Signer::from_seed([5; 32])
}

pub fn key(signer: &Ed25519Signer) -> PublicKey {
    signer.public_key().clone()
}

pub fn device(signer: &Ed25519Signer) -> DeviceId {
    signer.public_key().device_id()
}

/// A region by number: town 1, villages 2 and 20, grid 3, micro-grids 4 and 40, unit 5.
pub fn region(number: u8) -> DocumentId {
    DocumentId::from_random(DocumentKind::Region, [number; 14])
}

pub fn household() -> DocumentId {
    DocumentId::from_random(DocumentKind::Household, [0x77; 14])
}

pub fn tree() -> BTreeMap<DocumentId, DocumentId> {
    [(5, 4), (4, 3), (40, 3), (3, 2), (2, 1), (20, 1)]
        .map(|(below, above)| (region(below), region(above)))
        .into()
}

/// A grant of a role that lasts a year, with all that the role may have. `depth` is 0.
pub fn grant(issuer: &Ed25519Signer, holder: &Ed25519Signer, role: Role, at: &[u8]) -> Grant {
    Grant {
        city: CITY,
        log: LOG,
        id: [0x1d; 16],
        issuer: key(issuer),
        holder: key(holder),
        name: "Shen Guihua".to_owned(),
        role,
        regions: at.iter().map(|number| region(*number)).collect(),
        kinds: KindAccess::of_role(role),
        issued_at_ms: NOW_MS - DAY_MS,
        expires_at_ms: NOW_MS + 365 * DAY_MS,
        parent: None,
        depth: 0,
    }
}

/// The grant of the root key to the server's issuing key.
pub fn issuing_grant() -> SignedGrant {
    let grant = Grant {
        depth: 6,
        name: "Issuing key 2026".to_owned(),
        kinds: vec![KindAccess::every_kind()],
        ..grant(&root(), &server(), Role::Administrator, &[])
    };
    SignedGrant::issue(grant, &root()).unwrap()
}

/// Alice's, for micro-grid 4; she may make one more link.
pub fn head_grant() -> SignedGrant {
    let grant = Grant {
        depth: 1,
        parent: Some(issuing_grant().digest()),
        ..grant(&server(), &alice(), Role::MicroGridHead, &[4])
    };
    SignedGrant::issue(grant, &server()).unwrap()
}

/// Bob's, from Alice, for unit 5.
pub fn steward_grant() -> SignedGrant {
    let grant = Grant {
        name: "Lu Ajin".to_owned(),
        parent: Some(head_grant().digest()),
        ..grant(&alice(), &bob(), Role::Steward, &[5])
    };
    SignedGrant::issue(grant, &alice()).unwrap()
}

/// A log after three records.
pub fn cursor() -> Cursor {
    Cursor::genesis(LOG, 1)
        .next(RecordKind::Grant, &issuing_grant().digest())
        .next(RecordKind::Grant, &head_grant().digest())
        .next(RecordKind::Grant, &steward_grant().digest())
}

pub fn commit_body() -> CommitBody {
    CommitBody {
        city: CITY,
        log: LOG,
        device: key(&alice()),
        incarnation: Incarnation::new([7; 8]),
        sequence: 1,
        grant: head_grant().digest(),
        seen: cursor().position(),
        command: CommandId::new([9; 8]),
        command_name: "household.add".to_owned(),
        rule_version: 1,
        time: HybridTime::new(NOW_MS, 0),
        city_time: CityTime::new(NOW_MS),
        replaces: None,
        follows: Vec::new(),
        entries: parts().iter().map(Part::digest).collect(),
    }
}

/// The two changes of the commit: a household and its private part.
pub fn parts() -> Vec<Part> {
    let private = DocumentId::derive(&household(), DocumentKind::HouseholdPrivate, 0);
    let stamp = Stamp {
        actor: actor_id(&key(&alice()), &Incarnation::new([7; 8])),
        time: HybridTime::new(NOW_MS, 0),
        city: CityTime::new(NOW_MS),
        command: CommandId::new([9; 8]),
    };
    let put = |key: &str, value: Value| Op::Put { key: key.to_owned(), value };
    let region = Value::Bytes(region(4).as_bytes().to_vec());
    let owner = Value::Bytes(household().as_bytes().to_vec());
    let changes = [
        (household(), vec![put("home", region), put("address", Value::from("Building 7, 101"))]),
        (private, vec![put("of", owner)]),
    ];
    let part = |(index, (document, ops)): (usize, (DocumentId, Vec<Op>))| Part {
        salt: [0xa0 + u8::try_from(index).unwrap(); 16],
        document,
        change: Document::empty(document).author(&stamp, &ops).unwrap().bytes,
    };
    changes.into_iter().enumerate().map(part).collect()
}

pub fn commit() -> SignedCommit {
    SignedCommit::sign(commit_body(), &alice()).unwrap()
}

/// A commit that takes the place of a held one, with a Text key and a later sequence.
pub fn replacing_commit() -> SignedCommit {
    let body = CommitBody {
        incarnation: Incarnation::new([8; 8]),
        sequence: 12,
        command: CommandId::new([10; 8]),
        command_name: "household.edit".to_owned(),
        time: HybridTime::new(NOW_MS + 1, 3),
        city_time: CityTime::new(NOW_MS).uncertain(),
        replaces: Some(commit().id()),
        entries: vec![Digest::of(b"an entry whose part is withheld")],
        ..commit_body()
    };
    SignedCommit::sign(body, &alice()).unwrap()
}

/// A commit of Bob's that has no number yet either, and one of Alice's that was made behind both.
pub fn following_commit() -> SignedCommit {
    let bobs = CommitId { device: device(&bob()), command: CommandId::new([4; 8]) };
    let mut follows = vec![commit().id(), bobs];
    follows.sort_unstable();
    let body =
        CommitBody { sequence: 2, command: CommandId::new([11; 8]), follows, ..commit_body() };
    SignedCommit::sign(body, &alice()).unwrap()
}

/// The place of the samples' records in the log.
pub const PLACE: Place = Place { generation: 1, number: 4 };

pub fn request() -> CommitId {
    replacing_commit().id()
}

pub fn verdict(outcome: Outcome) -> Signed<Verdict> {
    let verdict = Verdict { city: CITY, log: LOG, commit: commit().id(), outcome, at_ms: NOW_MS };
    Signed::sign_at(PLACE, verdict, &server()).unwrap()
}

pub fn outcomes() -> [(&'static str, Outcome); 5] {
    let by = request();
    [
        ("held", Outcome::Held { code: "outside_grant".to_owned() }),
        ("accepted", Outcome::Accepted { by }),
        ("discarded", Outcome::Discarded { by }),
        ("taken_over", Outcome::TakenOver { by }),
        ("superseded", Outcome::Superseded { by }),
    ]
}

pub fn decision(ruling: Ruling) -> Signed<Decision> {
    let decision = Decision { city: CITY, log: LOG, request: request(), ruling, at_ms: NOW_MS };
    Signed::sign_at(PLACE, decision, &server()).unwrap()
}

pub fn rulings() -> [(&'static str, Ruling); 4] {
    let mut devices = vec![device(&alice()), device(&bob())];
    devices.sort_unstable();
    let moved = |document, number| Moved { document, region: region(number) };
    [
        ("home", Ruling::Home(moved(household(), 40))),
        ("participants", Ruling::Participants(Participants { document: household(), devices })),
        (
            "redrawing",
            Ruling::Redrawing(Redrawing {
                regions: vec![moved(region(4), 20), moved(region(5), 40)],
                documents: vec![moved(household(), 40)],
            }),
        ),
        (
            "case_number",
            Ruling::CaseNumber(CaseNumber {
                document: household(),
                series: region(2),
                year: 2026,
                number: 1,
            }),
        ),
    ]
}

pub fn revocation(manner: Manner) -> Signed<Revocation> {
    let whole_key = manner == Manner::Compromised;
    let revocation = Revocation {
        city: CITY,
        log: LOG,
        holder: device(&bob()),
        grant: (!whole_key).then(|| steward_grant().digest()),
        manner,
        request: (!whole_key).then(request),
        why: "调到别的镇".to_owned(),
        at_ms: NOW_MS,
    };
    Signed::sign_at(PLACE, revocation, &server()).unwrap()
}

pub fn erasure() -> Signed<Erasure> {
    let successor = DocumentId::from_random(DocumentKind::Household, [0x78; 14]);
    let private = DocumentId::derive(&household(), DocumentKind::HouseholdPrivate, 0);
    let documents = vec![
        Erased { successor: Some(successor), document: household() },
        Erased { successor: None, document: private },
    ];
    let erasure = Erasure { city: CITY, log: LOG, request: request(), documents, at_ms: NOW_MS };
    Signed::sign_at(PLACE, erasure, &server()).unwrap()
}

/// The server at a second address, with a second key, and the ones before still good.
pub fn announcement() -> Signed<Announcement> {
    let announcement = Announcement {
        city: CITY,
        log: LOG,
        serial: 1,
        urls: vec!["wss://new.keting.example".to_owned(), "wss://keting.example:8443".to_owned()],
        keys: vec![Digest::new([0x5c; 32]), Digest::new([0x5b; 32])],
        at_ms: NOW_MS,
    };
    Signed::sign_at(PLACE, announcement, &server()).unwrap()
}

/// What the server says behind a group of one entry: Bob's grant.
pub fn heard() -> Signed<Heard> {
    let mut group = GroupDigest::new();
    group.add(3, RecordKind::Grant.code(), &steward_grant().digest());
    let heard = Heard { city: CITY, cursor: cursor(), at_ms: NOW_MS, group: group.finish() };
    Signed::sign(heard, &server()).unwrap()
}

/// The proof that Alice's phone was enrolled with the samples' invitation.
pub fn enrolment() -> Signed<Enrolment> {
    let invitation = invitation();
    let enrolment = Enrolment {
        city: CITY,
        log: LOG,
        device: device(&alice()),
        tls_spki_sha256: Digest::new(invitation.tls_spki_sha256),
        channel_binding: [0xcb; 32],
        secret: invitation.secret.digest(),
        grants: vec![issuing_grant().digest(), head_grant().digest()],
        announced: 1,
    };
    Signed::sign(enrolment, &server()).unwrap()
}

/// What the server tells Alice's phone once it was ended.
pub fn ending() -> Signed<Ending> {
    let ending = Ending {
        city: CITY,
        log: LOG,
        device: device(&alice()),
        channel_binding: [0xcb; 32],
        why: "moved away".to_owned(),
        at_ms: NOW_MS,
    };
    Signed::sign(ending, &server()).unwrap()
}

pub fn confirmation() -> Signed<Confirmation> {
    let confirmation = Confirmation {
        city: CITY,
        cursor: cursor(),
        incarnation: Incarnation::new([7; 8]),
        last_sequence: 1,
    };
    Signed::sign(confirmation, &alice()).unwrap()
}

pub fn invitation() -> Invitation {
    Invitation {
        url: "wss://keting.example:8443".to_owned(),
        tls_spki_sha256: [0x5b; 32],
        city: CITY,
        root: key(&root()),
        secret: Secret::new([0xab; 16]),
        expires_at_ms: NOW_MS + 7 * DAY_MS,
    }
}
