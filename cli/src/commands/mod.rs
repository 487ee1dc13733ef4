//! One file a noun: what each verb does.

pub mod announcing;
pub mod completions;
pub mod conflicts;
pub mod demo;
pub mod device;
pub mod doctor;
pub mod fourteen;
pub mod grant;
pub mod held;
pub mod household;
pub mod invitation;
pub mod listening;
pub mod moot;
pub mod outbox;
pub mod region;
pub mod resident;
pub mod salvage;
pub mod serve;
pub mod server;
pub mod status;
pub mod sync;
pub mod verify;
pub mod watch;
pub mod withdrawal;
pub mod words;
