//! Reading what has to be settled.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::author::{Entered, name_authors};
use crate::conflict::parts::{between_parts, select_between_parts};
use crate::conflict::words_of;
use crate::fact::{Fact, FactView, Told, complete};
use crate::id::{DocumentId, ItemId};
use crate::kind::DocumentKind;
use crate::projection::Cell;
use crate::query::{
    Permitted, Rows, Withheld, as_hex, blob, document as id_in, given, given_ids, regions_below,
};
use crate::rows::cbor_in;
use crate::said::Said;
use crate::settle::Settle;
use crate::withdrawal::{self, Meanwhile, Withdrawal, family_of, read_withdrawals};

/// A field, or what became of a resident or need, that has to be settled; or something that is withdrawn,
/// which others worked on meanwhile or say stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConflictView {
    /// The document a settle names: where it stands, or the household whose private part has it.
    #[serde(serialize_with = "as_hex")]
    pub document: DocumentId,
    /// The field's key, as a settle names it; of facts `r/ID/s` or `n/ID/s`; of what was withdrawn `w` for
    /// the household, `r/ID/w`, `n/ID/w`, `v/ID/w`, `o/ID/w`.
    pub key: String,
    /// The region or household it is about.
    #[serde(serialize_with = "as_hex")]
    pub home: DocumentId,
    /// The value screens show meanwhile, in words.
    pub shown: String,
    /// The unequal values; of a field the shown one comes first.
    pub values: Vec<ConflictValue>,
    /// The facts that say these values, in their order; none of a field. They are settled by a fact
    /// over all of them: `resident.leave`, `resident.return` or `need.advance`; of what was withdrawn
    /// `record.withdraw`, so that it stays so, or `record.restore`.
    pub facts: Vec<FactView>,
    /// What others did to something without having heard that it is withdrawn.
    pub meanwhile: Vec<Meanwhile>,
    /// Whether the reader's role lets them settle it.
    pub may_settle: bool,
}

/// One of the values that stand against each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConflictValue {
    /// The value in words; empty for a cleared one. Of a field it settles with
    /// [`Settle::on_typed`](crate::Settle::on_typed).
    pub value: String,
    /// Who said it, and when: several people may have said the same.
    pub entered: Vec<Entered>,
}

/// Where conflicts are looked for: among the rows of the table, between the parts of households, and among
/// what was withdrawn.
struct Scope {
    listed: &'static str,
    between: &'static str,
    withdrawals: &'static str,
}

const ALL: Scope = Scope {
    listed: "SELECT document, item, home, said, facts FROM conflict",
    between: select_between_parts!(""),
    withdrawals: withdrawal::OF_ALL,
};

const OF_ONE: Scope = Scope {
    listed: "SELECT document, item, home, said, facts FROM conflict WHERE home = ?1",
    between: select_between_parts!("WHERE o.document = ?1"),
    withdrawals: withdrawal::OF_ONE,
};

const OF_GIVEN: Scope = Scope {
    listed: given_ids!(
        "SELECT document, item, home, said, facts FROM conflict \
         WHERE home IN (SELECT document FROM given)"
    ),
    between: given_ids!(select_between_parts!("WHERE o.document IN (SELECT document FROM given)")),
    withdrawals: withdrawal::OF_GIVEN,
};

const BELOW: Scope = Scope {
    listed: regions_below!(
        "SELECT c.document, c.item, c.home, c.said, c.facts FROM conflict c WHERE c.home IN \
         (SELECT document FROM below UNION ALL SELECT h.document FROM below \
          CROSS JOIN household h ON h.region = below.document)"
    ),
    between: regions_below!(select_between_parts!(
        "WHERE o.document IN \
         (SELECT h.document FROM below CROSS JOIN household h ON h.region = below.document)"
    )),
    withdrawals: withdrawal::BELOW,
};

/// What has to be settled, of one region or household or of all that is here.
///
/// # Errors
/// When the query cannot be run.
pub fn conflicts<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    permitted: &Permitted,
    home: Option<&DocumentId>,
) -> Result<Vec<ConflictView>, R::Error> {
    let found = match home {
        Some(home) if withheld.shows(rows, home)? => {
            read(rows, withheld, &OF_ONE, Some(id_cell(home)))?
        }
        Some(_) => Vec::new(),
        None => read_all(rows, withheld, None)?,
    };
    let mut views: Vec<ConflictView> =
        found.into_iter().filter_map(|one| one.view(permitted)).collect();
    name_authors(rows, views.iter_mut().flat_map(ConflictView::entered))?;
    Ok(views)
}

/// How much has to be settled of each region and household that is here, or in a region and below it.
///
/// # Errors
/// When the query cannot be run.
pub fn conflict_counts<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    region: Option<&DocumentId>,
) -> Result<BTreeMap<DocumentId, u64>, R::Error> {
    Ok(by_home(read_all(rows, withheld, region)?))
}

/// How much has to be settled of each of these households, wherever they are.
pub(crate) fn conflict_counts_of<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    households: &[DocumentId],
) -> Result<BTreeMap<DocumentId, u64>, R::Error> {
    Ok(by_home(read(rows, withheld, &OF_GIVEN, Some(given(households)))?))
}

fn by_home(found: Vec<Found>) -> BTreeMap<DocumentId, u64> {
    let mut counts = BTreeMap::new();
    for one in found {
        *counts.entry(one.home).or_default() += 1;
    }
    counts
}

fn id_cell(id: &DocumentId) -> Cell {
    Cell::Blob(id.as_bytes().to_vec())
}

/// How much has to be settled in a region and below it, or everywhere.
pub(crate) fn count_conflicts<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    region: Option<&DocumentId>,
) -> Result<u64, R::Error> {
    Ok(read_all(rows, withheld, region)?.len() as u64)
}

/// Reads the conflicts of a region and below it, or of everything, as far as the reader may look.
fn read_all<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    region: Option<&DocumentId>,
) -> Result<Vec<Found>, R::Error> {
    let scopes = withheld.scopes(rows, region)?;
    let mut found = Vec::new();
    for region in &scopes {
        let scope = if region.is_some() { &BELOW } else { &ALL };
        found.extend(read(rows, withheld, scope, region.as_ref().map(id_cell))?);
    }
    if scopes.len() > 1 {
        found.sort_by(|a, b| (a.home, &a.key).cmp(&(b.home, &b.key)));
    }
    Ok(found)
}

/// A row of the table, with what the private part adds to it.
pub(super) struct Found {
    pub(super) document: DocumentId,
    pub(super) key: String,
    pub(super) home: DocumentId,
    pub(super) said: Vec<Said>,
    pub(super) facts: Vec<Fact>,
    pub(super) meanwhile: Vec<Meanwhile>,
}

/// Reads conflicts in the order of documents and keys, leaving out facts that agree as far as the
/// reader may read them.
fn read<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    scope: &Scope,
    about: Option<Cell>,
) -> Result<Vec<Found>, R::Error> {
    let parameters: Vec<Cell> = about.into_iter().collect();
    let mut found: Vec<Found> = Vec::new();
    rows.query(scope.listed, &parameters, &mut |row| {
        let may_see =
            |one: &Found| one.document.kind().is_some_and(|kind| !withheld.withholds(kind));
        found.extend(Found::of(row).filter(may_see));
    })?;
    for one in &mut found {
        if one.facts.iter().any(|fact| fact.said.is_none()) {
            one.add_private(rows, withheld)?;
        }
    }
    found.retain(|one| one.facts.is_empty() || one.told().in_conflict);
    if !withheld.withholds(DocumentKind::HouseholdPrivate) {
        let mut between = Vec::new();
        rows.query(scope.between, &parameters, &mut |row| between.extend(between_parts(row)))?;
        // What one part has of it is told with what the other has.
        found.retain(|one| {
            !between.iter().any(|other| (other.home, &other.key) == (one.home, &one.key))
        });
        found.extend(between);
    }
    let withdrawals = read_withdrawals(rows, withheld, scope.withdrawals, &parameters)?;
    found.retain(|one| !withdrawals.hides(&one.home, &one.key));
    found.extend(withdrawals.into_undecided().map(Found::of_withdrawal));
    found.sort_by(|a, b| (a.home, &a.key).cmp(&(b.home, &b.key)));
    Ok(found)
}

impl Found {
    fn of(row: &[Cell]) -> Option<Self> {
        Some(Self {
            document: id_in(row, 0)?,
            key: String::from_utf8(blob(row, 1)?.to_vec()).ok()?,
            home: id_in(row, 2)?,
            said: cbor_in(row, 3),
            facts: cbor_in(row, 4),
            meanwhile: Vec::new(),
        })
    }

    fn of_withdrawal((household, key, withdrawal): (DocumentId, String, Withdrawal)) -> Self {
        let Withdrawal { facts, meanwhile, .. } = withdrawal;
        Self { document: household, key, home: household, said: Vec::new(), facts, meanwhile }
    }

    /// Adds what the private part says, if the reader may read it.
    fn add_private<R: Rows>(&mut self, rows: &R, withheld: &Withheld) -> Result<(), R::Error> {
        const SAID: &str = "SELECT facts FROM resident_private WHERE household = ?1 AND item = ?2 \
                            UNION ALL SELECT facts FROM resident_open \
                            WHERE document = ?1 AND item = ?2";
        let resident = self.key.split('/').nth(1).and_then(|id| id.parse::<ItemId>().ok());
        let reads_private = !withheld.withholds(DocumentKind::HouseholdPrivate);
        let Some(resident) = resident.filter(|_| reads_private) else { return Ok(()) };
        let parameters = [self.home.as_bytes().as_slice(), resident.as_bytes()];
        let parameters = parameters.map(|bytes| Cell::Blob(bytes.to_vec()));
        rows.query(SAID, &parameters, &mut |row| complete(&mut self.facts, cbor_in(row, 0)))
    }

    fn told(&self) -> Told {
        Told::of(&self.facts, words_of(&self.key))
    }

    fn view(self, permitted: &Permitted) -> Option<ConflictView> {
        let may_settle = self.may_settle(permitted);
        let told = self.told();
        let Self { document, key, home, said, facts, meanwhile } = self;
        // Whatever is private of a resident is settled by way of the household.
        let is_private = document.kind() == Some(DocumentKind::HouseholdPrivate);
        let document = if is_private { home } else { document };
        let facts = FactView::of(facts);
        let mut values = Vec::new();
        for Said { value, actor, city_time } in said {
            add(&mut values, &value.to_string(), Entered::at(actor, city_time));
        }
        for fact in &facts {
            add(&mut values, &fact.status, fact.entered.clone());
        }
        let shown = match told.status {
            Some(status) => status,
            None => values.first()?.value.clone(),
        };
        Some(ConflictView { document, key, home, shown, values, facts, meanwhile, may_settle })
    }

    /// Whether somebody may settle it who may write so much.
    fn may_settle(&self, permitted: &Permitted) -> bool {
        let families = match self.facts.as_slice() {
            [] => Settle::families(&self.home, &self.key),
            [..] => vec![family_of(&self.key)],
        };
        !families.is_empty() && families.into_iter().all(|family| permitted.permits(family))
    }
}

impl ConflictView {
    fn entered(&mut self) -> impl Iterator<Item = &mut Entered> {
        let of_values = self.values.iter_mut().flat_map(|value| &mut value.entered);
        let of_facts = self.facts.iter_mut().map(|fact| &mut fact.entered);
        let of_others = self.meanwhile.iter_mut().map(|done| &mut done.entered);
        of_values.chain(of_facts).chain(of_others)
    }
}

/// Adds what somebody said to what others said.
fn add(values: &mut Vec<ConflictValue>, value: &str, entered: Entered) {
    match values.iter_mut().find(|one| one.value == value) {
        Some(one) => one.entered.push(entered),
        None => values.push(ConflictValue { value: value.to_owned(), entered: vec![entered] }),
    }
}
