//! How many of everything there are.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::id::DocumentId;
use crate::projection::Cell;
use crate::query::{Rows, int, regions_below, text};

/// How many of everything there are in a region, or in all that is here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Households.
    pub households: u64,
    /// Residents by status; those whose status is withheld under `unknown`.
    pub residents: BTreeMap<String, u64>,
    /// Needs by status.
    pub needs: BTreeMap<String, u64>,
    /// Fields that have to be settled.
    pub conflicts: u64,
}

const ALL: &str = "\
    SELECT 'household', '', count(*) FROM household \
    UNION ALL SELECT 'need', status, count(*) FROM need GROUP BY status \
    UNION ALL SELECT 'conflict', '', count(*) FROM conflict";

const ALL_RESIDENTS: &str = "\
    SELECT status, private_status, count(*) FROM ( \
        SELECT r.status, p.status AS private_status FROM resident r \
        LEFT JOIN resident_private p ON p.household = r.document AND p.item = r.item \
            AND p.status IS NOT NULL AND (r.status IS NULL \
                OR (p.status_rank, p.status_time) > (r.status_rank, r.status_time)) \
    ) GROUP BY 1, 2";

const BELOW: &str = regions_below!(
    "SELECT 'household', '', count(*) FROM below JOIN household h ON h.region = below.document \
     UNION ALL SELECT 'need', n.status, count(*) FROM below \
         JOIN household h ON h.region = below.document JOIN need n ON n.document = h.document \
         GROUP BY n.status \
     UNION ALL SELECT 'conflict', '', count(*) FROM conflict c WHERE c.home IN \
         (SELECT document FROM below UNION ALL SELECT h.document FROM below \
          JOIN household h ON h.region = below.document)"
);

const RESIDENTS_BELOW: &str = regions_below!(
    "SELECT status, private_status, count(*) FROM ( \
        SELECT r.status, p.status AS private_status FROM below \
        JOIN household h ON h.region = below.document JOIN resident r ON r.document = h.document \
        LEFT JOIN resident_private p ON p.household = r.document AND p.item = r.item \
            AND p.status IS NOT NULL AND (r.status IS NULL \
                OR (p.status_rank, p.status_time) > (r.status_rank, r.status_time)) \
    ) GROUP BY 1, 2"
);

/// Counts what is in a region and below it, or everything.
///
/// # Errors
/// When a query cannot be run.
pub fn counts<R: Rows>(rows: &R, region: Option<DocumentId>) -> Result<Counts, R::Error> {
    let mut counts = Counts::default();
    let parameters: Vec<Cell> =
        region.iter().map(|region| Cell::Blob(region.as_bytes().to_vec())).collect();
    let (of_all, of_residents) =
        if region.is_some() { (BELOW, RESIDENTS_BELOW) } else { (ALL, ALL_RESIDENTS) };
    rows.query(of_all, &parameters, &mut |row| {
        let count = int(row, 2).and_then(|count| u64::try_from(count).ok()).unwrap_or(0);
        match text(row, 0).as_deref() {
            Some("household") => counts.households = count,
            Some("conflict") => counts.conflicts = count,
            Some("need") => {
                *counts.needs.entry(text(row, 1).unwrap_or_default()).or_default() += count
            }
            Some(_) | None => {}
        }
    })?;
    rows.query(of_residents, &parameters, &mut |row| {
        let count = int(row, 2).and_then(|count| u64::try_from(count).ok()).unwrap_or(0);
        let status = text(row, 1).or_else(|| text(row, 0)).unwrap_or_else(|| "unknown".to_owned());
        *counts.residents.entry(status).or_default() += count;
    })?;
    Ok(counts)
}
