//! `cargo xtask bench`: builds what is measured and what it is measured beside, then runs it.

use std::path::Path;

use anyhow::Result;

use crate::{interop, run::Cargo};

/// One of the benchmarks, by what it needs to have been built.
#[derive(Debug, PartialEq)]
enum Bench {
    /// Bytes in to bytes out, in one process.
    InProcess,
    /// Servers as processes of their own.
    Wire,
    /// As [`Bench::Wire`], beside the floor and the official SDK.
    WireBesidePeers,
    /// The start of `Discovery` in front of many upstreams.
    Discovery,
    /// The tokens that a model reads, with tools listed and with tools discovered.
    Tokens,
    /// As [`Bench::Wire`], beside a bare reverse proxy and other people's proxies.
    WireBesideProxies,
}

/// The crate whose proxy ours is measured beside, in what it can do without.
const PROXY: &str =
    "install --locked mcp-proxy@=0.6.0 --no-default-features --features protocol-2026-07-28 --root";

/// Runs the benchmark that the first argument names; without such a name, the one in one process.
pub(crate) fn run(root: &Path, args: &[&str]) -> Result<()> {
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
    if bench(args) == Bench::WireBesideProxies {
        interop::python(root)?;
    }
    for cargo in commands(args, &target) {
        cargo.run(root)?;
    }
    Ok(())
}

/// Everything that has to be run, in order.
fn commands(args: &[&str], target: &str) -> Vec<Cargo> {
    let bench = bench(args);
    let package = match bench {
        Bench::InProcess => "fmcp-bench",
        Bench::Discovery => return vec![discovery(&args[1..])],
        Bench::Tokens => return tokens(target),
        _ => "fmcp-bench-wire",
    };
    // All programs of the package: the one that measures starts the others.
    let mut commands = vec![Cargo::new(&["build", "--release", "-p", package])];
    // A workspace of its own; its programs go where the others lie.
    let peers = Cargo::new(&["build", "--release", "--locked"])
        .args(&["--manifest-path", "bench/peers/Cargo.toml"])
        .args(&["--target-dir", target]);
    match bench {
        Bench::InProcess | Bench::Wire | Bench::Discovery | Bench::Tokens => {}
        Bench::WireBesidePeers => commands.push(peers),
        Bench::WireBesideProxies => {
            let install: Vec<_> = PROXY.split(' ').collect();
            commands.push(peers.args(&["--bin", "fmcp-bench-proxy-floor"]));
            commands.push(Cargo::new(&install).args(&[&format!("{target}/bench")]));
        }
    }
    commands.push(Cargo::new(&["run", "--release", "-p", package, "--"]).args(args));
    commands
}

fn discovery(args: &[&str]) -> Cargo {
    let program = [
        "run",
        "--release",
        "-p",
        "fmcp-bench",
        "--bin",
        "fmcp-bench-discovery",
        "--",
    ];
    Cargo::new(&program).args(args)
}

/// What a model reads is written down by one program and counted by another, whose workspace has the tokenizer.
fn tokens(target: &str) -> Vec<Cargo> {
    let file = format!("{target}/tokens.json");
    let counts = Cargo::new(&["run", "--release", "--locked"])
        .args(&["--manifest-path", "bench/tokens/Cargo.toml"])
        .args(&["--target-dir", target, "--", &file]);
    vec![discovery(&["--transcripts", &file]), counts]
}

fn bench(args: &[&str]) -> Bench {
    match args.first() {
        Some(&"discovery") => Bench::Discovery,
        Some(&"tokens") => Bench::Tokens,
        Some(&("http" | "stdio" | "client")) => Bench::WireBesidePeers,
        Some(&"proxy") => Bench::WireBesideProxies,
        Some(&("streams" | "soak" | "tasks")) => Bench::Wire,
        _ => Bench::InProcess,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(args: &[&str]) -> Vec<String> {
        let commands = commands(args, "target");
        commands.iter().map(Cargo::line).collect()
    }

    #[test]
    fn without_a_name_it_is_the_one_in_one_process() {
        let built = "cargo build --release -p fmcp-bench";
        assert_eq!(
            lines(&["--check"]),
            [built, "cargo run --release -p fmcp-bench -- --check"]
        );
        assert_eq!(lines(&[]), [built, "cargo run --release -p fmcp-bench --"]);
    }

    #[test]
    fn discovery_is_measured_by_one_program_and_counted_by_another() {
        let run = "cargo run --release -p fmcp-bench --bin fmcp-bench-discovery --";
        assert_eq!(lines(&["discovery", "--check"]), [format!("{run} --check")]);
        let counts = "cargo run --release --locked --manifest-path bench/tokens/Cargo.toml --target-dir target -- \
                      target/tokens.json";
        assert_eq!(
            lines(&["tokens"]),
            [&format!("{run} --transcripts target/tokens.json"), counts]
        );
    }

    #[test]
    fn peers_are_built_where_they_are_measured() {
        let built = "cargo build --release -p fmcp-bench-wire";
        let peers = "cargo build --release --locked --manifest-path bench/peers/Cargo.toml --target-dir target";
        assert_eq!(
            lines(&["http", "--check"]),
            [
                built,
                peers,
                "cargo run --release -p fmcp-bench-wire -- http --check"
            ]
        );
        assert_eq!(lines(&["stdio"])[1], peers);
        let proxies = &lines(&["proxy"])[1..3];
        assert_eq!(proxies[0], format!("{peers} --bin fmcp-bench-proxy-floor"));
        assert!(proxies[1].contains("mcp-proxy@=0.6.0"), "{proxies:?}");
        assert!(proxies[1].ends_with("--root target/bench"), "{proxies:?}");
        assert_eq!(
            lines(&["soak"]),
            [built, "cargo run --release -p fmcp-bench-wire -- soak"]
        );
    }
}
