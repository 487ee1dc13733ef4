//! One example of every message, and of every form a message may have.

use keting_trust::{Confirmation, DeviceId, Digest, SignedConfirmation, Signer as _};

use super::{enrolled, welcome};
use crate::frame::{encode_device, encode_server};
use crate::message::{
    Answer, CommitKey, Confirm, DeviceMessage, Entries, EntryPosition, Hello, Highest, Limits,
    NewGeneration, Outcome, Push, PushedCommit, Refused, Request, Resume, Secret, ServerMessage,
    UpTo, Welcome, group_of,
};
use crate::tests::values::{
    BINDING, CITY, INCARNATION, SECRET, alice, answers as answers_to, command, commit, cursor_at,
    ended, entry, heard, progress_after, up_to_after,
};
use keting_testkit::golden::Golden;

pub(super) struct Example {
    pub(super) name: &'static str,
    pub(super) sentence: &'static str,
    pub(super) message: Either,
}

pub(super) enum Either {
    Device(DeviceMessage),
    Server(Box<ServerMessage>),
}

impl Example {
    pub(super) fn golden(&self) -> Golden {
        let (from, frame) = match &self.message {
            Either::Device(message) => ("device", encode_device(message)),
            Either::Server(message) => ("server", encode_server(message)),
        };
        Golden {
            name: format!("{}.txt", self.name),
            sentence: self.sentence.to_owned(),
            lines: vec![("from", from.to_owned())],
            frames: vec![frame],
        }
    }
}

pub(super) fn all() -> Vec<Example> {
    let mut all = from_device();
    all.extend(from_server());
    all
}

pub(super) fn hello(request: Request) -> DeviceMessage {
    let mut hello = Hello {
        versions: vec![1],
        city: CITY,
        software: "keting/0.1.0".to_owned(),
        device: alice().public_key().clone(),
        request,
        told_of_end: false,
        signature: Vec::new(),
    };
    hello.signature = alice().sign(&hello.signed_bytes(&BINDING)).unwrap();
    DeviceMessage::Hello(Box::new(hello))
}

pub(super) fn confirmation(number: u64) -> Vec<u8> {
    let confirmation = Confirmation {
        city: CITY,
        cursor: cursor_at(number),
        incarnation: INCARNATION,
        last_sequence: 3,
    };
    SignedConfirmation::sign(confirmation, &alice()).unwrap().bytes
}

fn from_device() -> Vec<Example> {
    let device =
        |name, sentence, message| Example { name, sentence, message: Either::Device(message) };
    let resume = |cursor, first_sync| {
        hello(Request::Resume(Resume {
            cursor,
            first_sync,
            incarnation: INCARNATION,
            last_sequence: 3,
            heard: None,
        }))
    };
    let secret = Secret::new(SECRET);
    let carried = PushedCommit {
        key: CommitKey { author: Some(DeviceId::new([0xb0; 16])), command: command(2) },
        ..commit(2, 3)
    };
    vec![
        device(
            "01-hello-resume",
            "A device says where it is; the channel binding is 32 bytes cb.",
            resume(Some(cursor_at(5)), None),
        ),
        device(
            "01-hello-heard",
            "A device has heard of number 9 and persisted up to 5; the channel binding is 32 bytes cb.",
            hello(Request::Resume(Resume {
                cursor: Some(cursor_at(5)),
                first_sync: None,
                incarnation: INCARNATION,
                last_sequence: 3,
                heard: Some(Box::new(heard(cursor_at(9), group_of(&[])))),
            })),
        ),
        device(
            "01-hello-first-sync",
            "A device goes on with its first sync; the channel binding is 32 bytes cb.",
            resume(None, Some(position(2))),
        ),
        device(
            "01-hello-new",
            "A device has nothing yet; the channel binding is 32 bytes cb.",
            resume(None, None),
        ),
        device(
            "01-hello-enrol",
            "A device shows an invitation; the channel binding is 32 bytes cb.",
            hello(Request::Enrol { secret, name: "老王的手机".to_owned() }),
        ),
        device(
            "02-push",
            "A commit of the device's own, and one it carries for another.",
            DeviceMessage::Push(Push { commits: vec![commit(1, 3), carried] }),
        ),
        device(
            "03-confirm-groups",
            "Two groups of a first sync are persisted.",
            DeviceMessage::Confirm(Confirm { groups: 2, confirmation: None }),
        ),
        device(
            "03-confirm-signed",
            "Three groups are persisted and the cursor is signed for.",
            DeviceMessage::Confirm(Confirm { groups: 3, confirmation: Some(confirmation(5)) }),
        ),
        device("04-ping", "A device asks for a sign of life.", DeviceMessage::Ping),
    ]
}

fn from_server() -> Vec<Example> {
    let server = |name, sentence, message| Example {
        name,
        sentence,
        message: Either::Server(Box::new(message)),
    };
    let key = CommitKey::own(command(1));
    let answers = [
        Outcome::Admitted { number: 300 },
        Outcome::Held { number: 301, code: "expired".to_owned() },
        Outcome::Refused { code: "quota".to_owned() },
        Outcome::Superseded { number: 302 },
    ];
    let answers = answers.map(|outcome| Answer { commit: key, outcome }).to_vec();
    vec![
        server("16-welcome", "The session stands.", ServerMessage::Welcome(welcome())),
        server(
            "16-welcome-unknown-limits",
            "A Welcome with limits that nobody knows yet, and none of the known ones.",
            ServerMessage::Welcome(Welcome {
                limits: Limits([(2, 1), (300, u64::MAX)].into()),
                ..welcome()
            }),
        ),
        server(
            "16-welcome-highest",
            "A Welcome for an incarnation of which the server has numbered commits.",
            ServerMessage::Welcome(Welcome {
                highest: Some(Highest { sequence: 4, digest: Digest::new([0x4d; 32]) }),
                ..welcome()
            }),
        ),
        server(
            "16-welcome-issuing-grant",
            "A Welcome for a device that has not read the log as far as the issuing key's grant.",
            ServerMessage::Welcome(Welcome { issuing_grant: Some(vec![0x9a; 3]), ..welcome() }),
        ),
        server("17-enrolled", "A device is enrolled.", ServerMessage::Enrolled(enrolled())),
        server(
            "18-entries",
            "Two entries of the log.",
            ServerMessage::Entries(Entries { entries: vec![entry(6, 3), entry(8, 0)] }),
        ),
        server(
            "18-entries-unknown-kind",
            "An entry of a kind that a newer version has.",
            ServerMessage::Entries(Entries {
                entries: vec![crate::Entry { kind: 99, parts: Vec::new(), ..entry(7, 0) }],
            }),
        ),
        server(
            "19-up-to",
            "Nothing else for the device up to number 9; it ends the group of 18-entries.",
            up_to_after(&[entry(6, 3), entry(8, 0)], cursor_at(9)),
        ),
        server(
            "19-up-to-more",
            "Nothing else up to number 8, and the server looks on.",
            ServerMessage::UpTo(UpTo { heard: heard(cursor_at(8), group_of(&[])), more: true }),
        ),
        server("20-answers", "One answer of each kind.", answers_to(answers, cursor_at(301))),
        server(
            "21-progress",
            "Ten documents of forty are sent.",
            progress_after(&[], position(2), 10),
        ),
        server(
            "22-new-generation",
            "The device's cursor is of a branch that the server has lost.",
            ServerMessage::NewGeneration(NewGeneration { head: cursor_at(9), shared_number: 4 }),
        ),
        server("23-pong", "A sign of life.", ServerMessage::Pong),
        server("30-ended", "The device was ended.", ended("moved away")),
        server(
            "31-refused",
            "The server ends the session.",
            ServerMessage::Refused(Refused {
                code: "no_common_version".to_owned(),
                retryable: false,
                message: "no version of the protocol in common".to_owned(),
                versions: vec![1],
            }),
        ),
    ]
}

pub(super) fn position(phase: u8) -> EntryPosition {
    EntryPosition { at: cursor_at(9), phase, after: vec![0xaf; 17] }
}
