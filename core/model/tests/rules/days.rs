//! Days that records name, judged by the time of their own commit.

use std::collections::BTreeSet;

use keting_model::household_visits::visits_of;
use keting_model::{
    CityTime, Document, Family, Fields, InvalidValue, ItemId, RULE_VERSION, RuleError, Touched,
    judge,
};

use crate::common::{self, edit_resident, household_id, residents};
use crate::{TIME, founded, id_value, put};

/// What the rule says to a visit of a day, in a commit of a time.
fn visited(day: &str, time: CityTime) -> Result<BTreeSet<Family>, RuleError> {
    let owner = household_id(1);
    let year = day[..4].parse().unwrap();
    let before = Document::empty(visits_of(&owner, year));
    let visit = format!("v/{}", ItemId::new([7; 8]));
    let ops = [
        put("of", id_value(&owner)),
        put("year", i64::from(year)),
        put(&format!("{visit}/at"), day),
        put(&format!("{visit}/time"), time.unix_ms().cast_signed()),
    ];
    let touched = [Touched { before: &before, ops: &ops }];
    let verdict = judge("visit.add", RULE_VERSION, time, &touched);
    verdict.map(|families| families.into_values().flatten().collect())
}

#[test]
fn a_day_lies_between_1850_and_the_today_of_the_commit_that_names_it() {
    let families = Ok(BTreeSet::from([Family::Visit]));
    let refused = |rule| Err(RuleError::Invalid { field: "v/*/at", rule });
    assert_eq!(visited("1850-01-01", TIME), families);
    assert!(matches!(visited("1849-12-31", TIME), Err(RuleError::Invalid { .. })));
    assert_eq!(visited("2026-06-01", TIME), families);
    assert_eq!(visited("2026-06-02", TIME), refused(InvalidValue::InTheFuture));
    // Who is not certain of the time may be some way behind it.
    assert_eq!(visited("2027-07-06", TIME.uncertain()), families);
    assert_eq!(visited("2027-07-07", TIME.uncertain()), refused(InvalidValue::InTheFuture));
}

#[test]
fn whoever_lies_about_the_time_dates_only_their_own_records() {
    let ten_years_on = CityTime::new(common::NOW_MS + 3_653 * 24 * 60 * 60 * 1000);
    let families = Ok(BTreeSet::from([Family::Visit]));
    assert_eq!(visited("2036-06-01", ten_years_on), families);
    // Nobody else's commit is judged by that time, before or after it.
    let refused = Err(RuleError::Invalid { field: "v/*/at", rule: InvalidValue::InTheFuture });
    assert_eq!(visited("2036-06-01", TIME), refused);
}

#[test]
fn a_birth_in_the_future_is_refused_before_it_hides_anybody() {
    let mut alice = founded();
    let resident = residents(&alice, 1)[0];
    for (field, value) in [("birth_date", "2062-05-05"), ("id_number", "110105206205050025")] {
        let edit = edit_resident(&alice, 1, resident, Fields::new().with(field, value));
        let refused = alice.plan(&edit).unwrap_err();
        assert_eq!(refused.code(), "in_the_future", "{field}");
    }
}
