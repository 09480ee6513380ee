//! Text in columns, for people.

use idporten_config::internal::harmless;

/// A line for each row; two spaces between columns, none at the end, and nothing that a terminal could take for a command.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| harmless(cell)).collect()).collect();
    let count = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_lines_have_no_space_at_the_end() {
        let rows = [vec!["a".to_owned(), "bb".to_owned(), String::new()], vec!["æøå".to_owned(), "\u{1b}".to_owned()]];
        assert_eq!(table(&rows), "a    bb\næøå  \\u{1b}\n");
    }
}
