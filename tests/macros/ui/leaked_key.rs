mod idporten {
    idporten_config_macros::environment!("idporten-test", snapshot = "fixtures/leaked-key.json");
}

fn main() {}
