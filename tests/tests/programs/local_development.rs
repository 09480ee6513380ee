//! The page on local development, followed word for word, from `cargo new` to a completed log-in.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use idporten_config_tests::cargo::{Cargo, run};
use idporten_config_tests::page::{block_after, read};
use idporten_config_tests::scratch::Scratch;

use crate::pages::use_this_checkout;
use crate::running::{Running, node_modules, programs_target, script, wait_for};

/// The port at which the program of the page listens.
const SITE: u16 = 8495;

/// The command of a block, such as `NAME=value program argument`, in a directory.
fn command(block: &str, directory: &Path) -> Command {
    let is_variable = |word: &&str| word.contains('=');
    let mut words = block.split_whitespace().skip_while(is_variable);
    let mut command = Command::new(words.next().unwrap());
    command
        .args(words)
        .current_dir(directory)
        .env("CARGO_NET_OFFLINE", "true")
        .env("CARGO_TARGET_DIR", programs_target());
    command.envs(block.split_whitespace().take_while(is_variable).map(|word| word.split_once('=').unwrap()));
    command
}

/// Runs the page's first commands, the installation from the registry aside, and writes its files.
fn follow(page: &str, directory: &Path) {
    let commands = block_after(page, "## The provider");
    let is_offline = |line: &&str| !line.starts_with("npm ");
    let offline: Vec<_> = commands.lines().filter(is_offline).collect();
    assert_eq!(offline.len() + 2, commands.lines().count(), "{commands}");
    let done = run(Command::new("sh").args(["-ec", &offline.join("\n")]).current_dir(directory)).success();
    assert!(done.stderr.contains("Creating"), "{}", done.stderr);

    let app = directory.join("app");
    symlink(node_modules(), app.join("provider/node_modules")).unwrap();
    use_this_checkout(&app);
    for file in ["provider/provider.mjs", "idporten.toml", "build.rs", "src/main.rs"] {
        fs::write(app.join(file), block_after(page, &format!("\n`{file}`"))).unwrap();
    }
    let manifest = fs::read_to_string(app.join("Cargo.toml")).unwrap();
    let (head, rest) = manifest.split_once("[dependencies]").unwrap();
    assert_eq!(rest.trim(), "", "{manifest}");
    fs::write(app.join("Cargo.toml"), format!("{head}{}", block_after(page, "`Cargo.toml`, its dependencies")))
        .unwrap();
}

#[test]
#[ignore = "needs npm ci --prefix tests/provider, the programs built, and Chromium"]
fn the_page_leads_from_nothing_to_a_completed_log_in() {
    let page = read("docs/local-development.md");
    let scratch = Scratch::new();
    follow(&page, scratch.path());
    let app = scratch.path().join("app");
    let built = Cargo::new(&app).env("CARGO_TARGET_DIR", programs_target()).run(&["build"]).success();
    let mut warnings = built.stderr.lines().filter(|line| line.contains("warning"));
    assert!(warnings.all(|warning| warning.contains("the snapshot is")), "{}", built.stderr);

    let _provider = Running::start(&mut command(block_after(&page, "in `app/provider`"), &app.join("provider")));
    let _program = Running::start(&mut command(block_after(&page, "In another, in `app`"), &app));
    wait_for(SITE, "/", 303);
    let text = run(script("log-in.mjs").args([&format!("http://127.0.0.1:{SITE}/"), "kari"])).success().stdout;
    assert_eq!(text, block_after(&page, "for the name `kari`"));
}
