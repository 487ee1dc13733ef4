//! What every implementation of the storage port must do. An implementation's tests call
//! [`run`], and, for what only several that have one store open show, [`Processes`].
//!
//! Every check panics with what it found. Nothing here knows an implementation.

mod answers;
mod commits;
mod confirmations;
mod log;
pub(crate) mod processes;
mod rows;
mod samples;

use super::ServerStore;

use answers::{
    audiences_answer_in_order_and_within_their_bounds,
    regions_are_found_by_code_and_with_all_below_them,
};
use commits::{
    a_place_in_an_incarnation_is_known_to_be_taken,
    of_an_act_one_commit_is_admitted_and_what_was_held_of_it_can_be_superseded,
    the_highest_place_in_an_incarnation_is_known_with_its_commit,
};
use confirmations::what_a_device_confirms_is_kept_within_a_bound;
use log::{
    an_empty_store_has_no_head, numbers_are_gapless_and_the_chain_is_that_of_the_records,
    what_was_not_committed_leaves_no_trace,
};
use rows::{
    a_change_and_a_commit_are_kept_once,
    a_number_that_does_not_fit_is_an_error_and_not_another_number,
    rows_come_back_as_they_were_written,
};

pub use processes::Processes;

/// Runs every check that one process can make, each on an empty store from `make`.
///
/// # Panics
/// When the implementation does not conform.
pub fn run<S: ServerStore>(make: impl Fn() -> S) {
    let checks: [fn(&mut dyn ServerStore); 12] = [
        an_empty_store_has_no_head,
        numbers_are_gapless_and_the_chain_is_that_of_the_records,
        what_was_not_committed_leaves_no_trace,
        a_change_and_a_commit_are_kept_once,
        what_a_device_confirms_is_kept_within_a_bound,
        rows_come_back_as_they_were_written,
        a_place_in_an_incarnation_is_known_to_be_taken,
        the_highest_place_in_an_incarnation_is_known_with_its_commit,
        of_an_act_one_commit_is_admitted_and_what_was_held_of_it_can_be_superseded,
        a_number_that_does_not_fit_is_an_error_and_not_another_number,
        audiences_answer_in_order_and_within_their_bounds,
        regions_are_found_by_code_and_with_all_below_them,
    ];
    for check in checks {
        let mut store = make();
        check(&mut store);
    }
}
