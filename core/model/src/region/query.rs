//! Reading regions.

use serde::Serialize;

use crate::id::DocumentId;
use crate::projection::Cell;
use crate::query::{Rows, as_hex, document, text};

/// A region as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RegionView {
    /// Its id.
    #[serde(serialize_with = "as_hex")]
    pub id: DocumentId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its level, by name.
    pub level: String,
    /// The code of the region it lies in, if that is here.
    pub parent: Option<String>,
    /// Its boundary in words.
    pub boundary: Option<String>,
    /// Who is in charge.
    pub head: Option<String>,
}

/// All regions, in the order of their codes.
///
/// # Errors
/// When the query cannot be run.
pub fn regions<R: Rows>(rows: &R) -> Result<Vec<RegionView>, R::Error> {
    const SQL: &str = "\
        SELECT r.document, r.code, r.name, r.level, p.code, r.boundary, r.head \
        FROM region r LEFT JOIN region p ON p.document = r.parent \
        ORDER BY r.code, r.document";
    let mut views = Vec::new();
    rows.query(SQL, &[], &mut |row| views.extend(view(row)))?;
    Ok(views)
}

/// The ids of the regions with a code: codes are never reused, so more than one means that two
/// people gave the same code at once.
///
/// # Errors
/// When the query cannot be run.
pub fn region_of_code<R: Rows>(rows: &R, code: &str) -> Result<Vec<DocumentId>, R::Error> {
    const SQL: &str = "SELECT document FROM region WHERE code = ?1 ORDER BY document";
    let mut found = Vec::new();
    rows.query(SQL, &[Cell::Text(code.to_owned())], &mut |row| found.extend(document(row, 0)))?;
    Ok(found)
}

fn view(row: &[Cell]) -> Option<RegionView> {
    Some(RegionView {
        id: document(row, 0)?,
        code: text(row, 1)?,
        name: text(row, 2)?,
        level: text(row, 3)?,
        parent: text(row, 4),
        boundary: text(row, 5),
        head: text(row, 6),
    })
}
