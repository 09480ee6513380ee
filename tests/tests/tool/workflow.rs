//! The workflow that `init` writes, this repository's own, which is made of it, and the one that publishes a release.

use std::collections::BTreeMap;
use std::fs;

use idporten_config::KnownEnvironment;
use idporten_config::environment::Lifecycle;

use crate::fixture::workspace;

const TEMPLATE: &str = include_str!("../../../idporten-config/templates/idporten-snapshots.yml");
const OWN: &str = include_str!("../../../.github/workflows/snapshots.yml");
const RELEASE: &str = include_str!("../../../.github/workflows/release.yml");

/// The steps that this repository has beside those of the template.
const GENERATE: &str = r"      - name: Generate the bundled constants
        id: constants
        # The first run writes what is not fresh, and fails; the second one must pass. If it does not, the pull request and the next
        # job say so.
        continue-on-error: true
        run: cargo test --test bundled || cargo test --test bundled
";
const REPORT: &str = r#"      - name: Report that the bundled constants could not be generated
        if: ${{ !cancelled() && needs.fetch.outputs.constants == 'failure' }}
        run: |
          echo '::error::the bundled constants could not be generated, or do not compile: see the step "Generate the bundled constants"'
          exit 1

"#;

/// The repository's own workflow: the template with its parts filled in.
fn own() -> String {
    let active = KnownEnvironment::ALL.iter().filter(|known| known.lifecycle() == Lifecycle::Active);
    let slugs: Vec<_> = active.map(|known| known.slug()).collect();
    let install = format!(
        "run: |\n          # Not in the checkout, whose toolchain file and cargo configuration would apply to the build.\n          \
         cd \"$RUNNER_TEMP\"\n          cargo install idporten-config --features cli --locked --version {}\n",
        env!("CARGO_PKG_VERSION")
    );
    let environments =
        format!("ENVIRONMENTS: >-\n    --snapshots idporten-config/snapshots\n    {}\n", slugs.join(" "));
    let describe = "      - name: Describe what changed\n";
    let code = "      code: ${{ steps.fetch.outputs.code }}\n";
    let constants = "      constants: ${{ steps.constants.outcome }}\n";
    let failed = "        env:\n          CONSTANTS: ${{ steps.constants.outcome }}\n          FAILED: 'The bundled constants could not \
                  be generated, or do not compile: see the step \"Generate the bundled constants\"'\n";
    let described = "          [ \"$code\" -le 1 ]\n";
    let tell = "          if [ \"$CONSTANTS\" = failure ]; then\n            printf '\\n%s\\n' \"$FAILED\" >> \
                \"$RUNNER_TEMP/changes/body.md\"\n          fi\n";
    let head = "# Keeps the snapshots of ID-porten, Maskinporten and Ansattporten current. Written by `idporten-config init`; \
                change it as you like.\n";
    let own_head = "# Keeps the bundled snapshots and their constants current. Made of idporten-config/templates by the test \
                    `workflow` of the tool:\n# change it there.\n";
    let edits: [(&str, &str); 11] = [
        (head, own_head),
        ("name: idporten-snapshots\n\non:", "name: snapshots\n\non:"),
        ("      - \"snapshots/**\"\n      - \"idporten.toml\"\n", "      - \"idporten-config/snapshots/**\"\n"),
        ("  SNAPSHOTS: snapshots\n", "  SNAPSHOTS: idporten-config/snapshots\n"),
        ("  CHANGED: idporten.toml snapshots\n", "  CHANGED: idporten-config/snapshots idporten-config/src/bundled\n"),
        ("ENVIRONMENTS: \"\"\n", &environments),
        (&install, "run: cargo install --path idporten-config --features cli --locked\n"),
        (code, &format!("{code}{constants}")),
        (describe, &format!("{GENERATE}{describe}{failed}")),
        (described, &format!("{described}{tell}")),
        ("\n  check:\n", &format!("{REPORT}  check:\n")),
    ];
    edits.iter().fold(TEMPLATE.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "not in the template: {from}");
        text.replacen(from, to, if *from == install { 2 } else { 1 })
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
        let checkouts = workflow.matches("uses: actions/checkout@").count();
        assert_eq!(workflow.matches("persist-credentials: false").count(), checkouts);
        assert_eq!(checkouts, 3);
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

/// A build script can change what later steps of its job run, and so take the token of one.
#[test]
fn a_job_that_can_write_builds_nothing_and_runs_nothing_of_the_repository() {
    for (workflow, writing) in
        [(TEMPLATE, &["propose"][..]), (OWN, &["propose"][..]), (RELEASE, &["draft", "release"][..])]
    {
        assert_eq!(workflow.matches("contents: write\n").count(), writing.len());
        for name in writing {
            let job = job(workflow, name);
            assert!(job.contains("contents: write\n"), "{name}");
            for word in ["cargo ", "rustup ", "npm ", "node ", "bash ", "idporten-config "] {
                assert!(!job.contains(word), "{word} in {job}");
            }
        }
    }
}

#[test]
fn they_work_on_the_default_branch_whichever_branch_they_are_started_from() {
    for workflow in [TEMPLATE, OWN] {
        let branch = "${{ github.event.repository.default_branch || github.ref_name }}\n";
        for name in ["fetch", "propose"] {
            assert_eq!(job(workflow, name).matches(&format!("          ref: {branch}")).count(), 1);
        }
        assert_eq!(job(workflow, "propose").matches(&format!("          BASE: {branch}")).count(), 1);
        assert!(!job(workflow, "check").contains("ref:"), "a pull request is checked as it is");
    }
}

/// A run with stand-ins for the programs that need the network. It is for the runners, which have GNU tools.
#[cfg(target_os = "linux")]
struct Run {
    workflow: &'static str,
    /// What the jobs have in common, with a checkout of each below it.
    directory: crate::fixture::Directory,
}

#[cfg(target_os = "linux")]
impl Run {
    fn new(workflow: &'static str, stand_ins: &[(&str, &str)]) -> Self {
        use std::os::unix::fs::PermissionsExt;

        let directory = crate::fixture::Directory::new(&[("calls", "")]);
        for (name, script) in stand_ins {
            let file = format!("bin/{name}");
            directory.write(&file, &format!("#!/bin/sh\necho \"${{0##*/}} $*\" >> \"$RUNNER_TEMP/calls\"\n{script}"));
            fs::set_permissions(directory.path().join(file), fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self { workflow, directory }
    }

    /// Runs the script of a step in a checkout, as a runner does, and returns whether it passed.
    fn step(&self, name: &str, checkout: &str, variables: &[(&str, &str)]) -> bool {
        let (_, step) = self.workflow.split_once(&format!("- name: {name}\n")).unwrap();
        let (_, script) = step.split_once("run: |\n").unwrap();
        let script: Vec<_> = script.lines().take_while(|line| line.starts_with("          ")).collect();
        self.bash(&script.join("\n"), checkout, variables).is_some()
    }

    /// What a script prints, if it passes.
    fn bash(&self, script: &str, checkout: &str, variables: &[(&str, &str)]) -> Option<String> {
        let temp = self.directory.path();
        let path = format!("{}:{}", temp.join("bin").display(), std::env::var("PATH").unwrap());
        let output = std::process::Command::new("bash")
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script])
            .current_dir(temp.join(checkout))
            .envs([("GITHUB_SERVER_URL", "https://h"), ("GITHUB_REPOSITORY", "o/r"), ("GH_TOKEN", "t")])
            .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1"), ("PATH", &path)])
            .env("RUNNER_TEMP", temp)
            .env("GITHUB_WORKSPACE", temp.join(checkout))
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        // Shown if the test fails.
        println!("{output:?}");
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    }

    /// The calls of the stand-ins.
    fn calls(&self) -> Vec<String> {
        let temp = self.directory.path().display().to_string();
        self.directory.read("calls").lines().map(|call| call.replace(&temp, "TEMP")).collect()
    }
}

/// Runs the steps that make a pull request of this snapshot, in a package below the root: those of the first job, which changes
/// another file too, and those of the second one.
#[cfg(target_os = "linux")]
fn propose(workflow: &'static str, open: &str, snapshot: &str, fetched: &str, constants: &str) -> Run {
    let gh = "[ \"$1 $2\" != 'pr list' ] || echo \"$OPEN\"\n";
    let run = Run::new(workflow, &[("gh", gh), ("idporten-config", "echo body; exit 1\n")]);
    run.directory.write("seed/app/s/a.json", "old\n");
    run.directory.write("seed/app/other", "old\n");
    let seed = "git init -q -b main; git add .; git -c user.name=n -c user.email=e commit -qm seed\n\
        cd ..; for job in fetch write; do git clone -q seed $job; done";
    run.bash(seed, "seed", &[]).unwrap();
    run.directory.write("fetch/app/s/a.json", snapshot);
    if snapshot != "old\n" {
        run.directory.write("fetch/app/other", "new\n");
    }
    let variables = [("SNAPSHOTS", "s"), ("CHANGED", "s other"), ("CONSTANTS", constants), ("FAILED", "not generated")];
    assert!(run.step("Describe what changed", "fetch/app", &variables));
    let root = run.directory.path().join("write").display().to_string();
    let here = [("GITHUB_WORKSPACE", root.as_str()), ("OPEN", open), ("CODE", fetched), ("CHANGED", "s")];
    let variables = [&here[..], &[("BASE", "main"), ("BRANCH", "own"), ("TITLE", "title")]].concat();
    assert!(run.step("Open a pull request if something changed", "write/app", &variables));
    run
}

#[cfg(target_os = "linux")]
#[test]
fn a_pull_request_is_opened_updated_or_closed_except_of_a_fork() {
    for workflow in [TEMPLATE, OWN] {
        let run = propose(workflow, "", "new\n", "0", "success");
        let calls = run.calls();
        let calls: Vec<_> = calls.iter().filter(|call| call.starts_with("gh ")).collect();
        assert!(calls[0].starts_with("gh pr list --head own --base main --state open "), "{calls:?}");
        assert!(
            calls[0]
                .contains("--json number,isCrossRepository --jq map(select(.isCrossRepository | not)) | .[0].number")
        );
        let create = "gh pr create --base main --head own --title title --body-file TEMP/changes/body.md";
        assert_eq!(calls[1..], [create]);
        assert_eq!(run.directory.read("changes/body.md"), "body\n");
        // What the second job does not name is not in the commit, although the patch has it.
        assert!(run.directory.read("changes/patch").contains("app/other"));
        let commit = run.bash("git diff --name-only main own; git show own:app/s/a.json", "seed", &[]);
        assert_eq!(commit.as_deref(), Some("app/s/a.json\nnew\n"));

        let patch = "gh api --silent --method PATCH repos/o/r/pulls/7 -F body=@TEMP/changes/body.md";
        assert_eq!(propose(workflow, "7", "new\n", "3", "success").calls().last().unwrap(), patch);

        let calls = propose(workflow, "7", "old\n", "0", "success").calls();
        assert!(calls.len() == 2 && calls[1].starts_with("gh pr close 7 --comment "), "{calls:?}");
        let calls = propose(workflow, "7", "old\n", "3", "success").calls();
        assert_eq!(calls.len(), 1, "a provider failed: nobody knows");
        assert_eq!(propose(workflow, "", "old\n", "0", "success").calls().len(), 1);
    }
    let run = propose(OWN, "", "new\n", "0", "failure");
    assert_eq!(run.directory.read("changes/body.md"), "body\n\nnot generated\n");
}

#[cfg(target_os = "linux")]
#[test]
fn a_release_publishes_the_packages_that_are_not_published_yet() {
    let old = "{\"name\":\"p\",\"vers\":\"1.2.0\"}\n";
    let both = [old, "{\"name\":\"p\",\"vers\":\"1.2.3\"}\n"].concat();
    let both = both.as_str();
    let curl = "for url; do :; done\n\
        if cp \"$RUNNER_TEMP/published/${url##*/}\" \"$RUNNER_TEMP/index\"; then printf 200; else printf 404; fi\n";
    let all = "cargo publish --locked --no-verify --package idporten-config --package idporten-config-macros";
    let macros = "cargo publish --locked --no-verify --package idporten-config-macros";
    for (library, macro_package, expected) in [
        (None, None, Some(all)),
        (Some(old), Some(old), Some(all)),
        (Some(both), Some(old), Some(macros)),
        (Some(both), Some(both), None),
    ] {
        let run = Run::new(RELEASE, &[("curl", curl), ("cargo", "")]);
        for (name, index) in [("idporten-config", library), ("idporten-config-macros", macro_package)] {
            if let Some(index) = index {
                run.directory.write(&format!("published/{name}"), index);
            }
        }
        assert!(run.step("Publish the packages, in their order", "", &[("GITHUB_REF_NAME", "v1.2.3")]));
        let calls = run.calls();
        assert!(calls[0].ends_with(" https://index.crates.io/id/po/idporten-config"), "{calls:?}");
        let published: Vec<_> = calls.iter().filter(|call| call.starts_with("cargo ")).map(String::as_str).collect();
        assert_eq!(published, Vec::from_iter(expected));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_draft_is_published_only_with_the_files_that_were_built() {
    let gh = "if [ \"$1 $2\" = 'release download' ]; then mkdir assets && printf \"$DRAFT\" > assets/a.tgz; fi\n";
    for (draft, is_published) in [("built", true), ("another", false)] {
        let run = Run::new(RELEASE, &[("gh", gh)]);
        run.directory.write("archives/a.tgz", "built");
        let name = "Publish the release, if the draft has what was built";
        let variables = [("DRAFT", draft), ("GITHUB_REF_NAME", "v1.2.3"), ("GITHUB_REF", "refs/tags/v1.2.3")];
        assert_eq!(run.step(name, "", &variables), is_published, "{draft}");
        let verified = "gh attestation verify assets/a.tgz --repo o/r --signer-workflow \
                        o/r/.github/workflows/release.yml --source-ref refs/tags/v1.2.3";
        let published = "gh release edit v1.2.3 --draft=false";
        let rest: Vec<_> = run.calls().into_iter().skip(1).collect();
        assert_eq!(rest, if is_published { vec![verified, published] } else { vec![] });
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_second_attempt_uses_the_draft_of_the_first() {
    let gh = "[ \"$1 $2\" != 'release list' ] || echo \"$RELEASES\"\n";
    let create = "gh release create v1.2.3 --draft --verify-tag --title v1.2.3 --notes-file notes/notes.md";
    let upload = "gh release upload v1.2.3 --clobber archives/a.tgz";
    for (releases, expected) in [("v1.2.2 false", &[create, upload][..]), ("v1.2.3 true", &[upload][..])] {
        let run = Run::new(RELEASE, &[("gh", gh)]);
        run.directory.write("archives/a.tgz", "built");
        assert!(run.step("Draft the release", "", &[("RELEASES", releases), ("GITHUB_REF_NAME", "v1.2.3")]));
        assert_eq!(run.calls()[1..], *expected);
    }
}

#[test]
fn every_action_is_pinned_to_one_commit_everywhere() {
    let workflows = fs::read_dir(workspace().join(".github/workflows")).unwrap().map(|entry| entry.unwrap().path());
    let others = ["idporten-config/templates/idporten-snapshots.yml", "docs/ci.md"].map(|file| workspace().join(file));
    let mut commits = BTreeMap::new();
    for path in workflows.chain(others) {
        let text = fs::read_to_string(&path).unwrap();
        let uses = text.lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("uses: "));
        // A workflow of this repository has the commit of the one that calls it.
        let uses = uses.filter(|uses| !uses.starts_with("./"));
        for (action, commit) in uses.map(|uses| uses.split_once('@').expect("a version")) {
            let hash = commit.split(' ').next().unwrap_or_default();
            let is_pinned = hash.len() == 40 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
            // This repository's own action, whose releases the page cannot know.
            assert!(is_pinned || hash == "COMMIT", "{}: {action}@{commit}", path.display());
            let first = commits.entry(action.to_owned()).or_insert_with(|| hash.to_owned());
            assert_eq!(first, hash, "{}: {action} is at two commits", path.display());
        }
    }
    assert!(commits.len() >= 4, "{commits:?}");
}
