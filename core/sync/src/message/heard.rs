//! What the server says of its log, as it travels behind a group of entries and behind answers. Here
//! its form is read; whether an issuing key of the city signed it is the driver's question.

use keting_trust::limits::HEARD_BYTES_MAX;
use keting_trust::{Claimed, Digest, GroupDigest, Heard, RecordKind};
use minicbor::Decoder;

use super::{Answer, CommitKey, Entry, Outcome};
use crate::codec::{Misfit, Out, Written};

/// The digest of a group of entries.
pub fn group_of(entries: &[Entry]) -> Digest {
    let mut group = GroupDigest::new();
    for entry in entries {
        group.add(entry.number, entry.kind, &Digest::of(&entry.record));
    }
    group.finish()
}

/// The digest of what answers say for good: what is admitted, as an entry of the log, and what is superseded,
/// by its verdict's number. `digest_of` gives the digests of the signed commits. None if it does not know
/// one of them.
pub fn group_of_answers(
    answers: &[Answer],
    mut digest_of: impl FnMut(&CommitKey) -> Option<Digest>,
) -> Option<Digest> {
    let mut group = GroupDigest::new();
    for answer in answers {
        let (number, kind) = match answer.outcome {
            Outcome::Admitted { number } => (number, RecordKind::Commit),
            Outcome::Superseded { number } => (number, RecordKind::Verdict),
            Outcome::Held { .. } | Outcome::Refused { .. } => continue,
        };
        group.add(number, kind.code(), &digest_of(&answer.commit)?);
    }
    Some(group.finish())
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
