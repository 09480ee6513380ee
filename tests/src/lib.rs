//! What the tests share: the workspace's places, files, calls of cargo, and the bodies of the fuzz targets.

pub mod cargo;
pub mod files;
pub mod fuzz;
pub mod places;

/// The README's examples that stand alone.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
