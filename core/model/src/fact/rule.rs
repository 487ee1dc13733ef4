//! The rule of facts: a new one names exactly those that were current as its author saw them.

use std::collections::BTreeSet;

use crate::document::{Document, Op};
use crate::fact::{current_ids, ids_of};
use crate::id::{ActorId, ItemId};
use crate::rule::{RuleError, Touched};
use crate::schema::{beginning, item_of};

/// Who wrote the facts that are current about an item, one for each, if a key is where a fact says
/// what it replaces; none for any other key. Each stands beside the others until somebody who has
/// seen all of them settles it, so whoever keeps a log bounds them like branches.
pub fn current_fact_actors(household: &Document, key: &str) -> Vec<ActorId> {
    let is_over = OVER.into_iter().any(|pattern| beginning(pattern, key) == Some(key));
    let Some(item) = item_of(key).filter(|_| is_over) else { return Vec::new() };
    let ids = current_ids(household, item);
    ids.iter().filter_map(|fact| household.value_author(&format!("{item}/s/{fact}/over"))).collect()
}

/// Where skeletons stand.
const OVER: [&str; 2] = ["r/*/s/*/over", "n/*/s/*/over"];

/// Refuses a fact that names another than the current ones, or not all of them, and two facts about
/// one item at once.
pub(crate) fn replace_what_was_current(touched: &Touched<'_>) -> Result<(), RuleError> {
    let mut about = BTreeSet::new();
    for (key, value) in touched.ops.iter().filter_map(Op::written) {
        let Some(field) = OVER.into_iter().find(|pattern| beginning(pattern, key) == Some(key))
        else {
            continue;
        };
        let item = item_of(key).ok_or(RuleError::UnknownKey)?;
        if !about.insert(item) {
            return Err(RuleError::Twice { field });
        }
        let named: BTreeSet<ItemId> = ids_of(value.as_bytes().unwrap_or_default()).collect();
        let current = current_ids(touched.before, item);
        if !named.is_subset(&current) {
            return Err(RuleError::FactNotCurrent);
        }
        if named != current {
            return Err(RuleError::FactLeftOut);
        }
    }
    Ok(())
}
