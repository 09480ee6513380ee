#![deny(warnings)]

use idporten_config::{ansattporten, idporten, maskinporten};

fn main() {
    println!("{}", idporten::test::TOKEN_ENDPOINT);
    println!("{}", idporten::AcrValue::IdportenLoaHigh);
    println!("{}", maskinporten::prod::ISSUER);
    println!("{}", ansattporten::Environment::Test.issuer());
}
