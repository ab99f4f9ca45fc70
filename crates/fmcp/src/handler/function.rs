//! Functions as handlers.

use std::future::Future;

use fmcp_core::{Context, FromCall, HandlerError, IntoReply, Reply, handler::Description};

/// An async function whose parameters are each made from the call, and whose result is made into a
/// reply. `Role` says what it is: a tool, a resource or a prompt.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler",
    note = "a handler is an async function (or a closure that returns a future) of up to eight parameters that implement `FromCall`, which gives back something that implements `IntoReply`; `#[tool]` on the function says which of them does not fit"
)]
pub trait Handler<Args, Role: 'static>: Clone + Send + Sync + 'static {
    /// Makes the parameters, runs the function, makes the reply.
    fn run(
        self,
        context: Context,
    ) -> impl Future<Output = Result<Reply, HandlerError>> + Send + 'static;

    /// What the function's types say.
    fn describe(description: &mut Description);
}

macro_rules! handler {
    ($($arg:ident)*) => {
        impl<F, Fut, R, Role: 'static, $($arg,)*> Handler<($($arg,)*), Role> for F
        where
            F: Fn($($arg),*) -> Fut + Clone + Send + Sync + 'static,
            Fut: Future<Output = R> + Send + 'static,
            R: IntoReply<Role> + 'static,
            $($arg: FromCall + Send + 'static,)*
        {
            #[allow(non_snake_case, unused_variables)]
            async fn run(self, context: Context) -> Result<Reply, HandlerError> {
                $(let $arg = $arg::from_call(&context).await?;)*
                self($($arg),*).await.into_reply(&context).map_err(HandlerError::once_run)
            }

            fn describe(description: &mut Description) {
                $($arg::describe(description);)*
                R::describe(description);
            }
        }
    };
}

handler!();
handler!(A);
handler!(A B);
handler!(A B C);
handler!(A B C D);
handler!(A B C D E);
handler!(A B C D E G);
handler!(A B C D E G H);
handler!(A B C D E G H I);
