//! Handlers: async functions, of the one who uses a client, that answer.

use std::{error::Error as StdError, sync::Arc};

use fmcp_core::{BoxFuture, protocol::model::CreateMessageResult, protocol::model::Root};

use super::{Answer, Consent};

/// Why a handler has no answer. Said here, and not to the server.
pub(super) type Trouble = Box<dyn StdError + Send + Sync>;

/// What a handler gives back: an answer of type `T`, or a `Result` of one.
///
/// An error is an answer, too: the server hears that it could not be answered, and nothing of why.
#[diagnostic::on_unimplemented(
    message = "a handler that is asked for a `{T}` must give back one, or a `Result` of one, not `{Self}`"
)]
pub trait Answering<T> {
    /// The answer, or why there is none.
    ///
    /// # Errors
    /// When there is none.
    fn into_answer(self) -> Result<T, Box<dyn StdError + Send + Sync>>;
}

macro_rules! answers_itself {
    ($($ty:ty),* $(,)?) => { $(
        impl Answering<$ty> for $ty {
            fn into_answer(self) -> Result<$ty, Trouble> {
                Ok(self)
            }
        }
    )* };
}
answers_itself!(Answer, Consent, CreateMessageResult, Vec<Root>);

impl<T, A: Answering<T>, E: Into<Trouble>> Answering<T> for Result<A, E> {
    fn into_answer(self) -> Result<T, Trouble> {
        self.map_err(Into::into)?.into_answer()
    }
}

/// A handler that is asked `Q` and gives back `A`.
pub(in crate::client) struct Handler<Q, A>(Arc<Run<Q, A>>);

type Run<Q, A> = dyn Fn(Q) -> BoxFuture<'static, Result<A, Trouble>> + Send + Sync;

impl<Q: Send + 'static, A: 'static> Handler<Q, A> {
    pub(in crate::client) fn new<F>(run: impl Fn(Q) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output: Answering<A>> + Send + 'static,
    {
        Self(Arc::new(move |question| {
            let answer = run(question);
            Box::pin(async move { answer.await.into_answer() })
        }))
    }

    pub(super) fn run(&self, question: Q) -> BoxFuture<'static, Result<A, Trouble>> {
        let run = Arc::clone(&self.0);
        // Called inside of the future, so that a panic before the first await is caught like any other.
        Box::pin(async move { run(question).await })
    }
}

impl<Q, A> Clone for Handler<Q, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
