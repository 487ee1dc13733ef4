//! The two sessions with each other, in virtual time, over a small model of a replica and of a
//! server. The real ones meet in `tests/testkit`.

keting_testkit::counting_allocator!();

mod alone;
mod converge;
mod cost;
mod goldens;
mod handshake;
mod model;
mod pair;
mod push;
mod reserved;
mod sync;
mod thin_line;
mod timers;
mod values;
