//! One connection, request by request.

use std::{convert::Infallible, future::poll_fn, sync::Arc};

use bytes::Bytes;
use http::{Request, Response};
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
        let (head, body) = response.into_parts();
        if head.status.is_informational() {
            return Err("what is said meanwhile is no answer".into());
        }
        if head.extensions.get::<Lasting>().is_some() {
            talk.begin(&head, Framing::Chunks, true);
            talk.send().await?;
            return Ok(Outcome::Stream(Stream {
                body: Box::pin(body),
                _running: running,
            }));
        }
        let closes = pulse.is_to_end() || closes(&head);
        let framing = Framing::of(head.status, body.size_hint().exact());
        talk.begin(&head, framing, closes);
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
