//! Reading households: lists, and one in full.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::id::{DocumentId, ItemId};
use crate::kind::DocumentKind;
use crate::projection::Cell;
use crate::query::{Rows, Withheld, as_hex, document, int, item, text, regions_below};
use crate::words;

/// A household in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HouseholdView {
    /// Its id.
    #[serde(serialize_with = "as_hex")]
    pub id: DocumentId,
    /// Where it lives.
    pub address: String,
    /// The code of the region it lives in, if that is here.
    pub region: Option<String>,
    /// The name of its head (户主), if somebody who is still there has that relation.
    pub head: Option<String>,
    /// The names of the fields that are null because the reader may not see them.
    pub withheld: Vec<&'static str>,
    /// Its residents, those who left among them.
    pub residents: Vec<ResidentView>,
}

/// A resident in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResidentView {
    /// The id within the household.
    #[serde(serialize_with = "as_hex")]
    pub id: ItemId,
    /// The name.
    pub name: String,
    /// The phone number.
    pub phone: Option<String>,
    /// The identity number.
    pub id_number: Option<String>,
    /// What the resident is to the head of the household.
    pub relation: Option<String>,
    /// `registered`, `lives_here` or `both`.
    pub bond: Option<String>,
    /// The care tags, sorted; null when they are withheld.
    pub care_tags: Option<Vec<String>>,
    /// `living`, `away`, `moved_out` or `deceased`; null when it is withheld.
    pub status: Option<String>,
}

/// A household in full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HouseholdDetail {
    /// Its id.
    #[serde(serialize_with = "as_hex")]
    pub id: DocumentId,
    /// Where it lives.
    pub address: String,
    /// The code of the standard address.
    pub address_code: Option<String>,
    /// By what right it lives there.
    pub tenure: Option<String>,
    /// The code of the region it lives in, if that is here.
    pub region: Option<String>,
    /// The name of its head.
    pub head: Option<String>,
    /// The names of the fields that are null because the reader may not see them.
    pub withheld: Vec<&'static str>,
    /// Its residents.
    pub residents: Vec<ResidentDetail>,
    /// Its needs, in the order of their entry.
    pub needs: Vec<NeedView>,
}

/// A resident in full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResidentDetail {
    /// What a list shows.
    #[serde(flatten)]
    pub resident: ResidentView,
    /// Why the status is what it is.
    pub status_reason: Option<String>,
    /// The day the status came about.
    pub status_at: Option<String>,
    /// The day of birth.
    pub birth_date: Option<String>,
    /// `male` or `female`.
    pub sex: Option<String>,
    /// What is known of the health.
    pub health: Option<String>,
    /// What is known of a disability.
    pub disability: Option<String>,
}

/// A need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NeedView {
    /// The id within the household.
    #[serde(serialize_with = "as_hex")]
    pub id: ItemId,
    /// What is needed.
    pub text: String,
    /// `open`, `in_progress`, `met` or `dropped`.
    pub status: String,
    /// What was done last.
    pub note: Option<String>,
}

/// Which households a list holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HouseholdFilter {
    /// Only those in this region and below it.
    pub region: Option<DocumentId>,
}

/// The columns that [`detail`] and [`person`] read, in their order. A list leaves out the last
/// ones, which it does not show: they count as null.
macro_rules! select {
    (households $from:literal) => {
        concat!("SELECT h.document, h.address, g.code, h.address_code, h.tenure ", $from)
    };
    (residents $from:literal) => {
        concat!(
            "SELECT r.document, r.item, r.name, r.relation, r.phone, r.bond, r.care_tags, ",
            "r.status, r.status_time ",
            $from
        )
    };
    (residents in full $from:literal) => {
        concat!(
            "SELECT r.document, r.item, r.name, r.relation, r.phone, r.bond, r.care_tags, ",
            "r.status, r.status_time, r.status_reason, r.status_at ",
            $from
        )
    };
    (private $from:literal) => {
        concat!(
            "SELECT p.household, p.item, p.id_number, p.phone, p.bond, p.care_tags, p.status, ",
            "p.status_time ",
            $from
        )
    };
    (private in full $from:literal) => {
        concat!(
            "SELECT p.household, p.item, p.id_number, p.phone, p.bond, p.care_tags, p.status, ",
            "p.status_time, p.status_reason, p.status_at, p.birth_date, p.sex, p.health, ",
            "p.disability ",
            $from
        )
    };
}

/// The queries of one list: households, residents, and what is private of them.
struct Scope {
    households: &'static str,
    residents: &'static str,
    private: &'static str,
}

const ALL: Scope = Scope {
    households: select!(households "FROM household h LEFT JOIN region g ON g.document = h.region"),
    residents: select!(residents "FROM resident r ORDER BY r.document, r.item"),
    private: select!(private "FROM resident_private p"),
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
};

const ONE: Scope = Scope {
    households: select!(households
        "FROM household h LEFT JOIN region g ON g.document = h.region WHERE h.document = ?1"),
    residents: select!(residents in full "FROM resident r WHERE r.document = ?1"),
    private: select!(private in full "FROM resident_private p WHERE p.household = ?1"),
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
    let view = |detail: HouseholdDetail, has_children: bool| HouseholdView {
        id: detail.id,
        address: detail.address,
        region: detail.region,
        head: detail.head,
        withheld: withheld.in_list(has_children),
        residents: detail.residents.into_iter().map(|person| person.resident).collect(),
    };
    Ok(read.into_iter().map(|(detail, has_children)| view(detail, has_children)).collect())
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
    let Some((mut detail, has_children)) = read(rows, withheld, &ONE, Some(id))?.into_iter().next()
    else {
        return Ok(None);
    };
    detail.withheld = withheld.in_detail(has_children);
    rows.query(NEEDS, &[id_cell(id)], &mut |row| {
        detail.needs.extend(need(row));
    })?;
    Ok(Some(detail))
}

/// Reads the households of a scope, and of each whether it has children about whom nothing may be
/// seen here.
fn read<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    scope: &Scope,
    about: Option<&DocumentId>,
) -> Result<Vec<(HouseholdDetail, bool)>, R::Error> {
    let parameters: Vec<Cell> = about.into_iter().map(id_cell).collect();
    let mut found = Vec::new();
    rows.query(scope.households, &parameters, &mut |row| found.extend(detail(row)))?;
    found.sort_by(|a, b| (&a.region, &a.address, a.id).cmp(&(&b.region, &b.address, b.id)));
    let places: BTreeMap<DocumentId, usize> =
        found.iter().enumerate().map(|(place, detail)| (detail.id, place)).collect();

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
    let mut children = vec![false; found.len()];
    rows.query(scope.residents, &parameters, &mut |row| {
        let Some((household, resident)) = document(row, 0).zip(item(row, 1)) else { return };
        let Some(place) = places.get(&household) else { return };
        let at = private.binary_search_by_key(&(household, resident), |(h, r, _)| (*h, *r)).ok();
        let of_resident = at.and_then(|at| private.get_mut(at));
        let of_resident = of_resident.map_or(&mut [][..], |(_, _, cells)| cells.as_mut_slice());
        let (Some(detail), Some(child)) = (found.get_mut(*place), children.get_mut(*place)) else {
            return;
        };
        let Some(person) = person(row, of_resident, sees_private) else { return };
        *child |= person.resident.status.is_none();
        let listed = &person.resident;
        let is_head = listed.relation.as_deref() == Some(words::HEAD);
        if is_head && detail.head.is_none() && is_there(listed.status.as_deref()) {
            detail.head = Some(listed.name.clone());
        }
        detail.residents.push(person);
    })?;
    for detail in &mut found {
        detail.residents.sort_by_key(|person| person.resident.id);
    }
    Ok(found.into_iter().zip(children).collect())
}

fn detail(row: &[Cell]) -> Option<HouseholdDetail> {
    Some(HouseholdDetail {
        id: document(row, 0)?,
        address: text(row, 1)?,
        address_code: text(row, 3),
        tenure: text(row, 4),
        region: text(row, 2),
        head: None,
        withheld: Vec::new(),
        residents: Vec::new(),
        needs: Vec::new(),
    })
}

/// Puts a resident together from the household's row and what follows the ids in that of the
/// private part, which is empty where there is none or it is withheld.
fn person(row: &[Cell], private: &mut [Cell], sees_private: bool) -> Option<ResidentDetail> {
    let open_time = int(row, 8);
    let private_says = int(private, 5).is_some_and(|time| open_time.is_none_or(|o| time > o));
    let (status, reason, at) = if private_says {
        (take(private, 4), take(private, 6), take(private, 7))
    } else {
        (text(row, 7), text(row, 9), text(row, 10))
    };
    let status = match status {
        None if sees_private => Some(words::LIVING.to_owned()),
        said => said,
    };
    let hidden = status.is_none();
    let mut tags: Vec<String> = Vec::new();
    for said in [text(row, 6), take(private, 3)].into_iter().flatten() {
        tags.extend(said.split(',').map(str::to_owned));
    }
    tags.sort_unstable();
    tags.dedup();
    let resident = ResidentView {
        id: item(row, 1)?,
        name: text(row, 2)?,
        phone: text(row, 4).or_else(|| take(private, 1)),
        id_number: take(private, 0),
        relation: text(row, 3),
        bond: text(row, 5).or_else(|| take(private, 2)),
        care_tags: (!hidden).then_some(tags),
        status,
    };
    Some(ResidentDetail {
        resident,
        status_reason: reason,
        status_at: at,
        birth_date: take(private, 8),
        sex: take(private, 9),
        health: take(private, 10),
        disability: take(private, 11),
    })
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
