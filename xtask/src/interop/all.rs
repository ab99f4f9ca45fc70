//! All combinations, as many at once as there are processors.

use std::{
    fs,
    path::Path,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};

use super::{combination::Combination, install::Installed, session, step::Verdict};

/// What came of one combination, and after how long.
type Outcome = (Combination, Result<Verdict>, Duration);

/// Tries the combinations whose names have all these words in them, and fails if anything does.
pub(crate) fn run(root: &Path, words: &[&str]) -> Result<()> {
    let mut chosen = Combination::all();
    chosen.retain(|one| one.fits(words));
    ensure!(!chosen.is_empty(), "nothing fits `{}`", words.join(" "));
    let installed = Installed::prepare(root, &chosen)?;
    let outcomes = try_all(root, &installed, &chosen);
    print!("{}", table(&outcomes));
    ensure!(outcomes.len() == chosen.len(), "not everything was tried");
    let failed = outcomes.iter().filter(|outcome| !is_well(outcome)).count();
    ensure!(
        failed == 0,
        "{failed} of {} combinations failed; what was said beside the protocol is in {}",
        outcomes.len(),
        installed.logs().display()
    );
    Ok(())
}

fn try_all(root: &Path, installed: &Installed, chosen: &[Combination]) -> Vec<Outcome> {
    let next = Mutex::new(chosen.iter());
    let take = || next.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        let mut outcomes = Vec::new();
        while let Some(one) = take() {
            let begun = Instant::now();
            let log = installed.logs().join(one.name().replace(' ', "-") + ".log");
            let verdict = session::run(root, installed, one, &log);
            let outcome = (*one, verdict, begun.elapsed());
            if is_well(&outcome) {
                println!("ok {}", one.name());
            } else {
                println!("FAILED {}", one.name());
                print!("{}", fs::read_to_string(&log).unwrap_or_default());
            }
            outcomes.push(outcome);
        }
        outcomes
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let mut outcomes: Vec<Outcome> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let ended = running.into_iter().map(std::thread::ScopedJoinHandle::join);
        ended.flat_map(Result::unwrap_or_default).collect()
    });
    outcomes.sort_by_key(|(one, ..)| chosen.iter().position(|other| other == one));
    outcomes
}

fn is_well((_, verdict, _): &Outcome) -> bool {
    matches!(verdict, Ok(verdict) if verdict.faults.is_empty())
}

/// One line for each combination, and one for each fault.
fn table(outcomes: &[Outcome]) -> String {
    let mut text =
        "\nside      who                transport revision     ok  absent  failed\n".to_owned();
    for outcome in outcomes {
        text += &line(outcome);
    }
    text
}

fn line((one, verdict, time): &Outcome) -> String {
    let (taken, absent, faults) = match verdict {
        Ok(verdict) => (verdict.taken, verdict.absent, verdict.faults.clone()),
        Err(error) => (0, 0, vec![format!("{error:#}")]),
    };
    let (side, who) = one.other.name();
    let mut text = format!(
        "{side:<10}{who:<19}{:<10}{:<12}{taken:>3}{absent:>8}{:>8}{:>8.1}s\n",
        one.transport.name(),
        one.revision,
        faults.len(),
        time.as_secs_f64()
    );
    for fault in faults {
        text += &format!("    {fault}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            combination::{Other, Transport},
            sdk::Sdk,
        },
        *,
    };

    #[test]
    fn a_fault_stands_below_its_combination() {
        let one = Combination {
            other: Other::Client(Sdk::Rust),
            transport: Transport::Http,
            revision: "2025-11-25",
        };
        let verdict = Verdict {
            taken: 21,
            absent: 1,
            faults: vec!["FAIL call: no".to_owned()],
        };
        let outcomes = [(one, Ok(verdict), Duration::from_millis(1500))];
        assert_eq!(
            table(&outcomes),
            "\nside      who                transport revision     ok  absent  failed\n\
             clients   rust               http      2025-11-25   21       1       1     1.5s\n    \
             FAIL call: no\n"
        );
    }
}
