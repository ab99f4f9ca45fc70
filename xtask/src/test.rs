//! `cargo xtask test`: what CI checks, in the order in which a fault is cheapest to find.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

use crate::{
    bench, conformance, interop, redis,
    run::{Cargo, Tool},
    tidy,
};

/// How much is checked.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Extent {
    /// Format, lints, house rules and tests.
    Quick,
    /// What CI checks.
    Full,
}

const NEXTEST: Tool = Tool {
    subcommand: "nextest",
    package: "cargo-nextest",
    version: "0.9.143",
};

const DENY: Tool = Tool {
    subcommand: "deny",
    package: "cargo-deny",
    version: "0.20.2",
};

enum Action {
    Cargo(Cargo),
    With(Tool, Cargo),
    Tidy,
    Redis,
    Conformance,
    Bench(&'static [&'static str]),
    Interop,
}

struct Step {
    name: &'static str,
    extent: Extent,
    action: Action,
}

/// Runs the steps in order, up to the first that fails, and prints how long each took.
pub(crate) fn run(root: &Path, extent: Extent) -> Result<()> {
    let steps = steps()
        .into_iter()
        .filter(|step| extent == Extent::Full || step.extent == extent);
    let mut times = Vec::new();
    let mut failure = None;
    for step in steps {
        if failure.is_some() {
            times.push((step.name, "not run", Duration::ZERO));
            continue;
        }
        let start = Instant::now();
        let result = step.run(root);
        let verdict = if result.is_ok() { "ok" } else { "FAILED" };
        times.push((step.name, verdict, start.elapsed()));
        failure = result.err().map(|error| (step.name, error));
    }
    print!("{}", summary(&times));
    match failure {
        None => Ok(()),
        Some((name, error)) => bail!("{name}: {error:#}"),
    }
}

impl Step {
    fn run(&self, root: &Path) -> Result<()> {
        match &self.action {
            Action::Cargo(cargo) => cargo.run(root),
            Action::With(tool, cargo) => {
                tool.ensure(root)?;
                cargo.run(root)
            }
            Action::Tidy => {
                println!("+ cargo xtask tidy");
                tidy::run(root)
            }
            Action::Redis => {
                println!("+ cargo xtask redis");
                redis::ensure_server(root)
            }
            Action::Interop => {
                println!("+ cargo xtask interop");
                interop::run(root, &[])
            }
            Action::Conformance => {
                println!("+ cargo xtask conformance");
                conformance::run(root, &[])
            }
            Action::Bench(args) => bench::run(root, args),
        }
    }
}

fn steps() -> Vec<Step> {
    use Action::{Bench, Cargo as Plain, Conformance, Interop, Redis, Tidy, With};
    use Extent::{Full, Quick};

    let cargo = |line: &str| Cargo::new(&line.split(' ').collect::<Vec<_>>());
    let clippy = cargo("clippy --workspace --all-targets --all-features -- -D warnings");
    let nextest = cargo("nextest run --workspace --all-features");
    let doctest = cargo("test --workspace --doc --all-features");
    let doc = cargo("doc --workspace --no-deps --all-features").env("RUSTDOCFLAGS", "-D warnings");
    let deny = cargo("deny check bans licenses sources");
    let step = |name, extent, action| Step {
        name,
        extent,
        action,
    };
    vec![
        step("format", Quick, Plain(cargo("fmt --all --check"))),
        step("clippy", Quick, Plain(clippy)),
        step("tidy", Quick, Tidy),
        step("redis", Quick, Redis),
        step("tests", Quick, With(NEXTEST, nextest)),
        step("doc tests", Full, Plain(doctest)),
        step("docs", Full, Plain(doc)),
        step("dependencies", Full, With(DENY, deny)),
        step(
            "examples",
            Full,
            Plain(cargo("build --workspace --examples")),
        ),
        step("conformance", Full, Conformance),
        step("interop", Full, Interop),
        step("bench", Full, Bench(&["--check"])),
        step("bench http", Full, Bench(&["http", "--check"])),
        step("bench stdio", Full, Bench(&["stdio", "--check"])),
        step("bench client", Full, Bench(&["client", "--check"])),
        step("bench proxy", Full, Bench(&["proxy", "--check"])),
        step("bench streams", Full, Bench(&["streams", "--check"])),
        step("bench tasks", Full, Bench(&["tasks", "--check"])),
        step("bench discovery", Full, Bench(&["discovery", "--check"])),
        step("bench soak", Full, Bench(&["soak", "--check"])),
    ]
}

fn summary(times: &[(&str, &str, Duration)]) -> String {
    let total: Duration = times.iter().map(|(.., time)| *time).sum();
    let line = |name: &str, verdict: &str, time: Duration| {
        format!("{name:<16}{verdict:<9}{:>8.1}s\n", time.as_secs_f64())
    };
    let mut text = "\n".to_owned();
    for &(name, verdict, time) in times {
        text += &line(name, verdict, time);
    }
    text + &line("total", "", total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(extent: Extent) -> Vec<&'static str> {
        let wanted = |step: &Step| extent == Extent::Full || step.extent == extent;
        steps()
            .into_iter()
            .filter(wanted)
            .map(|step| step.name)
            .collect()
    }

    #[test]
    fn quick_is_a_part_of_full() {
        assert_eq!(
            commands(Extent::Quick),
            ["format", "clippy", "tidy", "redis", "tests"]
        );
        assert_eq!(commands(Extent::Full).len(), 20);
    }

    #[test]
    fn the_summary_names_every_step_its_verdict_and_the_total() {
        let times = [
            ("format", "ok", Duration::from_millis(1200)),
            ("tests", "FAILED", Duration::from_millis(61_300)),
            ("docs", "not run", Duration::ZERO),
        ];
        let expect = "\n\
            format          ok            1.2s\n\
            tests           FAILED       61.3s\n\
            docs            not run       0.0s\n\
            total                        62.5s\n";
        assert_eq!(summary(&times), expect);
    }
}
