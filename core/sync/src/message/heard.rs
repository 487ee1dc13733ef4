//! What the server says of its log, as it travels behind a group of entries and behind answers. Here
//! its form is read; whether an issuing key of the city signed it is the driver's question.

use keting_trust::limits::HEARD_BYTES_MAX;
use keting_trust::{Claimed, DeviceId, Digest, GroupDigest, Heard, RecordKind};
use minicbor::Decoder;

use super::{Answer, CommitKey, Entry, EntryPosition, Outcome};
use crate::codec::{Misfit, Out, Written, written};

/// The digest of a group of entries.
pub fn group_of(entries: &[Entry]) -> Digest {
    let mut group = GroupDigest::new();
    for entry in entries {
        group.add(entry.number, entry.kind, &Digest::of(&entry.record));
    }
    group.finish()
}

/// The digest of a group of a first sync, given that of its entries, and of how far the first sync is with it,
/// for one device on one connection. Whoever is told that more was sent than was goes on from there, and never
/// hears of the rest: neither what is said to others nor what was said before is said to them.
pub fn group_of_progress(
    entries: &Digest,
    device: &DeviceId,
    channel_binding: &[u8],
    position: &EntryPosition,
    done: u64,
    total: u64,
) -> Digest {
    let said = written(|e| {
        e.array(6)?.str("keting/progress/1")?.bytes(device.as_bytes())?.bytes(channel_binding)?;
        position.write(e)?;
        e.u64(done)?.u64(total)?.ok()
    });
    Digest::of(&[&said[..], entries.as_bytes()].concat())
}

/// The digest of all that answers say: what is admitted, as an entry of the log; what is superseded, by its
/// verdict's number; what is held or refused, with its code, so that nobody who holds only the server's TLS
/// key can say that of a commit. `digest_of` gives the digests of the signed commits. None if it does not
/// know one of them.
pub fn group_of_answers(
    answers: &[Answer],
    mut digest_of: impl FnMut(&CommitKey) -> Option<Digest>,
) -> Option<Digest> {
    let mut group = GroupDigest::new();
    for answer in answers {
        let commit = digest_of(&answer.commit)?;
        let (number, kind, said) = match &answer.outcome {
            Outcome::Admitted { number } => (*number, RecordKind::Commit, commit),
            Outcome::Superseded { number } => (*number, RecordKind::Verdict, commit),
            Outcome::Held { number, code } => {
                (*number, RecordKind::Verdict, with_code("keting/held/1", &commit, code))
            }
            // No entry of a log has the number 0.
            Outcome::Refused { code } => {
                (0, RecordKind::Verdict, with_code("keting/refused/1", &commit, code))
            }
        };
        group.add(number, kind.code(), &said);
    }
    Some(group.finish())
}

fn with_code(context: &str, commit: &Digest, code: &str) -> Digest {
    Digest::of(&[context.as_bytes(), commit.as_bytes(), code.as_bytes()].concat())
}

pub(super) fn put_heard(e: &mut Out, heard: &Claimed<Heard>) -> Written {
    e.bytes(heard.bytes())?.ok()
}

pub(super) fn take_heard(d: &mut Decoder<'_>) -> Result<Claimed<Heard>, Misfit> {
    let bytes = d.bytes()?;
    if bytes.len() > HEARD_BYTES_MAX {
        return Err(Misfit::TooMuch);
    }
    Claimed::read(bytes).map_err(|_| Misfit::Form)
}
