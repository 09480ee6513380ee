use idporten_config::Product;
use idporten_config::build::Generator;

fn main() {
    Generator::new()
        .environment("idporten-test")
        .environment("idporten-prod")
        .environment("maskinporten-test")
        .bundled("maskinporten-prod")
        .require(Product::Idporten, "scopes_supported", ["openid"])
        .generate();
}
