//! A handler, whichever it is.

use std::sync::Arc;

use fmcp_core::{BoxFuture, Context, HandlerError, Reply, handler::Description};

use super::Handler;

/// A handler, whichever it is.
pub(crate) type Erased =
    Arc<dyn Fn(Context) -> BoxFuture<'static, Result<Reply, HandlerError>> + Send + Sync>;

/// Hides which handler it is, and keeps what its types say.
pub(crate) fn erase<A, Role: 'static, H: Handler<A, Role>>(handler: H) -> (Erased, Description) {
    let mut description = Description::default();
    H::describe(&mut description);
    (
        Arc::new(move |context| Box::pin(handler.clone().run(context))),
        description,
    )
}
