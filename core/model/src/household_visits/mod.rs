//! The visits to a household and the notes about it in one year.

mod commands;
mod query;
mod rows;
mod schema;

pub use commands::{VisitsCommand, visits_of};
pub use query::{NoteView, Recorded, VisitView, notes, visits, when_recorded};

use crate::home::{Home, id_under};
use crate::registry::Registration;

pub(crate) use rows::SQL;

/// The kind's registration.
pub(crate) static REGISTRATION: Registration = Registration {
    schema: &schema::SCHEMA,
    home: |document| id_under(document, "of").map(Home::Of),
    tables: &[&rows::NOTE, &rows::VISIT],
    lists_itself: |_, _| false,
    rows: rows::rows,
};
