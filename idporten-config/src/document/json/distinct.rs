//! Lists of strings without duplicates, by sorted slices. A set would be another type of tree to compile in each build script, and
//! takes more memory.

use std::mem;

/// Returns the distinct values, sorted.
pub(crate) fn distinct(mut values: Vec<&str>) -> Vec<&str> {
    values.sort_unstable();
    values.dedup();
    values
}

/// Returns a function that is true for the first of equal values. `distinct` are all values, without duplicates and sorted.
pub(crate) fn is_first(distinct: &[&str]) -> impl FnMut(&str) -> bool {
    let mut seen = vec![false; distinct.len()];
    move |value| distinct.binary_search(&value).is_ok_and(|at| !mem::replace(&mut seen[at], true))
}
