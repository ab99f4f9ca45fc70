//! Streams that end before their time.

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::all::Outcome::{self, Absent, Taken};
use crate::run::{Run, heard, request, same, text};

pub(super) async fn hang_up(run: &mut Run) -> Result<Outcome> {
    if !run.is_http || run.is_modern() {
        same(
            text(&run.call("hang_up", Value::Null).await?),
            "you came back",
        )?;
        return Ok(Taken);
    }
    let mut service = run.connect(&run.cutting_target).await?;
    let result = service.call_tool(request("hang_up", Value::Null)).await?;
    same(text(&result), "you came back")?;
    service.close().await?;
    // In older revisions, and where nothing can be resumed, both stay on the line.
    same(wire(run).await?.1, u64::from(run.since("2025-11-25")))?;
    Ok(Taken)
}

pub(super) async fn resume(run: &mut Run) -> Result<Outcome> {
    if !run.is_http {
        return Ok(Absent("only HTTP can be resumed"));
    }
    if run.is_modern() {
        return Ok(Absent("the revision has no resumption"));
    }
    let (cuts, resumptions) = wire(run).await?;
    let mut service = run.connect(&run.cutting_target).await?;
    let result = service
        .call_tool(request("interrupted", Value::Null))
        .await?;
    same(text(&result), "resumed")?;
    let told = [
        "warning  cut the wire",
        "warning  told while nobody was there",
    ];
    heard(&service, &told).await?;
    service.close().await?;
    same(wire(run).await?, (cuts + 1, resumptions + 1))?;
    Ok(Taken)
}

/// How often the wire behind the cutting proxy was cut, and how often clients came back.
async fn wire(run: &Run) -> Result<(u64, u64)> {
    let happened: Value = serde_json::from_str(text(&run.call("wire", Value::Null).await?))?;
    let count = |what: &str| happened[what].as_u64().context("no number");
    Ok((count("cuts")?, count("resumptions")?))
}
