//! A link to a server on a WebSocket.

use std::sync::Arc;

use fmcp_core::{BoxFuture, Endpoint, Error, Kind, Origin, Result};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::{Settings, upgrade::upgrade};
use crate::{
    client::{
        Greeting, Link,
        duplex::{self, Carrier, Connection, Dial},
        web::server,
    },
    ws::{End, carry},
};

/// Opens a link to a server on a WebSocket. What does not belong to a call goes to `peer`.
///
/// ```no_run
/// # async fn f(peer: std::sync::Arc<dyn fmcp_core::Endpoint>) -> fmcp_core::Result<()> {
/// use fmcp_core::protocol::model::Implementation;
/// use fmcp_transport::client::{Greeting, web::Web, ws};
///
/// let url = http::Uri::from_static("wss://example.com/mcp");
/// let settings = ws::Settings::new(url, Web::new(Default::default())?);
/// let greeting = Greeting::new(Implementation::new("my-app", "1.0.0"));
/// let link = ws::open(settings, &greeting, peer).await?;
/// # Ok(()) }
/// ```
///
/// # Errors
/// When the server cannot be reached, does not let the caller in, or speaks no revision that may be
/// spoken.
pub async fn open(
    settings: Settings,
    greeting: &Greeting,
    peer: Arc<dyn Endpoint>,
) -> Result<Arc<dyn Link>> {
    let each = settings.each.clone();
    let name = server(&settings.url);
    duplex::open(WebSocket { settings, name }, each, greeting, peer).await
}

struct WebSocket {
    settings: Settings,
    name: String,
}

impl Dial for WebSocket {
    fn name(&self) -> &str {
        &self.name
    }

    fn dial(&self, connection: Connection) -> BoxFuture<'_, Result<Carrier>> {
        Box::pin(async move {
            let socket = upgrade(&self.settings).await?;
            let (ping_every, name) = (self.settings.ping_every, self.name.as_str().into());
            let carrier: Carrier = Box::pin(async move {
                let calls = connection.calls();
                let goodbye = (CloseCode::Normal, "");
                let end = carry(socket, connection, ping_every, goodbye, calls.closing());
                broken(end.await, name)
            });
            Ok(carrier)
        })
    }
}

/// What the end of a connection says to those who wait.
fn broken(end: End, name: Box<str>) -> Error {
    let words = match &end {
        End::Closed => "the server has closed the connection",
        End::Stopped => "the connection has been closed",
        End::Stalled => "the server does not read what it is sent",
        End::Silent => "the server does not answer when it is asked whether it is there",
        End::Refused(_, why) => why,
        End::Broken(_) => "the connection to the server broke",
    };
    let error = Error::new(Kind::Unavailable, words.to_owned()).from_origin(Origin::Upstream(name));
    match end {
        End::Broken(source) => error.caused_by(source),
        _ => error,
    }
}
