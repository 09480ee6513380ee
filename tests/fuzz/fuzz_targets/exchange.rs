//! See `idporten_config_tests::fuzz::exchange`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| idporten_config_tests::fuzz::exchange(bytes));
