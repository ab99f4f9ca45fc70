//! What can be set for every way to get a token.

use std::{fmt, sync::Arc};

use fmcp_core::{Credentials, Result, Store};
use fmcp_transport::client::web::Settings;

use crate::{
    grant::Grant,
    keeper::{Keeper, Wants},
    server::Server,
    vault::Vault,
    wire::Wire,
};

/// What can be set for every way to get a token.
#[derive(Clone, Default)]
pub(crate) struct Options {
    pub(crate) wants: Wants,
    pub(crate) store: Option<Arc<dyn Store>>,
    pub(crate) web: Settings,
}

impl Options {
    /// The credentials for a server, by a grant.
    pub(crate) fn keeper(
        &self,
        server: &str,
        grant: impl Grant,
        store: Option<Arc<dyn Store>>,
    ) -> Result<Arc<dyn Credentials>> {
        let server = Server::parse(server)?;
        let wire = Wire::new(server.url().clone(), self.web.clone());
        let wants = self.wants.clone();
        let vault = Vault::new(store);
        Ok(Arc::new(Keeper::new(
            server,
            Box::new(grant),
            wants,
            wire,
            vault,
        )))
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("wants", &self.wants)
            .field("has_store", &self.store.is_some())
            .finish_non_exhaustive()
    }
}

/// Writes the methods that every builder has, for one with a field `options`.
macro_rules! common_options {
    ($builder:ty) => {
        impl $builder {
            /// Adds scopes that are wanted whatever the server asks for.
            #[must_use]
            pub fn scopes<S: AsRef<str>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
                let more = scopes.into_iter().collect();
                self.options.wants.scopes = self.options.wants.scopes.and(&more);
                self
            }

            /// Sets the authorization server that the client is registered at, by its issuer as it writes it
            /// itself. A server that wants tokens of another one is refused. Without it, it is the one that
            /// the first token came from: whoever sets a secret should set this, too.
            #[must_use]
            pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
                self.options.wants.issuer = Some(issuer.into());
                self
            }

            /// Takes only tokens that are bound to a key (DPoP). Where a server demands it, they are so
            /// anyway.
            #[must_use]
            pub fn dpop(mut self) -> Self {
                self.options.wants.binding = true;
                self
            }

            /// Sets where tokens are kept. What is put there is secret.
            #[must_use]
            pub fn store(mut self, store: impl fmcp_core::Store) -> Self {
                self.options.store = Some(std::sync::Arc::new(store));
                self
            }

            /// Sets how authorization servers are reached: proxies, authorities that are trusted.
            #[must_use]
            pub fn web(mut self, settings: fmcp_transport::client::web::Settings) -> Self {
                self.options.web = settings;
                self
            }
        }
    };
}

pub(crate) use common_options;
