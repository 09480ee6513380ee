//! The code that the tests share: places, files, calls of cargo, the content of generated code, the public interface, programs that
//! use the packaged crates, the pages of the documentation, the tool, a TLS server and a provider on it, tests that run once more as
//! a process, random numbers, a fleet on virtual time, and the bodies of the fuzz targets.

#![allow(clippy::missing_panics_doc, reason = "what cannot be set up is a failed test")]

pub mod cargo;
pub mod child;
pub mod constants;
pub mod consumer;
pub mod files;
pub mod fleet;
pub mod fuzz;
pub mod interface;
pub mod live;
pub mod packaged;
pub mod page;
pub mod places;
pub mod random;
pub mod scratch;
pub mod server;
pub mod tool;

/// The examples of the README and of the pages in `docs/`, each compiled, and run where it says nothing else.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../README.md")]
    struct Readme;
    #[doc = include_str!("../../docs/verification.md")]
    struct Verification;
    #[doc = include_str!("../../docs/log-in.md")]
    struct LogIn;
    #[doc = include_str!("../../docs/mirrors.md")]
    struct Mirrors;
    #[doc = include_str!("../../docs/containers.md")]
    struct Containers;
    #[doc = include_str!("../../docs/getting-started.md")]
    struct GettingStarted;
    #[doc = include_str!("../../docs/local-development.md")]
    struct LocalDevelopment;
    #[doc = include_str!("../../docs/norsk.md")]
    struct Norsk;
}
