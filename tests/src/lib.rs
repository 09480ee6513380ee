//! What the tests share: places, files, calls of cargo, what generated code says, programs that use the packaged crates, and
//! the bodies of the fuzz targets.

pub mod cargo;
pub mod constants;
pub mod consumer;
pub mod files;
pub mod fuzz;
pub mod packaged;
pub mod places;

/// The README's examples that stand alone.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
