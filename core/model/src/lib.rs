//! What the data of a city is: document kinds, commands, rules and projection rows.
//!
//! This room is pure: it owns no clock, no randomness and no I/O, and it knows nothing of
//! signatures, files or sockets. Keys and proof are in `keting-trust`, the file on disk is in
//! `keting-store`.

mod about;
pub mod author;
pub mod check;
pub mod city_time;
pub mod command;
mod conflict;
pub mod day;
pub mod document;
#[cfg(test)]
mod documents_page;
mod draft;
mod entered;
mod fact;
pub mod fields;
pub mod history;
pub mod home;
pub mod household;
pub mod household_private;
pub mod household_visits;
pub mod id;
pub mod input;
pub mod keys;
pub mod kind;
pub mod projection;
pub mod query;
pub mod region;
mod registry;
pub mod role;
pub mod roster;
mod rows;
pub mod rule;
mod said;
mod schema;
pub mod settle;
pub mod stamp;
pub mod time;
mod typed_ids;
pub mod value;
pub mod warning;
pub mod withdrawal;
pub mod words;

pub use author::PUT_AUTHOR;
pub use check::InvalidValue;
pub use city_time::CityTime;
pub use command::{Command, CommandBytesError, CommandError, Edit, Plan};
pub use day::Day;
pub use document::{Authored, ChangeHash, Document, DocumentError, DocumentSize, Op};
pub use fields::{FieldValue, Fields};
pub use home::{Home, home_of};
pub use id::{ActorId, CityId, CommandId, DocumentId, ItemId, LogId};
pub use kind::DocumentKind;
pub use projection::{Cell, PROJECTION_MIGRATIONS, Row, RowChange, Table, difference, project};
pub use region::Level;
pub use role::{Family, Reach, Role};
pub use rule::{RULE_VERSION, RuleError, Touched, judge};
pub use settle::Settle;
pub use stamp::Stamp;
pub use time::HybridTime;
pub use typed_ids::{HouseholdId, NeedId, NoteId, RegionId, ResidentId, VisitId};
pub use value::Value;
pub use warning::Warning;
