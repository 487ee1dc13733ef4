//! What must hold for every commit, grant and record, not only for the samples.

use keting_model::role::Role;
use keting_model::{CityTime, CommandId, DocumentId, DocumentKind, HybridTime};
use keting_trust::record::Signed;
use keting_trust::{
    CommitBody, CommitId, DeviceId, Digest, Grant, Incarnation, Invitation, KindAccess, Outcome,
    Part, Position, SignedCommit, SignedGrant, Verdict, cbor, cose, limits,
};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

use crate::samples::{
    alice, bob, commit, commit_body, grant, head_grant, key, outcomes, server, verdict,
};

#[test]
fn every_flipped_bit_of_a_signed_commit_grant_or_verdict_is_refused() {
    let (_, held) = outcomes().into_iter().next().unwrap();
    let verdict = verdict(held).bytes;
    let server = key(&server());
    each_flip(&commit().bytes, |bytes| SignedCommit::open(bytes).is_err());
    each_flip(&head_grant().bytes, |bytes| SignedGrant::open(bytes).is_err());
    each_flip(&verdict, |bytes| Signed::<Verdict>::open(bytes, &server).is_err());
}

fn each_flip(bytes: &[u8], refused: impl Fn(&[u8]) -> bool) {
    assert!(!refused(bytes));
    for at in 0..bytes.len() * 8 {
        let mut flipped = bytes.to_vec();
        flipped[at / 8] ^= 1 << (at % 8);
        assert!(refused(&flipped), "bit {at}");
    }
    for end in 0..bytes.len() {
        assert!(refused(&bytes[..end]), "cut at {end}");
    }
}

proptest! {
    #[test]
    fn a_commit_survives_encoding_decoding_and_encoding_again(body in commit_bodies()) {
        let signed = SignedCommit::sign(body, &alice()).unwrap();
        let opened = SignedCommit::open(&signed.bytes).unwrap();
        prop_assert_eq!(&opened, &signed);
        prop_assert_eq!(SignedCommit::sign(opened.body, &alice()).unwrap().bytes, signed.bytes);
    }

    #[test]
    fn a_grant_survives_encoding_decoding_and_encoding_again(grant in grants()) {
        let signed = SignedGrant::issue(grant, &server()).unwrap();
        let opened = SignedGrant::open(&signed.bytes).unwrap();
        prop_assert_eq!(&opened, &signed);
        prop_assert_eq!(SignedGrant::issue(opened.grant, &server()).unwrap().bytes, signed.bytes);
    }

    #[test]
    fn a_part_survives_encoding_decoding_and_encoding_again(
        salt: [u8; 16], document: [u8; 16], change in vec(any::<u8>(), 0..300),
    ) {
        let part = Part { salt, document: DocumentId::new(document), change };
        let bytes = cbor::to_vec(&part);
        prop_assert_eq!(cbor::from_slice::<Part>(&bytes).unwrap(), part);
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in vec(any::<u8>(), 0..400)) {
        let server = key(&server());
        prop_assert!(SignedCommit::open(&bytes).is_err());
        prop_assert!(SignedGrant::open(&bytes).is_err());
        prop_assert!(Signed::<Verdict>::open(&bytes, &server).is_err());
        prop_assert!(String::from_utf8_lossy(&bytes).parse::<Invitation>().is_err());
    }

    #[test]
    fn no_signed_payload_makes_a_reader_panic_or_has_a_second_form(
        at in any::<prop::sample::Index>(), with in vec(any::<u8>(), 0..12), delete in 0_usize..12,
    ) {
        // An insider signs whatever he likes; what opens is the one encoding of what it says.
        let splice = |payload: &[u8]| {
            let mut payload = payload.to_vec();
            let start = at.index(payload.len());
            let end = (start + delete).min(payload.len());
            payload.splice(start..end, with.iter().copied());
            payload
        };
        let payload = splice(&cbor::to_vec(&commit_body()));
        let bytes = cose::sign1(&payload, "keting/commit/1", &alice()).unwrap();
        if let Ok(opened) = SignedCommit::open(&bytes) {
            prop_assert_eq!(cbor::to_vec(&opened.body), payload);
        }
        let payload = splice(&cbor::to_vec(&head_grant().grant));
        let bytes = cose::sign1(&payload, "keting/grant/1", &server()).unwrap();
        if let Ok(opened) = SignedGrant::open(&bytes) {
            prop_assert_eq!(cbor::to_vec(&opened.grant), payload);
        }
    }

    #[test]
    fn a_held_verdict_keeps_its_code(code in "[a-z0-9_.]{1,64}") {
        let signed = verdict(Outcome::Held { code: code.clone() });
        let opened = Signed::<Verdict>::open(&signed.bytes, &key(&server())).unwrap();
        prop_assert_eq!(opened.record.outcome, Outcome::Held { code });
    }
}

fn commit_bodies() -> impl Strategy<Value = CommitBody> {
    let ids = (any::<[u8; 8]>(), 1_u64..=limits::NUMBER_MAX, any::<[u8; 32]>(), any::<[u8; 8]>());
    let seen = (any::<u32>(), ..=limits::NUMBER_MAX, any::<[u8; 8]>());
    let rest = ("[a-z0-9_.]{1,64}", 1_u16.., 0..=i64::MAX.unsigned_abs(), any::<(u64, bool)>());
    let replaces = proptest::option::of((any::<[u8; 16]>(), any::<[u8; 8]>()));
    let follows = btree_set((any::<[u8; 16]>(), any::<[u8; 8]>()), 0..=limits::COMMIT_FOLLOWS_MAX);
    let entries = btree_set(any::<[u8; 32]>(), 1..20);
    let id = |(device, command)| CommitId {
        device: DeviceId::new(device),
        command: CommandId::new(command),
    };
    (ids, seen, rest, replaces, follows, entries).prop_map(
        move |((incarnation, sequence, grant, command), seen, rest, replaces, follows, entries)| {
            CommitBody {
                incarnation: Incarnation::new(incarnation),
                sequence,
                grant: Digest::new(grant),
                command: CommandId::new(command),
                seen: Position { generation: seen.0, number: seen.1, chain: seen.2 },
                command_name: rest.0,
                rule_version: rest.1,
                time: HybridTime::from_bits(rest.2).unwrap(),
                city_time: match rest.3 {
                    (unix_ms, true) => CityTime::new(unix_ms).uncertain(),
                    (unix_ms, false) => CityTime::new(unix_ms),
                },
                replaces: replaces.map(id),
                follows: follows.into_iter().map(id).collect(),
                entries: entries.into_iter().map(Digest::new).collect(),
                ..commit_body()
            }
        },
    )
}

fn grants() -> impl Strategy<Value = Grant> {
    let ids = (any::<[u8; 16]>(), "[^:\\p{Cc}]{1,40}", 0..8_usize, any::<u8>());
    let times = (0..HybridTime::UNIX_MS_MAX / 2, 1000..HybridTime::UNIX_MS_MAX / 2);
    let regions = btree_set(any::<[u8; 14]>(), 1..10);
    let kinds = btree_set(1_u16.., 1..10);
    let bits = vec((0..3_u8, any::<bool>()), 10);
    let parent = proptest::option::of(any::<[u8; 32]>());
    (ids, times, regions, kinds, bits, parent).prop_map(
        |((id, name, role, depth), (issued, lasts), regions, kinds, bits, parent)| Grant {
            id,
            name,
            role: Role::ALL[role],
            depth,
            issued_at_ms: issued,
            expires_at_ms: issued + lasts,
            regions: regions
                .into_iter()
                .map(|random| DocumentId::from_random(DocumentKind::Region, random))
                .collect(),
            kinds: kinds
                .into_iter()
                .zip(bits)
                .map(|(kind, (access, own_only))| KindAccess {
                    kind,
                    read: access != 0,
                    write: access != 1,
                    own_only,
                })
                .collect(),
            parent: parent.map(Digest::new),
            ..grant(&server(), &bob(), Role::Steward, &[5])
        },
    )
}
