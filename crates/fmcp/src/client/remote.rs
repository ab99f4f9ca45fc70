//! Links to servers at an address.

use std::sync::{Arc, Mutex, PoisonError};

use ::http::{HeaderMap, HeaderValue, Uri, header::AUTHORIZATION};
use fmcp_core::{Credentials, Error, Result, protocol::Revision};
use fmcp_transport::client::{
    Link, http,
    web::{Settings, Web},
    ws,
};
use tokio::runtime::{self, Handle};

use super::{oauth, target::Approach};
use crate::config::{Auth, Remote, RemoteKind};

/// Opens a link to a server at an address: on the transport that is named, or else that its scheme says.
pub(super) async fn open(remote: &Remote, approach: Approach) -> Result<Arc<dyn Link>> {
    let web = match approach.extensions.get::<Web>() {
        Some(web) => web.clone(),
        None => shared()?,
    };
    let headers = headers(remote, &approach.headers)?;
    let credentials = credentials(remote, &approach)?;
    if is_socket(remote) {
        let mut settings = ws::Settings::new(as_socket(&remote.url)?, web);
        (settings.headers, settings.credentials) = (headers, credentials);
        return ws::open(settings, &approach.greeting, approach.peer).await;
    }
    let mut settings = http::Settings::new(remote.url.clone(), web);
    (settings.headers, settings.credentials) = (headers, credentials);
    let mut greeting = approach.greeting;
    if remote.kind == Some(RemoteKind::Sse) {
        // The oldest handshake is refused by POST, and then found on the stream that is meant.
        greeting.preferred = Revision::ALL.first().copied();
    }
    http::open(settings, &greeting, approach.peer).await
}

/// What all clients of a runtime use that say nothing else, so that they share connections, and what is known
/// of servers. Connections end with the runtime that they were opened in.
fn shared() -> Result<Web> {
    static SHARED: Mutex<Option<(runtime::Id, Web)>> = Mutex::new(None);
    let runtime = Handle::current().id();
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    match &*shared {
        Some((of, web)) if *of == runtime => Ok(web.clone()),
        _ => {
            let web = Web::new(Settings::default())?;
            *shared = Some((runtime, web.clone()));
            Ok(web)
        }
    }
}

/// The headers of every request: those of the client, and those of this server, which replace them.
fn headers(remote: &Remote, common: &HeaderMap) -> Result<HeaderMap> {
    let mut headers = common.clone();
    for (name, _) in &remote.headers {
        headers.remove(name);
    }
    headers.extend(remote.headers.iter().cloned());
    if let Auth::Bearer(token) = &remote.auth {
        let value = HeaderValue::try_from(format!("Bearer {}", token.expose()));
        let mut value = value
            .map_err(|_| Error::invalid_params("the token holds characters that no header may"))?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
}

fn credentials(remote: &Remote, approach: &Approach) -> Result<Option<Arc<dyn Credentials>>> {
    let otherwise = || match remote.auth {
        Auth::OAuth => oauth::in_browser().map(Some),
        _ => Ok(None),
    };
    match remote.auth {
        Auth::Bearer(_) => Ok(None),
        _ => (approach.identity).credentials(&remote.url.to_string(), otherwise),
    }
}

fn is_socket(remote: &Remote) -> bool {
    remote.kind == Some(RemoteKind::WebSocket)
        || matches!(remote.url.scheme_str(), Some("ws" | "wss"))
}

/// The same address for a WebSocket.
fn as_socket(url: &Uri) -> Result<Uri> {
    let mut parts = url.clone().into_parts();
    let scheme = match url.scheme_str() {
        Some("http" | "ws") => "ws",
        _ => "wss",
    };
    parts.scheme = scheme.parse().ok();
    Uri::from_parts(parts).map_err(|e| Error::invalid_params("that is no address").caused_by(e))
}
