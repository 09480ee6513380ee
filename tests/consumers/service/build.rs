fn main() {
    idporten_config::build::Generator::new().environment("idporten-test").generate();
}
