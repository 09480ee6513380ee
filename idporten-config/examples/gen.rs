//! x
use idporten_config::{KnownEnvironment, codegen, format, sources::Source};
fn main() {
    let s: Vec<_> = ["idporten-test", "idporten-prod", "maskinporten-test"]
        .iter()
        .map(|s| Source::bundled(s.parse::<KnownEnvironment>().unwrap()).unwrap())
        .collect();
    let p = codegen::products(&s);
    for f in &p.findings {
        eprintln!("{f}");
    }
    println!("{}", format::format(&codegen::header(&s, "`cargo build`"), &p.tokens).unwrap());
}
