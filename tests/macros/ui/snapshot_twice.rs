mod idporten {
    idporten_config_macros::environment!(
        "idporten-test",
        snapshot = "fixtures/idporten-test.json",
        snapshot = "fixtures/malformed.json"
    );
}

fn main() {}
