mod idporten {
    idporten_config_macros::environment!(
        "idporten-test",
        bundled,
        require(scopes_supported = "openid", issuer = ["https://test.idporten.no"]),
    );
}

fn main() {}
