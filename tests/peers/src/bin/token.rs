//! Prints the token of the benchmark `verify` and its key set, for the peers that are no Rust programs.

fn main() {
    println!("{}", idporten_config_peers::verification::as_json());
}
