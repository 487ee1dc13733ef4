//! The private part of a household: what only some roles may read.

mod commands;

mod rows;
mod schema;

pub use commands::PrivateCommand;

use crate::fact::is_of_fact;
use crate::home::{Home, id_under};
use crate::registry::Registration;

pub(crate) use rows::SQL;

/// The kind's registration.
pub(crate) static REGISTRATION: Registration = Registration {
    schema: &schema::SCHEMA,
    home: |document| id_under(document, "of").map(Home::Of),
    tables: &[&rows::RESIDENT_PRIVATE],
    lists_itself: |_, key| is_of_fact(key),
    rows: rows::rows,
};
