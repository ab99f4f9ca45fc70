//! The switches without HTTP, where there are no routes.

use std::sync::Arc;

use super::desk::Desk;
use crate::Server;

/// The server as it is.
pub(super) fn routed(server: Server, _: &str, _: &Arc<Desk>) -> Server {
    server
}
