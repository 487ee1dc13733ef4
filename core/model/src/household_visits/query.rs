//! Reading visits and notes.

use serde::Serialize;

use crate::author::{Entered, name_authors};
use crate::city_time::CityTime;
use crate::day::Day;
use crate::fact::FactView;
use crate::id::{DocumentId, ItemId};
use crate::kind::DocumentKind;
use crate::projection::Cell;
use crate::query::{Rows, Withheld, as_hex, int, item, only_of, text};
use crate::withdrawal::{Shown, withdrawals_of};

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
    /// The facts by which it is withdrawn. None, and not in JSON, if it stands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub withdrawn: Vec<FactView>,
    /// What was said of that before, the last word first; of what stands again also who restored it. Only
    /// where what was withdrawn is asked for, too; not in JSON, if nothing was said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub withdrawn_before: Vec<FactView>,
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
    /// The facts by which it is withdrawn. None, and not in JSON, if it stands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub withdrawn: Vec<FactView>,
    /// What was said of that before, the last word first; of what stands again also who restored it. Only
    /// where what was withdrawn is asked for, too; not in JSON, if nothing was said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub withdrawn_before: Vec<FactView>,
}

/// The visits to a household that are here, the latest first; none if they are withheld. Those to a household
/// that is withdrawn as a whole stand as far as they themselves go.
///
/// # Errors
/// When the query cannot be run.
pub fn visits<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    household: &DocumentId,
    shown: Shown,
) -> Result<Option<Vec<VisitView>>, R::Error> {
    const SQL: &str = concat!(
        "SELECT item, at, purpose, note, visitor, time, actor FROM visit WHERE household = ?1 AND ",
        only_of!("visit"),
        " ORDER BY at DESC, time DESC, item"
    );
    let view = |row: &[Cell], [withdrawn, withdrawn_before]: [Vec<FactView>; 2]| {
        Some(VisitView {
            id: item(row, 0)?,
            at: text(row, 1)?,
            purpose: text(row, 2),
            note: text(row, 3),
            by: text(row, 4),
            entered: Entered::from_row(row, 5),
            withdrawn,
            withdrawn_before,
        })
    };
    let mut visits =
        read(rows, withheld, &Asked { sql: SQL, letter: "v", household, shown }, view)?;
    name_authors(rows, visits.iter_mut().flatten().flat_map(VisitView::entered))?;
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
    shown: Shown,
) -> Result<Option<Vec<NoteView>>, R::Error> {
    const SQL: &str = concat!(
        "SELECT item, at, text, time, actor FROM note WHERE household = ?1 AND ",
        only_of!("note"),
        " ORDER BY at DESC, time DESC, item"
    );
    let view = |row: &[Cell], [withdrawn, withdrawn_before]: [Vec<FactView>; 2]| {
        Some(NoteView {
            id: item(row, 0)?,
            at: text(row, 1)?,
            text: text(row, 2)?,
            entered: Entered::from_row(row, 3),
            withdrawn,
            withdrawn_before,
        })
    };
    let mut notes = read(rows, withheld, &Asked { sql: SQL, letter: "o", household, shown }, view)?;
    name_authors(rows, notes.iter_mut().flatten().flat_map(NoteView::entered))?;
    Ok(notes)
}

/// When a visit or a note was, and when it was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded {
    /// Its day.
    pub day: Day,
    /// The city's time of its entry.
    pub entered: CityTime,
}

/// When a visit to a household, or a note about it, was, also of one that is withdrawn; none if it is not
/// here.
///
/// # Errors
/// When the query cannot be run.
pub fn when_recorded<R: Rows>(
    rows: &R,
    household: &DocumentId,
    id: &ItemId,
) -> Result<Option<Recorded>, R::Error> {
    const SQL: &str = "SELECT at, time FROM visit WHERE household = ?1 AND item = ?2 \
                       UNION ALL SELECT at, time FROM note WHERE household = ?1 AND item = ?2";
    let parameters = [household.as_bytes().as_slice(), id.as_bytes()];
    let parameters = parameters.map(|bytes| Cell::Blob(bytes.to_vec()));
    let mut found = None;
    rows.query(SQL, &parameters, &mut |row| {
        let day = text(row, 0).and_then(|day| Day::parse(&day));
        let entered = int(row, 1).and_then(|ms| u64::try_from(ms).ok()).map(CityTime::new);
        found = day.zip(entered).map(|(day, entered)| Recorded { day, entered });
    })?;
    Ok(found)
}

impl VisitView {
    fn entered(&mut self) -> impl Iterator<Item = &mut Entered> {
        let withdrawn = self.withdrawn.iter_mut().chain(&mut self.withdrawn_before);
        std::iter::once(&mut self.entered).chain(withdrawn.map(|fact| &mut fact.entered))
    }
}

impl NoteView {
    fn entered(&mut self) -> impl Iterator<Item = &mut Entered> {
        let withdrawn = self.withdrawn.iter_mut().chain(&mut self.withdrawn_before);
        std::iter::once(&mut self.entered).chain(withdrawn.map(|fact| &mut fact.entered))
    }
}

/// Which records are asked for.
struct Asked<'a> {
    sql: &'a str,
    /// What their keys begin with.
    letter: &'a str,
    household: &'a DocumentId,
    shown: Shown,
}

fn read<R: Rows, V>(
    rows: &R,
    withheld: &Withheld,
    asked: &Asked<'_>,
    view: impl Fn(&[Cell], [Vec<FactView>; 2]) -> Option<V>,
) -> Result<Option<Vec<V>>, R::Error> {
    let Asked { sql, letter, household, shown } = *asked;
    let is_hidden = !withheld.shows(rows, household)?;
    if is_hidden || withheld.withholds(DocumentKind::HouseholdVisits) {
        return Ok(None);
    }
    let withdrawals = withdrawals_of(rows, withheld, household)?;
    let mut views = Vec::new();
    let only_of = withheld.only_of(DocumentKind::HouseholdVisits);
    let about = [Cell::Blob(household.as_bytes().to_vec()), only_of];
    rows.query(sql, &about, &mut |row| {
        let Some(id) = item(row, 0) else { return };
        let root = format!("{letter}/{id}/w");
        let withdrawn = withdrawals.facts(household, &root);
        if shown == Shown::AlsoWithdrawn {
            views.extend(view(row, [withdrawn, withdrawals.before(household, &root)]));
        } else if withdrawn.is_empty() {
            views.extend(view(row, [withdrawn, Vec::new()]));
        }
    })?;
    Ok(Some(views))
}
