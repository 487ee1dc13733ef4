//! Facts: what became of a resident or a need. A fact is never changed, only outdone by a later one.
//!
//! A fact's rank is one more than the greatest its author saw, so it outdoes everything it was
//! written in knowledge of, whatever the clocks of the phones show. Only between facts whose authors
//! did not know of each other does the time decide, and then the id.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::document::{Document, Op};
use crate::id::ItemId;
use crate::projection::Cell;
use crate::rows::{Item, cell};
use crate::rule::{RuleError, Touched};
use crate::schema::beginning;
use crate::value::Value;

/// How far above the greatest rank in its document a fact's may be.
///
/// An honest author's is one above the greatest of two documents, so it may be further above that
/// of one of them, but never by more facts than the other holds: a million of them would fill a
/// hundred megabytes. A forger who takes the whole step each time would need 2⁴³ facts to use up
/// the 63 bits of a rank, after which nobody could correct anything.
pub(crate) const RANK_STEP_MAX: i64 = 1 << 20;

/// What one fact says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fact<'a> {
    /// How many facts, one upon the other, its author saw, and itself.
    pub(crate) rank: i64,
    /// When it was written down.
    pub(crate) time: i64,
    id: &'a str,
    fields: BTreeMap<&'a str, &'a Value>,
}

impl<'a> Fact<'a> {
    /// The id under which it is said again with another rank. Two devices that repeat the same fact
    /// with the same rank write the same.
    pub(crate) fn id_repeated_with(&self, rank: i64) -> ItemId {
        let mut hash = Sha256::new();
        hash.update(b"keting/fact/1");
        hash.update(self.id);
        hash.update(rank.to_be_bytes());
        let digest: [u8; 32] = hash.finalize().into();
        let [a, b, c, d, e, f, g, h, ..] = digest;
        ItemId::new([a, b, c, d, e, f, g, h])
    }

    /// Whether it, from the private part, counts rather than one of the household.
    pub(crate) fn outdoes(&self, open: &Fact<'_>) -> bool {
        (self.rank, self.time) > (open.rank, open.time)
    }

    /// A field of the fact as text.
    pub(crate) fn text(&self, field: &str) -> Option<&'a str> {
        self.fields.get(field)?.as_text()
    }

    /// A field of the fact as a cell.
    pub(crate) fn cell(&self, field: &str) -> Cell {
        cell(self.fields.get(field).copied())
    }
}

/// The fact that counts among an item's, if it has any.
pub(crate) fn fold<'a>(item: &Item<'a>) -> Option<Fact<'a>> {
    let mut facts: BTreeMap<&str, BTreeMap<&str, &Value>> = BTreeMap::new();
    for (id, field, value) in parts(item) {
        facts.entry(id).or_default().insert(field, value);
    }
    let number = |fields: &BTreeMap<&str, &Value>, name| {
        fields.get(name).and_then(|value| value.as_int()).unwrap_or(0)
    };
    facts
        .into_iter()
        .map(|(id, fields)| Fact {
            rank: number(&fields, "rank"),
            time: number(&fields, "time"),
            id,
            fields,
        })
        .filter(|fact| fact.text("status").is_some())
        .max_by_key(|fact| (fact.rank, fact.time, fact.id))
}

/// The greatest rank among the facts whose keys begin with `facts`; 0 if there is none.
pub(crate) fn greatest_rank(document: &Document, facts: &str) -> i64 {
    let ranks = document.shown_below(facts).filter(|(key, _)| key.ends_with("/rank"));
    ranks.filter_map(|(_, value)| value.as_int()).max().unwrap_or(0)
}

/// The fields of an item's facts: the fact's id, the field's name and its value.
fn parts<'i, 'a>(
    item: &'i Item<'a>,
) -> impl Iterator<Item = (&'a str, &'a str, &'a Value)> + use<'i, 'a> {
    let of_facts =
        item.range("s/"..).map_while(|(key, value)| Some((key.strip_prefix("s/")?, *value)));
    of_facts.filter_map(|(rest, value)| rest.split_once('/').map(|(id, field)| (id, field, value)))
}

/// Where facts stand in documents.
const FACTS: [&str; 2] = ["r/*/s", "n/*/s"];

/// Refuses a fact that its author ranked below one he saw, or far above all of them.
pub(crate) fn ranks_fit(touched: &Touched<'_>) -> Result<(), RuleError> {
    for op in touched.ops {
        let Op::Put { key, value } = op else { continue };
        let facts =
            FACTS.iter().find(|pattern| beginning(&format!("{pattern}/*/rank"), key) == Some(key));
        let Some(facts) = facts.and_then(|pattern| beginning(pattern, key)) else { continue };
        let seen = greatest_rank(touched.before, facts);
        let above = value.as_int().unwrap_or(0).saturating_sub(seen);
        if !(1..=RANK_STEP_MAX).contains(&above) {
            return Err(RuleError::WrongRank);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Facts as `(id, status, rank, time)`.
    fn item_of(facts: &[(&str, &str, i64, i64)]) -> BTreeMap<String, Value> {
        let mut values = BTreeMap::new();
        for (id, status, rank, time) in facts {
            values.insert(format!("s/{id}/status"), Value::from(*status));
            values.insert(format!("s/{id}/rank"), Value::Int(*rank));
            values.insert(format!("s/{id}/time"), Value::Int(*time));
        }
        values
    }

    fn folded(facts: &[(&str, &str, i64, i64)]) -> Option<String> {
        let values = item_of(facts);
        let item: Item<'_> = values.iter().map(|(key, value)| (key.as_str(), value)).collect();
        fold(&item)?.text("status").map(str::to_owned)
    }

    #[test]
    fn the_greatest_rank_counts_then_the_latest_time_and_then_the_greatest_id() {
        let ten_years_ahead = ("a", "away", 1, i64::MAX);
        assert_eq!(folded(&[ten_years_ahead, ("b", "living", 2, 5)]), Some("living".into()));
        assert_eq!(folded(&[("a", "away", 2, 6), ("b", "living", 2, 5)]), Some("away".into()));
        assert_eq!(folded(&[("a", "away", 2, 5), ("b", "living", 2, 5)]), Some("living".into()));
        assert_eq!(folded(&[]), None);
    }

    #[test]
    fn a_fact_that_says_nothing_does_not_count() {
        let mut values = item_of(&[("a", "away", 3, 5), ("b", "living", 2, 5)]);
        values.insert("s/a/status".into(), Value::Null);
        let item: Item<'_> = values.iter().map(|(key, value)| (key.as_str(), value)).collect();
        assert_eq!(fold(&item).and_then(|fact| fact.text("status")), Some("living"));
    }
}
