mod idporten {
    idporten_config_macros::environment!(
        "idporten-test",
        bundled,
        require(acr_values_supported = ["idporten-loa-hihg"]),
    );
}

fn main() {}
