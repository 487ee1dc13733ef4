//! The list that an app shows, on a real file.

use std::collections::BTreeSet;

use keting::ErrorKind;
use keting::views::{HouseholdPage, Households, Only, Sort};
use keting_model::household_visits::VisitsCommand;
use keting_model::{Command, DocumentId, Fields};
use keting_scenarios::city::{City, MICRO_GRID, UNIT};
use keting_scenarios::phone::Phone;

/// A phone with twelve households, whose server has everything.
fn with_a_dozen(city: &City) -> (Phone, Vec<DocumentId>) {
    let alice = city.phone("陆德祥", "micro_grid_head", MICRO_GRID);
    let add = |n: u32| alice.add_household(UNIT, &format!("望潮苑{n}幢1单元101室"), "李一");
    let mut households: Vec<DocumentId> = (1..=12).rev().map(add).collect();
    households.reverse();
    alice.sync();
    (alice, households)
}

fn visit(phone: &Phone, household: DocumentId, day: &str) {
    let (visit, time) = (phone.keting.new_item(), phone.keting.now());
    let fields = Fields::new().with("at", day).with("purpose", "日常走访");
    let add = VisitsCommand::AddVisit { household, visit, fields, time };
    phone.keting.execute(&Command::Visits(add)).unwrap();
}

fn page(phone: &Phone, query: &Households) -> HouseholdPage {
    phone.keting.household_page(query).unwrap()
}

fn ids(page: &HouseholdPage) -> Vec<DocumentId> {
    page.rows.iter().map(|row| row.id).collect()
}

#[test]
fn a_list_goes_on_where_the_last_page_ended_also_after_the_app_was_closed() {
    let city = City::start();
    let (alice, households) = with_a_dozen(&city);
    let mut query = Households { limit: 5, ..Households::default() };
    let first = page(&alice, &query);
    assert_eq!((ids(&first), first.total), (households[..5].to_vec(), 12));
    let row = &first.rows[0];
    assert_eq!((row.head.as_deref(), row.people, row.call.as_ref()), (Some("李一"), 1, None));

    let alice = alice.reopened();
    query.after = first.next;
    let second = page(&alice, &query);
    assert_eq!(ids(&second), households[5..10]);
    query.after = second.next;
    let last = page(&alice, &query);
    assert_eq!((ids(&last), last.next.is_none()), (households[10..].to_vec(), true));

    query.sort = Sort::LastChanged;
    let refused = alice.keting.household_page(&query).unwrap_err();
    assert_eq!((refused.code(), refused.kind()), ("another_query", ErrorKind::Refused));
    alice.assert_verified();
}

#[test]
fn a_row_says_that_something_was_not_sent_until_the_server_has_it() {
    let city = City::start();
    let (alice, households) = with_a_dozen(&city);
    let not_sent = Households { only: Some(Only::NotSent), ..Households::default() };
    assert_eq!(page(&alice, &not_sent).total, 0);
    visit(&alice, households[3], "2026-01-02");
    let resident = alice.household(households[7]).residents[0].id;
    alice.edit_resident(households[7], resident, Fields::new().with("birth_date", "1950-01-01"));
    let waiting = page(&alice, &not_sent);
    assert_eq!(ids(&waiting), [households[3], households[7]]);
    assert!(waiting.rows.iter().all(|row| row.not_sent));
    alice.sync();
    assert_eq!(page(&alice, &not_sent).total, 0);
    assert!(page(&alice, &Households::default()).rows.iter().all(|row| !row.not_sent));
}

#[test]
fn visits_and_changes_of_a_colleague_put_a_list_in_another_order() {
    let city = City::start();
    let (alice, households) = with_a_dozen(&city);
    let bob = city.phone("王磊", "micro_grid_head", MICRO_GRID);
    bob.sync();
    visit(&bob, households[0], "2026-01-02");
    visit(&bob, households[1], "2025-12-30");
    bob.add_need(households[5], "楼道灯坏了");
    bob.sync();
    alice.sync();
    let unvisited = Households { sort: Sort::LongestUnvisited, ..Households::default() };
    let mut wanted = households[2..].to_vec();
    wanted.extend([households[1], households[0]]);
    assert_eq!(ids(&page(&alice, &unvisited)), wanted);
    let changed = Households { sort: Sort::LastChanged, limit: 3, ..Households::default() };
    let last: BTreeSet<DocumentId> = ids(&page(&alice, &changed)).into_iter().collect();
    assert_eq!(last, BTreeSet::from([households[0], households[1], households[5]]));
    let needs = Households { only: Some(Only::OpenNeeds), ..Households::default() };
    assert_eq!(ids(&page(&alice, &needs)), [households[5]]);
    let sought = Households { text: Some("１２ 幢".to_owned()), ..Households::default() };
    assert_eq!(ids(&page(&alice, &sought)), [households[11]]);
    alice.assert_verified();
}
