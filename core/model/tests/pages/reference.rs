//! What a page must be, worked out plainly: everything is listed, filtered and put in order in memory.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use keting_model::query::{
    HouseholdFilter, HouseholdRow, HouseholdView, Households, OnDevice, Only, Shown, Sort,
    Withheld, conflict_counts, household, households, regions, visits,
};
use keting_model::{DocumentId, DocumentKind};

use crate::common::Replica;
use crate::common::tables::Tables;

/// The rows that a query must give on all its pages together.
pub fn expected(
    replica: &Replica,
    rows: &Tables,
    withheld: &Withheld,
    query: &Households,
    on_device: &OnDevice,
) -> Vec<HouseholdRow> {
    let filter = HouseholdFilter { region: query.region, shown: Shown::Standing };
    let listed = households(rows, withheld, &filter).unwrap();
    let mut all: Vec<(HouseholdView, HouseholdRow)> = listed
        .into_iter()
        .map(|view| {
            let row = row(rows, withheld, &view, on_device);
            (view, row)
        })
        .filter(|(view, row)| is_asked_for(withheld, query, view, row))
        .collect();
    let address = |view: &HouseholdView| (view.region.clone(), numbers(&view.address), view.id);
    match query.sort {
        Sort::Address => all.sort_by_key(|(view, _)| address(view)),
        Sort::LongestUnvisited => {
            all.sort_by_key(|(view, row)| (row.last_visit.clone(), address(view)));
        }
        Sort::LastChanged => all.sort_by_key(|(view, _)| {
            (Reverse(last_changed(replica, withheld, view.id)), address(view))
        }),
    }
    all.into_iter().map(|(_, row)| row).collect()
}

fn row(
    rows: &Tables,
    withheld: &Withheld,
    view: &HouseholdView,
    on_device: &OnDevice,
) -> HouseholdRow {
    let page = household(rows, withheld, &view.id, Shown::Standing).unwrap().unwrap();
    let visits = visits(rows, withheld, &view.id, Shown::Standing).unwrap();
    let region =
        regions(rows).unwrap().into_iter().find(|one| Some(&one.code) == view.region.as_ref());
    let there: Vec<_> = view.residents.iter().filter(|one| one.is_there).collect();
    let living = || there.iter().filter(|one| one.bond.as_deref() != Some("registered"));
    assert_eq!(living().count(), view.living_here);
    let head = there.iter().filter(|one| one.relation.as_deref() == Some("head"));
    let mut to_call = head.chain(living()).filter_map(|one| one.phone.clone());
    let tags: BTreeSet<String> =
        living().flat_map(|one| one.care_tags.clone().unwrap_or_default()).collect();
    let is_open = |status: &str| status == "open" || status == "in_progress";
    HouseholdRow {
        id: view.id,
        address: view.address.clone(),
        region: region.map(|region| region.name),
        head: view.head.clone(),
        call: to_call.next(),
        people: living().count() as u64,
        tags: tags.into_iter().collect(),
        last_visit: visits.into_iter().flatten().map(|visit| visit.at).max(),
        open_needs: page.needs.iter().filter(|need| is_open(&need.status)).count() as u64,
        conflicts: conflict_counts(rows, withheld, None)
            .unwrap()
            .get(&view.id)
            .copied()
            .unwrap_or(0),
        not_sent: documents(view.id)
            .iter()
            .any(|(kind, id)| on_device.not_sent.contains(id) && !withheld.withholds(*kind)),
        draft: on_device.drafts.contains(&view.id),
    }
}

fn is_asked_for(
    withheld: &Withheld,
    query: &Households,
    view: &HouseholdView,
    row: &HouseholdRow,
) -> bool {
    let only = match query.only {
        None => true,
        Some(Only::NotVisitedSince { day }) => {
            withheld.withholds(DocumentKind::HouseholdVisits)
                || row.last_visit.as_ref().is_none_or(|visit| *visit < day.to_string())
        }
        Some(Only::OpenNeeds) => row.open_needs > 0,
        Some(Only::InConflict) => row.conflicts > 0,
        Some(Only::NotSent) => row.not_sent,
    };
    let half = |c: char| match "０１２３４５６７８９".chars().position(|digit| digit == c)
    {
        Some(digit) => char::from(b'0' + u8::try_from(digit).unwrap()),
        None => c,
    };
    let sought = query.text.iter().flat_map(|text| text.chars()).filter(|c| *c != ' ');
    let sought: String = sought.map(half).collect();
    let is_tail = sought.len() >= 3 && sought.bytes().all(|byte| byte.is_ascii_digit());
    let names = view.residents.iter().map(|one| &one.name);
    let mut phones = view.residents.iter().filter_map(|one| one.phone.as_ref());
    let is_found = [&view.address].into_iter().chain(names).any(|text| text.contains(&sought))
        || (is_tail && phones.any(|phone| phone.ends_with(&sought)));
    only && is_found && query.tags.iter().all(|tag| row.tags.contains(tag))
}

/// When it was last changed, by every change of every document that is read.
fn last_changed(replica: &Replica, withheld: &Withheld, household: DocumentId) -> u64 {
    let read = documents(household).into_iter().filter(|(kind, _)| !withheld.withholds(*kind));
    let changes = read.filter_map(|(_, id)| replica.documents.get(&id)).flat_map(|document| {
        document.automerge().get_changes(&[]).into_iter().filter_map(|change| {
            let message = change.message()?.to_owned();
            message.split(' ').nth(1)?.parse::<u64>().ok()
        })
    });
    changes.max().unwrap_or(0)
}

fn documents(household: DocumentId) -> Vec<(DocumentKind, DocumentId)> {
    let derived = |kind, year| (kind, DocumentId::derive(&household, kind, year));
    vec![
        (DocumentKind::Household, household),
        derived(DocumentKind::HouseholdPrivate, 0),
        derived(DocumentKind::HouseholdVisits, 2025),
        derived(DocumentKind::HouseholdVisits, 2026),
    ]
}

/// All addresses here are made alike and differ in their numbers.
fn numbers(address: &str) -> Vec<u32> {
    let parts = address.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    parts.map(|part| part.parse().unwrap()).collect()
}
