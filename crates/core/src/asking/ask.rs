//! A question that has not been asked yet.

use std::{
    borrow::Cow,
    fmt,
    future::IntoFuture,
    hash::{BuildHasher as _, RandomState},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    Elicited,
    question::{Asked, method},
    rounds::MAX_WRONG,
};
use crate::{
    BoxFuture, Context, Raw, Result,
    protocol::{
        Era, Method, Revision,
        model::{ElicitParams, InputRequest},
    },
};

/// A question that is asked when it is awaited.
///
/// **On a connection without sessions (revision 2026-07-28) the handler ends here, through `?`, and runs
/// again from its beginning when the answer is there.** What stands before a question is done again then:
/// let it be reading and computing, and keep what may happen only once behind the last question, or in
/// [`Context::once`]. Questions must come in the same order in every run.
///
/// In a session the handler waits, and in a task, whoever its client is.
#[must_use = "nothing is asked before it is awaited"]
pub struct Ask<A> {
    context: Context,
    asked: Result<Asked>,
    read: Read<A>,
}

type Read<A> = Box<dyn Fn(&Raw) -> Result<A, String> + Send + Sync>;

impl<A: Send + 'static> Ask<A> {
    /// A question, or the author's mistake in it. Answers that `read` cannot read are asked for again.
    pub(super) fn new(
        context: &Context,
        request: Result<impl Into<InputRequest>>,
        read: impl Fn(&Raw) -> Result<A, String> + Send + Sync + 'static,
    ) -> Self {
        Self {
            context: context.clone(),
            asked: request.map(Asked::new),
            read: Box::new(read),
        }
    }

    /// Names the question, instead of a name made of its place and its words. Two questions of one call
    /// may not have the same name.
    pub fn named(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.asked = self.asked.map(|asked| asked.named(name));
        self
    }

    async fn run(self) -> Result<A> {
        let (call, asked) = (self.context.call(), self.asked?);
        asked.check(call)?;
        if call.task_id().is_some() {
            return ask_in_task(&self.context, &asked, self.read).await;
        }
        match self.context.revision().era() {
            Era::Modern => call.rounds().answer(call.path(), &asked, self.read),
            Era::Legacy => ask_in_session(&self.context, &asked, self.read).await,
        }
    }
}

impl Ask<Elicited<()>> {
    /// Sets by which id the end of it will be announced ([`Context::elicitation_complete`]), in the revision
    /// that has that; without it, one that nobody knows. It must be one that nobody can guess.
    pub fn elicitation_id(mut self, id: impl Into<String>) -> Self {
        if let Ok(asked) = &mut self.asked
            && let InputRequest::Elicit(elicit) = &mut asked.request
            && let ElicitParams::Url(url) = &mut elicit.params
        {
            url.elicitation_id = Some(id.into());
        }
        self
    }
}

/// Asks the client of a task, which answers when it looks after it. Each try has a name of its own: under one
/// name nothing is asked twice.
async fn ask_in_task<A>(context: &Context, asked: &Asked, read: Read<A>) -> Result<A> {
    let rounds = context.call().rounds();
    let (name, known) = rounds.recall(context.call().path(), asked)?;
    if let Some(Ok(answer)) = known.as_ref().map(&read) {
        return Ok(answer);
    }
    let mut request = asked.request.clone();
    for wrong in 1.. {
        let key = match wrong {
            1 => name.clone(),
            _ => format!("{name}~{wrong}"),
        };
        context.revision().lower_question(&mut request)?;
        let params = Asked::params(&request)?;
        let answer = context
            .ask_peer(method(&request), &params, Some(&key))
            .await?;
        match read(&answer) {
            Ok(read) => {
                rounds.remember(name, answer);
                return Ok(read);
            }
            Err(fault) if wrong >= MAX_WRONG => return Err(asked.too_often_wrong(&fault)),
            Err(fault) => request = asked.again(&fault),
        }
    }
    unreachable!("the last try returns")
}

/// Asks a session's client, and asks again what it has answered wrong.
async fn ask_in_session<A>(context: &Context, asked: &Asked, read: Read<A>) -> Result<A> {
    let mut request = asked.request.clone();
    for wrong in 1.. {
        let (method, params) = ask_for(&mut request, context.revision())?;
        let answer = context.ask_client(method, &params).await?;
        match read(&answer) {
            Ok(answer) => return Ok(answer),
            Err(fault) if wrong >= MAX_WRONG => return Err(asked.too_often_wrong(&fault)),
            Err(fault) => request = asked.again(&fault),
        }
    }
    unreachable!("the last try returns")
}

/// A question as a request of its own, in a session of `revision`.
///
/// # Errors
/// When the revision cannot ask it.
pub(crate) fn ask_for(request: &mut InputRequest, revision: Revision) -> Result<(Method, Raw)> {
    if let InputRequest::Elicit(elicit) = &mut *request
        && let ElicitParams::Url(url) = &mut elicit.params
    {
        url.elicitation_id.get_or_insert_with(own_id);
    }
    revision.lower_question(request)?;
    Ok((method(request), Asked::params(request)?))
}

/// An id that nobody else has and nobody can guess.
pub(super) fn own_id() -> String {
    static NAMES: LazyLock<[RandomState; 2]> = LazyLock::new(Default::default);
    static LAST: AtomicU64 = AtomicU64::new(0);
    let number = LAST.fetch_add(1, Ordering::Relaxed);
    let [a, b] = NAMES.each_ref().map(|names| names.hash_one(number));
    format!("{a:016x}{b:016x}")
}

impl<A: Send + 'static> IntoFuture for Ask<A> {
    type Output = Result<A>;
    type IntoFuture = BoxFuture<'static, Result<A>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<A> fmt::Debug for Ask<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ask").finish_non_exhaustive()
    }
}
