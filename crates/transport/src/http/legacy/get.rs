//! GET: a stream of a session. DELETE: its end.

use std::{future::poll_fn, sync::Arc};

use fmcp_core::Endpoint as _;
use http::{HeaderName, Response, StatusCode, request::Parts};

use super::{
    live::{Live, Resumed},
    post::{lost, prime, read, session},
};
use crate::{
    duplex::listen_for,
    http::{
        accept::Accepts,
        answer::{SESSION_ID, bare, lasting_events, refuse},
        body::Body,
        fields::McpFields,
        service::{Sender, Shared, own_headers},
        sse::Sse,
    },
};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Opens a stream of a session, or opens one again.
pub(crate) async fn get(shared: Arc<Shared>, parts: Parts, accepts: Accepts) -> Response<Body> {
    if !shared.settings.sessions {
        return shared.not_allowed();
    }
    let sender = match shared.sender(parts, accepts).await {
        Ok(sender) => sender,
        Err(refused) => return *refused,
    };
    if !sender.accepts.events {
        let words = "a stream is text/event-stream: accept it";
        return refuse(StatusCode::NOT_ACCEPTABLE, words);
    }
    let live = match session(&shared, &sender, &McpFields::of(&sender.headers)) {
        Ok(Some(live)) => live,
        // Whoever has no session may be looking for something else: a page, or HTTP+SSE.
        Ok(None) => return shared.not_allowed(),
        Err(refused) => return *refused,
    };
    let Some(permit) = shared.streams.enter(sender.key.as_ref()) else {
        let words = "too many streams are open";
        return refuse(StatusCode::SERVICE_UNAVAILABLE, words);
    };
    let resumed = sender
        .headers
        .get(LAST_EVENT_ID)
        .map(|id| id.to_str().ok().and_then(read_id));
    let sse = match resumed {
        None => open(&shared, &sender, &live),
        Some(id) => id.and_then(|(number, after)| resume(&shared, &live, number, after)),
    };
    match sse {
        Some(sse) => lasting_events(sse.permit(Some(permit))),
        None => refuse(
            StatusCode::BAD_REQUEST,
            "what came after this event is not known here (any more)",
        ),
    }
}

/// Ends a session.
pub(crate) async fn delete(shared: Arc<Shared>, parts: Parts, accepts: Accepts) -> Response<Body> {
    if !shared.settings.sessions {
        return shared.not_allowed();
    }
    let sender = match shared.sender(parts, accepts).await {
        Ok(sender) => sender,
        Err(refused) => return *refused,
    };
    let Some(id) = sender.headers.get(SESSION_ID) else {
        let words = "which session? Say it in the Mcp-Session-Id header";
        return refuse(StatusCode::BAD_REQUEST, words);
    };
    match shared.sessions.end(id.as_bytes(), sender.key.as_ref()) {
        Ok(()) => bare(StatusCode::NO_CONTENT),
        Err(reason) => lost(reason),
    }
}

/// Opens a stream that belongs to no call: it tells of changes.
fn open(shared: &Arc<Shared>, sender: &Sender, live: &Arc<Live>) -> Option<Sse> {
    let reader = live.stream(shared.bounds());
    let stream = Arc::clone(reader.stream());
    let mut call = listen_for(Arc::clone(&live.session))
        .ok()?
        .with_peer(Arc::clone(&stream) as _)
        .with_headers(Arc::new(own_headers(&sender.headers)));
    if let Some(principal) = &sender.principal {
        call = call.with_principal(Arc::clone(principal));
    }
    let number = live.keep_standalone(&stream);
    let (endpoint, fills) = (Arc::clone(&shared.endpoint), Arc::clone(&stream));
    let waiting = live.take_waiting();
    let work = async move {
        for notice in waiting {
            fills.notify(notice).await;
        }
        let _ = endpoint.call(call).await;
        fills.finish(None);
    };
    live.fill_with(number, Box::pin(work));
    let sse = filled(read(shared, live, reader), live, number);
    Some(prime(sse, &stream, shared.settings.retry))
}

/// Opens a stream again, after the last event that its reader has seen.
fn resume(shared: &Shared, live: &Arc<Live>, number: u32, after: u64) -> Option<Sse> {
    let Resumed {
        stream,
        is_standalone,
    } = live.resume(number, after)?;
    let sse = read(shared, live, stream.reader(Some(after)));
    Some(if is_standalone {
        filled(sse, live, number)
    } else {
        sse
    })
}

/// Fills a standalone stream while it is read.
fn filled(sse: Sse, live: &Arc<Live>, number: u32) -> Sse {
    let live = Arc::clone(live);
    sse.work(poll_fn(move |cx| live.poll_fill(number, cx)))
}

/// The stream and the number of an event.
fn read_id(id: &str) -> Option<(u32, u64)> {
    let (stream, event) = id.split_once('-')?;
    Some((stream.parse().ok()?, event.parse().ok()?))
}
