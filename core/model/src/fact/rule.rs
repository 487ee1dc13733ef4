//! The rule of facts: a new one names exactly those that were current as its author saw them.

use std::collections::BTreeSet;

use crate::document::{Document, Op};
use crate::fact::{current_ids, ids_of};
use crate::id::{ActorId, ItemId};
use crate::rule::{RuleError, Touched};
use crate::schema::beginning;

/// Who wrote the facts that are current about an item, one for each, if a key is where a fact says
/// what it replaces; none for any other key. Each stands beside the others until somebody who has
/// seen all of them settles it, so whoever keeps a log bounds them like branches.
pub fn current_fact_actors(household: &Document, key: &str) -> Vec<ActorId> {
    let Some((_, root)) = root_of(key) else { return Vec::new() };
    let ids = current_ids(household, root);
    ids.iter().filter_map(|fact| household.value_author(&format!("{root}/{fact}/over"))).collect()
}

/// Where skeletons stand: first what became of somebody or something, then what was withdrawn.
const OVER: [&str; 7] = [
    "r/*/s/*/over",
    "n/*/s/*/over",
    "w/*/over",
    "r/*/w/*/over",
    "n/*/w/*/over",
    "v/*/w/*/over",
    "o/*/w/*/over",
];

/// Whether under a key a fact that withdraws or restores something says what it replaces.
pub(crate) fn withdraws(key: &str) -> bool {
    root_of(key).is_some_and(|(_, root)| root.rsplit('/').next() == Some("w"))
}

/// The pattern of a key under which a fact says what it replaces, and the beginning of the keys of all
/// facts about the same.
fn root_of(key: &str) -> Option<(&'static str, &str)> {
    let pattern = OVER.into_iter().find(|pattern| beginning(pattern, key) == Some(key))?;
    let (fact, _) = key.rsplit_once('/')?;
    Some((pattern, fact.rsplit_once('/')?.0))
}

/// Refuses a fact that names another than the current ones, or not all of them, and two facts about
/// the same at once.
pub(crate) fn replace_what_was_current(touched: &Touched<'_>) -> Result<(), RuleError> {
    let mut about = BTreeSet::new();
    for (key, value) in touched.ops.iter().filter_map(Op::written) {
        let Some((field, root)) = root_of(key) else { continue };
        if !about.insert(root) {
            return Err(RuleError::Twice { field });
        }
        let named: BTreeSet<ItemId> = ids_of(value.as_bytes().unwrap_or_default()).collect();
        let current = current_ids(touched.before, root);
        if !named.is_subset(&current) {
            return Err(RuleError::FactNotCurrent);
        }
        if named != current {
            return Err(RuleError::FactLeftOut);
        }
    }
    Ok(())
}
