fn main() {
    idporten_config::build::generate();
}
