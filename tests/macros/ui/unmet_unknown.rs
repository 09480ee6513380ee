mod idporten {
    idporten_config_macros::environment!(
        "idporten-prod",
        bundled,
        require(dpop_signing_alg_values_supported = true),
    );
}

fn main() {}
