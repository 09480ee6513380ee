//! Reads `idporten.toml`, and writes the constants and enums of its environments.

fn main() {
    idporten_config::build::generate();
}
