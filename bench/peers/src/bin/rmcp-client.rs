//! The official Rust SDK's client: `fmcp-bench-rmcp-client legacy|modern http URL`, or `… stdio PROGRAM`.
//!
//! It connects and says `ready`. For each number that it reads, a line each, it makes so many calls of `add`,
//! one after the other, and says `done`.

use anyhow::{Context as _, Result, bail, ensure};
use rmcp::{
    ClientServiceExt as _,
    model::{CallToolRequestParams, ProtocolVersion},
    service::ClientLifecycleMode,
    transport::{StreamableHttpClientTransport, TokioChildProcess},
};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, stdin, stdout};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [era, way, place] = args.as_slice() else {
        bail!("usage: fmcp-bench-rmcp-client legacy|modern http|stdio PLACE");
    };
    let lifecycle = match era.as_str() {
        "legacy" => ClientLifecycleMode::Initialize,
        _ => ClientLifecycleMode::Discover {
            preferred_versions: vec![ProtocolVersion::LATEST],
        },
    };
    let client = if way == "http" {
        let wire = StreamableHttpClientTransport::from_uri(place.as_str());
        ().serve_with_lifecycle(wire, lifecycle).await?
    } else {
        let wire = TokioChildProcess::new(tokio::process::Command::new(place))?;
        ().serve_with_lifecycle(wire, lifecycle).await?
    };
    let mut lines = BufReader::new(stdin()).lines();
    let mut says = stdout();
    says.write_all(b"ready\n").await?;
    let mut next = 0_i64;
    while let Some(line) = lines.next_line().await? {
        let calls: i64 = line.parse().context("that is no number of calls")?;
        for a in next..next + calls {
            let mut params = CallToolRequestParams::new("add");
            params.arguments = json!({"a": a, "b": 1}).as_object().cloned();
            let sum = client.call_tool(params).await?;
            let text = sum.content.first().and_then(|block| block.as_text());
            ensure!(
                text.is_some_and(|text| text.text == (a + 1).to_string()),
                "another call's answer"
            );
        }
        next += calls;
        says.write_all(b"done\n").await?;
    }
    Ok(())
}
