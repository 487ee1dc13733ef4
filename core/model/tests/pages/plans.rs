//! What a page costs: SQLite's own plan of its queries, and how many rows they hand over.

use keting_model::Fields;
use keting_model::query::{Households, OnDevice, Sort, Withheld, household_page};

use crate::acts::Village;
use crate::common::plans::Listener;
use crate::common::{add_household, region_id};

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
            // The roster is counted, and begun from its first line.
            let mut scans = listener.scans();
            scans.retain(|line| !line.starts_with("SCAN roster USING"));
            assert!(scans.is_empty(), "{sort:?} {scans:?}");
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
        listener.handed_over()
    };
    for sort in SORTS {
        assert_eq!(handed_over(10, sort), handed_over(60, sort), "{sort:?}");
    }
}
