//! One run: the server, the connection, and the calls that steps make on it.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail, ensure};
use fmcp::{
    Answer, CallOptions, CallResult, Client, ClientBuilder, IntoTarget as _, Proxy, Revision,
    Target,
    model::{CreateMessageParams, CreateMessageResult, Role},
    protocol::Era,
    store::Memory,
};
use fmcp_interop::cut;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet};

use crate::{browser::User, heard::Ear, peer::Peer, process::Process};

/// How long a server may take to be there.
const START: Duration = Duration::from_secs(50);

pub(crate) struct Run {
    pub(crate) peer: Peer,
    pub(crate) revision: Revision,
    /// The program of the server, and its arguments.
    command: Vec<String>,
    /// Over HTTP.
    pub(crate) server: Option<Process>,
    /// What stands before the server, where something does.
    pub(crate) proxy: Option<Proxy>,
    pub(crate) client: Option<Client>,
    pub(crate) ear: Ear,
    /// Who is asked for tokens, and where these are kept.
    pub(crate) user: User,
    pub(crate) tokens: Arc<Memory>,
    /// What serves beside the steps.
    beside: JoinSet<()>,
}

impl Run {
    /// `servers|upstreams PEER stdio|http|sse REVISION PROGRAM [ARGUMENT…]`.
    pub(crate) async fn from_args(mut args: impl Iterator<Item = String>) -> Result<Self> {
        let usage = "usage: interop-client servers|upstreams PEER stdio|http|sse REVISION PROGRAM \
                     [ARGUMENT…]";
        let mut next = || args.next().context(usage);
        let is_upstream = match next()?.as_str() {
            "servers" => false,
            "upstreams" => true,
            _ => bail!(usage),
        };
        let peer = Peer::named(&next()?)?;
        let is_http = match next()?.as_str() {
            "stdio" => false,
            "http" | "sse" => true,
            _ => bail!(usage),
        };
        let revision = Revision::parse(&next()?).context("there is no such revision")?;
        let command: Vec<_> = args.collect();
        ensure!(!command.is_empty(), usage);
        let server = if is_http {
            Some(Process::start(command.clone()).await?)
        } else {
            None
        };
        let mut run = Self {
            peer,
            revision,
            command,
            server,
            proxy: None,
            client: None,
            ear: Ear::default(),
            user: User::default(),
            tokens: Arc::default(),
            beside: JoinSet::new(),
        };
        if is_upstream {
            run.proxy = Some(run.proxy_of(run.target()).await?);
        }
        Ok(run)
    }

    /// A proxy before a server like this one, which is called as it is.
    pub(crate) async fn proxy_of(&self, target: Target) -> Result<Proxy> {
        let proxy = Proxy::builder(target).name(self.peer.name());
        Ok(proxy.connect_timeout(START).connect().await?)
    }

    pub(crate) fn is_upstream(&self) -> bool {
        self.proxy.is_some()
    }

    pub(crate) fn is_http(&self) -> bool {
        self.server.is_some()
    }

    /// Whether it is the transport of the first revision, in which the connection is the session.
    pub(crate) fn is_sse(&self) -> bool {
        let url = self.server.as_ref().map(|server| server.url.as_str());
        url.is_some_and(|url| url.ends_with("/sse"))
    }

    pub(crate) fn is_modern(&self) -> bool {
        self.revision.era() == Era::Modern
    }

    /// The server itself, or what stands before it.
    pub(crate) fn target(&self) -> Target {
        if let Some(proxy) = &self.proxy {
            return proxy.server().into_target();
        }
        match &self.server {
            Some(server) => server.url.as_str().into_target(),
            None => self.started_by(&[]),
        }
    }

    /// The server's program and its arguments.
    pub(crate) fn command(&self) -> Vec<String> {
        self.command.clone()
    }

    /// The server over stdio, started by another program.
    pub(crate) fn started_by(&self, other: &[&str]) -> Target {
        let words = other.iter().map(ToString::to_string);
        let mut words = words.chain(self.command.iter().cloned());
        Target::command(words.next().unwrap_or_default(), words)
    }

    /// A proxy before the server whose connections break, and what it has seen.
    pub(crate) async fn behind_the_proxy(&mut self) -> Result<(Target, Arc<cut::Wire>)> {
        let server = self.server.as_ref().context("this is for HTTP")?;
        let rest = server.url.strip_prefix("http://");
        let (upstream, path) = rest
            .and_then(|rest| rest.split_once('/'))
            .context("a URL")?;
        let upstream = upstream.parse().context("an address")?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/{path}", listener.local_addr()?);
        let wire = Arc::new(cut::Wire::default());
        let seen = Arc::clone(&wire);
        // It ends with the run, and an error of it is one of the step.
        self.beside.spawn(async move {
            let _ = cut::serve(listener, upstream, seen).await;
        });
        Ok((url.as_str().into_target(), wire))
    }

    /// A client that answers everything and hears everything.
    pub(crate) fn client_of(&self, target: Target, ear: &Ear) -> ClientBuilder {
        let (logs, updated) = (ear.clone(), ear.clone());
        Client::builder(target)
            .client_info("fmcp", "1.0.0")
            .timeout(Duration::from_secs(20))
            .connect_timeout(START)
            .on_log(move |entry| logs.log(&entry))
            .on_resource_updated(move |_| updated.now().updated += 1)
            .on_elicit(async |_| Answer::accept(json!({"name": "Ada"})))
            .on_sample(async |_: CreateMessageParams| {
                CreateMessageResult::new("a model".to_owned(), Role::Assistant, "Paris")
            })
            .roots(["file:///tmp/one", "file:///tmp/two"])
    }

    /// Connects in the revision of this run.
    pub(crate) async fn connect(&self, target: Target, ear: &Ear) -> Result<Client> {
        let client = self.client_of(target, ear).revision(self.revision);
        Ok(client.connect().await?)
    }

    pub(crate) fn client(&self) -> Result<&Client> {
        self.client.as_ref().context("there is no connection")
    }

    /// Calls a tool that does not fail.
    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Result<CallResult> {
        Ok(self.client()?.call(tool, arguments).await?)
    }

    /// Calls a tool without arguments, and what it says.
    pub(crate) async fn say(&self, tool: &str) -> Result<String> {
        Ok(self.call(tool, json!({})).await?.text().into_owned())
    }

    pub(crate) async fn say_with(&self, tool: &str, options: CallOptions) -> Result<String> {
        let result = self.client()?.call_with(tool, json!({}), options).await?;
        Ok(result.text().into_owned())
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "both sides are most often made to be compared"
)]
pub(crate) fn same<T: PartialEq + std::fmt::Debug>(actual: T, expected: T) -> Result<()> {
    ensure!(actual == expected, "{actual:?} is not {expected:?}");
    Ok(())
}
