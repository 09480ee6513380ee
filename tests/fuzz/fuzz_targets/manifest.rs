//! See `idporten_config_tests::fuzz::manifest`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| idporten_config_tests::fuzz::manifest(bytes));
