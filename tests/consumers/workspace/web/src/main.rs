#![deny(warnings)]

mod providers {
    include!(concat!(env!("OUT_DIR"), "/idporten_config.rs"));
}

fn main() {
    println!("{}", providers::idporten::test::AUTHORIZATION_ENDPOINT);
}
