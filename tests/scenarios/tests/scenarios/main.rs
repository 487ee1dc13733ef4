//! Stories, each a test named as the sentence it shows.
#![allow(clippy::unwrap_used)]

mod acknowledged;
mod authored_anew;
mod authors;
mod bad_days;
mod children;
mod commands;
mod damaged;
mod days;
mod disks;
mod ending;
mod exit_codes;
mod folders;
mod held;
mod incarnations;
mod json;
mod keeping;
mod lying_answers;
mod lying_enrolment;
mod lying_grants;
mod lying_server;
mod merging;
mod newer;
mod operating;
mod put_back;
mod reading;
mod remedies;
mod renewing;
mod rolled_back;
mod said;
mod server_clock;
mod shell;
mod told_of_time;
mod verifying;
mod watching;
mod way_back;
