//! Real processes with real faults. The tests are in `tests/kills.rs`; what they are told with is
//! in `keting-scenarios`.
