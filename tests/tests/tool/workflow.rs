//! The workflow that `init` writes, and this repository's own, which is made of it.

use std::collections::BTreeMap;
use std::fs;

use idporten_config::KnownEnvironment;
use idporten_config::environment::Lifecycle;

use crate::fixture::workspace;

const TEMPLATE: &str = include_str!("../../../idporten-config/templates/idporten-snapshots.yml");
const OWN: &str = include_str!("../../../.github/workflows/snapshots.yml");

/// The steps that this repository has beside those of the template.
const GENERATE: &str = r"      - name: Generate the bundled constants
        id: constants
        # The first run writes what is not fresh, and fails; the second one must pass. It does not if names would be lost, which the
        # pull request and the last step report.
        continue-on-error: true
        run: cargo test --test bundled || cargo test --test bundled
";
const REPORT: &str = r#"      - name: Report that the bundled constants could not be generated
        if: ${{ !cancelled() && steps.constants.outcome == 'failure' }}
        run: |
          echo "::error::the bundled constants could not be generated without losing names: see tests/tests/bundled.rs"
          exit 1

"#;

/// The repository's own workflow: the template with its parts filled in.
fn own() -> String {
    let active = KnownEnvironment::ALL.iter().filter(|known| known.lifecycle() == Lifecycle::Active);
    let slugs: Vec<_> = active.map(|known| known.slug()).collect();
    let install =
        format!("cargo install idporten-config --features cli --locked --version {}", env!("CARGO_PKG_VERSION"));
    let environments =
        format!("ENVIRONMENTS: >-\n    --snapshots idporten-config/snapshots\n    {}\n", slugs.join(" "));
    let open = "      - name: Open a pull request if something changed\n";
    let code = "          CODE: ${{ steps.fetch.outputs.code }}\n";
    let title = "          TITLE: Refresh the snapshots of ID-porten, Maskinporten and Ansattporten\n";
    let constants = "          CONSTANTS: ${{ steps.constants.outcome }}\n";
    let lost = "          LOST: \"The bundled constants could not be generated without losing names: see \
                tests/tests/bundled.rs\"\n";
    let name_the_bot = "          git config user.name";
    let tell = "          if [ \"$CONSTANTS\" = failure ]; then\n            printf '\\n%s\\n' \"$LOST\" >> \
                \"$RUNNER_TEMP/body.md\"\n          fi\n";
    let head = "# Keeps the snapshots of ID-porten, Maskinporten and Ansattporten current. Written by `idporten-config init`; \
                change it as you like.\n";
    let own_head = "# Keeps the bundled snapshots and their constants current. Made of idporten-config/templates by the test \
                    `workflow` of the tool:\n# change it there.\n";
    let edits: [(&str, &str); 12] = [
        (head, own_head),
        ("name: idporten-snapshots\n\non:", "name: snapshots\n\non:"),
        ("      - \"snapshots/**\"\n      - \"idporten.toml\"\n", "      - \"idporten-config/snapshots/**\"\n"),
        ("  SNAPSHOTS: snapshots\n", "  SNAPSHOTS: idporten-config/snapshots\n"),
        ("  CHANGED: idporten.toml snapshots\n", "  CHANGED: idporten-config/snapshots idporten-config/src/bundled\n"),
        ("ENVIRONMENTS: \"\"\n", &environments),
        (&install, "cargo install --path idporten-config --features cli --locked"),
        (open, &format!("{GENERATE}{open}")),
        (code, &format!("{code}{constants}")),
        (title, &format!("{title}{lost}")),
        (name_the_bot, &format!("{tell}{name_the_bot}")),
        ("\n  check:\n", &format!("{REPORT}  check:\n")),
    ];
    edits.iter().fold(TEMPLATE.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "not in the template: {from}");
        text.replacen(from, to, if from.starts_with("cargo install") { 2 } else { 1 })
    })
}

/// The test is the generator: it writes the workflow if it differs, and fails once.
#[test]
fn the_workflow_of_this_repository_is_made_of_the_template() {
    let own = own();
    if OWN.replace("\r\n", "\n") != own {
        fs::write(workspace().join(".github/workflows/snapshots.yml"), own).unwrap();
        panic!(".github/workflows/snapshots.yml differed and was written anew: review and commit it");
    }
}

/// The lines of the script below `run: |`, and of `run: ` alone.
fn scripts(workflow: &str) -> Vec<&str> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut scripts = Vec::new();
    let mut block = None;
    for line in workflow.lines() {
        match block {
            Some(depth) if line.trim().is_empty() || indent(line) > depth => scripts.push(line),
            _ => block = None,
        }
        match line.trim().strip_prefix("run:").map(str::trim) {
            Some("|") => block = Some(indent(line)),
            Some(script) => scripts.push(script),
            None => {}
        }
    }
    scripts
}

#[test]
fn they_have_the_least_permissions_and_keep_no_credentials() {
    for workflow in [TEMPLATE, OWN] {
        assert!(workflow.contains("\npermissions: {}\n"));
        assert_eq!(workflow.matches("contents: write").count(), 1);
        assert_eq!(workflow.matches("pull-requests: write\n").count(), 1);
        assert_eq!(workflow.matches("persist-credentials: false").count(), 2);
        let actions: Vec<_> = workflow.lines().filter(|line| line.contains("uses:")).collect();
        assert_eq!(actions.len(), 2);
        assert!(
            actions.iter().all(|line| line.contains("actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 #"))
        );
        let scripts = scripts(workflow);
        assert!(scripts.len() > 30, "{scripts:?}");
        assert!(scripts.iter().all(|line| !line.contains("${{")), "no expression in a script");
        let pushes: Vec<_> = scripts.iter().filter(|line| line.contains("git push")).collect();
        assert_eq!(pushes.len(), 1);
        assert!(pushes[0].contains("origin \"HEAD:refs/heads/$BRANCH\""), "never to the default branch");
    }
}

/// The lines of a job, up to the next one.
fn job<'a>(workflow: &'a str, name: &str) -> &'a str {
    let (_, job) = workflow.split_once(&format!("\n  {name}:\n")).unwrap();
    job.split_once("\n\n").map_or(job, |(job, _)| job)
}

#[test]
fn they_work_on_the_default_branch_whichever_branch_they_are_started_from() {
    for workflow in [TEMPLATE, OWN] {
        let branch = "${{ github.event.repository.default_branch || github.ref_name }}\n";
        assert_eq!(job(workflow, "fetch").matches(&format!("          ref: {branch}")).count(), 1);
        assert_eq!(job(workflow, "fetch").matches(&format!("          BASE: {branch}")).count(), 1);
        assert!(!job(workflow, "check").contains("ref:"), "a pull request is checked as it is");
    }
}

/// Runs the script that opens a pull request, with stand-ins for what it calls, and gives their calls and the body. It is
/// for the runners, which have GNU tools.
#[cfg(target_os = "linux")]
fn calls(workflow: &str, open: &str, changed: &str, fetched: &str, constants: &str) -> (Vec<String>, String) {
    use std::os::unix::fs::PermissionsExt;

    let (_, step) = workflow.split_once("- name: Open a pull request if something changed").unwrap();
    let (_, script) = step.split_once("run: |\n").unwrap();
    let script: Vec<_> = script.lines().take_while(|line| line.starts_with("          ")).collect();
    let directory = crate::fixture::Directory::new(&[("script", &script.join("\n")), ("calls", "")]);
    // jq is not everywhere: its filter is held by what is called.
    let stand_in = "#!/bin/sh\n\
        [ \"$1\" = config ] || [ \"$1\" = status ] || echo \"${0##*/} $*\" >> \"$RUNNER_TEMP/calls\"\n\
        case \"${0##*/} $1 $2\" in\n\
        'gh pr list') echo \"$OPEN\" ;;\n\
        'git status '*) echo \"$IS\" ;;\n\
        'idporten-config diff '*) echo body; exit 1 ;;\n\
        esac\n";
    for name in ["gh", "git", "idporten-config"] {
        directory.write(&format!("bin/{name}"), stand_in);
        let path = directory.path().join(format!("bin/{name}"));
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:{}", directory.path().join("bin").display(), std::env::var("PATH").unwrap());
    let output = std::process::Command::new("bash")
        .args(["--noprofile", "--norc", "-eo", "pipefail", "script"])
        .current_dir(directory.path())
        .env("PATH", path)
        .env("RUNNER_TEMP", directory.path())
        .envs([("OPEN", open), ("IS", changed), ("CODE", fetched), ("CONSTANTS", constants), ("LOST", "names lost")])
        .envs([("BASE", "main"), ("BRANCH", "own"), ("TITLE", "title"), ("CHANGED", "s"), ("SNAPSHOTS", "s")])
        .envs([("GH_TOKEN", "t"), ("GITHUB_SERVER_URL", "https://h"), ("GITHUB_REPOSITORY", "o/r")])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let body = directory.path().join("body.md");
    let body = if body.exists() { directory.read("body.md") } else { String::new() };
    let temp = directory.path().display().to_string();
    (directory.read("calls").lines().map(|call| call.replace(&temp, "TEMP")).collect(), body)
}

#[cfg(target_os = "linux")]
#[test]
fn a_pull_request_is_opened_updated_or_closed_except_of_a_fork() {
    for workflow in [TEMPLATE, OWN] {
        let (all, body) = calls(workflow, "", " M s/a.json", "0", "success");
        assert!(all[0].starts_with("gh pr list --head own --base main --state open "), "{all:?}");
        assert!(
            all[0].contains("--json number,isCrossRepository --jq map(select(.isCrossRepository | not)) | .[0].number")
        );
        assert!(all.contains(&"git push --force origin HEAD:refs/heads/own".to_owned()), "{all:?}");
        let create = "gh pr create --base main --head own --title title --body-file TEMP/body.md";
        assert_eq!((all.last().unwrap().as_str(), body.as_str()), (create, "body\n"));

        let (all, _) = calls(workflow, "7", " M s/a.json", "3", "success");
        let patch = "gh api --silent --method PATCH repos/o/r/pulls/7 -F body=@TEMP/body.md";
        assert_eq!(all.last().unwrap(), patch);

        let (all, _) = calls(workflow, "7", "", "0", "success");
        assert!(all.len() == 2 && all[1].starts_with("gh pr close 7 --comment "), "{all:?}");
        assert_eq!(calls(workflow, "7", "", "3", "success").0.len(), 1, "a provider failed: nobody knows");
        assert_eq!(calls(workflow, "", "", "0", "success").0.len(), 1);
    }
    assert_eq!(calls(OWN, "", " M s/a.json", "0", "failure").1, "body\n\nnames lost\n");
}

#[test]
fn every_action_is_pinned_to_one_commit_everywhere() {
    let workflows = fs::read_dir(workspace().join(".github/workflows")).unwrap().map(|entry| entry.unwrap().path());
    let others = ["idporten-config/templates/idporten-snapshots.yml", "docs/ci.md"].map(|file| workspace().join(file));
    let mut commits = BTreeMap::new();
    for path in workflows.chain(others) {
        let text = fs::read_to_string(&path).unwrap();
        let uses = text.lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("uses: "));
        for (action, commit) in uses.map(|uses| uses.split_once('@').expect("a version")) {
            let hash = commit.split(' ').next().unwrap_or_default();
            let is_pinned = hash.len() == 40 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
            // This repository's own action, whose releases the page cannot know.
            assert!(is_pinned || hash == "COMMIT", "{}: {action}@{commit}", path.display());
            let first = commits.entry(action.to_owned()).or_insert_with(|| hash.to_owned());
            assert_eq!(first, hash, "{}: {action} is at two commits", path.display());
        }
    }
    assert!(commits.len() >= 2, "{commits:?}");
}
