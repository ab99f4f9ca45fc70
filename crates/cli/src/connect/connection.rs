//! The options of everything that uses a server.

use std::path::PathBuf;

use clap::Args;
use fmcp::{Client, ClientBuilder, model::Root};
use http::{HeaderName, HeaderValue};

use super::{
    auth, listening,
    refused::refused,
    target::{self, Manner},
};
use crate::{app::App, ask, outcome::Failure};

/// Which server, and how it is connected to.
#[derive(Debug, Args)]
pub(crate) struct Connection {
    /// Where the server is: an address, a program, a command in quotes, or a configuration
    #[arg(value_name = "SERVER")]
    pub(crate) server: String,
    #[command(flatten)]
    pub(crate) how: How,
}

/// How a server is connected to.
#[derive(Debug, Args)]
pub(crate) struct How {
    /// Of a configuration, only this server
    #[arg(long, value_name = "NAME", help_heading = "Connection")]
    pub(crate) only: Option<String>,
    /// Adds a header to every request, such as "X-Team: blue"
    #[arg(
        long,
        short = 'H',
        value_name = "NAME: VALUE",
        help_heading = "Connection"
    )]
    pub(crate) header: Vec<String>,
    /// How to prove who is calling: oauth, none, or a token [env: FMCP_AUTH]
    #[arg(long, value_name = "HOW", help_heading = "Connection")]
    pub(crate) auth: Option<String>,
    /// How long one call may take: 30s, 5m, none [env: FMCP_TIMEOUT] [default: 60s]
    #[arg(long, value_name = "TIME", help_heading = "Connection")]
    pub(crate) timeout: Option<String>,
    /// How long connecting may take [env: FMCP_CONNECT_TIMEOUT] [default: 60s]
    #[arg(long, value_name = "TIME", help_heading = "Connection")]
    pub(crate) connect_timeout: Option<String>,
    /// Speaks this protocol revision, and no other [env: FMCP_PROTOCOL_VERSION]
    #[arg(long, value_name = "REVISION", help_heading = "Connection")]
    pub(crate) protocol_version: Option<String>,
    /// A folder that the server may know of as yours
    #[arg(long, value_name = "FOLDER", help_heading = "Connection")]
    pub(crate) root: Vec<PathBuf>,
    /// Answers a question of the server, field by field; without it you are asked on a terminal
    #[arg(long, value_name = "NAME=VALUE", help_heading = "Connection")]
    pub(crate) answer: Vec<String>,
    /// Says yes to questions that want nothing but a yes
    #[arg(long, help_heading = "Connection")]
    pub(crate) yes: bool,
}

impl How {
    /// The settings that its options say.
    pub(crate) fn said(&self) -> Vec<(&'static str, String)> {
        let said = [
            ("auth", &self.auth),
            ("timeout", &self.timeout),
            ("connect_timeout", &self.connect_timeout),
            ("protocol_version", &self.protocol_version),
        ];
        said.into_iter()
            .filter_map(|(key, value)| Some((key, value.clone()?)))
            .collect()
    }
}

impl Connection {
    /// Connects, and shows meanwhile what the server tells.
    pub(crate) async fn open(&self, app: &App) -> anyhow::Result<Client> {
        let builder = self.builder(app)?;
        self.connect(app, builder).await
    }

    /// A client that is still to be told more, and what kind of server it is to be connected to.
    pub(crate) fn builder(&self, app: &App) -> anyhow::Result<(ClientBuilder, Manner)> {
        let settings = &app.settings;
        let found = target::find(&self.server, self.how.only.as_deref(), settings)?;
        found.keeps_secrets(&self.server, &self.how.header, &settings.auth)?;
        let manner = found.manner();
        let mut builder = Client::builder(found.for_client())
            .client_info("fmcp", env!("CARGO_PKG_VERSION"))
            .timeout(settings.timeout)
            .connect_timeout(settings.connect_timeout);
        if let Some(revision) = settings.revision {
            builder = builder.revision(revision);
        }
        for typed in &self.how.header {
            let (name, value) = header(typed)?;
            builder = builder.header(name, value);
        }
        if !self.how.root.is_empty() {
            builder = builder.roots(roots(&self.how.root)?);
        }
        builder = auth::prove(builder, &settings.auth, &app.out)?;
        builder = listening::logs(builder, app);
        let builder = ask::answer(builder, &self.how.answer, self.how.yes, &app.out)?;
        Ok((builder, manner))
    }

    /// Connects.
    pub(crate) async fn connect(
        &self,
        app: &App,
        (builder, manner): (ClientBuilder, Manner),
    ) -> anyhow::Result<Client> {
        let connecting = Box::pin(builder.connect());
        let connected = app
            .interrupt
            .drop_at_once(async { Ok::<_, Failure>(connecting.await) });
        match connected.await? {
            Ok(client) => Ok(client),
            Err(error) => Err(refused(&self.server, manner, error.kind(), &error).into()),
        }
    }
}

/// What was typed as `Name: value`.
pub(crate) fn header(text: &str) -> Result<(HeaderName, HeaderValue), Failure> {
    // The value may be a secret, so it is not repeated.
    let refuse = |why: &str| Failure::usage(format!("--header: {why}; write \"Name: value\""));
    let (name, value) = text
        .split_once(':')
        .ok_or_else(|| refuse("there is no colon"))?;
    let name = name.trim();
    let name = HeaderName::try_from(name).map_err(|_| refuse("that is no name of a header"))?;
    let value =
        HeaderValue::from_str(value.trim()).map_err(|_| refuse("that is no value of a header"))?;
    Ok((name, value))
}

fn roots(folders: &[PathBuf]) -> Result<Vec<Root>, Failure> {
    let root = |folder: &PathBuf| {
        let whole = folder
            .canonicalize()
            .map_err(|e| Failure::usage(format!("--root {}: {e}", folder.display())))?;
        let url = url::Url::from_file_path(&whole)
            .map_err(|()| Failure::usage(format!("--root {}: has no address", folder.display())))?;
        Ok(Root::new(String::from(url)))
    };
    folders.iter().map(root).collect()
}
