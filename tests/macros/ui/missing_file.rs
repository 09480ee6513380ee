mod by_default {
    idporten_config_macros::environment!("idporten-prod");
}

mod by_path {
    idporten_config_macros::environment!("idporten-prod", snapshot = "fixtures/nowhere.json");
}

fn main() {}
