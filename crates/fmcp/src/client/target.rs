//! What a client can be connected to.

use std::{fmt, sync::Arc};

use fmcp_core::{Endpoint, Result};
use fmcp_transport::client::{Greeting, Link};

use super::memory;
use crate::Server;

/// What a client can be connected to.
pub struct Target(Way);

enum Way {
    Server(Server),
    Endpoint(Arc<dyn Endpoint>),
}

impl Target {
    /// Opens a way to it. What does not belong to a call goes to `peer`.
    pub(super) async fn open(
        &self,
        greeting: &Greeting,
        peer: Arc<dyn Endpoint>,
    ) -> Result<Arc<dyn Link>> {
        memory::open(self.start().await?, greeting, peer).await
    }

    /// The endpoint itself, ready to be called, where it is one of this process.
    pub(crate) async fn start(&self) -> Result<Arc<dyn Endpoint>> {
        match &self.0 {
            Way::Server(server) => {
                server.start().await?;
                Ok(Arc::new(server.clone()))
            }
            Way::Endpoint(endpoint) => Ok(Arc::clone(endpoint)),
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Way::Server(_) => "Target::Server",
            Way::Endpoint(_) => "Target::Endpoint",
        })
    }
}

/// Whatever says where a server is: the server itself, or anything else that answers calls.
#[diagnostic::on_unimplemented(
    message = "a client cannot be connected to a `{Self}`",
    note = "it can be connected to a `Server`, a `&Server`, or an `Arc<dyn Endpoint>`"
)]
pub trait IntoTarget {
    /// Where the server is.
    fn into_target(self) -> Target;
}

impl IntoTarget for Target {
    fn into_target(self) -> Target {
        self
    }
}

impl IntoTarget for Server {
    fn into_target(self) -> Target {
        Target(Way::Server(self))
    }
}

impl IntoTarget for &Server {
    fn into_target(self) -> Target {
        self.clone().into_target()
    }
}

impl IntoTarget for Arc<dyn Endpoint> {
    fn into_target(self) -> Target {
        Target(Way::Endpoint(self))
    }
}
