//! A change's bytes, given a right checksum, before the guard.

use std::borrow::Cow;

use keting_model::Document;
use keting_testkit::craft::fix_checksum;
use keting_trust::guard::{Forks, GuardError, check_change, scan, survives_save};

use crate::seeds::story;

/// Bytes of a stranger. Almost none get past the checksum, so it is mended first.
pub fn bytes(bytes: &[u8]) -> bool {
    let mut bytes = bytes.to_vec();
    fix_checksum(&mut bytes);
    let story = story();
    // A change is judged by what its author saw, so try it on all that may be known.
    let mut was_let_in = false;
    for (known, _) in story {
        was_let_in |= let_in(known, &bytes).is_ok();
    }
    was_let_in
}

/// Puts a change before the guard. If it is let in, the document that it makes must be sound.
pub fn let_in(known: &Document, change: &[u8]) -> Result<(), GuardError> {
    let scanned = scan(change)?;
    let (_, checked) = check_change(Cow::Borrowed(known), &scanned, &mut Forks::default())?;
    let after = checked.document;
    assert!(after.has(&checked.hash), "a change that was let in is in the document");
    assert!(survives_save(&after), "the document is the same after saving and loading");
    // Automerge, given the bytes themselves, comes to the same: nothing in them was hidden.
    let mut applied = known.clone();
    applied.apply(change).unwrap();
    assert_same(&applied, &after);
    Ok(())
}

/// That two documents show the same, under every key.
pub fn assert_same(one: &Document, other: &Document) {
    assert_eq!(one.heads(), other.heads());
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    for key in one.keys() {
        assert_eq!(one.values(&key), other.values(&key), "under {key}");
        assert_eq!(one.text(&key), other.text(&key), "under {key}");
    }
}
