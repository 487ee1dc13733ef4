//! What an app may rely on: real files, real threads, and no runtime of the caller's.
#![allow(clippy::unwrap_used)]

mod device;
mod forms;
mod lifecycle;
mod live;
mod not_joined;
mod syncing;
mod working;
