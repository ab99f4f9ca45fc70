//! The application's own state.

use std::{any::type_name, ops::Deref, sync::Arc};

use fmcp_core::{Context, Error, FromCall, HandlerError};

/// The application's own state of type `T`, as given to [`Server::state`](crate::Server::state) or made
/// by a start hook.
///
/// A server without a `T` fails the call in words that say nothing, and says in the log what is missing.
#[derive(Debug)]
pub struct State<T>(pub Arc<T>);

impl<T> Clone for State<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for State<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Send + Sync + 'static> FromCall for State<T> {
    async fn from_call(context: &Context) -> Result<Self, HandlerError> {
        let missing = || {
            Error::internal("the server is not set up for this call").caused_by(format!(
                "no state of type `{}`: give it to `Server::state`, or make it in a start hook",
                type_name::<T>()
            ))
        };
        Ok(Self(context.state().ok_or_else(missing)?))
    }
}
