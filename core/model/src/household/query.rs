//! Reading households: lists, and one in full.

use crate::household::{HouseholdDetail, HouseholdView, NeedView, ResidentDetail, ResidentView};
use crate::id::{DocumentId, ItemId};
use crate::kind::DocumentKind;
use crate::projection::Cell;
use crate::query::{Rows, Withheld, document, int, item, regions_below, text};
use crate::words;

/// Which households a list holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HouseholdFilter {
    /// Only those in this region and below it.
    pub region: Option<DocumentId>,
}

/// The columns that [`household_found`], [`person`] and [`more`] read, in their order. A list leaves out the last
/// ones, which it does not show: they count as null.
macro_rules! select {
    (households $from:literal) => {
        concat!("SELECT h.document, h.address, g.code, h.address_code, h.tenure ", $from)
    };
    (residents $from:literal) => {
        concat!(
            "SELECT r.document, r.item, r.name, r.relation, r.phone, r.bond, r.care_tags, ",
            "r.status, r.status_rank, r.status_time ",
            $from
        )
    };
    (residents in full $from:literal) => {
        concat!(
            "SELECT r.document, r.item, r.name, r.relation, r.phone, r.bond, r.care_tags, ",
            "r.status, r.status_rank, r.status_time, r.status_reason, r.status_at ",
            $from
        )
    };
    (private $from:literal) => {
        concat!(
            "SELECT p.household, p.item, p.id_number, p.phone, p.bond, p.care_tags, p.status, ",
            "p.status_rank, p.status_time ",
            $from
        )
    };
    (private in full $from:literal) => {
        concat!(
            "SELECT p.household, p.item, p.id_number, p.phone, p.bond, p.care_tags, p.status, ",
            "p.status_rank, p.status_time, p.status_reason, p.status_at, p.birth_date, p.sex, ",
            "p.health, p.disability ",
            $from
        )
    };
}

/// The queries of one list: households, residents, and what is private of them.
struct Scope {
    households: &'static str,
    residents: &'static str,
    private: &'static str,
    in_full: bool,
}

const ALL: Scope = Scope {
    households: select!(households "FROM household h LEFT JOIN region g ON g.document = h.region"),
    residents: select!(residents "FROM resident r ORDER BY r.document, r.item"),
    private: select!(private "FROM resident_private p"),
    in_full: false,
};

/// `CROSS JOIN` fixes the order of the loops: regions, their households, their residents.
const BELOW: Scope = Scope {
    households: regions_below!(select!(households
        "FROM below CROSS JOIN household h ON h.region = below.document \
         LEFT JOIN region g ON g.document = h.region")),
    residents: regions_below!(select!(residents
        "FROM below CROSS JOIN household h ON h.region = below.document \
         CROSS JOIN resident r ON r.document = h.document")),
    private: regions_below!(select!(private
        "FROM below CROSS JOIN household h ON h.region = below.document \
         CROSS JOIN resident_private p ON p.household = h.document")),
    in_full: false,
};

const ONE: Scope = Scope {
    households: select!(households
        "FROM household h LEFT JOIN region g ON g.document = h.region WHERE h.document = ?1"),
    residents: select!(residents in full "FROM resident r WHERE r.document = ?1 ORDER BY r.item"),
    private: select!(private in full "FROM resident_private p WHERE p.household = ?1"),
    in_full: true,
};

/// The households a filter lets through, in the order of region code, address and id.
///
/// # Errors
/// When a query cannot be run.
pub fn households<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    filter: &HouseholdFilter,
) -> Result<Vec<HouseholdView>, R::Error> {
    let read = match &filter.region {
        Some(region) => read(rows, withheld, &BELOW, Some(region)),
        None => read(rows, withheld, &ALL, None),
    }?;
    Ok(read.into_iter().map(|found| found.view).collect())
}

/// One household in full, if it is here.
///
/// # Errors
/// When a query cannot be run.
pub fn household<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    id: &DocumentId,
) -> Result<Option<HouseholdDetail>, R::Error> {
    const NEEDS: &str =
        "SELECT item, text, status, note FROM need WHERE document = ?1 ORDER BY time, item";
    let Some(found) = read(rows, withheld, &ONE, Some(id))?.into_iter().next() else {
        return Ok(None);
    };
    let mut needs = Vec::new();
    rows.query(NEEDS, &[id_cell(id)], &mut |row| needs.extend(need(row)))?;
    let residents = found.view.residents.into_iter();
    Ok(Some(HouseholdDetail {
        id: found.view.id,
        address: found.view.address,
        address_code: found.address_code,
        tenure: found.tenure,
        region: found.view.region,
        head: found.view.head,
        withheld: found.view.withheld,
        residents: residents.zip(found.more).map(|(resident, more)| more.about(resident)).collect(),
        needs,
    }))
}

/// A household as it is put together.
struct Found {
    view: HouseholdView,
    address_code: Option<String>,
    tenure: Option<String>,
    has_children: bool,
    /// What is shown in full, one a resident in their order; empty for a list, which would only
    /// carry it along.
    more: Vec<More>,
}

/// What a list does not show of a resident.
struct More {
    status_reason: Option<String>,
    status_at: Option<String>,
    birth_date: Option<String>,
    sex: Option<String>,
    health: Option<String>,
    disability: Option<String>,
}

/// Reads the households of a scope, in the order of region code, address and id.
fn read<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    scope: &Scope,
    about: Option<&DocumentId>,
) -> Result<Vec<Found>, R::Error> {
    if withheld.withholds(DocumentKind::Household) {
        return Ok(Vec::new());
    }
    let parameters: Vec<Cell> = about.into_iter().map(id_cell).collect();
    let mut found: Vec<Found> = Vec::new();
    rows.query(scope.households, &parameters, &mut |row| found.extend(household_found(row)))?;
    found.sort_unstable_by(|Found { view: a, .. }, Found { view: b, .. }| {
        (&a.region, &a.address, a.id).cmp(&(&b.region, &b.address, b.id))
    });
    let mut places: Vec<(DocumentId, usize)> =
        found.iter().enumerate().map(|(place, one)| (one.view.id, place)).collect();
    places.sort_unstable();

    let sees_private = !withheld.withholds(DocumentKind::HouseholdPrivate);
    let mut private: Vec<(DocumentId, ItemId, Vec<Cell>)> = Vec::new();
    if sees_private {
        rows.query(scope.private, &parameters, &mut |row| {
            if let (Some(household), Some(resident)) = (document(row, 0), item(row, 1)) {
                private.push((household, resident, row.get(2..).unwrap_or_default().to_vec()));
            }
        })?;
        private.sort_unstable_by_key(|(household, resident, _)| (*household, *resident));
    }
    rows.query(scope.residents, &parameters, &mut |row| {
        let Some((household, resident)) = document(row, 0).zip(item(row, 1)) else { return };
        let place = places.binary_search_by_key(&household, |(id, _)| *id).ok();
        let place = place.and_then(|at| places.get(at)).map(|(_, place)| *place);
        let Some(one) = place.and_then(|place| found.get_mut(place)) else { return };
        let at = private.binary_search_by_key(&(household, resident), |(h, r, _)| (*h, *r)).ok();
        let of_resident = at.and_then(|at| private.get_mut(at));
        let of_resident = of_resident.map_or(&mut [][..], |(_, _, cells)| cells.as_mut_slice());
        let more = scope.in_full.then(|| more(row, of_resident));
        let Some(listed) = person(row, of_resident, sees_private) else { return };
        one.has_children |= listed.status.is_none();
        let is_head = listed.relation.as_deref() == Some(words::HEAD);
        if is_head && one.view.head.is_none() && is_there(listed.status.as_deref()) {
            one.view.head = Some(listed.name.clone());
        }
        one.view.residents.push(listed);
        one.more.extend(more);
    })?;
    for one in &mut found {
        if !scope.in_full {
            one.view.residents.sort_by_key(|resident| resident.id);
        }
        one.view.withheld = if scope.in_full {
            withheld.in_detail(one.has_children)
        } else {
            withheld.in_list(one.has_children)
        };
    }
    Ok(found)
}

fn household_found(row: &[Cell]) -> Option<Found> {
    let view = HouseholdView {
        id: document(row, 0)?,
        address: text(row, 1)?,
        region: text(row, 2),
        head: None,
        withheld: Vec::new(),
        residents: Vec::new(),
    };
    let (address_code, tenure) = (text(row, 3), text(row, 4));
    Some(Found { view, address_code, tenure, has_children: false, more: Vec::new() })
}

/// Whether the fact that counts stands in the private part.
fn is_said_in_private(row: &[Cell], private: &[Cell]) -> bool {
    let open = int(row, 8).zip(int(row, 9));
    int(private, 5).zip(int(private, 6)).is_some_and(|said| open.is_none_or(|open| said > open))
}

/// Puts a resident together from the household's row and what follows the ids in that of the
/// private part, which is empty where there is none or it is withheld.
fn person(row: &[Cell], private: &mut [Cell], sees_private: bool) -> Option<ResidentView> {
    let said = if is_said_in_private(row, private) { take(private, 4) } else { text(row, 7) };
    let status = match said {
        None if sees_private => Some(words::LIVING.to_owned()),
        said => said,
    };
    let mut tags: Vec<String> = Vec::new();
    for said in [text(row, 6), take(private, 3)].into_iter().flatten() {
        tags.extend(said.split(',').map(str::to_owned));
    }
    tags.sort_unstable();
    tags.dedup();
    Some(ResidentView {
        id: item(row, 1)?,
        name: text(row, 2)?,
        phone: text(row, 4).or_else(|| take(private, 1)),
        id_number: take(private, 0),
        relation: text(row, 3),
        bond: text(row, 5).or_else(|| take(private, 2)),
        care_tags: status.is_some().then_some(tags),
        status,
    })
}

fn more(row: &[Cell], private: &mut [Cell]) -> More {
    let (status_reason, status_at) = if is_said_in_private(row, private) {
        (take(private, 7), take(private, 8))
    } else {
        (text(row, 10), text(row, 11))
    };
    More {
        status_reason,
        status_at,
        birth_date: take(private, 9),
        sex: take(private, 10),
        health: take(private, 11),
        disability: take(private, 12),
    }
}

impl More {
    fn about(self, resident: ResidentView) -> ResidentDetail {
        ResidentDetail {
            resident,
            status_reason: self.status_reason,
            status_at: self.status_at,
            birth_date: self.birth_date,
            sex: self.sex,
            health: self.health,
            disability: self.disability,
        }
    }
}

/// Takes a text out of a column.
fn take(cells: &mut [Cell], column: usize) -> Option<String> {
    match cells.get_mut(column)? {
        Cell::Text(text) => Some(std::mem::take(text)),
        Cell::Null | Cell::Int(_) | Cell::Blob(_) => None,
    }
}

/// Whether somebody of this status still counts as part of the household.
fn is_there(status: Option<&str>) -> bool {
    !matches!(status, Some("moved_out" | "deceased"))
}

fn need(row: &[Cell]) -> Option<NeedView> {
    Some(NeedView {
        id: item(row, 0)?,
        text: text(row, 1)?,
        status: text(row, 2)?,
        note: text(row, 3),
    })
}

fn id_cell(id: &DocumentId) -> Cell {
    Cell::Blob(id.as_bytes().to_vec())
}
