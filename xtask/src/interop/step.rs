//! The steps, where they may be left out, and what a client said of them.

use super::sdk::{Combination, MODERN, Transport};

/// Every client says something of each of them.
const STEPS: [&str; 23] = [
    "open",
    "negotiate",
    "tools",
    "resources",
    "templates",
    "prompts",
    "call",
    "refusals",
    "read",
    "prompt",
    "complete",
    "progress",
    "log",
    "cancel",
    "subscribe",
    "changed",
    "hang_up",
    "resume",
    "sampling",
    "elicitation",
    "roots",
    "ping",
    "close",
];

/// What came of the steps of one combination.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Verdict {
    pub(super) taken: usize,
    pub(super) absent: usize,
    /// What went wrong, a line for each.
    pub(super) faults: Vec<String>,
}

/// Whether a step is known not to exist there. `interop/README.md` says why.
fn is_absent(step: &str, on: &Combination) -> bool {
    let is_modern = on.revision == MODERN;
    match step {
        "negotiate" => on.sdk.revisions().last() != Some(&on.revision),
        "resume" => is_modern || on.transport == Transport::Stdio,
        "elicitation" => on.revision < "2025-06-18",
        "ping" => is_modern,
        _ => false,
    }
}

/// Reads what the client said. A step of which it said nothing, or more than once, is a fault; so is one that
/// it left out without need, or took where there is none.
pub(super) fn judge(said: &str, on: &Combination) -> Verdict {
    let mut verdict = Verdict::default();
    for step in STEPS {
        let lines: Vec<_> = said.lines().filter(|line| names(line, step)).collect();
        let absent = is_absent(step, on);
        let fault = match lines[..] {
            [line] if line.starts_with("ok ") && !absent => {
                verdict.taken += 1;
                continue;
            }
            [line] if line.starts_with("-- ") && absent => {
                verdict.absent += 1;
                continue;
            }
            [line] if line.starts_with("FAIL ") => line.to_owned(),
            [line] if absent => format!("{line}: there is no such step here"),
            [line] => format!("{line}: it must not be left out"),
            [] => format!("{step}: nothing was said of it"),
            _ => format!("{step}: more than once"),
        };
        verdict.faults.push(fault);
    }
    verdict
}

/// Whether a line is the verdict on a step.
fn names(line: &str, step: &str) -> bool {
    let named = ["ok ", "-- ", "FAIL "]
        .iter()
        .find_map(|verdict| line.strip_prefix(verdict));
    named.is_some_and(|rest| rest.split(':').next() == Some(step))
}

#[cfg(test)]
mod tests {
    use super::{super::sdk::Sdk, *};

    const ON: Combination = Combination {
        sdk: Sdk::Python,
        transport: Transport::Http,
        revision: MODERN,
    };

    /// What a client says that does as it should.
    fn well() -> String {
        let line = |step: &&str| {
            if is_absent(step, &ON) {
                format!("-- {step}: because\n")
            } else {
                format!("ok {step}\n")
            }
        };
        STEPS.iter().map(line).collect()
    }

    #[test]
    fn what_went_well_is_counted() {
        let verdict = judge(&format!("noise: ok\n{}", well()), &ON);
        assert_eq!((verdict.taken, verdict.absent), (21, 2));
        assert_eq!(verdict.faults, [""; 0]);
    }

    #[test]
    fn whatever_else_is_said_of_a_step_is_a_fault() {
        for (line, instead, fault) in [
            (
                "ok call\n",
                "FAIL call: 1 is not 2\n",
                "FAIL call: 1 is not 2",
            ),
            ("ok call\n", "", "call: nothing was said of it"),
            ("ok call\n", "ok call\nok call\n", "call: more than once"),
            (
                "ok call\n",
                "-- call: no time\n",
                "-- call: no time: it must not be left out",
            ),
            (
                "-- ping: because\n",
                "ok ping\n",
                "ok ping: there is no such step here",
            ),
        ] {
            let said = well().replace(line, instead);
            assert_eq!(judge(&said, &ON).faults, [fault]);
        }
    }
}
