//! A server of its own process, over HTTP, which can be killed and started again at the same address.

use std::{process::Stdio, time::Duration};

use anyhow::{Context as _, Result, bail};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::TcpListener,
    process::{Child, Command},
    time::timeout,
};

/// How long a server may take until it serves.
const START: Duration = Duration::from_secs(60);

pub(crate) struct Process {
    command: Vec<String>,
    port: u16,
    /// It ends with its input, and is killed when this is dropped.
    child: Child,
    pub(crate) url: String,
}

impl Process {
    pub(crate) async fn start(command: Vec<String>) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
        let (child, url) = spawn(&command, port).await?;
        Ok(Self {
            command,
            port,
            child,
            url,
        })
    }

    /// Waits until it is gone, and starts it anew at the same address.
    pub(crate) async fn restart(&mut self) -> Result<()> {
        if timeout(START, self.child.wait()).await.is_err() {
            bail!("the server is still there");
        }
        (self.child, self.url) = spawn(&self.command, self.port).await?;
        Ok(())
    }
}

async fn spawn(command: &[String], port: u16) -> Result<(Child, String)> {
    let (program, arguments) = command.split_first().context("no program is named")?;
    let mut child = Command::new(program)
        .args(arguments)
        .args(["--http".to_owned(), port.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("{program} cannot be started"))?;
    let output = child.stdout.take().context("the output is piped")?;
    let mut lines = BufReader::new(output).lines();
    let url = timeout(START, lines.next_line()).await;
    let url = url.context("the server did not say where it is")??;
    let url = url.context("the server ended before it served")?;
    // What it prints from now on must go somewhere, lest the server waits for it.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok((child, url))
}
