//! Lines for the operator, on standard error.

use std::fmt::Display;
use std::io::{self, Write};

/// Writes a line. Not with `eprintln!`, which panics if nobody reads standard error any more, and so ends the request.
pub fn log(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}
