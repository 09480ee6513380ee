mod idporten {
    idporten_config_macros::environment!("idporten-test", snapshot = "fixtures/broken-rules.json");
}

fn main() {}
