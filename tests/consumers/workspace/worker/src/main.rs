#![deny(warnings)]

mod providers {
    idporten_config_macros::environments!("../idporten.toml");
}

fn main() {
    println!("{}", providers::maskinporten::test::TOKEN_ENDPOINT);
}
