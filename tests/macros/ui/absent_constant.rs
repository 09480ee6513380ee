mod maskinporten {
    idporten_config_macros::environment!("maskinporten-test", bundled);
}

fn main() {
    println!("{}", maskinporten::AUTHORIZATION_ENDPOINT);
}
