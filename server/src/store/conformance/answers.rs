//! What is asked for by audience and by region.

use keting_model::region::Level;

use super::samples::{begin_log, device, document, good};
use crate::store::{AudienceKey, ServerStore, StoredRegion};

pub(super) fn audiences_answer_in_order_and_within_their_bounds(store: &mut dyn ServerStore) {
    begin_log(store);
    let (one, other) = (
        AudienceKey { region: document(1), kind: 2 },
        AudienceKey { region: document(1), kind: 3 },
    );
    let mut transaction = good(store.begin());
    for number in [5, 1, 3, 3] {
        good(transaction.put_audience(number, &one));
    }
    good(transaction.put_audience(3, &other));
    for number in [4, 2] {
        good(transaction.put_own(number, &device(1)));
    }
    good(transaction.commit());
    let read = good(store.snapshot());
    assert_eq!(good(read.numbers_of(&one, 0, 9, 9)), [1, 3, 5]);
    assert_eq!(good(read.numbers_of(&one, 1, 4, 9)), [3]);
    assert_eq!(good(read.numbers_of(&one, 0, 9, 2)), [1, 3]);
    assert_eq!(good(read.own_numbers(&device(1), 0, 9, 9)), [2, 4]);
    assert_eq!(good(read.own_numbers(&device(2), 0, 9, 9)), [0; 0]);
    assert_eq!(good(read.audiences(1, 3)), [(3, one), (3, other)]);
}

pub(super) fn regions_are_found_by_code_and_with_all_below_them(store: &mut dyn ServerStore) {
    begin_log(store);
    let region = |id: u8, parent: Option<u8>| StoredRegion {
        document: document(id),
        code: format!("{id}"),
        parent: parent.map(document),
        level: Level::Town,
        name: "镇".to_owned(),
    };
    let mut transaction = good(store.begin());
    for (id, parent) in [(1, None), (2, Some(1)), (3, Some(2)), (4, Some(1))] {
        good(transaction.put_region(&region(id, parent)));
    }
    good(transaction.commit());
    let read = good(store.snapshot());
    assert_eq!(good(read.regions_within(&document(2))), [document(2), document(3)]);
    assert_eq!(good(read.regions_within(&document(1))).len(), 4);
    assert_eq!(good(read.regions_within(&document(8))), []);
    assert_eq!(good(read.region_by_code("3")), Some(region(3, Some(2))));
    assert_eq!(good(read.regions()).len(), 4);
}
