//! Carrying messages: in as events, out as POSTs.

use std::{future::poll_fn, sync::Arc, time::Duration};

use bytes::Bytes;
use fmcp_core::{
    BoxFuture, Error, Kind,
    protocol::jsonrpc::{self, Answer, Frame, Message},
};
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use http::{StatusCode, Uri};
use tokio::time::timeout;

use crate::client::{
    duplex::Connection,
    http::{Failure, Remote, Stream},
    web::server,
};

/// How many messages are on their way at once. A server may answer a POST only when it has answered what is in
/// it, which may need another POST.
const AT_ONCE: usize = 64;

/// What has become of a message.
struct Posted {
    message: Bytes,
    outcome: Result<(), Failure>,
}

/// Carries messages between a server and its connection, until the stream ends or the connection is to be
/// closed; says why it ended.
pub(super) async fn carry(
    remote: Arc<Remote>,
    endpoint: Uri,
    mut stream: Stream,
    mut connection: Connection,
) -> Error {
    let calls = connection.calls();
    let closing = calls.closing();
    tokio::pin!(closing);
    let mut posts = FuturesUnordered::new();
    // Whether the message that went out last is one that later ones must not overtake.
    let mut is_in_order = false;
    let mut is_closing = false;
    loop {
        let may_post = posts.is_empty() || (!is_in_order && posts.len() < AT_ONCE);
        tokio::select! {
            biased;
            Some(Posted { message, outcome }) = posts.next(), if !posts.is_empty() => {
                if let Err(failure) = outcome
                    && let Err(error) = lament(&mut connection, &remote, &message, failure)
                {
                    connection.finish();
                    return error;
                }
            }
            message = poll_fn(|cx| connection.poll_message(cx)), if may_post => {
                let Some(message) = message else { break };
                // Nothing answers a notification, so nobody else would know that it has arrived.
                let kind = read(&remote, &message);
                is_in_order = matches!(kind, Some(Message::Notification(_)));
                let patience = match kind {
                    Some(Message::Request(_)) => connection.settings().question_timeout,
                    _ => connection.settings().write_timeout,
                };
                posts.push(post(&remote, &endpoint, message, patience));
            }
            () = &mut closing, if !is_closing => {
                is_closing = true;
                connection.finish();
            }
            event = stream.next(), if !is_closing && connection.has_room() => match event {
                Ok(Some(event)) if event.is_message() => connection.take(event.data),
                Ok(Some(_)) => {}
                Ok(None) => {
                    connection.finish();
                    let words = format!("{} has closed its stream", server(&remote.url));
                    return Error::new(Kind::Unavailable, words);
                }
                Err(error) => {
                    connection.finish();
                    return error;
                }
            },
        }
    }
    // What is left may still arrive.
    let grace = connection.settings().grace;
    let _ = timeout(grace, posts.for_each(|_| std::future::ready(()))).await;
    Error::new(Kind::Unavailable, "the link has been closed")
}

/// Posts a message. One that nobody has said "yes" to in time may have arrived nevertheless: whoever waits for
/// its answer goes on waiting.
fn post(
    remote: &Arc<Remote>,
    endpoint: &Uri,
    message: Bytes,
    patience: Duration,
) -> BoxFuture<'static, Posted> {
    let (remote, endpoint) = (Arc::clone(remote), endpoint.clone());
    Box::pin(async move {
        let telling = remote.tell_at(endpoint, message.clone(), || remote.posting());
        let outcome = timeout(patience, telling).await.unwrap_or(Ok(()));
        Posted { message, outcome }
    })
}

/// A message has not arrived: whoever waits for its answer hears why.
///
/// # Errors
/// When the server does not know this stream any more.
fn lament(
    connection: &mut Connection,
    remote: &Remote,
    message: &Bytes,
    failure: Failure,
) -> Result<(), Error> {
    if matches!(
        failure.status,
        Some(StatusCode::NOT_FOUND | StatusCode::GONE)
    ) {
        let words = format!("{} does not know its stream any more", server(&remote.url));
        return Err(Error::new(Kind::Unavailable, words).caused_by(failure.error));
    }
    match read(remote, message) {
        Some(Message::Request(request)) => {
            let answer = Answer::to(Some(&request.id)).error(&failure.error.to_object());
            connection.take(answer.into());
        }
        _ => tracing::warn!(error = %failure.error, "a message did not reach the server"),
    }
    Ok(())
}

fn read(remote: &Remote, message: &Bytes) -> Option<Message> {
    match jsonrpc::read(message.clone(), &remote.limits) {
        Frame::One(message) => message.ok(),
        _ => None,
    }
}
