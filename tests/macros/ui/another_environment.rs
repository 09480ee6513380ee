mod idporten {
    idporten_config_macros::environment!("idporten-prod", snapshot = "fixtures/idporten-test.json");
}

fn main() {}
