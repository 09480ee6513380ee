mod providers {
    idporten_config_macros::environments!("fixtures/mistakes.toml");
}

fn main() {}
