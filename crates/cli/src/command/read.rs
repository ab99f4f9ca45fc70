//! `fmcp read`: what stands in a resource.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use fmcp::{CallOptions, Client, ClientError, Contents, ResourceContents};

use crate::{
    app::App,
    connect::Connection,
    outcome::{Exit, Failure},
    show::{contents, counted},
    unknown::{is_unknown, nearest},
};

/// Reads a resource
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  fmcp read ./server notes://shopping\n  fmcp read https://example.com/mcp image://logo -o logo.png"
)]
pub(crate) struct Read {
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// Its address
    #[arg(value_name = "URI")]
    uri: String,
    /// Writes it to a file, as it is
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Read {
    pub(crate) async fn run(self, app: &App) -> anyhow::Result<Exit> {
        let client = self.connection.open(app).await?;
        let options = CallOptions::new().cancel(app.interrupt.token());
        let read = app
            .interrupt
            .heed(&app.out, async {
                match client.read_with(&self.uri, options).await {
                    Ok(read) => Ok(read),
                    Err(error) => Err(self.refused(app, &client, error).await),
                }
            })
            .await;
        let exit = read.and_then(|read| self.show(app, &read));
        client.close().await;
        exit
    }

    /// The refusal, with the address that may be meant.
    async fn refused(&self, app: &App, client: &Client, error: ClientError) -> anyhow::Error {
        if !is_unknown(&error) {
            return error.into();
        }
        let options = CallOptions::new().cancel(app.interrupt.token());
        let listed = client.list_resources_with(options).await;
        // What is not listed may be there all the same: only the server knows.
        let listed = listed.unwrap_or_default();
        let near = nearest(&self.uri, listed.iter().map(|one| one.uri.as_str()));
        match near.filter(|near| *near != self.uri) {
            Some(near) => Failure::of(&error.into())
                .hint(format!("did you mean {near:?}?"))
                .into(),
            None => error.into(),
        }
    }

    fn show(&self, app: &App, read: &Contents) -> anyhow::Result<Exit> {
        if let Some(file) = &self.output {
            let bytes = read.bytes()?;
            std::fs::write(file, &bytes).with_context(|| format!("{}", file.display()))?;
            app.out.note(&format!(
                "{} in {}",
                counted(bytes.len(), "byte"),
                file.display()
            ));
            return Ok(Exit::Done);
        }
        if app.out.is_json() {
            app.out.json(read.raw())?;
            return Ok(Exit::Done);
        }
        match read.parts() {
            // Whoever pipes it wants it as it is.
            [ResourceContents::Blob(_)] if app.out.columns().is_none() => {
                app.out.bytes(&read.bytes()?)?;
            }
            [ResourceContents::Text(text)] if app.out.columns().is_none() => {
                app.out.bytes(text.text.as_bytes())?;
            }
            parts => {
                for part in parts {
                    app.out.print(&contents(&app.out, part))?;
                }
            }
        }
        Ok(Exit::Done)
    }
}
