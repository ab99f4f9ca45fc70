//! `tools/call` over standard input and output, beside the official SDK: one at a time, and many in flight.

use anyhow::{Context as _, Result, ensure};
use memchr::memchr;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    process::{ChildStdin, ChildStdout},
};

use crate::{
    Extent, Run,
    budget::Budget,
    message::{self, Era, INITIALIZE, INITIALIZED, check_sum},
    rounds::{Rounds, print_head},
    subject::{FMCP, RMCP, Subject},
};

/// How many calls are in flight when they are not made one at a time.
const WINDOW: u64 = 64;

/// How many times the official SDK's calls per CPU second we must serve.
const TIMES_RMCP: f64 = 3.0;

struct Case {
    name: String,
    server: usize,
    window: u64,
    rounds: Rounds,
}

pub(crate) async fn run(run: &Run) -> Result<Vec<Budget>> {
    let (rounds, calls) = match run.extent {
        Extent::Figures => (30, 8_000),
        Extent::Check => (10, 3_000),
    };
    let mut peers = [Peer::start(FMCP).await?, Peer::start(RMCP).await?];
    let mut cases = Vec::new();
    for (way, window) in [("one at a time", 1), ("64 in flight", WINDOW)] {
        for (server, name) in ["fmcp", "rmcp"].into_iter().enumerate() {
            cases.push(Case {
                name: format!("{name}, {way}"),
                server,
                window,
                rounds: Rounds::default(),
            });
        }
    }
    for round in 0..=rounds {
        for case in &mut cases {
            let peer = &mut peers[case.server];
            let mut costs = Rounds::default();
            // The first round warms up.
            let costs = if round == 0 {
                &mut costs
            } else {
                &mut case.rounds
            };
            let talk = peer.talk.run(calls, case.window);
            costs.add(&peer.subject, calls, talk).await?;
        }
    }
    print_head("tools/call over stdio");
    for case in &cases {
        case.rounds.print(&case.name);
    }
    Ok(cases
        .chunks(2)
        .map(|pair| {
            let name = format!("calls per CPU second, {} / rmcp", pair[0].name);
            let ratio = pair[1].rounds.over(&pair[0].rounds);
            Budget::at_least(name, ratio, TIMES_RMCP).of_time()
        })
        .collect())
}

struct Peer {
    subject: Subject,
    talk: Talk,
}

impl Peer {
    async fn start(program: &str) -> Result<Self> {
        let mut subject = Subject::on_stdio(program)?;
        let mut talk = Talk {
            input: subject.child.stdin.take().context("no stdin")?,
            output: subject.child.stdout.take().context("no stdout")?,
            read: Vec::new(),
            next: 1,
        };
        talk.input
            .write_all(format!("{INITIALIZE}\n").as_bytes())
            .await?;
        let answer = talk.lines().await?;
        ensure!(answer.len() == 1, "one question, {} answers", answer.len());
        talk.input
            .write_all(format!("{INITIALIZED}\n").as_bytes())
            .await?;
        Ok(Self { subject, talk })
    }
}

struct Talk {
    input: ChildStdin,
    output: ChildStdout,
    read: Vec<u8>,
    next: u64,
}

impl Talk {
    /// Makes so many calls with at most `window` of them in flight. Answers may come in any order; each is
    /// held to what its id says.
    async fn run(&mut self, calls: u64, window: u64) -> Result<()> {
        let first = self.next;
        let end = first + calls;
        let (mut done, mut ids) = (0, 0);
        while done < calls {
            let mut letters = String::new();
            while self.next < end && self.next - first - done < window {
                letters += &message::add(Era::Legacy, self.next);
                letters.push('\n');
                self.next += 1;
            }
            self.input.write_all(letters.as_bytes()).await?;
            for line in self.lines().await? {
                ids += check_sum(&line)?;
                done += 1;
            }
        }
        ensure!(
            ids == (first..end).sum::<u64>(),
            "some call was answered twice, another never"
        );
        Ok(())
    }

    /// Waits for answers; gives all that have come whole.
    async fn lines(&mut self) -> Result<Vec<Vec<u8>>> {
        loop {
            self.read.reserve(1 << 16);
            let count = self.output.read_buf(&mut self.read).await?;
            ensure!(count > 0, "the server hung up");
            let mut lines = Vec::new();
            let mut start = 0;
            while let Some(length) = memchr(b'\n', &self.read[start..]) {
                lines.push(self.read[start..start + length].to_vec());
                start += length + 1;
            }
            self.read.drain(..start);
            if !lines.is_empty() {
                return Ok(lines);
            }
        }
    }
}
