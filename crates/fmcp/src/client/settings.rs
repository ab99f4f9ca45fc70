//! What can be changed while a client is connected.

use fmcp_core::{
    Error, Kind, Notice,
    protocol::{
        Era, Method,
        model::{LogLevel, Meta, Root, SetLevelParams},
    },
};

use super::{error::ClientError, handle::Client, outgoing::Said};

impl Client {
    /// Sets from which level on the server is to send log messages, from now on. A session is asked for
    /// it; without one, every later call says so.
    ///
    /// # Errors
    /// When the session does not take it.
    pub async fn set_log_level(&self, level: LogLevel) -> Result<(), ClientError> {
        match self.revision().era() {
            Era::Legacy => {
                let params = SetLevelParams::new(level);
                self.request(Method::SetLogLevel, &params).await.map(drop)
            }
            Era::Modern => {
                self.parts().meta.rcu(|said| {
                    let level = serde_json::Value::from(level.as_str());
                    Said::new(said.meta().clone().with(Meta::LOG_LEVEL, level))
                });
                Ok(())
            }
        }
    }

    /// Sets the places that the user works in to others than [`ClientBuilder::roots`](crate::ClientBuilder::roots)
    /// has set, and says so to a session's server.
    ///
    /// # Errors
    /// When the client was built without roots, and the server does not ask for any, or one is no address
    /// of a file or folder.
    pub async fn set_roots<R: Into<Root>>(
        &self,
        roots: impl IntoIterator<Item = R>,
    ) -> Result<(), ClientError> {
        let known = self.parts().inbox.desk().roots();
        let set = known
            .ok_or_else(no_roots)
            .and_then(|known| known.set(roots.into_iter().map(Into::into).collect()));
        set.map_err(|error| ClientError::call("setting the roots", error))?;
        self.roots_changed().await;
        Ok(())
    }

    /// Tells a session's server that the user works elsewhere now. Servers without sessions ask for it
    /// whenever they want to know, and are told nothing.
    pub async fn roots_changed(&self) {
        let parts = self.parts();
        if self.revision().era() == Era::Legacy && parts.inbox.desk().roots().is_some() {
            parts.link.notify(Notice::RootsChanged).await;
        }
    }
}

fn no_roots() -> Error {
    Error::new(
        Kind::MissingCapability,
        "the client was built without roots, and its server does not ask for any; see `ClientBuilder::roots`",
    )
}
