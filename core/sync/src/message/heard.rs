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

/// The digest of what answers admit; `digest_of` gives the digests of the signed commits. None if it
/// does not know one of them.
pub fn group_of_admitted(
    answers: &[Answer],
    mut digest_of: impl FnMut(&CommitKey) -> Option<Digest>,
) -> Option<Digest> {
    let mut group = GroupDigest::new();
    for answer in answers {
        if let Outcome::Admitted { number } = answer.outcome {
            group.add(number, RecordKind::Commit.code(), &digest_of(&answer.commit)?);
        }
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
