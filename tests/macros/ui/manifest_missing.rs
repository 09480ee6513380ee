mod beside_cargo_toml {
    idporten_config_macros::environments!();
}

mod by_path {
    idporten_config_macros::environments!("fixtures/nowhere.toml");
}

fn main() {}
