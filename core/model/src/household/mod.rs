//! Households: where they live, who lives there, what they need.

mod beside;
mod commands;
mod concealing;
mod fitting;
mod fourteen;
mod listed_order;
mod parts;
mod person;
mod places;
mod placing;
mod planning;
mod query;
mod rows;
mod schema;
mod scope;
mod settling;
mod view;
mod withdrawing;

pub use commands::{HouseholdCommand, NewResident};
pub use fourteen::{TurnedFourteen, turned_fourteen};
pub(crate) use query::households_given;
pub use query::{HouseholdFilter, household, households};
pub use view::{HouseholdDetail, HouseholdView, NeedView, ResidentDetail, ResidentView};

use crate::home::{Home, id_under};
use crate::registry::Registration;

pub(crate) use fitting::require_one_sex;
pub(crate) use parts::{filled_in, has_two_parts, is_concealed};
pub(crate) use placing::Placing;
pub(crate) use placing::{prefix, private_part, require_household, require_resident, time_value};
pub(crate) use rows::{SQL, fields_that_move};
pub(crate) use schema::{
    CONCEALED, Goes, SAY_OR_MOVE, SAY_WHY_OR_MOVE, WRITE_OR_MOVE, status_fits_command,
};

/// Whether a key is of a field that stands in the household or in its private part.
pub(crate) fn moves(key: &str) -> bool {
    schema::SCHEMA.field(key).is_some_and(|rule| rule.moves())
}

/// The kind's registration.
pub(crate) static REGISTRATION: Registration = Registration {
    schema: &schema::SCHEMA,
    home: |document| id_under(document, "home").map(Home::Region),
    tables: &[&rows::HOUSEHOLD, &rows::NEED, &rows::RESIDENT, &rows::RESIDENT_OPEN],
    lists_itself: rows::lists_itself,
    rows: rows::rows,
};
