mod idporten {
    idporten_config_macros::environment!(
        "idporten-test",
        bundled,
        require(acr_value_supported = ["idporten-loa-high"]),
    );
}

fn main() {}
