//! The text of the documentation's pages.

use std::fs;

use crate::places;

/// Reads a page by its path from the root of the repository.
///
/// # Panics
///
/// If there is no such page.
#[must_use]
pub fn read(page: &str) -> String {
    let path = places::workspace().join(page);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{page}: {error}")).replace("\r\n", "\n")
}

/// Returns the first fenced block after a text of a page.
///
/// # Panics
///
/// If the page has no such text, or no block after it.
#[must_use]
pub fn block_after<'a>(page: &'a str, text: &str) -> &'a str {
    let (_, after) = page.split_once(text).unwrap_or_else(|| panic!("the page has no {text:?}"));
    let (_, block) = after.split_once("```").expect("a block follows");
    let (_, content) = block.split_once('\n').expect("the block has lines");
    content.split_once("```").expect("the block ends").0
}
