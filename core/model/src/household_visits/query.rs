//! Reading visits and notes.

use serde::Serialize;

use crate::author::{Entered, name_authors};
use crate::id::{DocumentId, ItemId};
use crate::kind::DocumentKind;
use crate::projection::Cell;
use crate::query::{Rows, Withheld, as_hex, item, text};

/// A visit to a household.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VisitView {
    /// The id within the year.
    #[serde(serialize_with = "as_hex")]
    pub id: ItemId,
    /// The day, `YYYY-MM-DD`.
    pub at: String,
    /// What for.
    pub purpose: Option<String>,
    /// What was found.
    pub note: Option<String>,
    /// Who went there.
    pub by: Option<String>,
    /// Who entered it, and when.
    pub entered: Entered,
}

/// A note about a household.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoteView {
    /// The id within the year.
    #[serde(serialize_with = "as_hex")]
    pub id: ItemId,
    /// The day, `YYYY-MM-DD`.
    pub at: String,
    /// The note.
    pub text: String,
    /// Who entered it, and when.
    pub entered: Entered,
}

/// The visits to a household that are here, the latest first; none if they are withheld.
///
/// # Errors
/// When the query cannot be run.
pub fn visits<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    household: &DocumentId,
) -> Result<Option<Vec<VisitView>>, R::Error> {
    const SQL: &str = "SELECT item, at, purpose, note, visitor, time, actor FROM visit \
                       WHERE household = ?1 ORDER BY at DESC, time DESC, item";
    let view = |row: &[Cell]| {
        Some(VisitView {
            id: item(row, 0)?,
            at: text(row, 1)?,
            purpose: text(row, 2),
            note: text(row, 3),
            by: text(row, 4),
            entered: Entered::from_row(row, 5),
        })
    };
    let mut visits = read(rows, withheld, SQL, household, view)?;
    name_authors(rows, visits.iter_mut().flatten().map(|visit| &mut visit.entered))?;
    Ok(visits)
}

/// The notes about a household that are here, the latest first; none if they are withheld.
///
/// # Errors
/// When the query cannot be run.
pub fn notes<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    household: &DocumentId,
) -> Result<Option<Vec<NoteView>>, R::Error> {
    const SQL: &str = "SELECT item, at, text, time, actor FROM note \
                       WHERE household = ?1 ORDER BY at DESC, time DESC, item";
    let view = |row: &[Cell]| {
        Some(NoteView {
            id: item(row, 0)?,
            at: text(row, 1)?,
            text: text(row, 2)?,
            entered: Entered::from_row(row, 3),
        })
    };
    let mut notes = read(rows, withheld, SQL, household, view)?;
    name_authors(rows, notes.iter_mut().flatten().map(|note| &mut note.entered))?;
    Ok(notes)
}

fn read<R: Rows, V>(
    rows: &R,
    withheld: &Withheld,
    sql: &str,
    household: &DocumentId,
    view: impl Fn(&[Cell]) -> Option<V>,
) -> Result<Option<Vec<V>>, R::Error> {
    let is_hidden = !withheld.shows(rows, household)?;
    if is_hidden || withheld.withholds(DocumentKind::HouseholdVisits) {
        return Ok(None);
    }
    let mut views = Vec::new();
    let about = [Cell::Blob(household.as_bytes().to_vec())];
    rows.query(sql, &about, &mut |row| views.extend(view(row)))?;
    Ok(Some(views))
}
