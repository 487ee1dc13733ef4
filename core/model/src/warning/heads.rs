//! More than one head (户主) of a household.

use std::collections::BTreeMap;

use crate::command::Plan;
use crate::document::Op;
use crate::household::ResidentDetail;
use crate::id::{DocumentId, ItemId};
use crate::query::{Rows, Withheld, household as read_household};
use crate::warning::Warning;
use crate::withdrawal::Shown;
use crate::words;

/// Who is there again by a command.
pub(super) struct Back<'a> {
    /// Those who were withdrawn.
    pub(super) restored: &'a [ResidentDetail],
    /// Whether the command says of somebody that they live there again.
    pub(super) returns: bool,
}

/// Warns of heads beside each other if the plan makes one of them, or one of them is back by it.
pub(super) fn second_head<R: Rows>(
    household: DocumentId,
    back: &Back<'_>,
    plan: &Plan,
    rows: &R,
    withheld: &Withheld,
) -> Result<Option<Warning>, R::Error> {
    let written = written(plan);
    let makes_one = written.values().any(|resident| resident.relation == Some(words::HEAD));
    if !makes_one && !back.returns && back.restored.is_empty() {
        return Ok(None);
    }
    let (mut heads, mut new_heads) = (0, 0);
    let mut add = |after: bool, before: bool| {
        heads += usize::from(after);
        new_heads += usize::from(after && !before);
    };
    let mut unseen = written.clone();
    let standing = read_household(rows, withheld, &household, Shown::Standing)?;
    for one in standing.into_iter().flat_map(|household| household.residents) {
        let before = (one.resident.relation.as_deref(), one.resident.status.as_deref());
        let after = unseen.remove(&one.resident.id).unwrap_or_default();
        let after = (after.relation.or(before.0), after.status.or(before.1));
        add(is_head(after), is_head(before));
    }
    for new in unseen.values() {
        add(is_head((new.relation, new.status)), false);
    }
    for one in back.restored.iter().map(|one| &one.resident) {
        add(is_head((one.relation.as_deref(), one.status.as_deref())), false);
    }
    let is_second = heads > 1 && new_heads > 0;
    Ok(is_second.then_some(Warning::SecondHead { household }))
}

/// Whether somebody is a head who is there, by their relation and status.
fn is_head((relation, status): (Option<&str>, Option<&str>)) -> bool {
    let has_gone = status.is_some_and(|status| words::GONE.contains(&status));
    relation == Some(words::HEAD) && !has_gone
}

/// What a plan writes of a resident; an empty text where it clears the relation.
#[derive(Debug, Clone, Copy, Default)]
struct Written<'p> {
    relation: Option<&'p str>,
    status: Option<&'p str>,
}

fn written(plan: &Plan) -> BTreeMap<ItemId, Written<'_>> {
    let mut residents: BTreeMap<ItemId, Written<'_>> = BTreeMap::new();
    for (key, value) in plan.edits.iter().flat_map(|edit| &edit.ops).filter_map(Op::written) {
        let parts: Vec<&str> = key.split('/').collect();
        let (id, text) = match parts.as_slice() {
            ["r", id, "relation"] | ["r", id, "s", _, "status"] => (id, value.as_text()),
            _ => continue,
        };
        let Ok(id) = id.parse() else { continue };
        let resident = residents.entry(id).or_default();
        match (parts.len(), text) {
            (3, relation) => resident.relation = Some(relation.unwrap_or_default()),
            (_, Some(status)) => resident.status = Some(status),
            (_, None) => {}
        }
    }
    residents
}
