//! What a story is told with: a city whose server listens on loopback with TLS, phones that are
//! each a directory and a vault of their own, and a link that can be cut. Where processes matter,
//! both are the real `keting` command: `served` and `device`.
//!
//! Nothing here stands in for a part of the product. For random runs in virtual time there is
//! `tests/simulation`, for processes that are killed `tests/chaos`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

pub mod app;
pub mod binary;
pub mod city;
pub mod clock;
pub mod device;
pub mod liar;
pub mod link;
pub mod phone;
pub mod port;
pub mod served;
pub mod small_disk;
#[cfg(target_os = "linux")]
pub mod terminal;
