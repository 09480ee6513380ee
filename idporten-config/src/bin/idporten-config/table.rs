//! Rows of text, laid out for the width of the terminal.

use idporten_config::internal::escape_control;

use crate::terminal;

/// Two spaces between columns, and below the name of a record.
const GAP: usize = 2;

/// A line for each row, in columns. Where the terminal is too narrow for that, the last column is wrapped, or a row becomes a
/// record of several lines.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    table_rows(rows).concat()
}

/// The same, with the lines of each row apart.
pub(crate) fn table_rows(rows: &[Vec<String>]) -> Vec<String> {
    laid_out(rows, terminal::width())
}

/// The same, indented by two spaces.
pub(crate) fn indented_table(rows: &[Vec<String>]) -> String {
    let width = terminal::width().map(|width| width.saturating_sub(GAP));
    indented(&laid_out(rows, width).concat())
}

/// The same, with names of the columns. A record repeats them before each value.
pub(crate) fn indented_table_with_head(head: &[String], rows: &[Vec<String>]) -> String {
    let all: Vec<_> = [head.to_vec()].into_iter().chain(rows.to_vec()).collect();
    let width = terminal::width().map_or(usize::MAX, |width| width.saturating_sub(GAP));
    let text = laid_out(&all, None).concat();
    if text.lines().all(|line| line.chars().count() <= width) {
        return indented(&text);
    }
    let labelled = |row: &Vec<String>| {
        let values = row.iter().zip(head).skip(1).map(|(cell, name)| format!("{name}: {cell}"));
        row.iter().take(1).cloned().chain(values).collect::<Vec<_>>()
    };
    let records: String = rows.iter().map(labelled).map(|row| record(&escaped(&row), width)).collect();
    indented(&records)
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

fn escaped(row: &[String]) -> Vec<String> {
    row.iter().map(|cell| escape_control(cell)).collect()
}

/// The lines of each row.
fn laid_out(rows: &[Vec<String>], width: Option<usize>) -> Vec<String> {
    // A document may hold what a terminal would take for a command.
    let rows: Vec<Vec<String>> = rows.iter().map(|row| escaped(row)).collect();
    let widths = column_widths(&rows);
    let in_columns = |row: &Vec<String>| line(row, &widths);
    let lines: Vec<String> = rows.iter().map(in_columns).collect();
    let is_too_wide = |width: usize| lines.iter().any(|line| line.chars().count() > width);
    match width.filter(|&width| is_too_wide(width)) {
        None => lines.iter().map(|line| format!("{line}\n")).collect(),
        Some(width) => {
            let start: usize = widths.iter().rev().skip(1).map(|width| width + GAP).sum();
            let has_room = start <= width / 2;
            rows.iter()
                .map(|row| if has_room { wrapped(row, &widths, start, width) } else { record(row, width) })
                .collect()
        }
    }
}

fn column_widths(rows: &[Vec<String>]) -> Vec<usize> {
    let count = rows.iter().map(Vec::len).max().unwrap_or_default();
    let cells = |column: usize| rows.iter().filter_map(move |row| row.get(column));
    (0..count).map(|column| cells(column).map(|cell| cell.chars().count()).max().unwrap_or_default()).collect()
}

fn line(row: &[String], widths: &[usize]) -> String {
    let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| padded(cell, *width)).collect();
    cells.join("  ").trim_end().to_owned()
}

/// The cell with spaces after it. A width in `format!` has 16 bits, and a document may hold more in one cell.
fn padded(cell: &str, width: usize) -> String {
    cell.to_owned() + &" ".repeat(width.saturating_sub(cell.chars().count()))
}

/// The row in columns, its last cell wrapped below itself.
fn wrapped(row: &[String], widths: &[usize], start: usize, width: usize) -> String {
    let Some((last, first)) = row.split_last().filter(|_| row.len() == widths.len()) else {
        return line(row, widths) + "\n";
    };
    let mut text = String::new();
    for (number, part) in wrap(last, width - start).iter().enumerate() {
        let before = if number == 0 { line(first, widths) } else { String::new() };
        text += (padded(&before, start) + part).trim_end();
        text.push('\n');
    }
    text
}

/// The first cell, and the others below it.
fn record(row: &[String], width: usize) -> String {
    let mut cells = row.iter().filter(|cell| !cell.is_empty());
    let mut text = cells.next().map(|name| format!("{name}\n")).unwrap_or_default();
    for part in cells.flat_map(|cell| wrap(cell, width.saturating_sub(2 * GAP))) {
        text += &format!("    {part}\n");
    }
    text
}

/// The text in lines of at most `width` characters, broken at spaces. A longer word, such as a URL, stays whole: half of it is of
/// no use.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is always a line");
        let needed = line.chars().count() + 1 + word.chars().count();
        if line.is_empty() {
            line.push_str(word);
        } else if needed <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[&[&str]]) -> Vec<Vec<String>> {
        rows.iter().map(|row| row.iter().map(|&cell| cell.to_owned()).collect()).collect()
    }

    #[test]
    fn columns_fit_their_widest_cell_and_lines_end_without_spaces() {
        let rows = rows(&[&["a", "bb", ""], &["æøå", "\u{1b}"]]);
        assert_eq!(laid_out(&rows, None).concat(), "a    bb\næøå  \\u{1b}\n");
    }

    #[test]
    fn a_cell_may_be_longer_than_a_width_of_the_formatter() {
        let long = "x".repeat(1 << 17);
        assert_eq!(
            laid_out(&rows(&[&[&long, "a"], &["b", "c"]]), None).concat().len(),
            2 * ((1 << 17) + "  a\n".len())
        );
        assert_eq!(
            laid_out(&rows(&[&["a", &long], &["b", "c"]]), Some(80)).first().map(String::len),
            Some("a  ".len() + (1 << 17) + "\n".len())
        );
    }

    #[test]
    fn a_narrow_terminal_wraps_the_last_column() {
        let rows = rows(&[&["scopes", "openid, profile, email"], &["a", "b"]]);
        assert_eq!(laid_out(&rows, Some(24)), ["scopes  openid, profile,\n        email\n", "a       b\n"]);
        assert_eq!(laid_out(&rows, Some(30)), ["scopes  openid, profile, email\n", "a       b\n"]);
    }

    #[test]
    fn a_row_whose_first_columns_are_too_wide_becomes_a_record() {
        let rows = rows(&[&["idporten-test", "ID-porten TEST", "https://test.idporten.no"], &["b", "", "c d"]]);
        assert_eq!(
            laid_out(&rows, Some(30)),
            ["idporten-test\n    ID-porten TEST\n    https://test.idporten.no\n", "b\n    c d\n"]
        );
    }

    #[test]
    fn a_word_longer_than_the_line_stays_whole() {
        assert_eq!(wrap("see https://test.idporten.no now", 10), ["see", "https://test.idporten.no", "now"]);
    }
}
