//! What a peer can make the reading of a frame spend, against `limits.rs`.

use keting_testkit::alloc::measure;
use keting_trust::limits::{READ_BYTES_A_BYTE_MAX, READ_BYTES_FIXED_MAX};

use super::goldens::golden_frames;
use super::values::{answers as answers_to, command, commit, cursor_at, entry, part};
use crate::frame::{decode_device, decode_server, encode_device, encode_server};
use crate::message::{
    Answer, CommitKey, DeviceMessage, Entries, Outcome, Push, PushedCommit, ServerMessage,
};
use keting_trust::limits::{COMMIT_PARTS_MAX, FRAME_BYTES_MAX, FRAME_ENTRIES_MAX};

#[test]
fn refusing_a_frame_costs_what_limits_rs_says_and_no_more() {
    let (kept, usage) = measure(|| vec![0_u8; 10_000]);
    assert!(usage.peak_bytes >= 10_000 && !kept.is_empty(), "the allocator does not count");
    let frames = golden_frames("invalid");
    assert!(frames.len() > 50);
    for (name, frame) in frames.iter().chain(&golden_frames("valid")) {
        is_within(name, frame);
    }
}

#[test]
fn the_largest_frames_cost_what_limits_rs_says_and_no_more() {
    for (name, frame) in largest() {
        assert!(frame.len() <= FRAME_BYTES_MAX, "{name}: {}", frame.len());
        assert!(is_within(name, &frame), "{name} was refused");
    }
}

#[test]
fn a_frame_that_is_longer_than_its_limit_is_refused_unread() {
    let frame = vec![0; FRAME_BYTES_MAX + 1];
    let (refused, usage) = measure(|| decode_device(&frame, FRAME_BYTES_MAX).is_err());
    assert!(refused && usage.peak_bytes == 0, "{usage:?}");
}

/// Reads a frame as either side would, within the bound; says whether one of them takes it.
fn is_within(name: &str, frame: &[u8]) -> bool {
    let most = READ_BYTES_A_BYTE_MAX * frame.len() + READ_BYTES_FIXED_MAX;
    let readings = [
        measure(|| decode_device(frame, FRAME_BYTES_MAX).is_ok()),
        measure(|| decode_server(frame, FRAME_BYTES_MAX).is_ok()),
    ];
    for (_, usage) in readings {
        assert!(
            usage.peak_bytes <= isize::try_from(most).unwrap(),
            "{name}: {usage:?}, {most} allowed"
        );
    }
    readings.iter().any(|(is_taken, _)| *is_taken)
}

/// Frames that are as full as may be: of one large thing, of many things, of many empty things.
fn largest() -> Vec<(&'static str, Vec<u8>)> {
    let push = |commits| encode_device(&DeviceMessage::Push(Push { commits }));
    let entries = |entries| encode_server(&ServerMessage::Entries(Entries { entries }));
    let empty =
        PushedCommit { key: CommitKey::own(command(1)), signed: Vec::new(), parts: Vec::new() };
    let of_empty_parts = PushedCommit { parts: vec![part(0); COMMIT_PARTS_MAX], ..empty.clone() };
    let small = |number| entry(number, 1);
    let outcome = Outcome::Admitted { number: 1 };
    let answers = vec![Answer { commit: CommitKey::own(command(1)), outcome }; FRAME_ENTRIES_MAX];
    vec![
        ("push-of-one-large-change", push(vec![commit(1, FRAME_BYTES_MAX - 200)])),
        ("push-of-empty-commits", push(vec![empty; FRAME_ENTRIES_MAX])),
        ("push-of-empty-parts", push(vec![of_empty_parts; 50])),
        ("entries-of-one-large-change", entries(vec![entry(1, FRAME_BYTES_MAX - 200)])),
        ("entries-of-small-changes", entries((0..FRAME_ENTRIES_MAX as u64).map(small).collect())),
        ("answers", encode_server(&answers_to(answers, cursor_at(1)))),
    ]
}
