//! Constants of ID-porten's test environment, generated at compile time from the bundled snapshot.
//!
//! `cargo run -p idporten-config-macros --example constants`

mod idporten {
    idporten_config_macros::environment!(
        "idporten-test",
        bundled,
        require(acr_values_supported = ["idporten-loa-high"], code_challenge_methods_supported = ["S256"])
    );
}

use idporten::{AcrValue, Scope};

fn main() {
    println!("snapshot                {} {}", idporten::SNAPSHOT_ORIGIN, idporten::SNAPSHOT_AS_OF);
    println!("ISSUER                  {}", idporten::ISSUER);
    println!("AUTHORIZATION_ENDPOINT  {}", idporten::AUTHORIZATION_ENDPOINT);
    println!("TOKEN_ENDPOINT          {}", idporten::TOKEN_ENDPOINT);
    println!("JWKS_URI                {}", idporten::JWKS_URI);
    println!("Scope                   {:?}", Scope::ALL);
    println!("AcrValue                {:?}", AcrValue::ALL);
    println!("AcrValue::IdportenLoaHigh is written {}", AcrValue::IdportenLoaHigh);
}
