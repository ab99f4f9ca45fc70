//! Messages over the channels of Redis.

use std::time::Duration;

use ::redis::{
    Msg,
    aio::{PubSubSink, PubSubStream},
    cmd,
};
use bytes::Bytes;
use fmcp_core::{BoxFuture, Result};
use futures_util::StreamExt as _;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, timeout};

use super::{Bus, Heard, Hearing, Shared};
use crate::store::{
    Redis,
    redis::{Again, failed, late},
};

/// How often a silent connection is tried: one that is gone without a word would be silent for ever.
const TRY: Duration = Duration::from_secs(15);

impl Bus for Redis {
    fn tell<'a>(&'a self, channel: &'a str, message: Bytes) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let mut publish = cmd("PUBLISH");
            publish.arg(self.place(channel)).arg(&*message);
            // Hearing the same twice does no harm.
            self.link.ask(Again::Yes, &publish).await
        })
    }

    fn hear<'a>(&'a self, channel: &'a str) -> BoxFuture<'a, Result<Box<dyn Hearing>>> {
        Box::pin(async move {
            let (mut sink, stream) = self.link.hearing().await?.split();
            let patience = self.link.patience().answer;
            let subscribed = timeout(patience, sink.subscribe(self.place(channel))).await;
            subscribed.unwrap_or_else(|_| Err(late())).map_err(failed)?;
            let mut tries = interval_at(Instant::now() + TRY, TRY);
            tries.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let hears: Box<dyn Hearing> = Box::new(Hears {
                sink,
                stream,
                tries,
                patience,
            });
            Ok(hears)
        })
    }
}

impl From<Redis> for Shared {
    fn from(redis: Redis) -> Self {
        Self::new(redis.clone(), redis)
    }
}

struct Hears {
    sink: PubSubSink,
    stream: PubSubStream,
    tries: Interval,
    patience: Duration,
}

impl Hearing for Hears {
    fn next(&mut self) -> BoxFuture<'_, Option<Heard>> {
        Box::pin(async move {
            loop {
                tokio::select! {
                    message = self.stream.next() => return message.as_ref().map(heard),
                    _ = self.tries.tick() => {}
                }
                let answer: Result<::redis::RedisResult<()>, _> =
                    timeout(self.patience, self.sink.ping()).await;
                if !matches!(answer, Ok(Ok(()))) {
                    return None;
                }
            }
        })
    }
}

fn heard(message: &Msg) -> Heard {
    Heard::Message(Bytes::copy_from_slice(message.get_payload_bytes()))
}
