mod idporten {
    idporten_config_macros::environment!("idporten-test", bundled);
}

fn main() {
    let _ = idporten::AcrValue::Level4;
}
