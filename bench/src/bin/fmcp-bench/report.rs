//! The figures, and their budgets.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use fmcp_bench::{Cases, NAMES};

use crate::clock::cpu;

/// How much a figure that is measured in time may be over its budget before a check fails: other work
/// on the machine is never quite out of it.
const SLACK: f64 = 1.15;

/// What one case costs each time.
struct Cost {
    /// The least CPU time of all rounds.
    ns: f64,
    allocations: u64,
    bytes: u64,
}

/// Prints all figures; whether the budgets hold, where they are checked.
pub(crate) fn run(check: bool) -> Result<bool> {
    let (rounds, times) = if check { (40, 2_000) } else { (100, 5_000) };
    let cases = Cases::new(false)?;
    let mut costs = allocations()?;
    for case in 0..NAMES.len() {
        (0..times).for_each(|_| drop(cases.run(case)));
    }
    // In turn, round after round, so that whatever disturbs the machine disturbs all of them; the least
    // of all rounds is what the work itself costs.
    for _ in 0..rounds {
        for (case, cost) in costs.iter_mut().enumerate() {
            let start = cpu();
            (0..times).for_each(|_| drop(cases.run(case)));
            cost.ns = cost
                .ns
                .min((cpu() - start).as_nanos() as f64 / f64::from(times));
        }
    }
    println!(
        "{:<30} {:>10} {:>12} {:>10}",
        "bytes in to bytes out", "CPU ns", "allocations", "bytes"
    );
    for (name, cost) in NAMES.iter().zip(&costs) {
        println!(
            "{name:<30} {:>10.0} {:>12} {:>10}",
            cost.ns, cost.allocations, cost.bytes
        );
    }
    println!("(the list has {} bytes)\n", cases.list_bytes());
    let kept = budgets(&costs);
    Ok(kept || !check)
}

/// Asks the program next to this one, which counts.
fn allocations() -> Result<Vec<Cost>> {
    let mut program = std::env::current_exe().context("this program does not know where it is")?;
    program.set_file_name(format!(
        "fmcp-bench-allocations{}",
        std::env::consts::EXE_SUFFIX
    ));
    let counted = Command::new(&program).output().with_context(|| {
        format!(
            "{} cannot be run; build it with `cargo build --release -p fmcp-bench`",
            program.display()
        )
    })?;
    ensure!(
        counted.status.success(),
        "counting failed: {}",
        String::from_utf8_lossy(&counted.stdout)
    );
    let text = String::from_utf8(counted.stdout)?;
    let read = |line: &str| -> Result<Cost> {
        let (allocations, bytes) = line.split_once(' ').context("counting gave no counts")?;
        Ok(Cost {
            ns: f64::INFINITY,
            allocations: allocations.parse()?,
            bytes: bytes.parse()?,
        })
    };
    let costs: Vec<_> = text.lines().map(read).collect::<Result<_>>()?;
    ensure!(
        costs.len() == NAMES.len(),
        "counting gave {} counts",
        costs.len()
    );
    Ok(costs)
}

fn budgets(costs: &[Cost]) -> bool {
    let [
        floor_modern,
        modern,
        floor_legacy,
        legacy,
        layered,
        crowd,
        copy,
        list,
        round,
        mounted,
        deep,
        family,
    ] = costs
    else {
        return false;
    };
    let rows = [
        (
            "allocations of a modern call",
            modern.allocations as f64,
            16.0,
            1.0,
        ),
        (
            "allocations of a legacy call",
            legacy.allocations as f64,
            16.0,
            1.0,
        ),
        (
            "modern call / floor",
            modern.ns / floor_modern.ns,
            2.0,
            SLACK,
        ),
        (
            "legacy call / floor",
            legacy.ns / floor_legacy.ns,
            2.0,
            SLACK,
        ),
        (
            "8 middlewares, more ns",
            layered.ns - modern.ns,
            600.0,
            SLACK,
        ),
        ("10,000 tools / one tool", crowd.ns / modern.ns, 1.1, SLACK),
        (
            "tools/list, ns beyond the copy",
            list.ns - copy.ns,
            2_000.0,
            SLACK,
        ),
        (
            "question, ns beyond two calls",
            round.ns - 2.0 * modern.ns,
            40_000.0,
            SLACK,
        ),
        (
            "one level of mounting, more ns",
            mounted.ns - modern.ns,
            300.0,
            SLACK,
        ),
        (
            "4 levels of mounting, more ns each",
            (deep.ns - modern.ns) / 4.0,
            300.0,
            SLACK,
        ),
        (
            "tools/list of 100 mounted, ns",
            family.ns,
            1_000_000.0,
            SLACK,
        ),
    ];
    let mut kept = true;
    for (name, figure, budget, slack) in rows {
        let holds = figure <= budget * slack;
        kept &= holds;
        let word = if figure <= budget {
            "kept"
        } else if holds {
            "kept, with slack"
        } else {
            "BROKEN"
        };
        println!("{name:<34} {figure:>9.2}   budget {budget:>10.2}   {word}");
    }
    kept
}
