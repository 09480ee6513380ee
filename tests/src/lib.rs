//! What the tests share.

pub mod fuzz;

/// The README's examples that stand alone.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
