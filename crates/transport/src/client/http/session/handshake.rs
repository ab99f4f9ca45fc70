//! `initialize`, and what comes of it.

use fmcp_core::{
    Error, Kind, Raw, Result,
    protocol::{
        Method, Revision,
        jsonrpc::{Message, write_notification},
        model::DiscoverResult,
        revision::Handshake,
    },
};
use http::{HeaderMap, HeaderValue};
use serde_json::json;

use crate::{
    client::{
        Greeting,
        agree::opened,
        http::{
            envelope,
            remote::Remote,
            stream::{Answer, Stream, answer, answers, messages},
            unanswered::Failure,
        },
    },
    http::answer::{PROTOCOL_VERSION, SESSION_ID},
};

/// How long the id of a session may be.
const MAX_ID_BYTES: usize = 4 * 1024;

const ID: &[u8] = b"0";

/// A session that has just been opened.
pub(super) struct Opened {
    pub(super) revision: Revision,
    pub(super) about: DiscoverResult,
    pub(super) id: Option<HeaderValue>,
}

/// Opens a session, in `asked` or in what the server would rather speak, if `pinned` allows that.
pub(super) async fn shake_hands(
    remote: &Remote,
    greeting: &Greeting,
    asked: Revision,
    pinned: Option<Revision>,
) -> Result<Opened, Failure> {
    let params = Raw::from_serialize(&greeting.initialize(asked))
        .map_err(|e| Error::internal("the handshake cannot be written").caused_by(e))?;
    let body = envelope::request(ID, Handshake::METHOD, Some(params.as_str().as_bytes()));
    let response = remote
        .send(http::Method::POST, body, || remote.posting())
        .await?;
    let id = session_id(response.headers())?;
    let text = match answer(&remote.url, &remote.limits, response).await? {
        Answer::Json(body) => find(messages(body, &remote.limits)?)?,
        Answer::Stream(stream) => read(remote, *stream).await?,
        Answer::Accepted => None,
    };
    let text = text.ok_or_else(|| {
        Error::new(
            Kind::InvalidRequest,
            "the server does not answer the handshake",
        )
    })?;
    let about = asked.raise(&Method::Discover, &text)?.into_discover()?;
    let revision = opened(&about, pinned)?;
    let headers = || headers(remote, revision, id.as_ref());
    let initialized = write_notification(&fmcp_core::protocol::Topic::Initialized, &json!({}))?;
    let response = remote
        .send(http::Method::POST, initialized.into(), headers)
        .await?;
    answer(&remote.url, &remote.limits, response).await?;
    Ok(Opened {
        revision,
        about,
        id,
    })
}

/// The headers of a message in a session.
pub(super) fn headers(remote: &Remote, revision: Revision, id: Option<&HeaderValue>) -> HeaderMap {
    in_session(remote.posting(), revision, id)
}

/// Says to which session a request belongs, and what is spoken there.
pub(super) fn in_session(
    mut headers: HeaderMap,
    revision: Revision,
    id: Option<&HeaderValue>,
) -> HeaderMap {
    if revision.has_version_header() {
        headers.insert(
            PROTOCOL_VERSION,
            HeaderValue::from_static(revision.as_str()),
        );
    }
    if let Some(id) = id {
        headers.insert(SESSION_ID, id.clone());
    }
    headers
}

async fn read(remote: &Remote, mut stream: Stream) -> Result<Option<Raw>> {
    while let Some(event) = stream.next().await? {
        if !event.is_message() {
            continue;
        }
        let found = find(messages(event.data, &remote.limits)?)?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// The answer, among what comes with it: nothing else may be said before the handshake is over.
fn find(messages: impl Iterator<Item = Message>) -> Result<Option<Raw>> {
    for message in messages {
        if let Message::Response(response) = message
            && answers(&response, ID)
        {
            return envelope::outcome(response).map(Some);
        }
    }
    Ok(None)
}

fn session_id(headers: &HeaderMap) -> Result<Option<HeaderValue>> {
    let Some(id) = headers.get(SESSION_ID) else {
        return Ok(None);
    };
    let is_visible = id
        .as_bytes()
        .iter()
        .all(|byte| (0x21..=0x7e).contains(byte));
    if id.is_empty() || id.len() > MAX_ID_BYTES || !is_visible {
        let words = format!(
            "the server gives its session an id that no header can hold, or one of more than {MAX_ID_BYTES} bytes"
        );
        return Err(Error::new(Kind::InvalidRequest, words));
    }
    let mut id = id.clone();
    // Whoever has it has the session.
    id.set_sensitive(true);
    Ok(Some(id))
}
