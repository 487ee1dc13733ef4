//! How many would stand side by side if a change came into a document: found by its header and keys,
//! before anything is made.

use keting_model::{ActorId, Document};
use keting_trust::guard::Scanned;
use keting_trust::limits::DEVICE_BRANCHES_MAX;

/// Who would have made the branches of the document, and who the values under each key that the change
/// writes, where they are so many that it must be asked how many are of one device.
pub(super) fn crowds(known: &Document, change: &Scanned<'_>) -> Vec<Vec<ActorId>> {
    let heads = known.heads();
    let beside: Vec<_> = heads.iter().filter(|head| !change.deps().contains(head)).collect();
    if beside.is_empty() {
        // It follows everything that is there.
        return Vec::new();
    }
    let mut crowds = Vec::new();
    let branches = beside.into_iter().filter_map(|head| known.actor_of(head));
    crowds.push(branches.chain([change.actor()]).collect::<Vec<_>>());
    for key in change.keys() {
        if known.value_actors(key).len() >= DEVICE_BRANCHES_MAX {
            let mut values = known.value_actors_beside(key, change.deps());
            values.push(change.actor());
            crowds.push(values);
        }
    }
    crowds.retain(|crowd| crowd.len() > DEVICE_BRANCHES_MAX);
    crowds
}
