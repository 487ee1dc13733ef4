//! Real processes with real faults. The tests are in `tests/kills`; what they are told with is in
//! `keting-scenarios`.
