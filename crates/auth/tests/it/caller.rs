//! A client as the HTTP link is one.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use fmcp_auth::{OAuth, Scheme, testing::Follow};
use fmcp_core::{Credentials, Result};
use fmcp_transport::client::web::{Settings, Web};
use http::Request;

use crate::world::World;

/// How often a request is sent again, whatever the credentials say.
const ROUNDS: usize = 3;

pub(crate) struct Caller {
    pub(crate) credentials: Arc<dyn Credentials>,
    web: Web,
    server: String,
}

/// A caller with a user who consents to everything.
pub(crate) fn follow(world: &World) -> Caller {
    Caller::new(world, &OAuth::new(Follow).in_memory())
}

impl Caller {
    pub(crate) fn new(world: &World, scheme: &impl Scheme) -> Self {
        Self {
            credentials: scheme.credentials(&world.server).unwrap(),
            web: Web::new(Settings::default()).unwrap(),
            server: world.server.clone(),
        }
    }

    /// The status of a call that needs nothing in particular.
    pub(crate) async fn call(&self) -> Result<u16> {
        self.call_that_needs("").await
    }

    /// The status of a call that needs a scope.
    pub(crate) async fn call_that_needs(&self, scope: &str) -> Result<u16> {
        let mut rounds = 0;
        loop {
            let request = Request::post(&self.server)
                .header("needs", scope)
                .header("mcp-protocol-version", "2026-07-28")
                .body(())
                .unwrap();
            let (mut head, ()) = request.into_parts();
            self.credentials.sign(&mut head).await?;
            let request = Request::from_parts(head.clone(), Bytes::from("{}"));
            let response = self
                .web
                .fetch(request, 65_536, Duration::from_secs(10))
                .await?;
            let (answer, _) = response.into_parts();
            if !matches!(answer.status.as_u16(), 401 | 403) {
                self.credentials.answered(&head, &answer);
                return Ok(answer.status.as_u16());
            }
            rounds += 1;
            if !self.credentials.refused(&head, &answer).await? || rounds > ROUNDS {
                return Ok(answer.status.as_u16());
            }
        }
    }

    /// The words of the error that a call ends with.
    pub(crate) async fn error(&self) -> String {
        match self.call().await {
            Ok(status) => panic!("it is answered with {status}"),
            Err(error) => error.to_string(),
        }
    }
}
