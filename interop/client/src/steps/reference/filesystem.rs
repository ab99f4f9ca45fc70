//! `@modelcontextprotocol/server-filesystem`, in a folder that it learns from the client.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use fmcp::ClientError;
use serde_json::json;

use super::super::{Outcome, wire};
use crate::{heard::Ear, run::Run};

pub(crate) const STEPS: [&str; 5] = ["open", "call", "refusals", "roots", "close"];

pub(crate) async fn take(name: &str, run: &mut Run) -> Result<Outcome> {
    match name {
        "open" => open(run).await?,
        "call" => call(run).await?,
        "refusals" => refusals(run).await?,
        "roots" => roots(run).await?,
        "close" => return wire::close(run).await,
        _ => bail!("there is no such step"),
    }
    Ok(Outcome::Taken)
}

async fn open(run: &mut Run) -> Result<()> {
    let folders = [folder(run, "first")?, folder(run, "second")?];
    for folder in &folders {
        fs::create_dir_all(folder)?;
    }
    let client = run
        .client_of(run.target(), &Ear::default())
        .revision(run.revision);
    let client = client.roots([uri(&folders[0])]).connect().await?;
    run.client = Some(client);
    allowed(run, &folders[0]).await
}

async fn call(run: &Run) -> Result<()> {
    let note = folder(run, "first")?.join("note.txt");
    let path = note.to_str().context("a path in UTF-8")?;
    run.call(
        "write_file",
        json!({"path": path, "content": "bread, salt\n"}),
    )
    .await?;
    ensure!(
        fs::read_to_string(&note)? == "bread, salt\n",
        "the file has something else"
    );
    let text = run.call("read_text_file", json!({"path": path})).await?;
    ensure!(text.text().contains("bread, salt"), "{}", text.text());
    Ok(())
}

async fn refusals(run: &Run) -> Result<()> {
    match run
        .client()?
        .call("read_text_file", json!({"path": "/etc/hostname"}))
        .await
    {
        Err(ClientError::Tool { message, .. }) => {
            ensure!(message.contains("denied"), "{message}");
            Ok(())
        }
        other => bail!("what is outside gave {other:?}"),
    }
}

/// The user has moved on, and the server follows.
async fn roots(run: &Run) -> Result<()> {
    let second = folder(run, "second")?;
    run.client()?.set_roots([uri(&second)]).await?;
    allowed(run, &second).await?;
    let first = folder(run, "first")?.join("note.txt");
    let path = first.to_str().context("a path in UTF-8")?;
    let read = run
        .client()?
        .call("read_text_file", json!({"path": path}))
        .await;
    ensure!(matches!(read, Err(ClientError::Tool { .. })), "{read:?}");
    Ok(())
}

/// Waits until the server works in this folder.
async fn allowed(run: &Run, folder: &Path) -> Result<()> {
    let folder = folder.to_str().context("a path in UTF-8")?;
    for _ in 0..250 {
        if run
            .client()?
            .call("list_allowed_directories", ())
            .await?
            .text()
            .contains(folder)
        {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bail!("the server did not learn of {folder}")
}

fn folder(run: &Run, name: &str) -> Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!(
        "fmcp-interop-{}-{}",
        run.revision,
        std::process::id()
    ));
    fs::create_dir_all(&folder)?;
    Ok(folder.canonicalize()?.join(name))
}

fn uri(folder: &Path) -> String {
    format!("file://{}", folder.display())
}
