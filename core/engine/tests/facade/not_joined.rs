//! A device that has not joined yet says so to whoever asks what only a city has.

use futures_util::FutureExt;
use keting::views::{HouseholdFilter, Households};
use keting::{DocumentId, DocumentKind, EngineError, HouseholdId, Query, parts};

use crate::device::{Place, wait};

#[test]
fn a_device_that_has_not_joined_says_so_to_every_question_but_about_itself() {
    let place = Place::new();
    let keting = place.join();
    let nowhere = HouseholdId::from_random([7; 14]);
    for query in [
        Query::Households(Households::default()),
        Query::EveryHousehold(HouseholdFilter::default()),
        Query::Household(nowhere),
        Query::HouseholdWithWithdrawn(nowhere),
        Query::Counts(None),
        Query::Regions,
        Query::Conflicts(None),
        Query::Outbox(10),
        Query::Held,
        Query::Devices,
    ] {
        let answer = wait(keting.ask(query.clone()));
        assert_eq!(answer.unwrap_err().code(), "not_enrolled", "{query:?}");
    }
    for query in [Query::Device, Query::Sync] {
        wait(keting.ask(query)).unwrap();
    }
}

#[test]
fn a_handle_on_ones_own_threads_says_the_same_and_has_no_to_dos() {
    let place = Place::new();
    let keting = place.join();
    let asked = parts::read(&keting, |replica| {
        let nowhere = DocumentId::from_random(DocumentKind::Household, [7; 14]);
        let said = [
            replica.households(&HouseholdFilter::default()).err(),
            replica.household_page(&Households::default()).err(),
            replica.household_with_withdrawn(&nowhere).err(),
            replica.visits_and_notes(&nowhere).err(),
            replica.region_of_code("990481").err(),
            replica.about(&nowhere).err(),
            replica.household_named("01").err(),
            replica.household_digits().err(),
            replica.held().err(),
            replica.outbox(10).err(),
        ];
        Ok((said, replica.turned_fourteen()?, replica.status()?.city))
    });
    let (said, to_do, city) = wait(asked).unwrap();
    for said in said {
        assert_eq!(said.as_ref().map(EngineError::code), Some("not_enrolled"));
    }
    assert_eq!((to_do, city), (Vec::new(), None));
}

#[test]
fn a_live_query_says_once_that_the_device_has_not_joined_and_waits() {
    let place = Place::new();
    let keting = place.join();
    let live = keting.live(Query::Households(Households::default()));
    assert!(matches!(wait(live.next()), Err(EngineError::NotEnrolled)));
    assert!(live.next().now_or_never().is_none());
}
