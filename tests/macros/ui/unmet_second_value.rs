mod idporten {
    idporten_config_macros::environment!(
        "idporten-test",
        bundled,
        require(
            code_challenge_methods_supported = ["S256"],
            acr_values_supported = ["idporten-loa-high", "idporten-loa-hihg"],
        ),
    );
}

fn main() {}
