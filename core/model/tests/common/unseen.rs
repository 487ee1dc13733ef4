//! What may never happen to what somebody wrote: that it goes without the one who replaced it having
//! seen it.

use keting_model::{Op, Value};

use super::{Replica, Written};

/// A value that is no longer there, though nobody who wrote the field later had seen it.
pub fn vanished_unseen(written: &[&Written], last: &Replica) -> Option<String> {
    for change in written {
        for (key, value) in values(change) {
            let stands = last.documents[&change.before.id()].values(key).contains(value);
            let was_seen = |later: &&Written| {
                saw(later, change) && values(later).any(|(other, _)| other == key)
            };
            if !stands && !written.iter().any(was_seen) {
                return Some(format!("{key}: {value}"));
            }
        }
    }
    None
}

/// A fact that another says it replaces, though its author had not seen it.
pub fn replaced_unseen(written: &[&Written]) -> Option<String> {
    let facts = |change: &'_ Written| -> Vec<(String, Value)> {
        let over = values(change).filter(|(key, _)| key.ends_with("/over"));
        over.map(|(key, value)| (key.to_owned(), value.clone())).collect()
    };
    for change in written {
        for (key, _) in facts(change) {
            let fact = key.rsplit('/').nth(1).unwrap();
            let names_it = |(_, over): &(String, Value)| {
                over.as_bytes().unwrap().chunks(8).any(|id| fact == hex(id))
            };
            let replacing = written.iter().filter(|later| facts(later).iter().any(names_it));
            if replacing.into_iter().any(|later| !saw(later, change)) {
                return Some(key);
            }
        }
    }
    None
}

fn saw(later: &Written, change: &Written) -> bool {
    later.before.id() == change.before.id() && later.before.has(&change.hash)
}

fn values(change: &Written) -> impl Iterator<Item = (&str, &Value)> {
    change.ops.iter().filter_map(Op::written)
}

fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}
