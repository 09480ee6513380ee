mod idporten {
    idporten_config_macros::environment!("keycloak");
}

fn main() {}
