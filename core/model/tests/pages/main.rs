//! Pages of the list of households against everything worked out plainly, for every role.
#![allow(missing_docs, clippy::unwrap_used)]

mod acts;
#[path = "../common/mod.rs"]
mod common;
mod marks;
mod plans;
mod reference;

use std::collections::BTreeSet;

use acts::{Village, act};
use common::region_id;
use common::tables::Tables;
use keting_model::Day;
use keting_model::query::{
    AnotherQuery, HouseholdPage, HouseholdRow, Households, OnDevice, Only, PageMark, Rows, Sort,
    Withheld, household_page,
};
use keting_model::roster::WRONG_LINES;
use keting_model::{Cell, Role};
use proptest::prelude::*;
use reference::expected;

fn query() -> impl Strategy<Value = Households> {
    let day = Day::parse("2026-01-01").unwrap();
    let only = prop_oneof![
        4 => Just(None),
        1 => Just(Some(Only::NotVisitedSince { day })),
        1 => Just(Some(Only::OpenNeeds)),
        1 => Just(Some(Only::InConflict)),
        1 => Just(Some(Only::NotSent)),
    ];
    let text = prop_oneof![
        4 => Just(None),
        3 => prop::sample::select(vec!["小明", "001", "1001", "8幢", "李", "０００１", "1 单元", "无人", ""])
            .prop_map(|text| Some(text.to_owned())),
    ];
    let tags = prop_oneof![
        3 => Just(Vec::new()),
        1 => prop::sample::subsequence(vec!["living_alone", "disabled", "low_income"], 1..=2)
            .prop_map(|tags| tags.into_iter().map(str::to_owned).collect()),
    ];
    let sort = prop::sample::select(vec![Sort::Address, Sort::LongestUnvisited, Sort::LastChanged]);
    let region = prop::sample::select(vec![None, None, Some(1), Some(2), Some(3)]);
    (region, text, tags, only, sort, 1..4_u32).prop_map(
        |(region, text, tags, only, sort, limit)| Households {
            region: region.map(region_id),
            text,
            tags,
            only,
            sort,
            limit,
            after: None,
        },
    )
}

/// Every role, who may see everything, and who may only look into one micro-grid.
fn readers() -> Vec<Withheld> {
    let roles = Role::ALL.into_iter().map(|role| Withheld::from_roles(&[role]));
    let within = |regions: &[u8]| {
        Withheld::nothing().within(regions.iter().copied().map(region_id).collect())
    };
    roles.chain([Withheld::nothing(), within(&[2]), within(&[2, 3]), within(&[])]).collect()
}

fn page(
    rows: &Tables,
    reader: &Withheld,
    query: &Households,
    on_device: &OnDevice,
) -> Result<HouseholdPage, AnotherQuery> {
    household_page(rows, reader, query, on_device).unwrap()
}

/// All pages of a query, one after the other; each tells the same total.
fn all_pages(
    rows: &Tables,
    reader: &Withheld,
    query: &Households,
    on_device: &OnDevice,
) -> Vec<HouseholdRow> {
    let (mut all, mut query, mut totals) = (Vec::new(), query.clone(), BTreeSet::new());
    let is_whole = query.after.is_none();
    loop {
        let HouseholdPage { rows: some, total, next, .. } =
            page(rows, reader, &query, on_device).unwrap();
        assert!(some.len() <= query.limit as usize && (next.is_none() || !some.is_empty()));
        all.extend(some);
        totals.insert(total);
        query.after = next.map(|mark| mark.to_string().parse::<PageMark>().unwrap());
        if query.after.is_none() {
            assert!(!is_whole || totals == BTreeSet::from([all.len() as u64]), "{totals:?}");
            return all;
        }
    }
}

fn wrong_lines(rows: &Tables) -> Vec<Cell> {
    let mut wrong = Vec::new();
    rows.query(WRONG_LINES, &[], &mut |row| wrong.push(row[0].clone())).unwrap();
    wrong
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn all_pages_together_are_everything_filtered_and_put_in_order_whatever_is_read_by_whom(
        acts in prop::collection::vec(act(), 1..60),
        queries in prop::collection::vec(query(), 6),
        unsent in 0..6_usize,
    ) {
        let mut village = Village::founded();
        acts.iter().for_each(|act| village.perform(act));
        prop_assert_eq!(wrong_lines(&village.tables), Vec::<Cell>::new());
        let here = village.people[0].heads();
        let on_device = OnDevice {
            not_sent: here.keys().copied().step_by(unsent + 1).collect(),
            drafts: here.keys().copied().step_by(unsent + 2).collect(),
        };
        for reader in readers() {
            for query in &queries {
                let wanted =
                    expected(&village.people[0], &village.tables, &reader, query, &on_device);
                let found = all_pages(&village.tables, &reader, query, &on_device);
                prop_assert_eq!(found, wanted, "{:?} {:?}", query, reader);
            }
        }
    }
}
