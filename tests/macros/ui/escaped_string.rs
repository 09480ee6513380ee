mod idporten {
    idporten_config_macros::environment!("idporten\u{2d}test");
}

fn main() {}
