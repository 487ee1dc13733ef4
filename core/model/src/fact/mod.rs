//! Facts: what became of a resident or a need, and what was withdrawn. A fact is never changed; it says
//! which it replaces.
//!
//! Its *skeleton* (its id, `over`, `time`) always stands in the household. What it says (`status`,
//! and perhaps `at` and `reason` or `note`) stands beside it, or, of a resident of whom nothing may
//! be read in the open, in the private part under the same id. (Of a withdrawal only the reason stands
//! elsewhere: [`crate::withdrawal`].) `over` names exactly the facts that
//! were current as its author saw the household ([`replace_what_was_current`]), so the rule needs no
//! other document, and concealing somebody moves what is said without touching what replaces what.
//!
//! Current is what nobody replaced. Neither a clock nor the order of arrival decides between people:
//! several current facts that say different things have to be settled, by one over all of them. Until
//! then screens show the least final word ([`Told`]).

mod earlier;
mod rule;
mod told;
mod view;

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use crate::document::Document;
use crate::id::{ActorId, ItemId};
use crate::rows::{Contents, Item};
use crate::value::Value;

pub(crate) use earlier::earlier;
pub use rule::current_fact_actors;
pub(crate) use rule::{replace_what_was_current, withdraws};
pub(crate) use told::{Told, is_gone};
pub use view::FactView;

/// What somebody said, with what stands of it always.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Fact {
    /// Its id.
    #[n(0)]
    pub(crate) id: ItemId,
    /// Who wrote it.
    #[n(1)]
    pub(crate) actor: ActorId,
    /// When.
    #[n(2)]
    pub(crate) time: i64,
    /// What it says; nothing where that stands in the private part.
    #[n(3)]
    pub(crate) said: Option<Said>,
    /// Whether the reason may stand where its reader may not read; known only once it is read for them.
    #[cbor(skip)]
    pub(crate) hides_reason: bool,
}

/// What a fact says.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Said {
    /// What became of the resident or the need.
    #[n(0)]
    pub(crate) status: String,
    /// The day it came about.
    #[n(1)]
    pub(crate) at: Option<String>,
    /// Why; of a need, what was done.
    #[n(2)]
    pub(crate) reason: Option<String>,
}

/// The fields of each fact about one item.
struct Facts<'a>(BTreeMap<ItemId, BTreeMap<&'a str, &'a Value>>);

impl<'a> Facts<'a> {
    /// Of the keys behind `s/` and their values.
    fn of(parts: impl Iterator<Item = (&'a str, &'a Value)>) -> Self {
        let mut facts: BTreeMap<ItemId, BTreeMap<&str, &Value>> = BTreeMap::new();
        for (rest, value) in parts {
            let Some((id, field)) = rest.split_once('/') else { continue };
            let Ok(id) = id.parse() else { continue };
            facts.entry(id).or_default().insert(field, value);
        }
        Self(facts)
    }

    fn of_item(item: &Item<'a>) -> Self {
        let below = item.range("s/"..);
        Self::of(below.map_while(|(key, value)| Some((key.strip_prefix("s/")?, *value))))
    }

    /// The ids of those that no other replaced.
    fn current(&self) -> BTreeSet<ItemId> {
        let over = |fields: &BTreeMap<&str, &'a Value>| fields.get("over")?.as_bytes();
        let replaced: BTreeSet<ItemId> =
            self.0.values().filter_map(over).flat_map(ids_of).collect();
        let skeletons = self.0.iter().filter(|(_, fields)| over(fields).is_some());
        skeletons.map(|(id, _)| *id).filter(|id| !replaced.contains(id)).collect()
    }

    fn time(&self, id: &ItemId) -> i64 {
        let time = || self.0.get(id)?.get("time")?.as_int();
        time().unwrap_or(0)
    }

    /// A fact whose keys begin with `root` and its id.
    fn fact(&self, household: &Contents<'_>, root: &str, id: ItemId) -> Option<Fact> {
        let actor = household.author(&format!("{root}/{id}/over"))?;
        let (time, said) = (self.time(&id), self.said(&id));
        Some(Fact { id, actor, time, said, hides_reason: false })
    }

    fn said(&self, id: &ItemId) -> Option<Said> {
        let fields = self.0.get(id)?;
        let text = |field: &str| Some(fields.get(field)?.as_text()?.to_owned());
        let reason = text("reason").or_else(|| text("note"));
        Some(Said { status: text("status")?, at: text("at"), reason })
    }
}

/// Whether a key is of a fact about an item.
pub(crate) fn is_of_fact(key: &str) -> bool {
    matches!(key.split('/').nth(2), Some("s" | "w"))
}

/// The current facts whose keys begin with `root`, such as `r/ID/s`, in the order of their ids.
pub(crate) fn current(household: &Contents<'_>, root: &str) -> Vec<Fact> {
    let facts = Facts::of(household.below(root));
    facts.current().into_iter().filter_map(|id| facts.fact(household, root, id)).collect()
}

/// The ids of the current facts whose keys begin with `root`.
pub(crate) fn current_ids(household: &Document, root: &str) -> BTreeSet<ItemId> {
    let start = format!("{root}/");
    let shown: Vec<(String, Value)> = household.shown_below(root).collect();
    let parts = shown.iter().filter_map(|(key, value)| Some((key.strip_prefix(&start)?, value)));
    Facts::of(parts).current()
}

/// Whether the one current fact says as much as somebody says now; what they leave out may stand there.
/// Several facts are settled even by one that says what is shown.
pub(crate) fn stands_already(
    current: &[Fact],
    status: &str,
    reason: Option<&str>,
    at: Option<&str>,
) -> bool {
    let [Fact { said: Some(said), .. }] = current else { return false };
    let has = |said: &Option<String>, now: Option<&str>| match now.map(str::trim) {
        None | Some("") => true,
        now => said.as_deref() == now,
    };
    said.status == status && has(&said.reason, reason) && has(&said.at, at)
}

/// Everything that facts say about an item in one document, current or not.
pub(crate) fn all_said(item: &Item<'_>) -> Vec<(ItemId, Said)> {
    let facts = Facts::of_item(item);
    facts.0.keys().filter_map(|id| Some((*id, facts.said(id)?))).collect()
}

/// Adds what stands in the private part to facts of the household.
pub(crate) fn complete<'a>(
    facts: impl IntoIterator<Item = &'a mut Fact>,
    private: Vec<(ItemId, Said)>,
) {
    let mut private: BTreeMap<ItemId, Said> = private.into_iter().collect();
    for fact in facts.into_iter().filter(|fact| fact.said.is_none()) {
        fact.said = private.remove(&fact.id);
    }
}

/// Ids as one value, as `over` names the facts that a fact replaces.
pub(crate) fn joined(ids: &BTreeSet<ItemId>) -> Value {
    Value::Bytes(ids.iter().flat_map(ItemId::as_bytes).copied().collect())
}

/// Whether bytes are ids, ascending.
pub(crate) fn are_ids(bytes: &[u8]) -> bool {
    let (ids, rest) = bytes.as_chunks::<{ ItemId::LEN_BYTES }>();
    rest.is_empty() && ids.is_sorted_by(|a, b| a < b)
}

/// The ids in what [`joined`] made.
pub(crate) fn ids_of(joined: &[u8]) -> impl Iterator<Item = ItemId> + '_ {
    joined.as_chunks::<{ ItemId::LEN_BYTES }>().0.iter().map(|id| ItemId::new(*id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> ItemId {
        ItemId::new([n; 8])
    }

    #[test]
    fn current_is_what_nobody_replaced_however_many_there_are() {
        let facts: [(u8, &[u8]); 4] = [(1, &[]), (2, &[1]), (3, &[1]), (4, &[3])];
        let mut values = BTreeMap::new();
        for (fact, replaced) in facts {
            let replaced = replaced.iter().map(|n| id(*n)).collect();
            values.insert(format!("s/{}/over", id(fact)), joined(&replaced));
            values.insert(format!("s/{}/status", id(fact)), Value::from("away"));
        }
        let item: Item<'_> = values.iter().map(|(key, value)| (key.as_str(), value)).collect();
        let facts = Facts::of_item(&item);
        assert_eq!(facts.current(), BTreeSet::from([id(2), id(4)]));
        assert!(facts.current().iter().all(|id| facts.said(id).is_some()));
    }

    #[test]
    fn what_is_joined_is_whole_ids_ascending_and_none_twice() {
        assert!(are_ids(&[]));
        assert!(are_ids(&[[1; 8], [2; 8]].concat()));
        for wrong in [vec![1; 7], [[2; 8], [1; 8]].concat(), [[1; 8], [1; 8]].concat()] {
            assert!(!are_ids(&wrong), "{wrong:?}");
        }
    }
}
