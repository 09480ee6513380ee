#![deny(warnings)]

mod providers {
    include!(concat!(env!("OUT_DIR"), "/idporten_config.rs"));
}

use providers::{idporten, maskinporten};

fn main() {
    let scopes: Vec<&str> = idporten::test::Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    println!("{}", idporten::test::ISSUER);
    println!("{}", scopes.join(" "));
    println!("{}", maskinporten::test::TOKEN_ENDPOINT);
}
