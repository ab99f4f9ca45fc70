//! The transaction of a call: begun when a handler first asks for it, ended with the call.

use std::{future::Future, sync::Arc};

use fmcp::{
    Call, Context, Middleware, Next, Provide, Reply, Result, ToolError, core::HandlerError,
};
use tokio::sync::{Mutex, MutexGuard};

/// A database, as far as transactions need to know it.
pub trait Database: Send + Sync + 'static {
    /// A connection on which a transaction has begun. Dropped, it rolls back.
    type Session: Send + 'static;

    /// Begins a transaction.
    ///
    /// # Errors
    /// When there is no connection to be had, or it does not work.
    fn begin(&self) -> impl Future<Output = anyhow::Result<Self::Session>> + Send;

    /// Ends a transaction.
    ///
    /// # Errors
    /// When it cannot be ended so; then it is rolled back.
    fn end(session: Self::Session, commit: bool)
    -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// The transaction of the call. Take it as `Depends<Transaction<D>>`.
pub struct Transaction<D: Database>(Arc<Slot<D>>);

/// Where the transaction of a call is, once it has begun.
struct Slot<D: Database>(Mutex<Option<D::Session>>);

impl<D: Database> Transaction<D> {
    /// The session, to ask the database something. Of handlers that run at once in one call, one asks after
    /// the other.
    ///
    /// # Errors
    /// When the call is over.
    pub async fn session(&self) -> std::result::Result<OpenSession<'_, D>, ToolError> {
        let session = self.0.0.lock().await;
        if session.is_none() {
            return Err(ToolError::hidden("the transaction has been ended"));
        }
        Ok(OpenSession(session))
    }
}

/// The session of a transaction that runs.
pub struct OpenSession<'a, D: Database>(MutexGuard<'a, Option<D::Session>>);

impl<D: Database> OpenSession<'_, D> {
    /// The session itself.
    pub fn get(&mut self) -> &mut D::Session {
        match &mut *self.0 {
            Some(session) => session,
            None => unreachable!("it was there when this was made"),
        }
    }
}

impl<D: Database> Provide for Transaction<D> {
    async fn provide(context: &Context) -> std::result::Result<Self, HandlerError> {
        let database = context.state::<D>();
        let database = database.ok_or_else(|| HandlerError::hidden("no database in the state"))?;
        let slot = context.extension::<Slot<D>>();
        let slot = slot.ok_or_else(|| HandlerError::hidden("no layer `Transactions`"))?;
        let mut session = slot.0.lock().await;
        if session.is_none() {
            let begun = database.begin().await;
            *session = Some(begun.map_err(|error| HandlerError::hidden(format!("{error:#}")))?);
        }
        drop(session);
        Ok(Self(slot))
    }
}

/// Ends the transaction that a call has begun: commits what succeeded, and rolls everything else back.
///
/// It stands around the handlers, inside of what may run a call again.
pub struct Transactions<D>(std::marker::PhantomData<fn() -> D>);

impl<D> Transactions<D> {
    /// For transactions on a `D`.
    #[must_use]
    pub fn new() -> Self {
        Self(std::marker::PhantomData)
    }
}

impl<D> Default for Transactions<D> {
    fn default() -> Self {
        Self::new()
    }
}

impl<D: Database> Middleware for Transactions<D> {
    async fn handle(&self, mut call: Call, next: Next<'_>) -> Result<Reply> {
        if call.extensions().contains::<Slot<D>>() {
            // A call on behalf of another is a part of that one's transaction.
            return next.run(call).await;
        }
        let slot = Arc::new(Slot::<D>(Mutex::new(None)));
        call.extensions_mut().insert_arc(Arc::clone(&slot));
        let reply = next.run(call).await;
        // Whatever handlers have left running finds no transaction any more.
        let session = slot.0.lock().await.take();
        let Some(session) = session else {
            return reply;
        };
        let commit = succeeded(&reply);
        match D::end(session, commit).await {
            Ok(()) => reply,
            // What is not in the database must not look as if it were.
            Err(error) if commit => Err(fmcp::Error::internal(
                "the database could not keep what was done",
            )
            .caused_by(format!("{error:#}"))),
            Err(error) => {
                tracing::warn!(
                    error = format!("{error:#}"),
                    "a transaction could not be rolled back"
                );
                reply
            }
        }
    }
}

/// Whether a call did what it was to do. Questions to the user are no success: the handler runs again.
fn succeeded(reply: &Result<Reply>) -> bool {
    match reply {
        Ok(Reply::CallTool(result)) => result.is_error != Some(true),
        Ok(Reply::InputRequired(_)) | Err(_) => false,
        Ok(_) => true,
    }
}
