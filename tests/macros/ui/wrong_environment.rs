mod idporten {
    idporten_config_macros::environment!("idporten-tset");
}

fn main() {}
