//! The terminal that the output goes to.

use std::env;

/// The width that tables are laid out for: that of `COLUMNS`, which a user may set for a pipe too, or of the terminal. Output
/// that goes to a program has no width: a line is a record.
pub(crate) fn width() -> Option<usize> {
    let told = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).filter(|&columns| columns > 0);
    told.or_else(|| terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| width.0.into()))
}
