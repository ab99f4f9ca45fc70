//! Finding out what a server speaks.

use std::sync::Arc;

use fmcp_core::{
    Endpoint, Error, Kind, Result,
    protocol::{Method, Revision, model::DiscoverResult},
};

use super::{
    Settings,
    era::Old,
    modern::{Modern, Question, ask},
    remote::Remote,
    session,
    unanswered::Failure,
};
use crate::client::{
    Greeting, Link,
    agree::{QUESTIONS, Verdict, first_question, judge},
    sse_2024,
};

/// Opens a link to an HTTP server, whatever it speaks.
///
/// The server is asked in the newest revision first. One that does not understand that is of the time of
/// sessions, one that does not understand `initialize` either may speak HTTP+SSE. What a server has turned
/// out to be is remembered in the settings' [`Web`](crate::client::web::Web), and found out again where
/// that is no longer true.
///
/// Redirects are followed only within the same origin, and only where they keep the request as it is (307
/// and 308).
///
/// # Errors
/// When the server cannot be reached, speaks no revision that may be spoken, or refuses.
pub async fn open(
    settings: Settings,
    greeting: &Greeting,
    peer: Arc<dyn Endpoint>,
) -> Result<Arc<dyn Link>> {
    let opening = Opening {
        settings,
        greeting,
        peer,
    };
    opening.open().await
}

pub(super) fn closed() -> Error {
    Error::new(Kind::Unavailable, "the link has been closed").unsent()
}

struct Opening<'a> {
    settings: Settings,
    greeting: &'a Greeting,
    peer: Arc<dyn Endpoint>,
}

impl Opening<'_> {
    async fn open(self) -> Result<Arc<dyn Link>> {
        let (pinned, first) = (self.greeting.revision, self.greeting.first());
        let Some(mut tried) = first_question(first) else {
            return self
                .shake_hands(first.unwrap_or(Revision::NEWEST_LEGACY))
                .await;
        };
        let (web, url) = (self.settings.web.clone(), self.settings.url.clone());
        if first.is_none()
            && let Some(old) = web.eras().get(&url)
        {
            let revision = Revision::NEWEST_LEGACY;
            let opened = match old {
                Old::Sessions => self.session(revision).await,
                Old::Sse2024 => self.sse_2024().await,
            };
            match opened {
                // It is not any more what it was.
                Err(failure) if !failure.is_ageless() => web.eras().forget(&url),
                opened => return Ok(opened?),
            }
        }
        for _ in 0..QUESTIONS {
            let about = match self.discover(tried).await {
                // Whoever would be asked again could only say the same again.
                Err(failure) if failure.is_ageless() => return Err(failure.into()),
                about => about.map_err(Error::from),
            };
            match judge(about, tried, pinned)? {
                Verdict::Speaks(revision, about) => {
                    let remote = Remote::new(&self.settings);
                    return Ok(Arc::new(Modern::new(
                        remote,
                        revision,
                        *about,
                        self.peer,
                        self.settings.patience,
                    )));
                }
                Verdict::AskIn(revision) => tried = revision,
                Verdict::Initialize(revision) => return self.shake_hands(revision).await,
            }
        }
        Err(Error::new(
            Kind::UnsupportedRevision,
            "the server does not answer in any revision that it names",
        ))
    }

    async fn discover(&self, revision: Revision) -> Result<DiscoverResult, Failure> {
        let remote = Remote::new(&self.settings);
        let params = self.greeting.discover(revision)?;
        let question = Question {
            id: b"\"discover\"",
            method: &Method::Discover,
            params: &params,
            revision,
            headers: None,
            peer: &*self.peer,
        };
        let text = remote
            .within(self.settings.patience, ask(&remote, question))
            .await?;
        Ok(revision.raise(&Method::Discover, &text)?.into_discover()?)
    }

    /// Opens a session, or HTTP+SSE where the server knows nothing of sessions on Streamable HTTP.
    async fn shake_hands(self, revision: Revision) -> Result<Arc<dyn Link>> {
        let (web, url) = (&self.settings.web, &self.settings.url);
        let failure = match self.session(revision).await {
            Ok(link) => {
                web.eras().remember(url, Old::Sessions);
                return Ok(link);
            }
            Err(failure) if failure.is_of_a_stranger() => failure,
            Err(failure) => return Err(failure.into()),
        };
        match self.sse_2024().await {
            Ok(link) => {
                web.eras().remember(url, Old::Sse2024);
                Ok(link)
            }
            Err(other) if other.error.kind() == Kind::UnsupportedRevision => Err(other.into()),
            // What it said to the newer transport tells more.
            Err(other) => {
                tracing::debug!(error = %other.error, "the server does not speak HTTP+SSE either");
                Err(failure.into())
            }
        }
    }

    async fn session(&self, revision: Revision) -> Result<Arc<dyn Link>, Failure> {
        session::open(
            &self.settings,
            self.greeting,
            revision,
            Arc::clone(&self.peer),
        )
        .await
    }

    async fn sse_2024(&self) -> Result<Arc<dyn Link>, Failure> {
        let peer = Arc::clone(&self.peer);
        Ok(sse_2024::open(&self.settings, self.greeting, peer).await?)
    }
}
