//! Where a reader may look. Whoever's grants were narrowed still has in their file what lies outside: it
//! is shown nowhere until a grant covers it again.
//!
//! Most readers may see everything that is here, and nothing is asked for them. For the others every
//! list is read once for each region of theirs.

use std::collections::BTreeSet;

use crate::id::DocumentId;
use crate::kind::DocumentKind;
use crate::projection::Cell;
use crate::query::{Rows, Withheld, document, int, regions_below};

/// The regions a reader may look into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Within {
    /// Everything that is here.
    Everywhere,
    /// These and what lies below them; none lies in another.
    Regions(Vec<DocumentId>),
}

impl Withheld {
    /// Also withholds what lies outside of some regions, of which none lies in another.
    #[must_use]
    pub fn within(mut self, regions: Vec<DocumentId>) -> Self {
        self.within = Within::Regions(regions);
        self
    }

    /// What to ask for, so that an answer about a region, or about everything, leaves out what is
    /// withheld: one region after another, or everything.
    pub(crate) fn scopes<R: Rows>(
        &self,
        rows: &R,
        region: Option<&DocumentId>,
    ) -> Result<Vec<Option<DocumentId>>, R::Error> {
        let Within::Regions(regions) = &self.within else { return Ok(vec![region.copied()]) };
        let Some(wanted) = region else {
            return Ok(regions.iter().map(|region| Some(*region)).collect());
        };
        let mut scopes = Vec::new();
        for own in regions {
            if lies_in(rows, wanted, own)? {
                return Ok(vec![Some(*wanted)]);
            }
            if lies_in(rows, own, wanted)? {
                scopes.push(Some(*own));
            }
        }
        Ok(scopes)
    }

    /// The regions that may be shown: those of the reader, what lies below them, and those they lie in. None
    /// if that is every one.
    ///
    /// # Errors
    /// When the query cannot be run.
    pub fn regions_shown<R: Rows>(
        &self,
        rows: &R,
    ) -> Result<Option<BTreeSet<DocumentId>>, R::Error> {
        const BELOW: &str = regions_below!("SELECT document FROM below");
        const ABOVE: &str = "WITH RECURSIVE above (document) AS (SELECT ?1 UNION SELECT region.parent \
                             FROM above JOIN region ON region.document = above.document \
                             WHERE region.parent IS NOT NULL) SELECT document FROM above";
        let Within::Regions(regions) = &self.within else { return Ok(None) };
        let mut shown = BTreeSet::new();
        for region in regions {
            for sql in [BELOW, ABOVE] {
                rows.query(sql, &[id_cell(region)], &mut |row| shown.extend(document(row, 0)))?;
            }
        }
        Ok(Some(shown))
    }

    /// Whether a region or household, or what belongs to one, may be shown as far as its place goes.
    ///
    /// # Errors
    /// When the query cannot be run.
    pub fn shows<R: Rows>(&self, rows: &R, home: &DocumentId) -> Result<bool, R::Error> {
        let Within::Regions(regions) = &self.within else { return Ok(true) };
        let is_region = home.kind() == Some(DocumentKind::Region);
        for own in regions {
            let found = if is_region {
                lies_in(rows, home, own)? || lies_in(rows, own, home)?
            } else {
                lives_in(rows, home, own)?
            };
            if found {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// How many households are here and withheld for their place.
///
/// # Errors
/// When the query cannot be run.
pub fn hidden_households<R: Rows>(rows: &R, withheld: &Withheld) -> Result<u64, R::Error> {
    let Within::Regions(regions) = &withheld.within else { return Ok(0) };
    const BELOW: &str = regions_below!(
        "SELECT count(*) FROM below JOIN household h ON h.region = below.document \
                        WHERE h.withdrawn = 0"
    );
    let mut shown = 0;
    for region in regions {
        shown += count(rows, BELOW, &[id_cell(region)])?;
    }
    Ok(count(rows, "SELECT count(*) FROM household WHERE withdrawn = 0", &[])?
        .saturating_sub(shown))
}

/// Whether a region is another, or lies in it.
fn lies_in<R: Rows>(rows: &R, region: &DocumentId, other: &DocumentId) -> Result<bool, R::Error> {
    const SQL: &str = regions_below!("SELECT count(*) FROM below WHERE document = ?2");
    Ok(count(rows, SQL, &[id_cell(other), id_cell(region)])? > 0)
}

fn lives_in<R: Rows>(rows: &R, home: &DocumentId, region: &DocumentId) -> Result<bool, R::Error> {
    const SQL: &str = regions_below!(
        "SELECT count(*) FROM below JOIN household h ON h.region = below.document \
         WHERE h.document = ?2"
    );
    Ok(count(rows, SQL, &[id_cell(region), id_cell(home)])? > 0)
}

fn count<R: Rows>(rows: &R, sql: &str, parameters: &[Cell]) -> Result<u64, R::Error> {
    let mut found = 0;
    rows.query(sql, parameters, &mut |row| {
        found = int(row, 0).and_then(|count| u64::try_from(count).ok()).unwrap_or(0);
    })?;
    Ok(found)
}

fn id_cell(id: &DocumentId) -> Cell {
    Cell::Blob(id.as_bytes().to_vec())
}
