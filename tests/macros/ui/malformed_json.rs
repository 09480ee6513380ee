mod idporten {
    idporten_config_macros::environment!("idporten-test", snapshot = "fixtures/malformed.json");
}

fn main() {}
