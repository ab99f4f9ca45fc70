//! The body of a request, bounded in size and time.

use bytes::Bytes;
use http::StatusCode;

use super::{
    answer::{Refusal, refuse},
    bodies::Held,
    gather::{Ungathered, gather},
    patience::within,
    service::Shared,
};

/// A body that has been read, and what it holds of the room for all of them: most hold nothing.
pub(crate) type Received = (Bytes, Option<Held>);

/// Why a body was not read.
enum Unread {
    Ungathered(Ungathered),
    NoRoom,
}

impl From<Ungathered> for Unread {
    fn from(why: Ungathered) -> Self {
        Self::Ungathered(why)
    }
}

impl Shared {
    /// Reads a body, within the limits for one, and for all that are being read.
    pub(crate) async fn read<B>(&self, body: B) -> Result<Received, Refusal>
    where
        B: http_body::Body,
    {
        let limit = self.settings.limits.max_message_bytes();
        let mut held: Option<Held> = None;
        let gathering = gather(body, limit, |bytes| {
            let held = held.get_or_insert_with(|| self.bodies.begin());
            held.add(bytes).then_some(()).ok_or(Unread::NoRoom)
        });
        let gathered = within(self.settings.body_timeout, gathering).await;
        match gathered {
            Some(Ok(body)) => Ok((body, held)),
            Some(Err(why)) => Err(refused(&why, limit)),
            None => Err(late()),
        }
    }
}

#[cold]
fn late() -> Refusal {
    let words = "the request's body took too long to arrive";
    refuse(StatusCode::REQUEST_TIMEOUT, words).into()
}

#[cold]
fn refused(why: &Unread, limit: usize) -> Refusal {
    let (status, words) = match why {
        Unread::Ungathered(Ungathered::TooLarge) => {
            let words = format!("the request's body is larger than {limit} bytes");
            (StatusCode::PAYLOAD_TOO_LARGE, words)
        }
        Unread::Ungathered(Ungathered::Broken) => {
            let words = "the request's body did not arrive whole";
            (StatusCode::BAD_REQUEST, words.to_owned())
        }
        Unread::NoRoom => {
            let words = "too many bytes of requests are being read at once";
            (StatusCode::SERVICE_UNAVAILABLE, words.to_owned())
        }
    };
    refuse(status, words).into()
}
