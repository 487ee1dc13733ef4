//! Households: where they live, who lives there, what they need.

mod commands;
mod concealing;
mod person;
mod placing;
mod query;
mod rows;
mod schema;
mod view;

pub use commands::{HouseholdCommand, NewResident};
pub use query::{HouseholdFilter, household, households};
pub use view::{HouseholdDetail, HouseholdView, NeedView, ResidentDetail, ResidentView};

use crate::home::{Home, id_under};
use crate::registry::Registration;

pub(crate) use placing::{prefix, private_part, require_household, require_resident, time_value};
pub(crate) use rows::SQL;
pub(crate) use schema::{Goes, status_fits_command};

/// The kind's registration.
pub(crate) static REGISTRATION: Registration = Registration {
    schema: &schema::SCHEMA,
    home: |document| id_under(document, "home").map(Home::Region),
    tables: &[&rows::HOUSEHOLD, &rows::NEED, &rows::RESIDENT],
    rows: rows::rows,
};
