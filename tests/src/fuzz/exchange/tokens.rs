//! Tokens that are signed once, and what a script changes in them.

use std::sync::OnceLock;

use idporten_config::KnownEnvironment::IdportenTest;
use idporten_config::document::json::{Value, object};
use idporten_config::testing::sign_text;

use super::{KIDS, Script};

pub(super) const AUDIENCE: &str = "https://api.example";

/// A token, and the one that it was made of.
pub(super) struct Token {
    pub(super) text: String,
    pub(super) kid: &'static str,
    pub(super) variant: u32,
    original: &'static str,
}

impl Token {
    /// Returns whether nothing of it was changed.
    pub(super) fn is_whole(&self) -> bool {
        self.text == self.original
    }
}

/// Draws a token, in three of four cases unchanged.
pub(super) fn draw(script: &mut Script<'_>) -> Token {
    let (kid, variant) = (usize::from(script.byte()) % KIDS.len(), u32::from(script.byte() % 2));
    let original = &*all()[kid * 2 + usize::from(variant == 1)];
    let mut bytes = original.as_bytes().to_vec();
    if script.byte() % 4 == 3 {
        for _ in 0..=script.byte() % 3 {
            let place = usize::from(script.number()) % bytes.len();
            bytes[place] = script.byte();
        }
    }
    Token { text: String::from_utf8_lossy(&bytes).into_owned(), kid: KIDS[kid], variant, original }
}

/// The tokens of all kids and variants. Their end is far beyond what a script can reach.
fn all() -> &'static [String] {
    static TOKENS: OnceLock<Vec<String>> = OnceLock::new();
    TOKENS.get_or_init(|| {
        let claims = object([
            ("iss", IdportenTest.issuer().into()),
            ("aud", AUDIENCE.into()),
            ("sub", "somebody".into()),
            ("exp", 4_102_444_800_u64.into()),
        ]);
        let claims = Value::from(claims).to_string();
        let header = |kid: &str| format!(r#"{{"alg":"RS256","typ":"at+jwt","kid":"{kid}"}}"#);
        KIDS.iter().flat_map(|kid| [0, 1].map(|variant| sign_text(&header(kid), &claims, variant))).collect()
    })
}
