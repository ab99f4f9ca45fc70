//! The stream of what belongs to no call.

use std::sync::Arc;

use bytes::Bytes;
use fmcp_core::{Error, Kind, Notice, Result, protocol::jsonrpc::Message};
use http::{HeaderName, HeaderValue, StatusCode};
use tokio::{sync::oneshot, time::sleep};

use super::{
    answering::{Point, may_be_tried_again},
    handshake::in_session,
    questions::asked,
    shared::{Current, Shared},
};
use crate::client::http::{
    stream::{Stream, messages},
    unanswered::Failure,
};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Opens a stream: a new one, or one that goes on after the event `after`.
///
/// # Errors
/// When there is none.
pub(super) async fn get(
    shared: &Shared,
    current: &Current,
    after: Option<&Bytes>,
) -> Result<Stream, Failure> {
    let value = after.map(|id| HeaderValue::from_bytes(id)).transpose();
    let value = value.map_err(|e| {
        Error::new(
            Kind::InvalidRequest,
            "the id of the last event cannot stand in a header",
        )
        .caused_by(e)
    })?;
    let remote = &shared.remote;
    let headers = || {
        let mut headers = in_session(remote.listening(), shared.revision, current.id.as_ref());
        if let Some(id) = &value {
            headers.insert(LAST_EVENT_ID, id.clone());
        }
        headers
    };
    let opening = async {
        let response = remote
            .send(http::Method::GET, Bytes::new(), headers)
            .await?;
        Stream::of(&remote.url, &remote.limits, response).await
    };
    let stream = remote.within(shared.settings.patience, opening).await?;
    Ok(stream.going_on(after))
}

/// Hears what belongs to no call, in one session after the other, until the server has no such stream. `tried` is told
/// when it is known for the first time whether it has.
pub(super) async fn listen(shared: Arc<Shared>, tried: oneshot::Sender<()>) {
    let mut tried = Some(tried);
    loop {
        let current = shared.current();
        tokio::select! {
            biased;
            () = shared.replaced(&current) => shared.questions.forget(),
            is_over = listen_in(&shared, &current, &mut tried) => if is_over {
                // The next session is of the same server.
                return;
            },
        }
    }
}

/// Hears what is said in one session; whether the server does not say anything that way.
async fn listen_in(
    shared: &Arc<Shared>,
    current: &Current,
    tried: &mut Option<oneshot::Sender<()>>,
) -> bool {
    let mut point = Point::new(shared.settings.backoff.clone());
    loop {
        let opened = get(shared, current, point.id.as_ref()).await;
        if let Some(tried) = tried.take() {
            // An error says that nobody waits for it any more.
            let _ = tried.send(());
        }
        match opened {
            Ok(mut stream) => {
                let has_heard = hear(shared, &mut stream).await;
                point.note(&stream, has_heard);
            }
            Err(failure) if Shared::is_lost(current, &failure) => {
                if let Err(error) = shared.reopen(current).await {
                    tracing::warn!(%error, "the server's session is lost");
                    // Whoever calls next tries again.
                    shared.replaced(current).await;
                }
                return false;
            }
            Err(failure) if may_be_tried_again(&failure) => {
                tracing::debug!(error = %failure.error, "the server's stream cannot be opened now");
            }
            // The server does not know the event any more: what came after it is lost.
            Err(_) if point.id.take().is_some() => {}
            Err(failure) => {
                if failure.status != Some(StatusCode::METHOD_NOT_ALLOWED) {
                    tracing::warn!(error = %failure.error, "the server says nothing outside of its answers");
                }
                return true;
            }
        }
        sleep(point.pause()).await;
    }
}

/// Hears one stream to its end; whether anything was heard.
async fn hear(shared: &Arc<Shared>, stream: &mut Stream) -> bool {
    let mut has_heard = false;
    loop {
        match stream.next().await {
            Ok(Some(event)) => {
                has_heard = true;
                if event.is_message() {
                    take(shared, event.data).await;
                }
            }
            Ok(None) => return has_heard,
            Err(error) => {
                tracing::debug!(%error, "the server's stream has ended");
                return has_heard;
            }
        }
    }
}

async fn take(shared: &Arc<Shared>, body: Bytes) {
    let messages = match messages(body, &shared.remote.limits) {
        Ok(messages) => messages,
        Err(error) => return tracing::warn!(%error, "skipped"),
    };
    for message in messages {
        match message {
            Message::Notification(told) => {
                shared
                    .told(Notice::read(told.topic, told.params), None)
                    .await;
            }
            Message::Request(request) => asked(shared, request, None).await,
            Message::Response(response) => shared.strays.bring(response),
            _ => {}
        }
    }
}
