//! Values that nobody can guess, and the PKCE challenge of one of them.

use openidconnect::{CsrfToken, PkceCodeChallenge, PkceCodeVerifier};

/// The length of a secret.
pub const LENGTH: usize = 43;

/// Returns 256 random bits, in base64url.
pub fn secret() -> String {
    CsrfToken::new_random_len(32).secret().clone()
}

/// Returns the code challenge of a verifier, by method S256 (RFC 7636, section 4.2).
pub fn challenge(verifier: &str) -> String {
    PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(verifier.to_owned())).as_str().to_owned()
}
