//! Finds out who gives tokens for an MCP server.

use fmcp_core::Result;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    challenge::Demand,
    metadata::{
        ResourceMetadata, ServerMetadata, default_endpoints, resource_places, root_place,
        server_places,
    },
    scope::Scopes,
    wire::{Place, Wire, nowhere},
    words::{refused, repeated},
};

pub(crate) const REVISION: HeaderName = HeaderName::from_static("mcp-protocol-version");

/// Who gives tokens for a server, and what it calls the server.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Authority {
    /// What tokens are asked for: the server's own word, as it was written. Servers of 2025-03-26 have none.
    pub(crate) resource: Option<String>,
    pub(crate) scopes: Option<Scopes>,
    /// Whether the server takes only tokens that are bound to a key.
    pub(crate) wants_binding: bool,
    pub(crate) server: ServerMetadata,
}

impl Authority {
    pub(crate) fn issuer(&self) -> &str {
        &self.server.issuer
    }
}

/// What a search starts from.
pub(crate) struct Search<'a> {
    pub(crate) wire: &'a Wire,
    pub(crate) server: &'a Url,
    pub(crate) demand: &'a Demand,
    /// The issuer with whom something is agreed already.
    pub(crate) preferred: Option<&'a str>,
    /// The revision that the refused request was in.
    pub(crate) revision: Option<&'a HeaderValue>,
}

impl Search<'_> {
    /// Who gives tokens for the server.
    ///
    /// # Errors
    /// When nobody does, or what is said about it cannot be trusted.
    pub(crate) async fn authority(&self) -> Result<Authority> {
        let Some(resource) = self.resource().await? else {
            return self.authority_of_2025_03().await;
        };
        resource.check(self.server)?;
        let mut first = None;
        for issuer in resource.issuers(self.preferred) {
            match issuer_metadata(self.wire, issuer).await {
                Ok(server) => {
                    return Ok(Authority {
                        scopes: resource.scopes(),
                        wants_binding: resource.dpop_bound_access_tokens_required,
                        resource: Some(resource.resource),
                        server,
                    });
                }
                Err(error) => first = first.or(Some(error)),
            }
        }
        Err(first.unwrap_or_else(|| {
            refused(format!(
                "the metadata of {} names no authorization server",
                repeated(&resource.resource)
            ))
        }))
    }

    /// The server's metadata; nothing where it has none and has not said that it has.
    async fn resource(&self) -> Result<Option<ResourceMetadata>> {
        let challenged = self.demand.metadata.as_deref();
        let mut tried = Vec::new();
        for place in resource_places(self.server, challenged)? {
            match self.wire.document(&place, self.headers()).await? {
                Place::Found(document) => return Ok(Some(document)),
                Place::Nothing(how) => tried.push(how),
            }
        }
        match challenged {
            Some(_) => Err(nowhere("the metadata that the server names", &tried)),
            None => Ok(None),
        }
    }

    /// In 2025-03-26 the MCP server was its own authorization server.
    async fn authority_of_2025_03(&self) -> Result<Authority> {
        let expected = default_endpoints(self.server);
        let place = root_place(self.server);
        let server = match self.wire.document(&place, self.headers()).await? {
            Place::Nothing(_) => expected,
            Place::Found(found) => {
                let mut found: ServerMetadata = found;
                // Nobody has named the issuer, so its address may be written with its slash or without.
                found.check(&expected.issuer).or_else(|error| {
                    let slash = format!("{}/", expected.issuer);
                    found.check(&slash).map_err(|_| error)
                })?;
                found.is_of_2025_03 = true;
                found
            }
        };
        Ok(Authority {
            resource: None,
            scopes: None,
            wants_binding: false,
            server,
        })
    }

    fn headers(&self) -> HeaderMap {
        let revision = self.revision.cloned();
        revision
            .map(|revision| (REVISION, revision))
            .into_iter()
            .collect()
    }
}

/// What an authorization server says about itself, wherever it says it.
///
/// # Errors
/// When it says nothing, or is another one than was asked.
pub(crate) async fn issuer_metadata(wire: &Wire, issuer: &str) -> Result<ServerMetadata> {
    let mut tried = Vec::new();
    for place in server_places(issuer)? {
        match wire
            .document::<ServerMetadata>(&place, HeaderMap::new())
            .await?
        {
            Place::Found(document) => match document.check(issuer) {
                Ok(()) => return Ok(document),
                Err(error) => tried.push(error.to_string()),
            },
            Place::Nothing(how) => tried.push(how),
        }
    }
    let what = format!(
        "the metadata of the authorization server {}",
        repeated(issuer)
    );
    Err(nowhere(&what, &tried))
}
