//! The order of the levels of assurance that `acr` names.

/// The `acr` values that have an order, each list from the lowest level to the highest.
///
/// Values of different lists are not comparable: no equivalence between the two families is documented. A value in no list,
/// such as `selfregistered-email`, is comparable only with itself.
///
/// ```
/// use idporten_config::environment::ACR_ORDERS;
///
/// assert_eq!(ACR_ORDERS[0], ["idporten-loa-substantial", "idporten-loa-high"]);
/// ```
// The `low` levels are left out: no documentation ranks a log-in that reached one of them, and ranking an `acr` by mistake
// would accept a weaker log-in.
pub const ACR_ORDERS: &[&[&str]] =
    &[&["idporten-loa-substantial", "idporten-loa-high"], &["eidas-loa-substantial", "eidas-loa-high"]];

/// Returns whether a log-in that reached the level `reached` satisfies a program that wants `wanted`.
///
/// A value satisfies itself, and a higher value of the same list of [`ACR_ORDERS`] satisfies a lower one. All other pairs have
/// no order, and the answer is `false`. Values are compared byte for byte.
///
/// ```
/// use idporten_config::environment::acr_at_least;
///
/// assert!(acr_at_least("idporten-loa-high", "idporten-loa-substantial"));
/// assert!(!acr_at_least("idporten-loa-substantial", "idporten-loa-high"));
/// assert!(!acr_at_least("eidas-loa-high", "idporten-loa-substantial"));
/// ```
#[must_use]
pub fn acr_at_least(reached: &str, wanted: &str) -> bool {
    let rank = |order: &[&str], acr: &str| order.iter().position(|level| *level == acr);
    let is_above = |order: &&[&str]| match (rank(order, reached), rank(order, wanted)) {
        (Some(reached), Some(wanted)) => reached >= wanted,
        _ => false,
    };
    reached == wanted || ACR_ORDERS.iter().any(is_above)
}

/// Returns whether an `acr` value is in one of the [`ACR_ORDERS`].
///
/// If it is in none, asking for "at least" that value accepts that value only, which is seldom what the program means.
///
/// ```
/// use idporten_config::environment::acr_is_ranked;
///
/// assert!(acr_is_ranked("idporten-loa-high"));
/// assert!(!acr_is_ranked("selfregistered-email"));
/// ```
#[must_use]
pub fn acr_is_ranked(acr: &str) -> bool {
    ACR_ORDERS.iter().any(|order| order.contains(&acr))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: &[&str] = &[
        "idporten-loa-low",
        "idporten-loa-substantial",
        "idporten-loa-high",
        "eidas-loa-low",
        "eidas-loa-substantial",
        "eidas-loa-high",
        "selfregistered-email",
        "Level3",
        "Level4",
        "",
    ];

    #[test]
    fn only_high_is_above_substantial_within_one_family() {
        let mut above = Vec::new();
        for &reached in VALUES {
            above.extend(
                VALUES.iter().filter(|&&wanted| acr_at_least(reached, wanted)).map(|wanted| (reached, *wanted)),
            );
        }
        above.retain(|(reached, wanted)| reached != wanted);
        let wanted = [("idporten-loa-high", "idporten-loa-substantial"), ("eidas-loa-high", "eidas-loa-substantial")];
        assert_eq!(above, wanted);
    }

    #[test]
    fn every_value_is_at_least_itself_and_nothing_near_it() {
        for &acr in VALUES {
            assert!(acr_at_least(acr, acr), "{acr:?}");
            assert!(!acr_at_least(&format!("{acr} "), acr), "{acr:?}");
        }
        assert!(!acr_at_least("IDPORTEN-LOA-HIGH", "idporten-loa-substantial"));
    }

    #[test]
    fn values_outside_of_the_orders_have_no_rank() {
        let ranked: Vec<_> = VALUES.iter().copied().filter(|acr| acr_is_ranked(acr)).collect();
        assert_eq!(
            ranked,
            ["idporten-loa-substantial", "idporten-loa-high", "eidas-loa-substantial", "eidas-loa-high"]
        );
    }
}
