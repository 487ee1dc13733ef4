//! What a page costs: SQLite's own plan of its queries, and how many rows they hand over.

use std::cell::{Cell as Shared, RefCell};

use keting_model::query::{Households, OnDevice, Rows, Sort, Withheld, household_page};
use keting_model::{Cell, Fields};

use crate::acts::Village;
use crate::common::tables::Tables;
use crate::common::{add_household, region_id};

/// Listens to what a page asks.
struct Listener<'a> {
    rows: &'a Tables,
    plans: RefCell<Vec<(String, String)>>,
    handed_over: Shared<usize>,
}

impl Rows for Listener<'_> {
    type Error = rusqlite::Error;

    fn query(
        &self,
        sql: &str,
        parameters: &[Cell],
        each: &mut dyn FnMut(&[Cell]),
    ) -> Result<(), rusqlite::Error> {
        self.rows.query(&format!("EXPLAIN QUERY PLAN {sql}"), parameters, &mut |row| {
            if let Some(Cell::Text(line)) = row.get(3) {
                self.plans.borrow_mut().push((line.clone(), sql.to_owned()));
            }
        })?;
        self.rows.query(sql, parameters, &mut |row| {
            self.handed_over.set(self.handed_over.get() + 1);
            each(row);
        })
    }
}

impl<'a> Listener<'a> {
    fn of(rows: &'a Tables) -> Self {
        Self { rows, plans: RefCell::default(), handed_over: Shared::new(0) }
    }

    /// The lines of plans in which something stands.
    fn lines(&self, what: &str) -> Vec<(String, String)> {
        let plans = self.plans.borrow();
        plans.iter().filter(|(line, _)| line.contains(what)).cloned().collect()
    }
}

fn village_of(households: u8) -> Village {
    let mut village = Village::founded();
    for n in 3..=households {
        let person = Fields::new().with("name", "王小明").with("relation", "head");
        let command = add_household(&mut village.people[0], n, 3, &[person]);
        village.people[0].run(&command).unwrap();
    }
    village.follow();
    village
}

const SORTS: [Sort; 3] = [Sort::Address, Sort::LongestUnvisited, Sort::LastChanged];

#[test]
fn no_page_of_everything_puts_everything_in_order_or_reads_a_table_through() {
    let (village, reader, none) = (village_of(20), Withheld::nothing(), OnDevice::default());
    for sort in SORTS {
        let mut query = Households { sort, limit: 3, ..Households::default() };
        // The first page, and one behind a mark.
        for _ in 0..2 {
            let listener = Listener::of(&village.tables);
            let page = household_page(&listener, &reader, &query, &none).unwrap().unwrap();
            query.after = page.next;
            let sorted = listener.lines("TEMP B-TREE");
            assert!(sorted.is_empty(), "{sort:?} {sorted:?}");
            let scans = listener.lines("SCAN");
            let is_table = |name: &str| !["given", "CONSTANT"].iter().any(|one| name.contains(one));
            // The roster is counted, and begun from its first line; what has to be settled is read.
            let allowed = ["SCAN roster USING"];
            let others: Vec<_> = scans
                .iter()
                .filter(|(line, _)| {
                    is_table(line) && !allowed.iter().any(|one| line.starts_with(one))
                })
                .collect();
            assert!(others.is_empty(), "{sort:?} {others:?}");
            assert!(!listener.lines("roster USING").is_empty());
        }
    }
}

#[test]
fn a_page_of_a_region_by_address_is_read_in_the_order_of_the_index() {
    let (village, none) = (village_of(20), OnDevice::default());
    let mut query = Households { region: Some(region_id(3)), limit: 3, ..Households::default() };
    for _ in 0..2 {
        let listener = Listener::of(&village.tables);
        let page = household_page(&listener, &Withheld::nothing(), &query, &none).unwrap().unwrap();
        query.after = page.next;
        let sorted = listener.lines("TEMP B-TREE");
        assert!(sorted.is_empty(), "{sorted:?}");
        assert!(!listener.lines("SEARCH roster USING COVERING INDEX roster_by_address").is_empty());
    }
}

#[test]
fn a_page_hands_over_as_much_of_many_households_as_of_few() {
    let none = OnDevice::default();
    let handed_over = |households, sort| {
        let village = village_of(households);
        let listener = Listener::of(&village.tables);
        let query = Households { sort, limit: 3, ..Households::default() };
        let page = household_page(&listener, &Withheld::nothing(), &query, &none).unwrap();
        assert_eq!(page.unwrap().total, u64::from(households));
        listener.handed_over.get()
    };
    for sort in SORTS {
        assert_eq!(handed_over(10, sort), handed_over(60, sort), "{sort:?}");
    }
}
