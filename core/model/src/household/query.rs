//! Reading households: lists, and one in full.

use std::cmp::Ordering;

use crate::author::{Entered, name_authors};
use crate::conflict::conflict_counts;
use crate::fact::{Fact, FactView, Told};
use crate::household::beside::Beside;
use crate::household::person::person;
use crate::household::places::Places;
use crate::household::scope::{ALL, BELOW, GIVEN, ONE, Scope};
use crate::household::{HouseholdDetail, HouseholdView, NeedView, ResidentDetail};
use crate::id::DocumentId;
use crate::kind::DocumentKind;
use crate::projection::Cell;
use crate::query::{Rows, Withheld, blob, document, given, item, text};
use crate::rows::cbor_in;
use crate::withdrawal::{HOUSEHOLD, Shown, Withdrawals, read_withdrawals, withdrawals_of};
use crate::words;

/// Which households a list holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HouseholdFilter {
    /// Only those in this region and below it.
    pub region: Option<DocumentId>,
    /// Whether also those that were withdrawn.
    pub shown: Shown,
}

/// The households a filter lets through, in the order of region code, address and id.
///
/// # Errors
/// When a query cannot be run.
pub fn households<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    filter: &HouseholdFilter,
) -> Result<Vec<HouseholdView>, R::Error> {
    let scopes = withheld.scopes(rows, filter.region.as_ref())?;
    let mut found = Vec::new();
    for region in &scopes {
        let (scope, about) = match region {
            Some(region) => (&BELOW, Some(id_cell(region))),
            None => (&ALL, None),
        };
        found.extend(read(rows, withheld, scope, about, filter.shown)?);
    }
    if scopes.len() > 1 {
        found.sort_unstable_by(Found::in_listed_order);
    }
    let conflicts = conflict_counts(rows, withheld, filter.region.as_ref())?;
    let mut views: Vec<HouseholdView> = found.into_iter().map(|found| found.view).collect();
    for view in &mut views {
        view.conflicts = conflicts.get(&view.id).copied().unwrap_or(0);
    }
    name_authors(rows, views.iter_mut().flat_map(HouseholdView::entered))?;
    Ok(views)
}

/// The households of these that stand, wherever they are, as a list shows them; how much of each has to be
/// settled is not counted.
///
/// # Errors
/// When a query cannot be run.
pub(crate) fn households_given<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    ids: &[DocumentId],
) -> Result<Vec<HouseholdView>, R::Error> {
    let found = read(rows, withheld, &GIVEN, Some(given(ids)), Shown::Standing)?;
    Ok(found.into_iter().map(|found| found.view).collect())
}

/// One household in full, if it is here.
///
/// # Errors
/// When a query cannot be run.
pub fn household<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    id: &DocumentId,
    shown: Shown,
) -> Result<Option<HouseholdDetail>, R::Error> {
    const NEEDS: &str = "SELECT item, text, time, actor, status, note, facts, earlier FROM need \
                         WHERE document = ?1 AND withdrawn <= ?2 ORDER BY time, item";
    if !withheld.shows(rows, id)? {
        return Ok(None);
    }
    let about = Some(id_cell(id));
    let Some(found) = read(rows, withheld, &ONE, about, shown)?.into_iter().next() else {
        return Ok(None);
    };
    let mut needs = Vec::new();
    let about = [id_cell(id), shown.withdrawn_max()];
    rows.query(NEEDS, &about, &mut |row| needs.extend(need(row)))?;
    if shown == Shown::AlsoWithdrawn {
        let withdrawals = withdrawals_of(rows, withheld, id)?;
        for need in &mut needs {
            let root = format!("n/{}/{HOUSEHOLD}", need.id);
            need.withdrawn = withdrawals.facts(id, &root);
            need.withdrawn_before = withdrawals.before(id, &root);
        }
    }
    let mut detail = HouseholdDetail {
        id: found.view.id,
        address: found.view.address,
        address_code: found.address_code,
        tenure: found.tenure,
        region: found.view.region,
        head: found.view.head,
        withheld: found.view.withheld,
        living_here: found.view.living_here,
        withdrawn: found.view.withdrawn,
        withdrawn_before: found.view.withdrawn_before,
        residents: found.in_full,
        needs,
    };
    name_authors(rows, detail.entered())?;
    Ok(Some(detail))
}

impl HouseholdView {
    fn entered(&mut self) -> impl Iterator<Item = &mut Entered> {
        let of_residents = self.residents.iter_mut().flat_map(|resident| {
            resident.withdrawn.iter_mut().chain(&mut resident.withdrawn_before)
        });
        let own = self.withdrawn.iter_mut().chain(&mut self.withdrawn_before);
        own.chain(of_residents).map(|fact| &mut fact.entered)
    }
}

impl HouseholdDetail {
    fn entered(&mut self) -> impl Iterator<Item = &mut Entered> {
        let of_residents = self.residents.iter_mut().flat_map(|resident| {
            let facts = resident.facts.iter_mut().chain(&mut resident.earlier);
            let facts = facts.chain(&mut resident.resident.withdrawn);
            let facts = facts.chain(&mut resident.resident.withdrawn_before);
            facts.map(|fact| &mut fact.entered)
        });
        let of_needs = self.needs.iter_mut().flat_map(|need| {
            let facts = need.facts.iter_mut().chain(&mut need.earlier).chain(&mut need.withdrawn);
            let facts = facts.chain(&mut need.withdrawn_before);
            std::iter::once(&mut need.entered).chain(facts.map(|fact| &mut fact.entered))
        });
        let own = self.withdrawn.iter_mut().chain(&mut self.withdrawn_before);
        let own = own.map(|fact| &mut fact.entered);
        own.chain(of_residents).chain(of_needs)
    }
}

/// A household as it is put together.
struct Found {
    view: HouseholdView,
    /// Of its address.
    order: Vec<u8>,
    address_code: Option<String>,
    tenure: Option<String>,
    /// The residents in full, of a household that is shown alone.
    in_full: Vec<ResidentDetail>,
}

/// Reads the households of a scope, in the order of region code, address and id.
fn read<R: Rows>(
    rows: &R,
    withheld: &Withheld,
    scope: &Scope,
    about: Option<Cell>,
    shown: Shown,
) -> Result<Vec<Found>, R::Error> {
    if withheld.withholds(DocumentKind::Household) {
        return Ok(Vec::new());
    }
    let about: Vec<Cell> = about.into_iter().collect();
    let parameters = [about.as_slice(), &[shown.withdrawn_max()]].concat();
    let mut found: Vec<Found> = Vec::new();
    rows.query(scope.households, &parameters, &mut |row| found.extend(household_found(row)))?;
    found.sort_unstable_by(Found::in_listed_order);
    let mut places = Places::of(found.iter().map(|one| one.view.id));

    let mut beside = Beside::default();
    if !withheld.withholds(DocumentKind::HouseholdPrivate) {
        beside = Beside::read(rows, scope, &about)?;
    }
    let withdrawals = match shown {
        Shown::Standing => Withdrawals::default(),
        Shown::AlsoWithdrawn => read_withdrawals(rows, withheld, scope.withdrawals, &about)?,
    };
    rows.query(scope.residents, &parameters, &mut |row| {
        let Some((household, resident)) = document(row, 0).zip(item(row, 1)) else { return };
        let Some(one) = places.place(household).and_then(|place| found.get_mut(place)) else {
            return;
        };
        let private = beside.take(household, resident);
        let Some(mut person) = person(row, private, withheld) else { return };
        let listed = &mut person.detail.resident;
        if shown == Shown::AlsoWithdrawn {
            let root = format!("r/{resident}/{HOUSEHOLD}");
            listed.withdrawn = withdrawals.facts(&household, &root);
            listed.withdrawn_before = withdrawals.before(&household, &root);
        }
        let is_withheld = listed.status.is_none();
        listed.withheld = if scope.in_full {
            withheld.in_detail(is_withheld)
        } else {
            withheld.in_list(is_withheld)
        };
        listed.is_there = !person.has_gone && listed.withdrawn.is_empty();
        one.view.living_here += usize::from(listed.lives_here());
        if listed.relation.as_deref() == Some(words::HEAD) && listed.is_there {
            one.add_head(&listed.name);
        }
        if scope.in_full {
            one.in_full.push(person.detail);
        } else {
            one.view.residents.push(person.detail.resident);
        }
    })?;
    for one in &mut found {
        one.view.withheld =
            if scope.in_full { withheld.in_detail(false) } else { withheld.in_list(false) };
        one.view.withdrawn = withdrawals.facts(&one.view.id, HOUSEHOLD);
        one.view.withdrawn_before = withdrawals.before(&one.view.id, HOUSEHOLD);
        if !one.view.withdrawn.is_empty() {
            one.view.living_here = 0;
        }
        if !scope.in_full {
            one.view.residents.sort_by_key(|resident| resident.id);
        }
    }
    Ok(found)
}

impl Found {
    /// By region code, address and id.
    fn in_listed_order(&self, other: &Self) -> Ordering {
        let by_region = self.view.region.cmp(&other.view.region);
        let by_address = || self.order.cmp(&other.order);
        by_region.then_with(by_address).then_with(|| self.view.id.cmp(&other.view.id))
    }

    /// Two people who each made somebody head of a household are not decided between here.
    fn add_head(&mut self, name: &str) {
        match &mut self.view.head {
            Some(heads) => {
                heads.push('、');
                heads.push_str(name);
            }
            None => self.view.head = Some(name.to_owned()),
        }
    }
}

fn household_found(row: &[Cell]) -> Option<Found> {
    let view = HouseholdView {
        id: document(row, 0)?,
        address: text(row, 1)?,
        region: text(row, 2),
        head: None,
        withheld: &[],
        conflicts: 0,
        living_here: 0,
        withdrawn: Vec::new(),
        withdrawn_before: Vec::new(),
        residents: Vec::new(),
    };
    let (address_code, tenure) = (text(row, 3), text(row, 4));
    let order = blob(row, 5).unwrap_or_default().to_vec();
    Some(Found { view, order, address_code, tenure, in_full: Vec::new() })
}

fn need(row: &[Cell]) -> Option<NeedView> {
    let facts: Vec<Fact> = cbor_in(row, 6);
    Some(NeedView {
        id: item(row, 0)?,
        text: text(row, 1)?,
        entered: Entered::from_row(row, 2),
        status: text(row, 4)?,
        status_in_conflict: Told::of(&facts, words::NEED_STATUSES).in_conflict,
        note: text(row, 5),
        facts: FactView::of(facts),
        earlier: FactView::of(cbor_in(row, 7)),
        withdrawn: Vec::new(),
        withdrawn_before: Vec::new(),
    })
}

fn id_cell(id: &DocumentId) -> Cell {
    Cell::Blob(id.as_bytes().to_vec())
}
