//! Reading what has to be settled.

use serde::Serialize;

use crate::conflict::words_of;
use crate::fact::{Fact, FactView, Told, complete, facts_in};
use crate::id::{DocumentId, ItemId};
use crate::kind::DocumentKind;
use crate::projection::Cell;
use crate::query::{Rows, Withheld, as_hex, blob, document as id_in};
use crate::value::Value;

/// A field, or what became of a resident or need, that has to be settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConflictView {
    /// The document it stands in.
    #[serde(serialize_with = "as_hex")]
    pub document: DocumentId,
    /// The field's key, as a settle names it; of facts `r/ID/s` or `n/ID/s`.
    pub key: String,
    /// The region or household it is about.
    #[serde(serialize_with = "as_hex")]
    pub home: DocumentId,
    /// The value screens show meanwhile, in words.
    pub shown: String,
    /// All the values in words; a cleared one is empty. Of a field the shown one comes first, and
    /// each settles it with [`Settle::on_typed`](crate::Settle::on_typed).
    pub values: Vec<String>,
    /// The facts that say these values, one each in their order; none of a field. They are settled
    /// by a fact over all of them: `resident.leave`, `resident.return` or `need.advance`.
    pub facts: Vec<FactView>,
}

/// What has to be settled, of one region or household or of all that is here.
///
/// # Errors
/// When the query cannot be run.
pub fn conflicts<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    home: Option<&DocumentId>,
) -> Result<Vec<ConflictView>, R::Error> {
    const ALL: &str =
        "SELECT document, item, home, shown, others, facts FROM conflict ORDER BY document, item";
    const ONE: &str = "SELECT document, item, home, shown, others, facts FROM conflict \
                       WHERE home = ?1 ORDER BY document, item";
    let parameters: Vec<Cell> =
        home.iter().map(|home| Cell::Blob(home.as_bytes().to_vec())).collect();
    read(rows, withheld, if home.is_some() { ONE } else { ALL }, &parameters)
}

/// How many of the conflicts that a query finds are about facts: it selects the columns of
/// [`conflicts`]. One reader may know of fewer than another.
pub(crate) fn count_about_facts<R: Rows>(
    rows: &R,
    sql: &str,
    parameters: &[Cell],
) -> Result<u64, R::Error> {
    Ok(read(rows, &Withheld::nothing(), sql, parameters)?.len() as u64)
}

fn read<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    sql: &str,
    parameters: &[Cell],
) -> Result<Vec<ConflictView>, R::Error> {
    let mut found: Vec<(ConflictView, Vec<Fact>)> = Vec::new();
    rows.query(sql, parameters, &mut |row| {
        let may_see = |view: &ConflictView| {
            view.document.kind().is_some_and(|kind| !withheld.withholds(kind))
        };
        let view = view(row).filter(may_see);
        found.extend(view.map(|view| (view, facts_in(row, 5))));
    })?;
    let mut views = Vec::new();
    for (view, mut facts) in found {
        if facts.is_empty() {
            views.push(view);
            continue;
        }
        if facts.iter().any(|fact| fact.said.is_none()) {
            add_private(rows, withheld, &view, &mut facts)?;
        }
        views.extend(about_facts(view, facts));
    }
    Ok(views)
}

fn view(row: &[Cell]) -> Option<ConflictView> {
    let shown: Value = minicbor::decode(blob(row, 3)?).ok()?;
    let others: Vec<Value> = minicbor::decode(blob(row, 4)?).ok()?;
    Some(ConflictView {
        document: id_in(row, 0)?,
        key: String::from_utf8(blob(row, 1)?.to_vec()).ok()?,
        home: id_in(row, 2)?,
        shown: shown.to_string(),
        values: std::iter::once(&shown).chain(&others).map(Value::to_string).collect(),
        facts: Vec::new(),
    })
}

/// Adds what the private part says, if the reader may read it.
fn add_private<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    view: &ConflictView,
    facts: &mut [Fact],
) -> Result<(), R::Error> {
    const SAID: &str = "SELECT facts FROM resident_private WHERE household = ?1 AND item = ?2";
    let resident = view.key.split('/').nth(1).and_then(|id| id.parse::<ItemId>().ok());
    let Some(resident) = resident.filter(|_| !withheld.withholds(DocumentKind::HouseholdPrivate))
    else {
        return Ok(());
    };
    let parameters = [view.home.as_bytes().as_slice(), resident.as_bytes()];
    let parameters = parameters.map(|bytes| Cell::Blob(bytes.to_vec()));
    rows.query(SAID, &parameters, &mut |row| complete(facts, facts_in(row, 0)))
}

/// The view of facts, unless those that the reader may read agree.
fn about_facts(view: ConflictView, facts: Vec<Fact>) -> Option<ConflictView> {
    let told = Told::of(&facts, words_of(&view.key));
    let facts = FactView::of(facts);
    let values = facts.iter().map(|fact| fact.status.clone()).collect();
    told.in_conflict.then(|| ConflictView {
        shown: told.status.unwrap_or_default(),
        values,
        facts,
        ..view
    })
}
