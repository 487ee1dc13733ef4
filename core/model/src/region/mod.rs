//! Regions: the city, its towns, villages, grids, micro-grids and units.

mod commands;
mod level;
mod query;
mod rows;
mod schema;

pub use commands::RegionCommand;
pub use level::Level;
pub use query::{RegionView, region_of_code, regions};

use crate::home::Home;
use crate::registry::Registration;

pub(crate) use rows::SQL;

/// The kind's registration.
pub(crate) static REGISTRATION: Registration = Registration {
    schema: &schema::SCHEMA,
    home: |document| document.value("code").map(|_| Home::Itself),
    tables: &[&rows::REGION],
    lists_itself: |_, _| false,
    rows: rows::rows,
};
