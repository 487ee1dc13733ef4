//! Stories, each a test named as the sentence it shows.
#![allow(clippy::unwrap_used)]

mod bad_days;
mod damaged;
mod merging;
mod newer;
mod processes;
mod reading;
mod watching;
