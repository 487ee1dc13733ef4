//! Reading what was withdrawn.

use std::collections::{BTreeMap, BTreeSet};

use crate::author::Entered;
use crate::fact::{Fact, FactView, Told, ids_of};
use crate::id::{DocumentId, ItemId};
use crate::kind::DocumentKind;
use crate::projection::Cell;
use crate::query::{
    Rows, Withheld, blob, document, given_ids, int, item, only_of, regions_below, text,
};
use crate::role::Family;
use crate::rows::cbor_in;
use crate::withdrawal::rows::Why;
use crate::withdrawal::unseen::{Unseen, told};
use crate::withdrawal::{HOUSEHOLD, Meanwhile, family_of};
use crate::words;

/// Selects what [`read_withdrawals`] reads: of everything, of one household or some, of a region and below
/// it.
macro_rules! select_withdrawals {
    ($where:literal) => {
        concat!(
            "SELECT x.document, x.item, x.household, x.withdrawn, x.facts, x.reasons, x.seen, ",
            "x.meanwhile, x.concealed, x.earlier FROM withdrawal x ",
            $where
        )
    };
}
pub(crate) const OF_ALL: &str = select_withdrawals!("");
pub(crate) const OF_ONE: &str = select_withdrawals!("WHERE x.household = ?1");
pub(crate) const OF_GIVEN: &str =
    given_ids!(select_withdrawals!("WHERE x.household IN (SELECT document FROM given)"));
pub(crate) const BELOW: &str = regions_below!(select_withdrawals!(
    "WHERE x.household IN (SELECT h.document FROM below CROSS JOIN household h ON h.region = below.document)"
));

/// What is or was withdrawn, by household and the beginning of the facts' keys.
#[derive(Debug, Default)]
pub(crate) struct Withdrawals(BTreeMap<(DocumentId, String), Withdrawal>);

/// One record that is withdrawn or was, or of which people say so and otherwise.
#[derive(Debug, Default)]
pub(crate) struct Withdrawal {
    pub(crate) facts: Vec<Fact>,
    /// What was said before, the last word first.
    earlier: Vec<Fact>,
    pub(crate) meanwhile: Vec<Meanwhile>,
    /// The same, as the documents have it.
    unseen: Vec<Unseen>,
    is_withdrawn: bool,
    /// Whether it is a resident of whom only name and relation may be read in the open.
    is_concealed: bool,
    /// Why, as other documents say that the reader has.
    reasons: Vec<Why>,
    /// Of a household: the visits and notes that its withdrawals name.
    seen: BTreeSet<ItemId>,
}

/// Reads what one of these queries finds, as far as the reader may look.
///
/// # Errors
/// When the query cannot be run.
pub(crate) fn read_withdrawals<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    sql: &str,
    parameters: &[Cell],
) -> Result<Withdrawals, R::Error> {
    let mut all: BTreeMap<_, Withdrawal> = BTreeMap::new();
    rows.query(sql, parameters, &mut |row| {
        let (Some(stands_in), Some(household)) = (document(row, 0), document(row, 2)) else {
            return;
        };
        let root = blob(row, 1).and_then(|root| String::from_utf8(root.to_vec()).ok());
        let Some(root) = root else { return };
        if stands_in.kind().is_none_or(|kind| withheld.withholds(kind)) {
            return;
        }
        let one = all.entry((household, root)).or_default();
        one.reasons.extend(cbor_in::<Why>(row, 5));
        one.unseen.extend(cbor_in::<Unseen>(row, 7));
        if stands_in == household {
            one.is_withdrawn = int(row, 3) == Some(1);
            one.facts = cbor_in(row, 4);
            one.earlier = cbor_in(row, 9);
            one.seen = blob(row, 6).into_iter().flat_map(ids_of).collect();
            one.is_concealed = int(row, 8) == Some(1);
        }
    })?;
    let mut readable = BTreeMap::new();
    if !withheld.withholds(DocumentKind::HouseholdVisits) {
        let only_of = withheld.only_of(DocumentKind::HouseholdVisits);
        let asking = all.iter().filter(|((_, root), one)| one.asks_for_visits(root));
        for household in asking.map(|((household, _), _)| *household).collect::<BTreeSet<_>>() {
            readable.insert(household, recorded(rows, &household, only_of.clone())?);
        }
    }
    // The facts about a visit stand in the household, which also those have who may not read the visit.
    let may_hear = |household: &DocumentId, key: &str| {
        let is_it = |(_, visit): &(ItemId, Meanwhile)| key.starts_with(&visit.key);
        family_of(key).kind() != DocumentKind::HouseholdVisits
            || readable.get(household).is_some_and(|recorded| recorded.iter().any(is_it))
    };
    let hides_private = withheld.withholds(DocumentKind::HouseholdPrivate);
    all.retain(|(household, root), one| {
        one.meanwhile = told(std::mem::take(&mut one.unseen), hides_private);
        one.meanwhile.retain(|done| may_hear(household, &done.key));
        !one.facts.is_empty() && may_hear(household, root)
    });
    for ((household, root), one) in &mut all {
        one.complete_reasons(family_of(root), withheld);
        // What only some say is withdrawn stands, and everybody may work on it.
        if !one.is_withdrawn {
            one.meanwhile.clear();
        } else if root == HOUSEHOLD {
            let recorded = readable.get(household).cloned().unwrap_or_default();
            let unseen = recorded.into_iter().filter(|(id, _)| !one.seen.contains(id));
            one.meanwhile.extend(unseen.map(|(_, meanwhile)| meanwhile));
        }
    }
    Ok(Withdrawals(all))
}

/// What was withdrawn of one household.
///
/// # Errors
/// When the query cannot be run.
pub(crate) fn withdrawals_of<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    household: &DocumentId,
) -> Result<Withdrawals, R::Error> {
    let parameters = [Cell::Blob(household.as_bytes().to_vec())];
    read_withdrawals(rows, withheld, OF_ONE, &parameters)
}

/// The visits to a household and the notes about it that are here: what a withdrawal of it names.
///
/// # Errors
/// When the query cannot be run.
pub fn visits_and_notes<R: Rows>(
    rows: &R,
    household: &DocumentId,
) -> Result<Vec<ItemId>, R::Error> {
    Ok(recorded(rows, household, Cell::Null)?.into_iter().map(|(id, _)| id).collect())
}

/// The visits and notes that are here, of one device alone unless `only_of` is null.
fn recorded<R: Rows>(
    rows: &R,
    household: &DocumentId,
    only_of: Cell,
) -> Result<Vec<(ItemId, Meanwhile)>, R::Error> {
    const SQL: &str = concat!(
        "SELECT item, time, actor, 'v', at, purpose, note FROM visit WHERE household = ?1 AND ",
        only_of!("visit"),
        " UNION ALL SELECT item, time, actor, 'o', at, text, NULL FROM note WHERE household = ?1 AND ",
        only_of!("note")
    );
    let mut all = Vec::new();
    rows.query(SQL, &[Cell::Blob(household.as_bytes().to_vec()), only_of], &mut |row| {
        let (Some(id), Some(Cell::Text(letter))) = (item(row, 0), row.get(3)) else { return };
        let key = format!("{letter}/{id}");
        let (at, value, reason) = (text(row, 4), text(row, 5), text(row, 6));
        let entered = Entered::from_row(row, 1);
        all.push((id, Meanwhile { key, value, at, reason, entered, withheld: &[] }));
    })?;
    Ok(all)
}

impl Withdrawal {
    /// Whether it takes the visits and notes that are here to tell what a reader may hear of it.
    fn asks_for_visits(&self, root: &str) -> bool {
        let is_of_visits = |key: &str| family_of(key).kind() == DocumentKind::HouseholdVisits;
        root == HOUSEHOLD
            || is_of_visits(root)
            || self.unseen.iter().any(|done| is_of_visits(&done.key))
    }

    /// Adds the reasons that stand in other documents, and hides what may not be read: why somebody is
    /// withdrawn of whom only name and relation are for everybody, until somebody has moved it.
    fn complete_reasons(&mut self, family: Family, withheld: &Withheld) {
        let hides_private = withheld.withholds(DocumentKind::HouseholdPrivate);
        let hides_all = self.is_concealed && hides_private;
        for fact in self.facts.iter_mut().chain(&mut self.earlier) {
            let Some(said) = fact.said.as_mut() else { continue };
            let is_hidden = hides_all && said.reason.take().is_some();
            let elsewhere = || self.reasons.iter().find(|why| why.fact == fact.id);
            said.reason = said.reason.take().or_else(|| Some(elsewhere()?.reason.clone()));
            let may_be_elsewhere = match family {
                Family::Visit | Family::Note => {
                    withheld.withholds_others(DocumentKind::HouseholdVisits)
                }
                Family::Resident => hides_private,
                _ => false,
            };
            // Whoever withdraws something says why; who restores it need not.
            let is_elsewhere = said.status == words::WITHDRAWN && may_be_elsewhere;
            fact.hides_reason = said.reason.is_none() && (is_hidden || is_elsewhere);
        }
    }
}

impl Withdrawals {
    /// The facts by which a record is withdrawn; none if it stands.
    pub(crate) fn facts(&self, household: &DocumentId, root: &str) -> Vec<FactView> {
        let one = self.0.get(&(*household, root.to_owned())).filter(|one| one.is_withdrawn);
        one.map(|one| FactView::of(one.facts.clone())).unwrap_or_default()
    }

    /// What was said of the withdrawal of a record before, the last word first; of one that stands again also
    /// that it does.
    pub(crate) fn before(&self, household: &DocumentId, root: &str) -> Vec<FactView> {
        let Some(one) = self.0.get(&(*household, root.to_owned())) else { return Vec::new() };
        let current = one.facts.iter().filter(|_| !one.is_withdrawn);
        FactView::of(current.chain(&one.earlier).cloned().collect())
    }

    /// Whether what stands under a key of a household is withdrawn, by itself or with the household.
    pub(crate) fn hides(&self, household: &DocumentId, key: &str) -> bool {
        let is_withdrawn = |root: String| {
            key != root && self.0.get(&(*household, root)).is_some_and(|one| one.is_withdrawn)
        };
        let mut segments = key.split('/');
        let item = segments.next().zip(segments.next());
        is_withdrawn(HOUSEHOLD.to_owned())
            || item.is_some_and(|(letter, id)| is_withdrawn(format!("{letter}/{id}/{HOUSEHOLD}")))
    }

    /// What somebody has to decide: of what others worked on meanwhile, and of what people say that it is
    /// withdrawn and that it stands.
    pub(crate) fn into_undecided(self) -> impl Iterator<Item = (DocumentId, String, Withdrawal)> {
        let hidden: BTreeSet<_> = self
            .0
            .keys()
            .filter(|(household, root)| self.hides(household, root))
            .cloned()
            .collect();
        let undecided = self.0.into_iter().filter(move |(place, one)| {
            let in_conflict = Told::of(&one.facts, words::WITHDRAWALS).in_conflict;
            !hidden.contains(place) && (in_conflict || !one.meanwhile.is_empty())
        });
        undecided.map(|((household, root), one)| (household, root, one))
    }
}
