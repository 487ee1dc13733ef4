//! The two sessions with each other, in virtual time, over a small model of a replica and of a
//! server. The real ones meet in `tests/testkit`.

mod alone;
mod converge;
mod goldens;
mod handshake;
mod model;
mod pair;
mod push;
mod reserved;
mod sync;
mod timers;
mod values;
