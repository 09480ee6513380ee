#!/usr/bin/env bash
# humantime 2.4.0: a month is 30.44 days, and `format_duration` uses months as soon as they fit, so that 31 days are written as one
# month and some hours. 30 days are written as days.
#
# Seen: `30days`, `1month 13h 26m 24s`, and the second text read again gives 31 days.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cargo init -q --name finding --vcs none
cargo add -q humantime@=2.4.0
cat >src/main.rs <<'RUST'
use std::time::Duration;

fn main() {
    let days = |days: u64| humantime::format_duration(Duration::from_secs(days * 86_400)).to_string();
    let again = humantime::parse_duration(&days(31)).unwrap().as_secs() / 86_400;
    println!("30 days: {}; 31 days: {}; read again: {again} days", days(30), days(31));
}
RUST
seen=$(cargo run -q)
echo "humantime 2.4.0: $seen"
test "$seen" = '30 days: 30days; 31 days: 1month 13h 26m 24s; read again: 31 days'
