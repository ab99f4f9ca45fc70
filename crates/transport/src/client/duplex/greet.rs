//! How both sides come to an agreement on one stream.

use std::{future::Future, pin::pin, sync::Arc};

use fmcp_core::{
    Call, Error, Kind, Notice, Raw, Result, Session,
    protocol::{
        Method, Params, Revision,
        model::{DiscoverResult, SetLevelParams},
        revision::Handshake,
    },
};
use tokio::time::{Instant, sleep_until, timeout};

use super::{Calls, Settings};
use crate::client::{
    Greeting,
    agree::{QUESTIONS, Verdict, judge, opened},
};

/// What is said first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Opening {
    /// The question which revisions the server speaks, in this one.
    Ask(Revision),
    /// The handshake of this revision.
    Initialize(Revision),
}

/// What both sides have agreed on.
#[derive(Debug)]
pub(super) struct Agreed {
    pub(super) revision: Revision,
    pub(super) about: DiscoverResult,
}

/// Comes to an agreement with a server of whatever age.
///
/// A server of the time of sessions may answer a question that it does not know with any error, or not at
/// all. Silence is taken for an answer after a while; a shorter one once the server has shown that it is
/// there, since until then it may just be starting. It does no harm to be wrong about this: a server that
/// was only slow finds both questions in its queue, and the answer to the handshake counts, as long as it
/// has one.
///
/// Only a message shows that the server is there: whatever else is written may come from what installs and starts it. While
/// something is being written, silence begins anew, but not for ever: there are servers that print all the time.
pub(super) async fn greet(
    calls: &Calls,
    greeting: &Greeting,
    opening: Opening,
    settings: &Settings,
) -> Result<Agreed> {
    let mut opening = opening;
    for _ in 0..QUESTIONS {
        let tried = match opening {
            Opening::Initialize(revision) => {
                return initialize(calls, greeting, revision).await;
            }
            Opening::Ask(revision) => revision,
        };
        let pinned = greeting.revision;
        let mut question = pin!(discover(calls, greeting, tried));
        let outcome = match unless_silent(calls, settings, question.as_mut()).await {
            Some(outcome) => outcome,
            // Nothing else may be spoken, so there is nothing to be gained by not waiting.
            None if pinned.is_some() => question.await,
            None => {
                let silence = Error::new(Kind::Timeout, "the server does not answer");
                match judge(Err(silence), tried, pinned)? {
                    Verdict::Initialize(revision) => {
                        return both(calls, greeting, revision, tried, question, settings).await;
                    }
                    _ => continue,
                }
            }
        };
        opening = match judge(outcome, tried, pinned)? {
            Verdict::Speaks(revision, about) => return Ok(speaks(calls, revision, *about)),
            Verdict::AskIn(revision) => Opening::Ask(revision),
            Verdict::Initialize(revision) => Opening::Initialize(revision),
        };
    }
    Err(Error::new(
        Kind::UnsupportedRevision,
        "the server asks for another revision each time that it is asked",
    ))
}

fn speaks(calls: &Calls, revision: Revision, about: DiscoverResult) -> Agreed {
    calls.agree(revision, None);
    Agreed { revision, about }
}

/// What comes of `question`, unless the server is silent for too long.
async fn unless_silent<T>(
    calls: &Calls,
    settings: &Settings,
    mut question: impl Future<Output = T> + Unpin,
) -> Option<T> {
    let start = Instant::now();
    let end = start + settings.noisy_timeout.max(settings.probe_timeout);
    let mut last = start + settings.probe_timeout;
    loop {
        tokio::select! {
            biased;
            outcome = &mut question => return Some(outcome),
            () = calls.life() => break,
            () = calls.noise() => last = end.min(Instant::now() + settings.probe_timeout),
            () = sleep_until(last) => return None,
        }
    }
    let last = last.min(Instant::now() + settings.lively_timeout);
    tokio::select! {
        biased;
        outcome = &mut question => Some(outcome),
        () = sleep_until(last) => None,
    }
}

/// Goes through the handshake while the first `question` may still be answered, which counts where the
/// handshake is refused.
async fn both(
    calls: &Calls,
    greeting: &Greeting,
    revision: Revision,
    tried: Revision,
    mut question: impl Future<Output = Result<DiscoverResult>> + Unpin,
    settings: &Settings,
) -> Result<Agreed> {
    let mut handshake = pin!(initialize(calls, greeting, revision));
    let mut late = None;
    let refused = loop {
        tokio::select! {
            biased;
            outcome = &mut handshake => match outcome {
                Ok(agreed) => return Ok(agreed),
                Err(error) => break error,
            },
            outcome = &mut question, if late.is_none() => late = Some(outcome),
        }
    };
    if late.is_none() {
        late = timeout(settings.lively_timeout, question).await.ok();
    }
    match late.map(|outcome| judge(outcome, tried, greeting.revision)) {
        Some(Ok(Verdict::Speaks(revision, about))) => Ok(speaks(calls, revision, *about)),
        _ => Err(refused),
    }
}

async fn discover(
    calls: &Calls,
    greeting: &Greeting,
    revision: Revision,
) -> Result<DiscoverResult> {
    let call = Call::new(Method::Discover, greeting.discover(revision)?);
    let result = ask(calls, call).await?;
    revision.raise(&Method::Discover, &result)?.into_discover()
}

/// Goes through the handshake.
async fn initialize(calls: &Calls, greeting: &Greeting, revision: Revision) -> Result<Agreed> {
    let params = Params::of(&greeting.initialize(revision))?;
    let call = Call::new(Method::from(Handshake::METHOD), params);
    let result = ask(calls, call).await?;
    let about = revision.raise(&Method::Discover, &result)?;
    let about = about.into_discover()?;
    let revision = opened(&about, greeting.revision)?;
    let session = Session::new(
        "client",
        revision,
        Some(greeting.info.clone()),
        greeting.capabilities.clone(),
    );
    // What the server asks and tells from here on is its session's.
    calls.agree(revision, Some(Arc::new(session)));
    calls.tell(Notice::Initialized).await?;
    if let Some(level) = greeting.log_level
        && about.capabilities.logging.is_some()
    {
        let call = Call::of(Method::SetLogLevel, &SetLevelParams::new(level))?;
        if let Err(error) = calls.call(call).await {
            tracing::warn!(%error, "the server does not log as it is asked to");
        }
    }
    Ok(Agreed { revision, about })
}

/// Asks what must not be cancelled: a handshake, or what a server may not know to be a question.
async fn ask(calls: &Calls, call: Call) -> Result<Raw> {
    calls.ask(call, false).await
}
