//! What a device does wrong once it is let in.

use keting_trust::{ChainHash, Confirmation, Cursor, Ed25519Signer, Part, SignedConfirmation};

use super::{Broken, State, to_server};
use crate::error::PeerMisbehaved;
use crate::message::{Confirm, DeviceMessage, Push, PushedCommit};
use crate::tests::goldens::valid::confirmation;
use crate::tests::values::{CITY, INCARNATION, alice, commit, genesis, part};

pub(super) fn pushes_and_confirms() -> Vec<Broken> {
    use PeerMisbehaved::{ConfirmNotSent, ConfirmationInvalid, PushedTwice, TooManyPushed};
    use State::ServerLive;
    let push = |number, bytes| {
        let parts = vec![Part { change: vec![0; bytes], ..part(0) }];
        let commits = vec![PushedCommit { parts, ..commit(number, 0) }];
        DeviceMessage::Push(Push { commits })
    };
    let confirm = |groups, confirmation| DeviceMessage::Confirm(Confirm { groups, confirmation });
    let of = |city, cursor, signer: &Ed25519Signer| {
        let (incarnation, last_sequence) = (INCARNATION, 0);
        let confirmation = Confirmation { city, cursor, incarnation, last_sequence };
        SignedConfirmation::sign(confirmation, signer).unwrap().bytes
    };
    let chain = ChainHash::new([9; 32]);
    let stranger = Ed25519Signer::from_seed([0xbb; 32]);
    let other_city = keting_model::CityId::new([0; 16]);
    let alice = alice();
    vec![
        to_server(
            "push-without-waiting-for-answers",
            "Five Pushes of a million bytes each, none answered.",
            ServerLive,
            TooManyPushed,
            &[1, 2, 3, 4, 5].map(|number| push(number, 1_000_000)),
        ),
        to_server(
            "push-of-a-commit-twice",
            "One commit in two Pushes, before its answer.",
            ServerLive,
            PushedTwice,
            &[push(1, 10), push(1, 10)],
        ),
        to_server(
            "push-of-a-commit-twice-in-one",
            "One commit twice in one Push.",
            ServerLive,
            PushedTwice,
            &[DeviceMessage::Push(Push { commits: vec![commit(1, 1), commit(1, 2)] })],
        ),
        to_server(
            "confirm-of-groups-not-sent",
            "Two groups are confirmed, one was sent.",
            ServerLive,
            ConfirmNotSent,
            &[confirm(2, None)],
        ),
        to_server(
            "confirm-of-fewer-groups",
            "One group is confirmed, then none.",
            ServerLive,
            ConfirmNotSent,
            &[confirm(1, None), confirm(0, None)],
        ),
        to_server(
            "confirmation-of-a-number-not-sent",
            "A confirmation of number 5 of an empty log.",
            ServerLive,
            ConfirmationInvalid,
            &[confirm(1, Some(confirmation(5)))],
        ),
        to_server(
            "confirmation-of-another-key",
            "A confirmation that another key signed.",
            ServerLive,
            ConfirmationInvalid,
            &[confirm(1, Some(of(CITY, genesis(), &stranger)))],
        ),
        to_server(
            "confirmation-of-another-city",
            "A confirmation for another city.",
            ServerLive,
            ConfirmationInvalid,
            &[confirm(1, Some(of(other_city, genesis(), &alice)))],
        ),
        to_server(
            "confirmation-of-another-chain",
            "A confirmation of the right number with another chain hash.",
            ServerLive,
            ConfirmationInvalid,
            &[confirm(1, Some(of(CITY, Cursor { chain, ..genesis() }, &alice)))],
        ),
        to_server(
            "confirmation-of-another-generation",
            "A confirmation of the right number in another generation.",
            ServerLive,
            ConfirmationInvalid,
            &[confirm(1, Some(of(CITY, Cursor { generation: 2, ..genesis() }, &alice)))],
        ),
    ]
}
