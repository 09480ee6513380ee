use idporten_config::build::Generator;

fn main() {
    Generator::manifest("../idporten.toml").generate();
}
