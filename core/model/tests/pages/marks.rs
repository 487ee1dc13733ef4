//! The end of a page stays where it is, and is of its query only.

use keting_model::household::HouseholdCommand;
use keting_model::household_visits::VisitsCommand;
use keting_model::query::{AnotherQuery, Households, OnDevice, Only, PageMark, Sort, Withheld};
use keting_model::withdrawal::{Record, WithdrawalCommand};
use keting_model::{Command, DocumentId, Fields, Role};

use crate::acts::Village;
use crate::common::{add_household, household_id, region_id};
use crate::{all_pages, page};

/// A village of nine households in the order of their numbers, each visited on another day and entered
/// after the one before, so that each order has them in a row.
fn nine() -> Village {
    let mut village = Village::founded();
    for n in 3..=9 {
        let person = Fields::new().with("name", "王小明").with("relation", "head");
        let command = add_household(&mut village.people[0], n, 3, &[person]);
        run(&mut village, &command);
    }
    for n in 1..=9 {
        visit(&mut village, n, &format!("2026-01-{:02}", n + 10));
    }
    village
}

fn run(village: &mut Village, command: &Command) {
    village.people[0].now_ms += 1_000;
    village.people[0].run(command).unwrap();
    village.follow();
}

fn visit(village: &mut Village, n: u8, day: &str) {
    let alice = &mut village.people[0];
    let (visit, time, household) = (alice.fresh(), alice.time(), household_id(n));
    let fields = Fields::new().with("at", day);
    let add = VisitsCommand::AddVisit { household, visit, fields, time };
    run(village, &Command::Visits(add));
}

#[test]
fn whoever_stood_still_is_on_one_page_though_others_come_go_and_change_place_between_two() {
    for sort in [Sort::Address, Sort::LongestUnvisited, Sort::LastChanged] {
        let (mut village, reader, none) = (nine(), Withheld::nothing(), OnDevice::default());
        let mut query = Households { sort, limit: 3, ..Households::default() };
        let order: Vec<DocumentId> =
            all_pages(&village.tables, &reader, &query, &none).iter().map(|row| row.id).collect();
        assert_eq!(order.len(), 9);
        let first = page(&village.tables, &reader, &query, &none).unwrap();
        query.after = first.next;
        // One of the first page and one of the last change place, one goes, one comes in front.
        let number = |id: &DocumentId| id.as_bytes()[2];
        let time = village.people[0].time();
        for (id, address) in [(order[0], "潮乡99幢1单元101室"), (order[8], "潮乡0幢1单元1室")]
        {
            let fields = Fields::new().with("address", address);
            run(
                &mut village,
                &Command::Household(HouseholdCommand::Edit { household: id, fields }),
            );
            visit(&mut village, number(&id), "2026-05-05");
        }
        let (household, fact) = (order[4], village.people[0].fresh());
        let (record, reason, seen) = (Record::Household, "填错了".to_owned(), Vec::new());
        let withdraw = WithdrawalCommand::Withdraw { household, record, fact, reason, seen, time };
        run(&mut village, &Command::Withdrawal(withdraw));
        let person = Fields::new().with("name", "李红");
        let add = add_household(&mut village.people[0], 10, 1, &[person]);
        run(&mut village, &add);

        let rest = all_pages(&village.tables, &reader, &query, &none);
        let shown: Vec<DocumentId> = first.rows.iter().chain(&rest).map(|row| row.id).collect();
        for still in [1, 2, 3, 5, 6, 7] {
            let times = shown.iter().filter(|id| **id == order[still]).count();
            assert_eq!(times, 1, "{sort:?} {still}");
        }
        assert!(!shown.contains(&order[4]), "{sort:?}");
    }
}

#[test]
fn a_mark_of_another_query_or_of_a_reader_with_another_order_is_refused() {
    let (village, none) = (nine(), OnDevice::default());
    let (all, mediator) = (Withheld::nothing(), Withheld::from_roles(&[Role::Mediator]));
    let query = Households {
        region: Some(region_id(1)),
        text: Some("潮乡".to_owned()),
        sort: Sort::LongestUnvisited,
        limit: 2,
        ..Households::default()
    };
    let mark = page(&village.tables, &all, &query, &none).unwrap().next;
    let asked = |reader: &Withheld, query: Households| {
        page(&village.tables, reader, &Households { after: mark.clone(), ..query }, &none).is_ok()
    };
    assert!(asked(&all, query.clone()));
    assert!(asked(&all, Households { limit: 3, ..query.clone() }));
    assert!(asked(&all, Households { text: Some(" 潮 乡 ".to_owned()), ..query.clone() }));
    let others = [
        Households { region: None, ..query.clone() },
        Households { text: None, ..query.clone() },
        Households { tags: vec!["disabled".to_owned()], ..query.clone() },
        Households { only: Some(Only::OpenNeeds), ..query.clone() },
        Households { sort: Sort::Address, ..query.clone() },
        Households { sort: Sort::LastChanged, ..query.clone() },
    ];
    for other in others {
        assert!(!asked(&all, other.clone()), "{other:?}");
    }
    assert!(!asked(&mediator, query));
    for text in ["", "00", "0000000000000000ff", "zz"] {
        let after = text.parse::<PageMark>();
        let refused = after.and_then(|mark| {
            let query = Households { after: Some(mark), ..Households::default() };
            page(&village.tables, &all, &query, &none)
        });
        assert_eq!(refused.err(), Some(AnotherQuery), "{text}");
    }
}

#[test]
fn a_page_has_fifty_rows_unless_told_and_at_least_one_and_never_too_many() {
    let (village, none) = (nine(), OnDevice::default());
    let rows = |limit| {
        let query = Households { limit, ..Households::default() };
        page(&village.tables, &Withheld::nothing(), &query, &none).unwrap().rows.len()
    };
    assert_eq!((rows(0), rows(1), rows(4), rows(u32::MAX)), (1, 1, 4, 9));
    assert_eq!(Households::default().limit, 50);
}

#[test]
fn nine_comes_before_ten_and_who_was_never_visited_before_everybody_else() {
    let (mut village, none) = (nine(), OnDevice::default());
    let person = Fields::new().with("name", "李红");
    let add = add_household(&mut village.people[0], 10, 3, &[person]);
    run(&mut village, &add);
    let listed = |sort| -> Vec<u8> {
        let query = Households { sort, region: Some(region_id(3)), ..Households::default() };
        let rows = all_pages(&village.tables, &Withheld::nothing(), &query, &none);
        rows.iter().map(|row| row.id.as_bytes()[2]).collect()
    };
    assert_eq!(listed(Sort::Address), [3, 4, 5, 6, 7, 8, 9, 10]);
    assert_eq!(listed(Sort::LongestUnvisited), [10, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(listed(Sort::LastChanged), [10, 9, 8, 7, 6, 5, 4, 3]);
}
