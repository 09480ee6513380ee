mod idporten {
    idporten_config_macros::environment!(
        "idporten-test",
        bundled,
        require(
            issuer = "https://test.idporten.no/",
            acr_values_supported = ["Level4"],
            claims_parameter_supported = true,
        ),
    );
}

fn main() {}
