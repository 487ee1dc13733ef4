//! What screens show. Words that fields choose from are codes here: a newer version may know more.

mod conflict;
mod household;
mod roster;
mod syncing;

pub use conflict::{Conflict, ConflictValue, Meanwhile};
pub use household::{Entered, Fact, Household, Need, Note, Resident, Visit};
pub use roster::{Count, Counts, HouseholdPage, HouseholdRow, HouseholdsAsked, Region};

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Converts each of a list.
fn all<A, B: From<A>>(list: Vec<A>) -> Vec<B> {
    list.into_iter().map(B::from).collect()
}
