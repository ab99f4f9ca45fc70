//! What a handler may take.

use std::{future::Future, sync::Arc};

use super::{Description, HandlerError};
use crate::{Context, Error, Principal, Session};

/// Something that a handler can take as a parameter, made from the call.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a handler",
    label = "not made from a call",
    note = "a handler takes `Context`, `Input<T>` for its arguments, `State<T>` for the application's state, `Depends<T>` for what is computed per call, `Headers`, `Arc<Principal>` (in an `Option` where nobody need have signed in), or any type of yours that implements `FromCall`"
)]
pub trait FromCall: Sized + Send {
    /// Makes it.
    ///
    /// # Errors
    /// Whatever the handler itself could have failed with; it is not run.
    fn from_call(context: &Context) -> impl Future<Output = Result<Self, HandlerError>> + Send;

    /// Adds what it says about the handler. What is injected says nothing.
    fn describe(description: &mut Description) {
        let _ = description;
    }
}

impl FromCall for Context {
    async fn from_call(context: &Context) -> Result<Self, HandlerError> {
        Ok(context.clone())
    }
}

/// Who is calling; a call without credentials is refused.
impl FromCall for Principal {
    async fn from_call(context: &Context) -> Result<Self, HandlerError> {
        Ok(Arc::<Self>::from_call(context).await?.as_ref().clone())
    }
}

/// Who is calling; a call without credentials is refused.
impl FromCall for Arc<Principal> {
    async fn from_call(context: &Context) -> Result<Self, HandlerError> {
        let refusal = || {
            Error::new(
                crate::Kind::Unauthenticated,
                "this needs a caller who has signed in",
            )
        };
        Ok(context.principal().cloned().ok_or_else(refusal)?)
    }
}

impl FromCall for Option<Arc<Principal>> {
    async fn from_call(context: &Context) -> Result<Self, HandlerError> {
        Ok(context.principal().cloned())
    }
}

/// The session that the call belongs to; a call of a revision without sessions is refused.
impl FromCall for Arc<Session> {
    async fn from_call(context: &Context) -> Result<Self, HandlerError> {
        let refusal = || {
            Error::new(
                crate::Kind::InvalidRequest,
                "this needs a session, which this revision does not have",
            )
        };
        Ok(context.session().cloned().ok_or_else(refusal)?)
    }
}

impl FromCall for Option<Arc<Session>> {
    async fn from_call(context: &Context) -> Result<Self, HandlerError> {
        Ok(context.session().cloned())
    }
}
