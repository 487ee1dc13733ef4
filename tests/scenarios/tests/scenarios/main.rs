//! Stories, each a test named as the sentence it shows.
#![allow(clippy::unwrap_used)]

mod bad_days;
mod merging;
mod processes;
mod reading;
mod shell;
mod watching;
