//! What the tests share.

#![allow(clippy::missing_panics_doc, reason = "what cannot be set up is a failed test")]

pub mod scratch;
pub mod server;

/// The README's examples that stand alone.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
