//! The numbers of a JSON text, as they are written.

use std::cell::Cell;

/// The text after the last number that was passed. Numbers are visited in the order in which they are written.
pub(super) struct Digits<'a>(Cell<&'a str>);

impl<'a> Digits<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self(Cell::new(text))
    }

    /// Returns the next number, and moves past it.
    pub(super) fn pass(&self) -> &'a str {
        let text = self.0.get();
        let start = number_start(text);
        let number = &text[start..];
        let end = number.find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E')).unwrap_or(number.len());
        self.0.set(&number[end..]);
        &number[..end]
    }

    /// Returns whether the next number has these digits, however its exponent is written: `serde_json` passes on `2E3` as `2e+3`.
    pub(super) fn next_is(&self, digits: &str) -> bool {
        let one_form = |number: &str| number.to_ascii_lowercase().replace('+', "");
        // The text before the number is passed once, however often this is asked.
        let text = self.0.get();
        self.0.set(&text[number_start(text)..]);
        let next = Self(self.0.clone()).pass();
        !next.is_empty() && one_form(next) == one_form(digits)
    }
}

/// Returns whether a double has exactly the value that is written.
pub(super) fn is_exact(double: f64, written: &str) -> bool {
    // `{:e}` writes the shortest digits that read back as this double. Any rounding shows as a difference from the text.
    Decimal::parse(written).is_some_and(|written| Decimal::parse(&format!("{double:e}")) == Some(written))
}

/// Returns the offset of the first number of a JSON text: of a digit or a minus sign outside of strings.
fn number_start(text: &str) -> usize {
    let mut in_string = false;
    let mut escaped = false;
    text.bytes()
        .position(|byte| {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if in_string => escaped = true,
                b'"' => in_string = !in_string,
                b'-' | b'0'..=b'9' => return !in_string,
                _ => {}
            }
            false
        })
        .unwrap_or(text.len())
}

/// A decimal number in normal form: the digits have no zeros at either end, and the exponent includes the decimal point.
#[derive(PartialEq)]
struct Decimal {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    fn parse(text: &str) -> Option<Self> {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        let digits = digits.trim_start_matches('0');
        let significant = digits.trim_end_matches('0');
        // Before the exponent is read: zero is exact with any exponent, also with one that does not fit in 64 bits.
        if significant.is_empty() {
            return Some(Self { negative, digits: String::new(), exponent: 0 });
        }
        let exponent = exponent.parse::<i64>().ok()?;
        let shift = i64::try_from(digits.len() - significant.len()).ok()? - i64::try_from(fraction.len()).ok()?;
        Some(Self { negative, digits: significant.to_owned(), exponent: exponent.checked_add(shift)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_before_a_number_is_passed_once() {
        let digits = Digits::of(r#"[{"a 1": "2"}, {"b": "2"}, 23, 4]"#);
        assert!(!digits.next_is("2"));
        assert_eq!(digits.0.get(), "23, 4]");
        assert!(digits.next_is("23") && digits.pass() == "23" && digits.next_is("4"));
    }
}
