//! The server that answers a call.

use std::{
    fmt,
    sync::{Arc, Weak},
};

use crate::{Endpoint, Extensions};

/// The server that answers a call, for calls to its own components, and the application's state that its
/// handlers see. It does not keep the server alive.
pub struct Home {
    endpoint: Weak<dyn Endpoint>,
    state: Arc<Extensions>,
}

impl Home {
    /// A server and its state.
    #[must_use]
    pub fn new(endpoint: Weak<dyn Endpoint>, state: Arc<Extensions>) -> Self {
        Self { endpoint, state }
    }

    /// The server, while there is one.
    #[must_use]
    pub fn endpoint(&self) -> Option<Arc<dyn Endpoint>> {
        self.endpoint.upgrade()
    }

    /// The application's state.
    #[must_use]
    pub fn state(&self) -> &Arc<Extensions> {
        &self.state
    }
}

impl fmt::Debug for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Home")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
