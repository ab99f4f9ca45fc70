//! Our client under test: `fmcp-bench-wire-client legacy|modern http URL`, or `… stdio PROGRAM`.
//!
//! It connects and says `ready`. For each number that it reads, a line each, it makes so many calls of `add`,
//! one after the other, and says `done`.

use anyhow::{Context as _, Result, bail, ensure};
use fmcp::{Client, Revision, Target};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, stdin, stdout};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [era, way, place] = args.as_slice() else {
        bail!("usage: fmcp-bench-wire-client legacy|modern http|stdio PLACE");
    };
    let revision = match era.as_str() {
        "legacy" => Revision::NEWEST_LEGACY,
        _ => Revision::NEWEST,
    };
    let client = match way.as_str() {
        "http" => Client::builder(place.as_str()),
        _ => Client::builder(Target::command::<String>(place.as_str(), [])),
    };
    let client = client.revision(revision).connect().await?;
    let mut lines = BufReader::new(stdin()).lines();
    let mut says = stdout();
    says.write_all(b"ready\n").await?;
    let mut next = 0_i64;
    while let Some(line) = lines.next_line().await? {
        let calls: i64 = line.parse().context("that is no number of calls")?;
        for a in next..next + calls {
            let sum = client.call("add", json!({"a": a, "b": 1})).await?;
            ensure!(sum.text() == (a + 1).to_string(), "another call's answer");
        }
        next += calls;
        says.write_all(b"done\n").await?;
    }
    client.close().await;
    Ok(())
}
