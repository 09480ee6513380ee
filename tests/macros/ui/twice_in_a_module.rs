mod idporten {
    idporten_config_macros::environment!("idporten-test", bundled);
    idporten_config_macros::environment!("idporten-prod", bundled);
}

fn main() {
    println!("{}", idporten::ISSUER);
}
