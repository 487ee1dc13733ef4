//! What was said before: the facts that others replaced.

use std::collections::{BTreeMap, BTreeSet};

use crate::fact::{Fact, Facts, ids_of};
use crate::id::ItemId;
use crate::rows::Contents;

/// The replaced facts whose keys begin with `root`, such as `r/ID/s`, the last word first.
pub(crate) fn earlier(household: &Contents<'_>, root: &str) -> Vec<Fact> {
    let facts = Facts::of(household.below(root));
    facts.replaced().into_iter().filter_map(|id| facts.fact(household, root, id)).collect()
}

impl Facts<'_> {
    /// The ids of those that others replaced: each behind everything that replaced it, and of several that
    /// may come next the latest. (A clock alone would not do: those of two people may be apart.)
    fn replaced(&self) -> Vec<ItemId> {
        let mut replacers: BTreeMap<ItemId, usize> = BTreeMap::new();
        for replaced in self.0.keys().flat_map(|id| self.replaced_by(id)) {
            *replacers.entry(replaced).or_default() += 1;
        }
        let mut in_order = Vec::new();
        let mut next = BTreeSet::new();
        let mut free = |id: &ItemId, next: &mut BTreeSet<(i64, ItemId)>| {
            for replaced in self.replaced_by(id) {
                let left = replacers.entry(replaced).or_default();
                *left = left.saturating_sub(1);
                if *left == 0 {
                    next.insert((self.time(&replaced), replaced));
                }
            }
        };
        self.current().iter().for_each(|id| free(id, &mut next));
        while let Some((_, id)) = next.pop_last() {
            in_order.push(id);
            free(&id, &mut next);
        }
        in_order
    }

    /// The ids of those that a fact replaces, as far as they stand here.
    fn replaced_by(&self, id: &ItemId) -> Vec<ItemId> {
        let over = self.0.get(id).and_then(|fields| fields.get("over")?.as_bytes());
        over.into_iter().flat_map(ids_of).filter(|id| self.0.contains_key(id)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::joined;
    use crate::rows::Item;
    use crate::value::Value;

    fn id(n: u8) -> ItemId {
        ItemId::new([n; 8])
    }

    /// The order of facts, each with the time it was entered and those it replaces.
    fn order(facts: &[(u8, i64, &[u8])]) -> Vec<u8> {
        let mut values = BTreeMap::new();
        for (fact, time, replaced) in facts {
            let replaced = replaced.iter().map(|n| id(*n)).collect();
            values.insert(format!("s/{}/over", id(*fact)), joined(&replaced));
            values.insert(format!("s/{}/time", id(*fact)), Value::Int(*time));
        }
        let item: Item<'_> = values.iter().map(|(key, value)| (key.as_str(), value)).collect();
        let replaced = Facts::of_item(&item).replaced();
        replaced.iter().map(|id| id.as_bytes()[0]).collect()
    }

    #[test]
    fn what_was_said_last_comes_first_whatever_the_clocks_said() {
        assert!(order(&[(1, 10, &[])]).is_empty());
        assert_eq!(order(&[(1, 10, &[]), (2, 20, &[1]), (3, 30, &[2])]), [2, 1]);
        let with_a_clock_behind = [(1, 90, &[][..]), (2, 20, &[1]), (3, 30, &[2])];
        assert_eq!(order(&with_a_clock_behind), [2, 1]);
    }

    #[test]
    fn of_words_apart_the_later_comes_first_and_what_both_replaced_last() {
        let apart = [(1, 10, &[][..]), (2, 30, &[1]), (3, 20, &[1]), (4, 40, &[2, 3])];
        assert_eq!(order(&apart), [2, 3, 1]);
        assert_eq!(order(&apart[..3]), [1]);
    }
}
