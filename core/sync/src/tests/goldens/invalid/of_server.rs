//! What a server does wrong, after its first message.

use keting_trust::{ChainHash, Cursor, Part};

use super::{Broken, State, broken, to_device};
use crate::error::PeerMisbehaved;
use crate::message::{
    Answer, CommitKey, Enrolled, Entries, Entry, NewGeneration, Outcome, ServerMessage, Welcome,
};
use crate::tests::goldens::valid::position;
use crate::tests::goldens::{enrolled, welcome};
use crate::tests::values::{
    answers, command, cursor_at, ended, entry, part, progress_after, up_to,
};

const BEYOND_EVERY_LOG: u64 = keting_trust::limits::NUMBER_MAX + 1;

pub(super) fn answers_to_hello() -> Vec<Broken> {
    use PeerMisbehaved::{
        EnrolledOutOfPlace, OtherCity, TooMuch, VersionNotOffered, WelcomeMissing, WelcomeRepeated,
    };
    use State::{DeviceAwaitingEnrolled, DeviceAwaitingWelcome, DeviceEnrolling, DeviceLive};
    let other_city = keting_model::CityId::new([0; 16]);
    let other_log = keting_model::LogId::new([0; 16]);
    let welcomed = |welcome| ServerMessage::Welcome(welcome);
    vec![
        to_device(
            "entries-before-the-welcome",
            "Entries as the first message.",
            DeviceAwaitingWelcome,
            WelcomeMissing,
            &[entries_of(&[6])],
        ),
        to_device(
            "enrolled-before-the-welcome",
            "An Enrolled as the first message.",
            DeviceEnrolling,
            WelcomeMissing,
            &[ServerMessage::Enrolled(enrolled())],
        ),
        to_device(
            "ended-before-the-welcome",
            "An Ended as the first message.",
            DeviceAwaitingWelcome,
            WelcomeMissing,
            &[ended("moved away")],
        ),
        broken(
            "ended-with-too-long-a-proof",
            "An Ended whose proof has 513 bytes.",
            DeviceLive,
            TooMuch,
            vec![[&[0, 0x82, 0x18, 30, 0x59, 2, 1][..], &[0; 513]].concat()],
        ),
        to_device(
            "welcome-twice",
            "A second Welcome.",
            DeviceLive,
            WelcomeRepeated,
            &[welcomed(welcome())],
        ),
        to_device(
            "welcome-in-a-version-not-offered",
            "A Welcome in version 2, where version 1 was offered.",
            DeviceAwaitingWelcome,
            VersionNotOffered,
            &[welcomed(Welcome { version: 2, ..welcome() })],
        ),
        to_device(
            "welcome-of-another-city",
            "A Welcome of another city.",
            DeviceAwaitingWelcome,
            OtherCity,
            &[welcomed(Welcome { city: other_city, ..welcome() })],
        ),
        to_device(
            "welcome-with-too-long-a-grant",
            "A Welcome whose grant has 8,193 bytes.",
            DeviceAwaitingWelcome,
            TooMuch,
            &[welcomed(Welcome { issuing_grant: Some(vec![0; 8_193]), ..welcome() })],
        ),
        to_device(
            "enrolled-of-another-log",
            "An Enrolled of another log than the Welcome's.",
            DeviceAwaitingEnrolled,
            OtherCity,
            &[ServerMessage::Enrolled(Enrolled { log: other_log, ..enrolled() })],
        ),
        to_device(
            "enrolled-not-asked-for",
            "An Enrolled to a device that is enrolled.",
            DeviceLive,
            EnrolledOutOfPlace,
            &[ServerMessage::Enrolled(enrolled())],
        ),
        to_device(
            "entries-instead-of-enrolled",
            "Entries where an Enrolled is due.",
            DeviceAwaitingEnrolled,
            EnrolledOutOfPlace,
            &[entries_of(&[6])],
        ),
        to_device(
            "answer-not-asked-for",
            "An answer to a commit that was never pushed.",
            DeviceLive,
            PeerMisbehaved::AnswerNotAsked,
            &[answers(
                vec![Answer {
                    commit: CommitKey::own(command(1)),
                    outcome: Outcome::Admitted { number: 6 },
                }],
                cursor_at(6),
            )],
        ),
    ]
}

pub(super) fn entries() -> Vec<Broken> {
    use PeerMisbehaved::{
        CursorBackwards, CursorOfOtherLog, EntriesOutOfOrder, EntryBeyond, NewGenerationOutOfPlace,
        ProgressOutOfPlace, TooMuch,
    };
    use State::{DeviceFirstSync, DeviceLive};
    let other_chain = Cursor { chain: ChainHash::new([0; 32]), ..cursor_at(5) };
    let next_generation = Cursor { generation: 2, ..cursor_at(9) };
    let notice =
        || ServerMessage::NewGeneration(NewGeneration { head: cursor_at(9), shared_number: 4 });
    let cases = [
        (
            "entries-not-increasing",
            "Number 7 before number 6.",
            EntriesOutOfOrder,
            vec![entries_of(&[7, 6])],
        ),
        (
            "entries-not-increasing-over-messages",
            "Number 7 in one message and again in the next.",
            EntriesOutOfOrder,
            vec![entries_of(&[7]), entries_of(&[7])],
        ),
        (
            "entries-at-the-cursor",
            "Number 5 to a device whose cursor is at 5.",
            EntriesOutOfOrder,
            vec![entries_of(&[5])],
        ),
        (
            "entries-below-an-up-to",
            "Number 7 after the server said that there was nothing else up to 8.",
            EntriesOutOfOrder,
            vec![up_to(cursor_at(8)), entries_of(&[7])],
        ),
        (
            "entry-beyond-its-up-to",
            "Number 9 in a group that ends at 8.",
            EntryBeyond,
            vec![entries_of(&[9]), up_to(cursor_at(8))],
        ),
        (
            "entry-beyond-every-log",
            "A number that no signed 64-bit integer holds.",
            TooMuch,
            vec![entries_of(&[BEYOND_EVERY_LOG])],
        ),
        ("up-to-below", "An UpTo 4 to a cursor at 5.", CursorBackwards, vec![up_to(cursor_at(4))]),
        (
            "up-to-with-another-chain",
            "An UpTo 5 with another chain hash than the cursor's.",
            CursorBackwards,
            vec![up_to(other_chain)],
        ),
        (
            "up-to-of-another-generation",
            "An UpTo of generation 2 after a Welcome of generation 1.",
            CursorOfOtherLog,
            vec![up_to(next_generation)],
        ),
        (
            "progress-outside-a-first-sync",
            "A Progress to a device that goes on from its cursor.",
            ProgressOutOfPlace,
            vec![up_to(cursor_at(8)), progress(2, 1)],
        ),
        (
            "progress-after-entries-of-the-log",
            "A Progress at the end of a group that goes on from the device's cursor.",
            ProgressOutOfPlace,
            vec![entries_of(&[6]), progress(2, 1)],
        ),
        (
            "progress-below-the-cursor",
            "A first sync as of number 4 for a device with a cursor at 5.",
            ProgressOutOfPlace,
            vec![progress_as_of(cursor_at(4))],
        ),
        (
            "new-generation-twice",
            "Two notices of a new generation.",
            NewGenerationOutOfPlace,
            vec![notice(), notice()],
        ),
        (
            "entries-after-a-new-generation",
            "Entries of a log that the device does not share.",
            NewGenerationOutOfPlace,
            vec![notice(), entries_of(&[6])],
        ),
    ];
    let mut all: Vec<_> = cases
        .into_iter()
        .map(|(name, sentence, expected, messages)| {
            to_device(name, sentence, DeviceLive, expected, &messages)
        })
        .collect();
    all.push(to_device(
        "new-generation-to-a-new-device",
        "A notice of a new generation to a device that has nothing.",
        DeviceFirstSync,
        NewGenerationOutOfPlace,
        &[notice()],
    ));
    all
}

pub(super) fn first_sync() -> Vec<Broken> {
    use PeerMisbehaved::{CursorBackwards, EntryBeyond, ProgressOutOfPlace, WindowExceeded};
    use State::DeviceFirstSync;
    let large = |number| {
        let parts = vec![Part { change: vec![0; 1_000_000], ..part(0) }];
        let entries = vec![Entry { parts, ..entry(number, 0) }];
        ServerMessage::Entries(Entries { entries })
    };
    let mut elsewhere = position(2);
    elsewhere.at.number = 8;
    let elsewhere = progress_after(&[], elsewhere, 2);
    let cases = [
        (
            "entries-beyond-the-window",
            "Six messages of a million bytes, and no end of the group.",
            WindowExceeded,
            [1, 2, 3, 4, 5, 6].map(large).to_vec(),
        ),
        (
            "progress-with-an-entry-beyond",
            "Number 10 in a first sync that began at 9.",
            EntryBeyond,
            vec![entries_of(&[10]), progress(2, 1)],
        ),
        (
            "progress-back-to-an-earlier-phase",
            "Phase 2 after phase 3.",
            ProgressOutOfPlace,
            vec![progress(3, 1), progress(2, 2)],
        ),
        (
            "progress-with-fewer-documents",
            "Two documents are sent, then one.",
            ProgressOutOfPlace,
            vec![progress(2, 2), progress(2, 1)],
        ),
        (
            "progress-beyond-its-total",
            "Forty-one documents of forty.",
            ProgressOutOfPlace,
            vec![progress(2, 41)],
        ),
        (
            "progress-of-another-first-sync",
            "A position at number 8 after one at number 9.",
            ProgressOutOfPlace,
            vec![progress(2, 1), elsewhere],
        ),
        (
            "first-sync-that-ends-elsewhere",
            "A first sync that began at number 9 ends at 8.",
            CursorBackwards,
            vec![progress(2, 1), up_to(cursor_at(8))],
        ),
    ];
    let to_device = |(name, sentence, expected, messages): (_, _, _, Vec<_>)| {
        to_device(name, sentence, DeviceFirstSync, expected, &messages)
    };
    cases.into_iter().map(to_device).collect()
}

fn entries_of(numbers: &[u64]) -> ServerMessage {
    let entries = numbers.iter().map(|number| entry(*number, 1)).collect();
    ServerMessage::Entries(Entries { entries })
}

fn progress_as_of(at: Cursor) -> ServerMessage {
    let position = crate::message::EntryPosition { at, ..position(2) };
    progress_after(&[], position, 0)
}

fn progress(phase: u8, done: u64) -> ServerMessage {
    progress_after(&[], position(phase), done)
}
