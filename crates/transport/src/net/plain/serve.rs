//! One connection, request by request.

use std::{convert::Infallible, future::poll_fn, sync::Arc};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Body;
use tower_service::Service;

use super::{
    response::{Framing, closes},
    talk::Talk,
};
use crate::net::{
    Incoming, Settings,
    counted::Counted,
    tail::{Failure, Lasting, Stream},
    wire::Wire,
};

/// What becomes of a connection.
pub(in crate::net) enum Outcome<B> {
    /// Nothing more will be said on it.
    Over,
    /// What comes next is not plain: it can be read again.
    Other,
    /// All that is left is a stream, whose head has been written.
    Stream(Stream<B>),
}

/// Answers plain requests for as long as there are some.
pub(in crate::net) async fn serve<S, B>(
    wire: &mut Wire,
    counted: &mut Counted<S>,
    settings: &Settings,
) -> Result<Outcome<B>, Failure>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone,
    B: Body<Data = Bytes>,
    B::Error: Into<Failure>,
{
    let pulse = Arc::clone(&counted.pulse);
    let mut talk = Talk::new(wire, &pulse);
    loop {
        let Some(request) = talk.request(settings).await? else {
            break;
        };
        let running = pulse.begin();
        let request = counted.told(request.map(Incoming::from));
        let service = &mut counted.service;
        let answer = async move {
            poll_fn(|cx| service.poll_ready(cx)).await?;
            service.call(request).await
        };
        let Ok(response) = talk.unless_gone(answer).await?;
        let (mut head, body) = response.into_parts();
        if head.status.is_informational() {
            tracing::warn!(status = %head.status, "a service answered with what is no answer");
            head.status = StatusCode::INTERNAL_SERVER_ERROR;
            head.headers.clear();
            talk.begin(&head, Framing::Length(0), true);
            talk.send().await?;
            return Ok(Outcome::Over);
        }
        if head.extensions.get::<Lasting>().is_some() {
            talk.begin(&head, Framing::Chunks, true);
            talk.send().await?;
            return Ok(Outcome::Stream(Stream {
                body: Box::pin(body),
                _running: running,
            }));
        }
        let says_so = closes(&head);
        let closes = says_so || pulse.is_to_end();
        let framing = Framing::of(&head, body.size_hint().exact());
        talk.begin(&head, framing, closes && !says_so);
        talk.give(body, framing).await?;
        drop(running);
        if closes {
            return Ok(Outcome::Over);
        }
        talk.goes_on();
    }
    Ok(if talk.give_back() {
        Outcome::Other
    } else {
        Outcome::Over
    })
}
