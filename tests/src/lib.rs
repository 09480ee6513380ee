//! What the tests share.

/// The README's examples that stand alone.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
