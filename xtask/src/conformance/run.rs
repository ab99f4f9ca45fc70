//! Building, running and reporting.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use anyhow::{Context, Result, bail, ensure};

use super::{
    report::{LIST, Report, table},
    server::Server,
    waiting::Waiting,
};
use crate::run::Cargo;

/// One side of ours, in one revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Run<'a> {
    side: Side,
    revision: &'a str,
}

/// Which side is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Server,
    Client,
}

impl Side {
    const ALL: [Self; 2] = [Self::Server, Self::Client];

    fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
        }
    }

    fn program(self) -> &'static str {
        match self {
            Self::Server => "conformance-server",
            Self::Client => "conformance-client",
        }
    }

    /// The revisions that the suite has scenarios for.
    fn revisions(self) -> &'static [&'static str] {
        match self {
            Self::Server => &["2025-06-18", "2025-11-25", "2026-07-28"],
            Self::Client => &["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"],
        }
    }

    fn runs(self) -> impl Iterator<Item = Run<'static>> {
        let revisions = self.revisions().iter();
        revisions.map(move |revision| Run {
            side: self,
            revision,
        })
    }
}

impl Run<'static> {
    fn all() -> impl Iterator<Item = Self> {
        Side::ALL.into_iter().flat_map(Side::runs)
    }

    /// The run of this side in this revision, if there is one.
    pub(crate) fn find(side: &str, revision: &str) -> Option<Self> {
        Self::all().find(|run| run.side.as_str() == side && run.revision == revision)
    }
}

impl fmt::Display for Run<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.side.as_str(), self.revision)
    }
}

/// Runs the suite. `args` are a side, revisions, and `--only TEXT` for the scenarios with this in their names.
pub(crate) fn run(root: &Path, args: &[&str]) -> Result<()> {
    let (runs, only) = read(args)?;
    let waiting = fs::read_to_string(root.join(LIST)).with_context(|| format!("reading {LIST}"))?;
    let waiting = Waiting::read(&waiting).context(LIST)?;
    let place = Place::find(root)?;
    // Of the whole workspace, so that what other steps have built serves here, too.
    let [server, client] = Side::ALL.map(Side::program);
    Cargo::new(&["build", "--workspace", "--bin", server, "--bin", client]).run(root)?;
    place.script(&["install"])?;
    let reports = thread::scope(|scope| {
        // One server each: scenarios change what the server offers.
        let started: Vec<_> = (runs.iter())
            .map(|&run| {
                let (place, waiting) = (&place, &waiting);
                scope.spawn(move || {
                    let lines = place.verdicts(run, only)?;
                    Report::of(run, &lines, waiting, only.is_none())
                        .with_context(|| run.to_string())
                })
            })
            .collect();
        let joined = started.into_iter().map(|run| match run.join() {
            Ok(report) => report,
            Err(_) => bail!("a run panicked"),
        });
        joined.collect::<Result<Vec<_>>>()
    })?;
    if let Some(text) = only {
        let is_any = reports.iter().any(|report| !report.is_empty());
        ensure!(is_any, "no scenario has {text:?} in its name");
    }
    print!("{}", table(&reports));
    let failed = reports
        .iter()
        .map(|report| report.faults.len())
        .sum::<usize>();
    ensure!(
        failed == 0,
        "{failed} scenarios are not as they should be; what was said stands in {}",
        place.folder.display()
    );
    Ok(())
}

fn read<'a>(args: &[&'a str]) -> Result<(Vec<Run<'static>>, Option<&'a str>)> {
    let (mut sides, mut revisions, mut only) = (Vec::new(), Vec::new(), None);
    let mut args = args.iter();
    while let Some(&arg) = args.next() {
        let side = Side::ALL.into_iter().find(|side| side.as_str() == arg);
        match (arg, side) {
            ("--only", _) => only = Some(*args.next().context("--only what?")?),
            (_, Some(side)) => sides.push(side),
            (revision, None) if Run::all().any(|run| run.revision == revision) => {
                revisions.push(revision);
            }
            (other, None) => bail!(
                "neither a side (server, client) nor a revision that the suite is run in: {other:?}"
            ),
        }
    }
    let wanted = |run: &Run<'_>| {
        (sides.is_empty() || sides.contains(&run.side))
            && (revisions.is_empty() || revisions.contains(&run.revision))
    };
    let runs: Vec<_> = Run::all().filter(wanted).collect();
    ensure!(!runs.is_empty(), "the suite has no scenarios for that");
    Ok((runs, only))
}

/// Where everything lies.
struct Place {
    script: PathBuf,
    /// Where cargo puts what it has built.
    programs: PathBuf,
    /// The suite and its results.
    folder: PathBuf,
}

impl Place {
    /// Looks beside this program, whatever cargo's target folder is.
    fn find(root: &Path) -> Result<Self> {
        let me = std::env::current_exe().context("looking for cargo's target folder")?;
        let profile = me.parent().context("this program lies nowhere")?;
        let target = profile.parent().unwrap_or(profile);
        Ok(Self {
            script: root.join("conformance/run.sh"),
            programs: profile.to_owned(),
            folder: target.join("conformance"),
        })
    }

    /// What the suite says of one run.
    fn verdicts(&self, run: Run<'_>, only: Option<&str>) -> Result<String> {
        let program = self.programs.join(run.side.program());
        let out = self.folder.join(run.to_string().replace(' ', "-"));
        let out = text(&out)?;
        match run.side {
            Side::Server => {
                let log = self.folder.join(format!("{run}.log").replace(' ', "-"));
                let server = Server::start(&program, &["--http", "127.0.0.1:0"], &log)?;
                let args = ["server", server.url(), run.revision, out];
                self.script(&[&args[..], only.as_slice()].concat())
            }
            Side::Client => {
                let args = ["client", text(&program)?, run.revision, out];
                self.script(&[&args[..], only.as_slice()].concat())
            }
        }
    }

    /// Runs the script, and gives what it prints.
    fn script(&self, args: &[&str]) -> Result<String> {
        let (command, rest) = args.split_first().context("the script wants a command")?;
        println!("+ conformance/run.sh {command} … {}", rest.join(" "));
        let output = Command::new("bash")
            .arg(&self.script)
            .arg(command)
            .arg(self.folder.join("suite"))
            .args(rest)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .context("bash, which runs conformance/run.sh, cannot be started")?;
        ensure!(
            output.status.success(),
            "conformance/run.sh {command} failed"
        );
        String::from_utf8(output.stdout).context("conformance/run.sh did not print text")
    }
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("the target folder's name is no text")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(args: &[&str]) -> Vec<String> {
        read(args).unwrap().0.iter().map(Run::to_string).collect()
    }

    #[test]
    fn without_a_word_all_are_run() {
        assert_eq!(runs(&[]).len(), 7);
        assert_eq!(runs(&["client"]).len(), 4);
        assert_eq!(
            runs(&["2026-07-28"]),
            ["server 2026-07-28", "client 2026-07-28"]
        );
        assert_eq!(
            runs(&["client", "2025-11-25", "--only", "auth"]),
            ["client 2025-11-25"]
        );
        assert_eq!(read(&["--only", "auth"]).unwrap().1, Some("auth"));
    }

    #[test]
    fn what_is_not_run_is_refused() {
        for args in [
            &["2024-11-05"][..],
            &["--only"],
            &["tools-list"],
            &["server", "2025-03-26"],
        ] {
            assert!(read(args).is_err(), "{args:?}");
        }
    }
}
