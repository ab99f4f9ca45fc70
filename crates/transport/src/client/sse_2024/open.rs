//! Opening the stream, and finding out where to post.

use std::sync::Arc;

use bytes::Bytes;
use fmcp_core::{BoxFuture, Endpoint, Error, Kind, Result};
use http::Uri;
use url::Url;

use super::carry::carry;
use crate::client::{
    Greeting, Link,
    duplex::{self, Carrier, Connection, Dial, Restart},
    http::{Failure, Remote, Settings, Stream},
    web::server,
};

/// Opens a link to a server of HTTP+SSE. Where `greeting` pins no revision, the server is shaken hands with in
/// the newest that has sessions: it has shown that it knows no other questions.
///
/// # Errors
/// When there is no such server, or it speaks no revision that may be spoken.
pub(in crate::client) async fn open(
    settings: &Settings,
    greeting: &Greeting,
    peer: Arc<dyn Endpoint>,
) -> Result<Arc<dyn Link>> {
    let each = duplex::Settings {
        limits: settings.limits.clone(),
        questions: settings.questions,
        question_timeout: settings.question_timeout,
        open_timeout: settings.patience,
        write_timeout: settings.patience,
        // A server that is being replaced comes back, however long it takes.
        restart: Restart::always(),
        probes: false,
        ..duplex::Settings::default()
    };
    let dial = Sse {
        name: server(&settings.url),
        remote: Arc::new(Remote::new(settings)),
    };
    duplex::open(dial, each, greeting, peer).await
}

struct Sse {
    name: String,
    remote: Arc<Remote>,
}

impl Dial for Sse {
    fn name(&self) -> &str {
        &self.name
    }

    fn dial(&self, connection: Connection) -> BoxFuture<'_, Result<Carrier>> {
        Box::pin(async move {
            let (stream, endpoint) = self.listen().await?;
            let remote = Arc::clone(&self.remote);
            let carrier: Carrier = Box::pin(carry(remote, endpoint, stream, connection));
            Ok(carrier)
        })
    }
}

impl Sse {
    /// The stream, and where it says to post to.
    async fn listen(&self) -> Result<(Stream, Uri), Failure> {
        let remote = &self.remote;
        let headers = || remote.listening();
        let response = remote
            .send(http::Method::GET, Bytes::new(), headers)
            .await?;
        let mut stream = Stream::of(&remote.url, &remote.limits, response).await?;
        while let Some(event) = stream.next().await? {
            if event.name == "endpoint"[..] {
                let endpoint = resolve(&remote.url, &event.data)?;
                return Ok((stream, endpoint));
            }
            tracing::debug!("an event before the one that says where to post");
        }
        let words = format!("{} does not say where to post", self.name);
        Err(Error::new(Kind::InvalidRequest, words).into())
    }
}

/// Where to post, which must be where the stream comes from: what proves who is calling goes there.
fn resolve(stream: &Uri, endpoint: &[u8]) -> Result<Uri> {
    let base = Url::parse(&stream.to_string());
    let resolved = std::str::from_utf8(endpoint)
        .ok()
        .zip(base.as_ref().ok())
        .and_then(|(text, base)| base.join(text).ok());
    let (Some(url), Ok(base)) = (resolved, base) else {
        let words = format!("{} says to post to what is no address", server(stream));
        return Err(Error::new(Kind::InvalidRequest, words));
    };
    if url.origin() != base.origin() {
        let words = format!(
            "{} says to post to {}, which is somebody else; this client does not",
            server(stream),
            url.origin().ascii_serialization()
        );
        return Err(Error::new(Kind::InvalidRequest, words));
    }
    url.as_str().parse().map_err(|e| {
        Error::new(
            Kind::InvalidRequest,
            "the server says to post to what is no address",
        )
        .caused_by(e)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_endpoint_is_where_the_stream_comes_from() {
        let stream = Uri::from_static("https://a.example/v1/sse?token=secret");
        for (endpoint, expect) in [
            ("/messages?s=1", "https://a.example/messages?s=1"),
            ("messages", "https://a.example/v1/messages"),
            ("https://A.example:443/m", "https://a.example/m"),
        ] {
            assert_eq!(resolve(&stream, endpoint.as_bytes()).unwrap(), expect);
        }
        for (endpoint, expect) in [
            (
                "https://b.example/m",
                "https://b.example, which is somebody else",
            ),
            ("//b.example/m", "somebody else"),
            ("http://a.example/m", "http://a.example, which"),
            ("https://a.example:444/m", ":444"),
            ("javascript:alert(1)", "null, which is somebody else"),
            ("https://[", "what is no address"),
        ] {
            let error = resolve(&stream, endpoint.as_bytes()).unwrap_err();
            assert!(error.message().contains(expect), "{error}");
            assert!(!error.message().contains("secret"), "{error}");
        }
    }
}
