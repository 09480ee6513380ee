#![deny(warnings)]

mod idporten {
    idporten_config_macros::environment!("idporten-test", require(acr_values_supported = ["idporten-loa-high"]));
}

fn main() {
    let scopes: Vec<&str> = idporten::Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    println!("{}", idporten::ISSUER);
    println!("{}", scopes.join(" "));
}
