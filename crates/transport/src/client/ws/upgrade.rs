//! The request that becomes a WebSocket.

use fmcp_core::{Error, Kind, Result};
use http::{HeaderValue, Method, Request, StatusCode, Uri, header, request, response, uri};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        self,
        error::{ProtocolError, SubProtocolError},
        handshake::client::generate_key,
    },
};

use super::Settings;
use crate::{
    client::web::{server, take_userinfo},
    net::Stream,
    ws::{Counted, config},
};

/// The subprotocol that is offered.
const SUBPROTOCOL: HeaderValue = HeaderValue::from_static("mcp");

/// How often a request that is refused is sent again, signed anew, whatever its credentials say.
const MAX_ROUNDS: usize = 3;

/// A stream that has become a WebSocket.
pub(super) type Socket = WebSocketStream<Counted<Stream>>;

/// What comes of one request.
enum Outcome {
    Upgraded(Box<Socket>, response::Parts),
    /// The server answers, but does not upgrade.
    Refused(response::Parts),
    /// The server does not know the subprotocol, and says nothing of it: it need not.
    Unoffered,
}

/// Asks the server for a WebSocket, signed, as often as it takes.
pub(super) async fn upgrade(settings: &Settings) -> Result<Socket> {
    let (mut rounds, mut offers) = (0, true);
    loop {
        let mut head = head(settings)?;
        if offers {
            head.headers
                .insert(header::SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL);
        }
        if let Some(credentials) = &settings.credentials {
            credentials.sign(&mut head).await?;
        }
        match ask(settings, &head).await? {
            Outcome::Upgraded(socket, answer) => {
                if let Some(credentials) = &settings.credentials {
                    credentials.answered(&head, &answer);
                }
                return Ok(*socket);
            }
            Outcome::Unoffered if offers => offers = false,
            Outcome::Unoffered => return Err(no_websocket(&head.uri)),
            Outcome::Refused(answer) => {
                rounds += 1;
                if !is_worth_another(settings, &head, &answer, rounds).await? {
                    return Err(refused(&head.uri, answer.status));
                }
            }
        }
    }
}

async fn is_worth_another(
    settings: &Settings,
    head: &request::Parts,
    answer: &response::Parts,
    rounds: usize,
) -> Result<bool> {
    let Some(credentials) = &settings.credentials else {
        return Ok(false);
    };
    if !matches!(
        answer.status,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
    ) {
        credentials.answered(head, answer);
        return Ok(false);
    }
    Ok(credentials.refused(head, answer).await? && rounds <= MAX_ROUNDS)
}

/// The request, as those see it who sign it: of HTTP.
fn head(settings: &Settings) -> Result<request::Parts> {
    let unusable =
        || Error::invalid_params("the address of a WebSocket begins with wss:// or ws://");
    let mut parts = settings.url.clone().into_parts();
    let scheme = match parts.scheme.as_ref().map(uri::Scheme::as_str) {
        Some("wss" | "https") => uri::Scheme::HTTPS,
        Some("ws" | "http") => uri::Scheme::HTTP,
        _ => return Err(unusable()),
    };
    parts.scheme = Some(scheme);
    let uri = Uri::from_parts(parts).map_err(|_| unusable())?;
    let (mut head, ()) = Request::new(()).into_parts();
    head.method = Method::GET;
    head.uri = uri;
    head.headers.clone_from(&settings.headers);
    take_userinfo(&mut head)?;
    Ok(head)
}

async fn ask(settings: &Settings, head: &request::Parts) -> Result<Outcome> {
    let stream = Counted::new(settings.web.connect(&head.uri).await?);
    let limit = settings.each.limits.max_message_bytes();
    let request = handshake(head)?;
    match client_async_with_config(request, stream, Some(config(limit))).await {
        Ok((socket, answer)) => {
            let (answer, _) = answer.into_parts();
            Ok(Outcome::Upgraded(Box::new(socket), answer))
        }
        Err(tungstenite::Error::Http(answer)) => {
            let (answer, _) = answer.into_parts();
            Ok(Outcome::Refused(answer))
        }
        Err(tungstenite::Error::Protocol(ProtocolError::SecWebSocketSubProtocolError(
            SubProtocolError::NoSubProtocol,
        ))) => Ok(Outcome::Unoffered),
        Err(error) => Err(no_websocket(&head.uri).caused_by(error)),
    }
}

/// The request as it goes over the wire.
fn handshake(head: &request::Parts) -> Result<Request<()>> {
    let mut request = Request::new(());
    let mut parts = head.uri.clone().into_parts();
    let scheme = match parts.scheme == Some(uri::Scheme::HTTPS) {
        true => "wss",
        false => "ws",
    };
    parts.scheme = scheme.parse().ok();
    let unusable =
        |_: http::Error| Error::invalid_params("the address of a WebSocket cannot be used");
    *request.uri_mut() = Uri::from_parts(parts).map_err(|e| unusable(e.into()))?;
    let host = head.uri.authority().map_or("", uri::Authority::as_str);
    let host = HeaderValue::try_from(host).map_err(|e| unusable(e.into()))?;
    let key = HeaderValue::try_from(generate_key()).map_err(|e| unusable(e.into()))?;
    let headers = request.headers_mut();
    headers.clone_from(&head.headers);
    headers.insert(header::HOST, host);
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(
        header::SEC_WEBSOCKET_VERSION,
        HeaderValue::from_static("13"),
    );
    headers.insert(header::SEC_WEBSOCKET_KEY, key);
    Ok(request)
}

fn no_websocket(at: &Uri) -> Error {
    let words = format!("{} does not speak WebSocket", server(at));
    Error::new(Kind::Unavailable, words)
}

fn refused(at: &Uri, status: StatusCode) -> Error {
    let (kind, why) = match status {
        StatusCode::UNAUTHORIZED => (
            Kind::Unauthenticated,
            "wants to know who is calling; are the credentials right?",
        ),
        StatusCode::FORBIDDEN => (Kind::Forbidden, "does not let this caller in"),
        status if status.is_redirection() => (
            Kind::Unavailable,
            "points to another address; connect to that one if you trust it",
        ),
        _ => (
            Kind::Unavailable,
            "opens no WebSocket there; is the path right?",
        ),
    };
    Error::new(kind, format!("{} {why} ({status})", server(at)))
}
