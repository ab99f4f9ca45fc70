//! What middleware has put into the call.

use std::{any::type_name, ops::Deref, sync::Arc};

use crate::{Context, Error, FromCall, HandlerError};

/// A typed value that middleware has put into the call's [extensions](crate::Call::extensions_mut).
///
/// A call without one is answered with an internal error, and the log says what is missing. Take an
/// `Option<Extension<T>>` where it may be missing.
#[derive(Debug)]
pub struct Extension<T>(pub Arc<T>);

impl<T> Clone for Extension<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Extension<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Send + Sync + 'static> FromCall for Extension<T> {
    async fn from_call(context: &Context) -> Result<Self, HandlerError> {
        let missing = || {
            Error::internal("the server is not set up for this call").caused_by(format!(
                "no extension of type `{}`: some middleware must put it into the call",
                type_name::<T>()
            ))
        };
        Ok(Self(context.extension().ok_or_else(missing)?))
    }
}

impl<T: Send + Sync + 'static> FromCall for Option<Extension<T>> {
    async fn from_call(context: &Context) -> Result<Self, HandlerError> {
        Ok(context.extension().map(Extension))
    }
}
