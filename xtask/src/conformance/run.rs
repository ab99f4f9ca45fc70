//! Building, running and reporting.

use std::{
    fs,
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

/// Those that are run unless others are named.
const REVISIONS: [&str; 3] = ["2025-06-18", "2025-11-25", "2026-07-28"];

const PROGRAM: &str = "conformance-server";

/// Runs the suite. `args` are revisions, and `--only TEXT` for the scenarios with this in their names.
pub(crate) fn run(root: &Path, args: &[&str]) -> Result<()> {
    let (revisions, only) = read(args)?;
    let waiting = fs::read_to_string(root.join(LIST)).with_context(|| format!("reading {LIST}"))?;
    let waiting = Waiting::read(&waiting).context(LIST)?;
    for revision in waiting.revisions() {
        let known = REVISIONS.contains(&revision);
        ensure!(known, "{LIST}: the suite is not run in {revision:?}");
    }
    let place = Place::find(root)?;
    // Of the whole workspace, so that what other steps have built serves here, too.
    Cargo::new(&["build", "--workspace", "--bin", PROGRAM]).run(root)?;
    place.script(&["install"])?;
    let reports = thread::scope(|scope| {
        // One server each: scenarios change what the server offers.
        let runs: Vec<_> = (revisions.iter())
            .map(|&revision| {
                let (place, waiting) = (&place, &waiting);
                scope.spawn(move || {
                    let lines = place.verdicts(revision, only)?;
                    Report::of(revision, &lines, waiting, only.is_none())
                        .with_context(|| format!("revision {revision}"))
                })
            })
            .collect();
        let joined = runs.into_iter().map(|run| match run.join() {
            Ok(report) => report,
            Err(_) => bail!("a run panicked"),
        });
        joined.collect::<Result<Vec<_>>>()
    })?;
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

fn read<'a>(args: &[&'a str]) -> Result<(Vec<&'a str>, Option<&'a str>)> {
    let (mut revisions, mut only) = (Vec::new(), None);
    let mut args = args.iter();
    while let Some(&arg) = args.next() {
        match arg {
            "--only" => only = Some(*args.next().context("--only what?")?),
            revision if REVISIONS.contains(&revision) => revisions.push(revision),
            other => bail!(
                "no revision that the suite is run in: {other:?}; there are {}",
                REVISIONS.join(", ")
            ),
        }
    }
    if revisions.is_empty() {
        revisions = REVISIONS.to_vec();
    }
    Ok((revisions, only))
}

/// Where everything lies.
struct Place {
    script: PathBuf,
    program: PathBuf,
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
            program: profile.join(PROGRAM),
            folder: target.join("conformance"),
        })
    }

    /// What the suite says in one revision.
    fn verdicts(&self, revision: &str, only: Option<&str>) -> Result<String> {
        let log = self.folder.join(format!("{revision}-server.log"));
        let server = Server::start(&self.program, &["--http", "127.0.0.1:0"], &log)?;
        let out = self.folder.join(revision);
        let out = out
            .to_str()
            .context("the target folder's name is no text")?;
        let mut args = vec!["server", server.url(), revision, out];
        args.extend(only);
        self.script(&args)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_revisions_all_are_run() {
        assert_eq!(read(&[]).unwrap(), (REVISIONS.to_vec(), None));
        let some = read(&["2025-11-25", "--only", "ping"]).unwrap();
        assert_eq!(some, (vec!["2025-11-25"], Some("ping")));
    }

    #[test]
    fn what_is_no_revision_is_refused() {
        for args in [["2024-11-05"].as_slice(), &["--only"], &["tools-list"]] {
            assert!(read(args).is_err(), "{args:?}");
        }
    }
}
