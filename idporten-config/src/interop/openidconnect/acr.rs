//! The level of assurance, which `openidconnect` checks only with a function that it is given.

use std::error::Error;
use std::fmt;

use openidconnect::AuthenticationContextClass;

use crate::environment;

/// Returns a function for `IdTokenVerifier::set_auth_context_verifier_fn`: it accepts this level and higher ones of the same
/// family, by [`environment::acr_at_least`], and refuses a token without `acr`.
///
/// # Errors
///
/// The level has no place in a documented order.
///
/// ```
/// use idporten_config::idporten::AcrValue;
/// use idporten_config::interop::openidconnect::acr_at_least;
/// use openidconnect::AuthenticationContextClass;
///
/// let check = acr_at_least(AcrValue::IdportenLoaSubstantial)?;
/// assert!(check(Some(&AuthenticationContextClass::new("idporten-loa-high".into()))).is_ok());
/// assert!(check(Some(&AuthenticationContextClass::new("idporten-loa-low".into()))).is_err());
/// assert!(check(None).is_err());
/// assert!(acr_at_least("Level4").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn acr_at_least<L: AsRef<str>>(
    level: L,
) -> Result<
    impl Fn(Option<&AuthenticationContextClass>) -> Result<(), String> + Clone + Send + Sync + use<L>,
    UnrankedLevel,
> {
    let level = level.as_ref().to_owned();
    if !environment::acr_is_ranked(&level) {
        return Err(UnrankedLevel(level));
    }
    Ok(move |acr: Option<&AuthenticationContextClass>| match acr {
        Some(acr) if environment::acr_at_least(acr, &level) => Ok(()),
        _ => Err(format!("`acr` is not at least `{level}`; log in at that level")),
    })
}

/// A level that has no place in a documented order, so that nothing is known to be at least it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnrankedLevel(String);

impl fmt::Display for UnrankedLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` has no place in a documented order of levels; use a substantial or high level", self.0)
    }
}

impl Error for UnrankedLevel {}
