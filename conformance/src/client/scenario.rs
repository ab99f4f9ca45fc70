//! Which scenario it is, and who takes part in it.

use anyhow::{Context as _, Result};
use fmcp::{
    Answer, Client, Revision, Role,
    model::{Content, CreateMessageResult},
};
use serde_json::Value;

use super::{calls, identity::identity};

/// What the suite says of a scenario.
#[derive(Debug)]
pub struct Scenario {
    /// What it is called.
    pub name: String,
    /// Where the server is.
    pub url: String,
    /// The revision to speak, where the suite says one.
    pub revision: Option<Revision>,
    /// What belongs to the scenario.
    pub context: Value,
}

impl Scenario {
    /// Reads the environment, in which the suite says everything but the address.
    ///
    /// # Errors
    /// When something there cannot be read.
    pub fn from_env(url: String) -> Result<Self> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let revision = variable("MCP_CONFORMANCE_PROTOCOL_VERSION");
        let revision = revision.map(|name| {
            Revision::parse(&name).with_context(|| format!("there is no revision {name:?}"))
        });
        let context = variable("MCP_CONFORMANCE_CONTEXT");
        let context =
            context.map(|text| serde_json::from_str(&text).context("MCP_CONFORMANCE_CONTEXT"));
        Ok(Self {
            name: variable("MCP_CONFORMANCE_SCENARIO").unwrap_or_default(),
            url,
            revision: revision.transpose()?,
            context: context.transpose()?.unwrap_or_default(),
        })
    }

    /// A text that belongs to the scenario.
    ///
    /// # Errors
    /// When there is none of this name.
    pub(super) fn given(&self, name: &str) -> Result<&str> {
        self.context[name]
            .as_str()
            .with_context(|| format!("the scenario gives no {name}"))
    }
}

/// Does what the scenario is there to see.
///
/// # Errors
/// When the server, or this client, does not let it be done.
pub async fn run(scenario: &Scenario) -> Result<()> {
    let client = connect(scenario).await?;
    let done = calls::make(scenario, &client).await;
    client.close().await;
    done
}

/// A client that can answer whatever a server may ask.
async fn connect(scenario: &Scenario) -> Result<Client> {
    let mut builder = Client::builder(&scenario.url)
        .client_info("fmcp-conformance-client", env!("CARGO_PKG_VERSION"))
        .on_elicit(async |_| Answer::defaults())
        .on_sample(async |_| {
            CreateMessageResult::new("none", Role::Assistant, Content::text("a stand-in"))
        })
        .roots(["file:///tmp"]);
    // An older server may still answer in a revision of its own.
    if let Some(revision) = scenario.revision {
        builder = builder.prefer(revision);
    }
    if let Some(identity) = identity(scenario)? {
        builder = builder.auth(identity);
    }
    Ok(builder.connect().await?)
}
