//! The steps, where they may be left out, and what a client said of them.

use super::{
    combination::{Combination, Other, Transport},
    peer::Peer,
    sdk::MODERN,
};

/// What is tried with everybody who is a client of our server, or a server that offers what ours does.
const COMMON: [&str; 23] = [
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

/// What is tried with our client besides.
const OURS: [&str; 3] = ["start", "many", "crash"];

/// What is tried besides with a server behind our proxy, and what is between the two alone.
const PROXY: [&str; 2] = ["many", "revive"];
const BESIDE: [&str; 3] = ["negotiate", "hang_up", "resume"];

/// What there is to try with the reference servers.
const EVERYTHING: [&str; 12] = [
    "open",
    "tools",
    "call",
    "read",
    "prompt",
    "complete",
    "progress",
    "subscribe",
    "sampling",
    "elicitation",
    "roots",
    "close",
];
const FILESYSTEM: [&str; 5] = ["open", "call", "refusals", "roots", "close"];
const MEMORY: [&str; 4] = ["open", "call", "read", "close"];
/// What there is to try with a server that wants tokens.
const OIDC: [&str; 7] = [
    "open", "call", "renew", "again", "step_up", "denied", "close",
];

/// The steps of which something must be said.
fn steps(other: Other) -> Vec<&'static str> {
    match other {
        Other::Client(_) => COMMON.to_vec(),
        Other::Server(Peer::Everything) => EVERYTHING.to_vec(),
        Other::Server(Peer::Filesystem) => FILESYSTEM.to_vec(),
        Other::Server(Peer::Memory) => MEMORY.to_vec(),
        Other::Server(Peer::Oidc) => OIDC.to_vec(),
        Other::Server(_) => [&COMMON[..], &OURS[..]].concat(),
        Other::Upstream(_) => {
            let through = COMMON.iter().chain(&PROXY);
            through
                .filter(|step| !BESIDE.contains(step))
                .copied()
                .collect()
        }
    }
}

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
    let is_newest = on.other.newest(on.transport) == Some(on.revision);
    match step {
        "negotiate" => !is_newest,
        "start" => !is_newest || on.transport != Transport::Stdio,
        "resume" => is_modern || on.transport == Transport::Stdio,
        "elicitation" => on.revision < "2025-06-18",
        "ping" => is_modern,
        "step_up" => !is_modern,
        _ => match on.other {
            Other::Client(_) => false,
            // What it logs over HTTP belongs to no call, and may come behind the answer.
            Other::Upstream(Peer::TypeScript1) => step == "log" && on.transport == Transport::Http,
            Other::Upstream(_) => false,
            Other::Server(peer) => lacks(peer, step, is_modern),
        },
    }
}

/// What a server has no way to do.
fn lacks(peer: Peer, step: &str, is_modern: bool) -> bool {
    match peer {
        Peer::Rust | Peer::FastmcpTypeScript => step == "hang_up",
        Peer::FastmcpPython => step == "subscribe" || step == "changed" && is_modern,
        _ => false,
    }
}

/// Reads what the client said. A step of which it said nothing, or more than once, is a fault; so is one that
/// it left out without need, or took where there is none.
pub(super) fn judge(said: &str, on: &Combination) -> Verdict {
    let mut verdict = Verdict::default();
    for step in steps(on.other) {
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
        other: Other::Client(Sdk::Python),
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
        steps(ON.other).iter().map(line).collect()
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
