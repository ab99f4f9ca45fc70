//! Who asks a language model for the server.

use std::error::Error as StdError;

use fmcp_core::{
    BoxFuture,
    protocol::model::{CreateMessageParams, CreateMessageResult},
};

use super::handler::{Answering, Trouble};

/// Asks a language model for the server: an async function from [`CreateMessageParams`] to
/// [`CreateMessageResult`], or one of the handlers in `fmcp::sampling` where they are switched on.
///
/// The user should see what is asked and what is answered, and be able to say no: an error is a no.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be asked for a message",
    note = "it must be an async function from `CreateMessageParams` to a `CreateMessageResult` or a `Result` of one"
)]
pub trait Sampler: Send + Sync + 'static {
    /// Whether the model can be given tools. Servers send none to a client that does not say so.
    fn takes_tools(&self) -> bool {
        false
    }

    /// What the model says.
    fn sample(
        &self,
        question: CreateMessageParams,
    ) -> BoxFuture<'_, Result<CreateMessageResult, Box<dyn StdError + Send + Sync>>>;
}

impl<F, A> Sampler for F
where
    F: Fn(CreateMessageParams) -> A + Send + Sync + 'static,
    A: Future<Output: Answering<CreateMessageResult>> + Send,
{
    fn sample(
        &self,
        question: CreateMessageParams,
    ) -> BoxFuture<'_, Result<CreateMessageResult, Trouble>> {
        Box::pin(async move { self(question).await.into_answer() })
    }
}

/// See [`with_tools`].
#[derive(Clone, Debug)]
pub struct WithTools<S>(S);

/// The same, by a model that can be given tools: those that stand in the question. It answers with
/// [`ToolUse`](fmcp_core::protocol::model::Content::ToolUse) to have one run, which the server does.
pub fn with_tools<S: Sampler>(sampler: S) -> WithTools<S> {
    WithTools(sampler)
}

impl<S: Sampler> Sampler for WithTools<S> {
    fn takes_tools(&self) -> bool {
        true
    }

    fn sample(
        &self,
        question: CreateMessageParams,
    ) -> BoxFuture<'_, Result<CreateMessageResult, Trouble>> {
        self.0.sample(question)
    }
}
