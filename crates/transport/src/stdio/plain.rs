//! Standard streams where nothing is known about them but that they can be read and written.

use std::{future::Future, io, sync::Arc};

use fmcp_core::Endpoint;

use crate::duplex::{Connection, End, Settings, lines};

/// Serves the one peer on standard input and output, until it has said all or `stop` says that it is
/// enough. Here, a handler that prints breaks the stream.
///
/// # Errors
/// When the streams cannot be used.
pub async fn serve(
    endpoint: Arc<dyn Endpoint>,
    settings: Settings,
    stop: impl Future<Output = ()>,
) -> io::Result<End> {
    let connection = Connection::new(endpoint, settings);
    Ok(lines(tokio::io::stdin(), tokio::io::stdout(), connection, stop).await)
}
