//! An address at which another household stands already: two people entered one home, or one of them under
//! the wrong stairwell.
//!
//! 一号 is in every village: only households of the same region are looked at, and where one is new, or there
//! again, also those of the region above and of those beside and below. The code of a standard address is one
//! home wherever it stands.

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
    if restores {
        own.stand_again(one.id, rows)?;
    }
    let others = own.others(one.id, rows)?;
    let other = first_shown(&others, rows, withheld)?;
    Ok(other.map(|household| Warning::AddressKnown { household }))
}

/// What is new of where a household stands.
#[derive(Default)]
struct Own {
    region: Option<DocumentId>,
    address: Option<String>,
    code: Option<String>,
}

impl Own {
    /// All of a household that is there again.
    fn stand_again<R: Rows>(&mut self, household: DocumentId, rows: &R) -> Result<(), R::Error> {
        const STANDING: &str =
            "SELECT region, address, address_code FROM household WHERE document = ?1";
        rows.query(STANDING, &[blob(&household)], &mut |row| {
            (self.region, self.address, self.code) = (document(row, 0), text(row, 1), text(row, 2));
        })
    }

    /// The other households there. Each way is a few steps in an index: an address is edited often.
    fn others<R: Rows>(
        &self,
        household: DocumentId,
        rows: &R,
    ) -> Result<Vec<DocumentId>, R::Error> {
        const BESIDE: &str = "SELECT h.document FROM household own CROSS JOIN household h \
                              ON h.region = own.region AND h.address = ?2 \
                              WHERE own.document = ?1 AND h.withdrawn = 0";
        const AROUND: &str = "\
            SELECT document FROM household WHERE region = ?1 AND address = ?2 AND withdrawn = 0 \
            UNION ALL SELECT h.document FROM region g CROSS JOIN household h \
                ON h.region = g.parent AND h.address = ?2 WHERE g.document = ?1 AND h.withdrawn = 0 \
            UNION ALL SELECT h.document FROM region g CROSS JOIN region beside \
                ON beside.parent = g.parent CROSS JOIN household h \
                ON h.region = beside.document AND h.address = ?2 WHERE g.document = ?1 AND h.withdrawn = 0 \
            UNION ALL SELECT h.document FROM region below CROSS JOIN household h \
                ON h.region = below.document AND h.address = ?2 WHERE below.parent = ?1 AND h.withdrawn = 0";
        const OF_CODE: &str = "SELECT document FROM household \
                               WHERE address_code = ?1 AND withdrawn = 0 ORDER BY document";
        let mut others = Vec::new();
        let mut add = |row: &[Cell]| {
            others.extend(document(row, 0).filter(|other| *other != household));
        };
        if let Some(address) = &self.address {
            let (sql, place) = match &self.region {
                Some(region) => (AROUND, region),
                None => (BESIDE, &household),
            };
            rows.query(sql, &[blob(place), Cell::Text(address.clone())], &mut add)?;
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
