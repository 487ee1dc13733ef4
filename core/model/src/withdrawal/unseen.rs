//! What others did to a withdrawn record who had not heard of that, told with what they wrote.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use crate::author::Entered;
use crate::city_time::CityTime;
use crate::fact::current;
use crate::household::moves;
use crate::id::{ActorId, ItemId};
use crate::rows::Contents;
use crate::said::Said;
use crate::value::Value;
use crate::withdrawal::{HOUSEHOLD, Meanwhile};

/// Something that somebody did to a withdrawn record who had not heard of that.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(array)]
pub(super) struct Unseen {
    /// What they wrote: the key of a field, or what facts are about.
    #[n(0)]
    pub(super) key: String,
    /// Of a fact its id.
    #[n(1)]
    fact: Option<ItemId>,
    /// The field's value in words, or what the fact says; none where that stands in another part.
    #[n(2)]
    value: Option<String>,
    /// Of a fact the day it came about.
    #[n(3)]
    at: Option<String>,
    /// Of a fact why, or what was done.
    #[n(4)]
    reason: Option<String>,
    #[n(5)]
    city_time: Option<CityTime>,
    #[n(6)]
    actor: Option<ActorId>,
    /// Whether it is of somebody who is concealed, and more than name and relation.
    #[n(7)]
    is_hidden: bool,
}

/// What stands of a record in its household that was not there for those who wrote `facts`.
pub(super) fn unseen_in_household(
    contents: &Contents<'_>,
    root: &str,
    facts: impl Iterator<Item = ItemId>,
) -> Vec<Unseen> {
    let marks: Vec<String> = facts.map(|fact| format!("{root}/{fact}/over")).collect();
    unseen(contents, root, &marks)
}

/// What stands of a record in the private part that was not there for any who withdrew it. A later withdrawal
/// has seen what an earlier one had, so all of them may be asked at once.
pub(super) fn unseen_in_private_part(contents: &Contents<'_>, root: &str) -> Vec<Unseen> {
    let marks = contents.below(root).filter(|(end, _)| end.ends_with("/time"));
    let marks: Vec<String> = marks.map(|(end, _)| format!("{root}/{end}")).collect();
    if marks.is_empty() { Vec::new() } else { unseen(contents, root, &marks) }
}

/// What stands of a record that was not there where the values under `marks` were put.
fn unseen(contents: &Contents<'_>, root: &str, marks: &[String]) -> Vec<Unseen> {
    let item = root.strip_suffix(HOUSEHOLD).unwrap_or_default();
    let is_of_withdrawal =
        |key: &str| key.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'));
    let mut unseen = BTreeSet::new();
    for key in contents.keys().filter(|key| key.starts_with(item)) {
        if is_of_withdrawal(key) || key == "of" {
            continue;
        }
        let said = contents.said_beside(key, marks);
        unseen.extend(said.into_iter().filter_map(|said| Unseen::of(contents, key, said)));
    }
    unseen.into_iter().collect()
}

impl Unseen {
    /// Nothing where the key says nothing by itself: the time of a need, and that a field is in the other
    /// part of the household.
    fn of(contents: &Contents<'_>, key: &str, said: Said) -> Option<Self> {
        let Said { value, actor, city_time } = said;
        let is_hidden = is_hidden(contents, key);
        let segments: Vec<&str> = key.split('/').collect();
        if let [letter, item, facts @ ("s" | "w"), fact, _] = segments.as_slice() {
            let (root, fact) = (format!("{letter}/{item}/{facts}"), fact.parse().ok()?);
            let text = |field: &str| {
                Some(contents.value(&format!("{root}/{fact}/{field}"))?.as_text()?.to_owned())
            };
            let has_skeleton = contents.value(&format!("{root}/{fact}/over")).is_some();
            let is_current = || current(contents, &root).iter().any(|one| one.id == fact);
            if has_skeleton && !is_current() {
                return None;
            }
            let reason = text("reason").or_else(|| text("note"));
            let (value, at, fact) = (text("status"), text("at"), Some(fact));
            return Some(Self { key: root, fact, value, at, reason, city_time, actor, is_hidden });
        }
        if matches!(segments.as_slice(), [_, _, "time"]) || value == Value::Null && moves(key) {
            return None;
        }
        let (key, value) = (key.to_owned(), Some(value.to_string()));
        let (fact, at, reason) = (None, None, None);
        Some(Self { key, fact, value, at, reason, city_time, actor, is_hidden })
    }
}

/// Whether a key is of a resident of whom only name and relation stand in the open, and of neither.
fn is_hidden(contents: &Contents<'_>, key: &str) -> bool {
    let mut segments = key.split('/');
    let (Some("r"), Some(resident), Some(name)) =
        (segments.next(), segments.next(), segments.next())
    else {
        return false;
    };
    let is_concealed = |resident| contents.is_concealed(resident);
    !["name", "relation"].contains(&name) && resident.parse().is_ok_and(is_concealed)
}

/// What a reader is told: one thing a field and a fact, of which the household and the private part may each
/// have a part; of who is concealed only that something was done, unless they read the private part.
pub(super) fn told(all: Vec<Unseen>, hides_private: bool) -> Vec<Meanwhile> {
    let mut facts: BTreeMap<ItemId, usize> = BTreeMap::new();
    let mut told: Vec<Unseen> = Vec::new();
    for mut one in all {
        if one.is_hidden && hides_private {
            let resident = one.key.split('/').take(2).collect::<Vec<_>>().join("/");
            let Unseen { city_time, actor, .. } = one;
            let (key, fact, value, at, reason) = (resident, None, None, None, None);
            one = Unseen { key, fact, value, at, reason, city_time, actor, is_hidden: true };
        }
        let known = one.fact.and_then(|fact| facts.get(&fact).copied());
        if let Some(known) = known.and_then(|place| told.get_mut(place)) {
            known.add(one);
        } else if !told.contains(&one) {
            facts.extend(one.fact.map(|fact| (fact, told.len())));
            told.push(one);
        }
    }
    told.into_iter().map(|one| one.view(hides_private)).collect()
}

impl Unseen {
    /// Adds what is said of the same fact elsewhere. Whoever wrote it did so before others moved it.
    fn add(&mut self, other: Self) {
        self.value = self.value.take().or(other.value);
        self.at = self.at.take().or(other.at);
        self.reason = self.reason.take().or(other.reason);
        if other.city_time < self.city_time {
            (self.city_time, self.actor) = (other.city_time, other.actor);
        }
    }

    fn view(self, hides_private: bool) -> Meanwhile {
        let Self { key, value, at, reason, city_time, actor, .. } = self;
        let withheld: &[&str] = if value.is_none() && hides_private { &["value"] } else { &[] };
        Meanwhile { key, value, at, reason, entered: Entered::at(actor, city_time), withheld }
    }
}
