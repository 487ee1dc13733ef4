//! Which household or region a document is of, for whoever says in words what changed.

use crate::id::DocumentId;
use crate::projection::Cell;
use crate::query::{Candidate, Rows, Withheld, document, text};

/// The household or region that a document is of, by its address or name. None if that is not here, or the
/// reader may not see it.
///
/// # Errors
/// When a query cannot be run.
pub fn about<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    of: &DocumentId,
) -> Result<Option<Candidate<DocumentId>>, R::Error> {
    const SQL: &str = "SELECT document, name FROM region WHERE document = ?1 \
                       UNION ALL SELECT document, address FROM household WHERE document = ?1 \
                       OR document IN (SELECT household FROM visit WHERE document = ?1) \
                       OR document IN (SELECT household FROM note WHERE document = ?1) \
                       OR document IN (SELECT household FROM resident_private WHERE document = ?1)";
    let mut found = None;
    rows.query(SQL, &[Cell::Blob(of.as_bytes().to_vec())], &mut |row| {
        let candidate = document(row, 0).zip(text(row, 1));
        found = candidate.map(|(id, called)| Candidate { id, called });
    })?;
    match found {
        Some(home) if withheld.shows(rows, &home.id)? => Ok(Some(home)),
        Some(_) | None => Ok(None),
    }
}
