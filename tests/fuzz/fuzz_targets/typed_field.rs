//! See `keting_fuzz::TARGETS`.
#![no_main]
#![allow(unsafe_code, missing_docs, reason = "libFuzzer's entry point")]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    keting_fuzz::run("typed_field", bytes);
});
