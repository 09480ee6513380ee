//! Verifying one token (RS256, 3,072 bits), each contender against `jsonwebtoken::decode` with a ready key: medians of pairs that
//! are measured one right after the other, in both orders, so that what else the machine does falls on both.

use std::hint::black_box;
use std::time::Duration;

use idporten_config_peers::threads;
#[cfg(feature = "ours")]
use idporten_config_peers::verification::Ours;
use idporten_config_peers::verification::{
    Decode, JwksClientRs, JwtAuthorizerRs, OidcJwtValidator, Signature, TowerLayer, Verifying, token, valid,
};

const THREADS: [usize; 4] = [1, 2, 4, 8];
const PAIRS: usize = 101;
/// About this long for each of a pair.
const SPAN: Duration = Duration::from_millis(5);

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        // `cargo test --benches` builds it and asks for nothing.
        return;
    }
    #[cfg(feature = "ring")]
    idporten_config::interop::jsonwebtoken::ring::DEFAULT_PROVIDER
        .install_default()
        .expect("no back-end is installed before");
    let jwt = valid();
    let decode = Decode::new();
    println!("{:<20} {:>7} {:>12} {:>14}", "", "threads", "us a token", "times decode");
    for count in THREADS {
        row("decode", count, &decode, &decode, &jwt);
        #[cfg(feature = "ours")]
        row("idporten-config", count, &Ours::new(), &decode, &jwt);
        row("signature alone", count, &Signature::new(), &decode, &jwt);
        row("jwks_client_rs", count, &JwksClientRs::new(), &decode, &jwt);
        row("tower-oauth2", count, &TowerLayer::new(), &decode, &jwt);
        row("jwt-authorizer", count, &JwtAuthorizerRs::new(), &decode, &jwt);
        row("oidc-jwt-validator", count, &OidcJwtValidator::new(), &decode, &jwt);
    }
    #[cfg(feature = "ours")]
    forged(&Ours::new(), &decode, &jwt);
}

fn row(name: &str, count: usize, contender: &impl Verifying, decode: &Decode, jwt: &str) {
    assert!(contender.accepts(jwt), "{name} refuses the token");
    let once = time(count, 8, contender, jwt) / 8;
    let rounds = u64::try_from((SPAN.as_nanos() / once.as_nanos().max(1)).max(1)).unwrap_or(1);
    let mut pairs: Vec<(f64, f64)> = (0..PAIRS)
        .map(|pair| {
            let (ours, theirs) = if pair % 2 == 0 {
                let ours = time(count, rounds, contender, jwt);
                (ours, time(count, rounds, decode, jwt))
            } else {
                let theirs = time(count, rounds, decode, jwt);
                (time(count, rounds, contender, jwt), theirs)
            };
            #[expect(clippy::cast_precision_loss, reason = "rounds are few")]
            let micros = ours.as_secs_f64() * 1e6 / rounds as f64;
            (ours.as_secs_f64() / theirs.as_secs_f64(), micros)
        })
        .collect();
    pairs.sort_by(|one, other| one.0.total_cmp(&other.0));
    let ratio = pairs[PAIRS / 2].0;
    pairs.sort_by(|one, other| one.1.total_cmp(&other.1));
    println!("{name:<20} {count:>7} {:>12.1} {ratio:>14.3}", pairs[PAIRS / 2].1);
}

fn time(count: usize, rounds: u64, contender: &impl Verifying, jwt: &str) -> Duration {
    threads::time(count, rounds, || {
        black_box(contender.accepts(black_box(jwt)));
    })
}

/// A token with a kid that nobody publishes, beside `decode` of the token that is accepted.
#[cfg(feature = "ours")]
fn forged(ours: &Ours, decode: &Decode, valid: &str) {
    let jwt = token("forged-kid-that-nobody-has--cert9");
    assert!(!ours.accepts(&jwt), "a forged kid is accepted");
    let pair = |_| (time(1, 1_000, ours, &jwt) / 1_000, time(1, 50, decode, valid) / 50);
    let (mut times, mut ratios): (Vec<_>, Vec<_>) =
        (0..PAIRS).map(pair).map(|(refused, decoded)| (refused, refused.as_secs_f64() / decoded.as_secs_f64())).unzip();
    times.sort();
    ratios.sort_by(f64::total_cmp);
    println!("a forged kid is refused in {:?}, {:.3} times decode", times[PAIRS / 2], ratios[PAIRS / 2]);
}
