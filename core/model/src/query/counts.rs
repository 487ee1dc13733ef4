//! How many of everything there are.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::conflict::count_conflicts;
use crate::fact::{Fact, Told, complete, is_gone};
use crate::id::DocumentId;
use crate::kind::DocumentKind;
use crate::projection::Cell;
use crate::query::{Rows, Withheld, int, regions_below, text};
use crate::rows::cbor_in;
use crate::said::FieldSaid;
use crate::words;

/// How many of everything there are in a region, or in all that is here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Households.
    pub households: u64,
    /// Residents by the status that screens show; those whose status is withheld under `unknown`.
    pub residents: BTreeMap<String, u64>,
    /// Residents who live there: all but those who are only registered there, and those who have gone by
    /// everything that is said of them.
    pub living_here: u64,
    /// Needs by status.
    pub needs: BTreeMap<String, u64>,
    /// What has to be settled.
    pub conflicts: u64,
}

/// The queries of one count.
struct Scope {
    everything: &'static str,
    /// Residents of whom one fact says it, by status, and how many of them are only registered there.
    residents: &'static str,
    /// The others, one by one.
    undecided: &'static str,
}

const ALL: Scope = Scope {
    everything: "\
        SELECT 'household', '', count(*) FROM household WHERE withdrawn = 0 \
        UNION ALL SELECT 'need', status, count(*) FROM need WHERE withdrawn = 0 \
        GROUP BY status",
    residents: "SELECT status, count(*), sum(bond IS 'registered') FROM resident \
                WHERE status IS NOT NULL AND facts_current = 1 AND withdrawn = 0 GROUP BY status",
    undecided: "SELECT r.facts, r.bond, p.facts, p.bond, o.facts, o.fields FROM resident r \
                LEFT JOIN resident_private p ON p.household = r.document AND p.item = r.item \
                LEFT JOIN resident_open o \
                ON o.document = r.document AND o.item = r.item AND o.concealed = 1 \
                WHERE (r.status IS NULL OR r.facts_current <> 1) AND r.withdrawn = 0",
};

const BELOW: Scope = Scope {
    everything: regions_below!(
        "SELECT 'household', '', count(*) FROM below JOIN household h ON h.region = below.document \
             WHERE h.withdrawn = 0 \
         UNION ALL SELECT 'need', n.status, count(*) FROM below \
             JOIN household h ON h.region = below.document JOIN need n ON n.document = h.document \
             WHERE n.withdrawn = 0 GROUP BY n.status"
    ),
    residents: regions_below!(
        "SELECT r.status, count(*), sum(r.bond IS 'registered') FROM below \
         JOIN household h ON h.region = below.document \
         JOIN resident r ON r.document = h.document \
         WHERE r.status IS NOT NULL AND r.facts_current = 1 AND r.withdrawn = 0 GROUP BY r.status"
    ),
    undecided: regions_below!(
        "SELECT r.facts, r.bond, p.facts, p.bond, o.facts, o.fields FROM below \
         JOIN household h ON h.region = below.document \
         JOIN resident r ON r.document = h.document \
         LEFT JOIN resident_private p ON p.household = r.document AND p.item = r.item \
         LEFT JOIN resident_open o \
             ON o.document = r.document AND o.item = r.item AND o.concealed = 1 \
         WHERE (r.status IS NULL OR r.facts_current <> 1) AND r.withdrawn = 0"
    ),
};

/// Counts what is in a region and below it, or everything.
///
/// # Errors
/// When a query cannot be run.
pub fn counts<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    region: Option<DocumentId>,
) -> Result<Counts, R::Error> {
    let mut counts = Counts::default();
    for region in withheld.scopes(rows, region.as_ref())? {
        counts.add_scope(rows, withheld, region)?;
    }
    counts.conflicts = count_conflicts(rows, withheld, region.as_ref())?;
    Ok(counts)
}

impl Counts {
    fn add_scope<R: Rows>(
        &mut self,
        rows: &R,
        withheld: &Withheld,
        region: Option<DocumentId>,
    ) -> Result<(), R::Error> {
        let parameters: Vec<Cell> =
            region.iter().map(|region| Cell::Blob(region.as_bytes().to_vec())).collect();
        let scope = if region.is_some() { &BELOW } else { &ALL };
        rows.query(scope.everything, &parameters, &mut |row| {
            let count = count(row, 2);
            match text(row, 0).as_deref() {
                Some("household") => self.households += count,
                Some("need") => {
                    *self.needs.entry(text(row, 1).unwrap_or_default()).or_default() += count
                }
                Some(_) | None => {}
            }
        })?;
        rows.query(scope.residents, &parameters, &mut |row| {
            let (status, residents) = (text(row, 0).unwrap_or_default(), count(row, 1));
            if !words::GONE.contains(&status.as_str()) {
                self.living_here += residents.saturating_sub(count(row, 2));
            }
            *self.residents.entry(status).or_default() += residents;
        })?;
        let sees_private = !withheld.withholds(DocumentKind::HouseholdPrivate);
        rows.query(scope.undecided, &parameters, &mut |row| {
            let (mut facts, mut bond): (Vec<Fact>, _) = (cbor_in(row, 0), text(row, 1));
            if sees_private {
                complete(&mut facts, cbor_in(row, 2));
                complete(&mut facts, cbor_in(row, 4));
                bond = bond.or_else(|| text(row, 3)).or_else(|| bond_among(cbor_in(row, 5)));
            }
            let status = Told::of(&facts, words::STATUSES).status;
            *self.residents.entry(status.unwrap_or_else(|| "unknown".to_owned())).or_default() += 1;
            let lives_elsewhere = bond.as_deref() == Some(words::REGISTERED);
            self.living_here += u64::from(!lives_elsewhere && !is_gone(&facts));
        })
    }
}

/// What stands in the open of how somebody belongs to the household.
fn bond_among(fields: Vec<FieldSaid>) -> Option<String> {
    let bond = fields.into_iter().find(|field| field.name == "bond")?;
    bond.said.first()?.value.as_text().map(str::to_owned)
}

fn count(row: &[Cell], column: usize) -> u64 {
    int(row, column).and_then(|count| u64::try_from(count).ok()).unwrap_or(0)
}
