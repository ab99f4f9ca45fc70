//! What a call costs its client, beside the official SDK's: one call after the other, over HTTP and stdio,
//! to the same server.

use anyhow::{Context as _, Result, ensure};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{ChildStdin, ChildStdout},
};

use crate::{
    Extent, Run,
    budget::Budget,
    message::{ERAS, Era},
    rounds::{Rounds, print_head},
    subject::{FMCP, Subject, place},
};

/// Our client.
const OURS: &str = "fmcp-bench-wire-client";
/// The official SDK's.
const THEIRS: &str = "fmcp-bench-rmcp-client";

/// How much of the official SDK's CPU a call may cost.
const OF_RMCP: f64 = 0.5;

struct Case {
    name: String,
    caller: Caller,
    rounds: Rounds,
}

pub(crate) async fn run(run: &Run) -> Result<Vec<Budget>> {
    let (rounds, calls) = match run.extent {
        Extent::Figures => (20, 4_000),
        Extent::Check => (8, 1_500),
    };
    // The server is on the core of the load, since the clients are what is measured.
    let (_server, address) = Subject::on_http_beside(FMCP).await?;
    let url = format!("http://{address}/mcp");
    let program = place(FMCP)?.to_string_lossy().into_owned();
    let mut cases = Vec::new();
    for (way, target) in [("http", &url), ("stdio", &program)] {
        for era in ERAS {
            for (name, program) in [("fmcp", OURS), ("rmcp", THEIRS)] {
                cases.push(Case {
                    name: format!("{name}, {way}, {}", era.name()),
                    caller: Caller::start(run, program, era, way, target).await?,
                    rounds: Rounds::default(),
                });
            }
        }
    }
    for case in &mut cases {
        case.caller.talk.make(calls).await?;
    }
    for _ in 0..rounds {
        for Case { caller, rounds, .. } in &mut cases {
            rounds
                .add(&caller.subject, calls, caller.talk.make(calls))
                .await?;
        }
    }
    print_head("a client's tools/call");
    for case in &cases {
        case.rounds.print(&case.name);
    }
    Ok(cases
        .chunks(2)
        .map(|pair| {
            let ratio = pair[0].rounds.over(&pair[1].rounds);
            Budget::at_most(format!("{} / official SDK", pair[0].name), ratio, OF_RMCP).of_time()
        })
        .collect())
}

/// A client as a process of its own.
struct Caller {
    subject: Subject,
    talk: Talk,
}

struct Talk {
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Caller {
    async fn start(run: &Run, program: &str, era: Era, way: &str, target: &str) -> Result<Self> {
        let mut subject = Subject::on_stdio_with(&run.cores, program, &[era.name(), way, target])?;
        let mut talk = Talk {
            input: subject.child.stdin.take().context("no stdin")?,
            output: BufReader::new(subject.child.stdout.take().context("no stdout")?).lines(),
        };
        talk.hear("ready").await?;
        Ok(Self { subject, talk })
    }
}

impl Talk {
    /// Has so many calls made.
    async fn make(&mut self, calls: u64) -> Result<()> {
        self.input
            .write_all(format!("{calls}\n").as_bytes())
            .await?;
        self.hear("done").await
    }

    async fn hear(&mut self, word: &str) -> Result<()> {
        let line = self.output.next_line().await?;
        let line = line.context("the client has ended")?;
        ensure!(line == word, "the client says {line:?}, not {word:?}");
        Ok(())
    }
}
