//! An address at which another household stands already: two people entered one home, or one of them under
//! the wrong stairwell.
//!
//! 一号 is in every village: only households of the same region, of the one above it and of those beside
//! and below it are looked at. The code of a standard address is one home wherever it stands.

use crate::id::DocumentId;
use crate::projection::Cell;
use crate::query::{Rows, Withheld, document, text};
use crate::value::Value;
use crate::warning::{Household, Warning, first_shown};

/// Warns if the plan gives the household an address that another one has, or the household comes back to
/// one.
pub(super) fn known<R: Rows>(
    one: &Household<'_>,
    restores: bool,
    rows: &R,
    withheld: &Withheld,
) -> Result<Option<Warning>, R::Error> {
    let mut own = Own::default();
    for (key, value) in one.written() {
        match (key, value) {
            ("home", Value::Bytes(bytes)) => own.region = DocumentId::from_slice(bytes).ok(),
            ("address", Value::Text(address)) => own.address = Some(address.clone()),
            ("address_code", Value::Text(code)) => own.code = Some(code.clone()),
            _ => {}
        }
    }
    if own.address.is_none() && own.code.is_none() && !restores {
        return Ok(None);
    }
    if restores || own.region.is_none() {
        own.complete(one.id, restores, rows)?;
    }
    let others = own.others(one.id, rows)?;
    let other = first_shown(&others, rows, withheld)?;
    Ok(other.map(|household| Warning::AddressKnown { household }))
}

/// Where a household stands once the plan is carried out; of its address and code those that are new.
#[derive(Default)]
struct Own {
    region: Option<DocumentId>,
    address: Option<String>,
    code: Option<String>,
}

impl Own {
    /// Adds the region of a household that is there already, and all else of one that is there again.
    fn complete<R: Rows>(
        &mut self,
        household: DocumentId,
        restores: bool,
        rows: &R,
    ) -> Result<(), R::Error> {
        const STANDING: &str =
            "SELECT region, address, address_code FROM household WHERE document = ?1";
        rows.query(STANDING, &[blob(&household)], &mut |row| {
            self.region = document(row, 0);
            if restores {
                (self.address, self.code) = (text(row, 1), text(row, 2));
            }
        })
    }

    /// The other households there.
    fn others<R: Rows>(
        &self,
        household: DocumentId,
        rows: &R,
    ) -> Result<Vec<DocumentId>, R::Error> {
        const NEARBY: &str = "\
            WITH own (region, parent) AS (SELECT ?1, (SELECT parent FROM region WHERE document = ?1)), \
            nearby (region) AS (SELECT region FROM own UNION SELECT parent FROM own \
                UNION SELECT g.document FROM own JOIN region g ON g.parent = own.parent \
                UNION SELECT g.document FROM own JOIN region g ON g.parent = own.region) \
            SELECT h.document FROM nearby CROSS JOIN household h \
            ON h.region = nearby.region AND h.address = ?2 WHERE h.withdrawn = 0 ORDER BY h.document";
        const OF_CODE: &str = "SELECT document FROM household \
                               WHERE address_code = ?1 AND withdrawn = 0 ORDER BY document";
        let mut others = Vec::new();
        let mut add = |row: &[Cell]| {
            others.extend(document(row, 0).filter(|other| *other != household));
        };
        if let (Some(region), Some(address)) = (&self.region, &self.address) {
            rows.query(NEARBY, &[blob(region), Cell::Text(address.clone())], &mut add)?;
        }
        if let Some(code) = self.code.as_ref().filter(|code| !code.is_empty()) {
            rows.query(OF_CODE, &[Cell::Text(code.clone())], &mut add)?;
        }
        Ok(others)
    }
}

fn blob(id: &DocumentId) -> Cell {
    Cell::Blob(id.as_bytes().to_vec())
}
