//! The page on migrating shows what the tool prints.

use idporten_config::KnownEnvironment::IdportenTest;
use idporten_config_tests::page::{block_after, read};

use crate::fixture::{Directory, bundled};

/// The lines of a block in a list of the page, without their indentation.
fn shown(after: &str) -> String {
    let page = read("docs/migrating.md");
    // The last line is the indentation of the block's end.
    let block = block_after(&page, after).trim_end_matches(' ');
    block.lines().map(|line| format!("{}\n", line.strip_prefix("   ").unwrap_or(line))).collect()
}

#[test]
fn lint_prints_what_the_page_on_migrating_shows() {
    let constants =
        "const A: &str = \"https://test.idporten.no/authorize\";\nconst B: &str = \"https://idporten.no/token\";\n";
    let directory = Directory::new(&[("src/auth.rs", constants)]);
    assert_eq!(directory.run(&["lint"]).out, shown("or value to use:"));
}

#[test]
fn diff_prints_what_the_page_on_migrating_shows() {
    let before = bundled(IdportenTest);
    let after = before.replace("no/logout", "no/signout").replace("\"openid\",", "\"openid\", \"email\",");
    let directory = Directory::new(&[("before/idporten-test.json", before), ("snapshots/idporten-test.json", &after)]);
    assert_eq!(directory.run(&["diff", "before", "snapshots"]).out, shown("git worktree remove ../before\n   ```"));
}
