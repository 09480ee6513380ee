mod idporten {
    idporten_config_macros::environment!("idporten-test", bundeld);
}

fn main() {}
