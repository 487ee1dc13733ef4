//! What several tests and benches share.
//!
//! Nothing here ships: a room has this crate among its dev-dependencies at most. What is true of
//! the product is asserted in the tests that use it, not here.

#[allow(unsafe_code)]
pub mod alloc;
pub mod craft;
pub mod golden;
pub mod people;
pub mod rng;
pub mod vfs;
