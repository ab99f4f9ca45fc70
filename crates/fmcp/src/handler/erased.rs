//! A handler, whichever it is.

use std::{marker::PhantomData, pin::pin, sync::Arc, time::Duration};

use fmcp_core::{BoxFuture, Call, Context, HandlerError, Reply, Result, handler::Description};

use super::{Handler, guard};

/// A handler, whichever it is.
pub(crate) type Erased = Arc<dyn Run>;

/// What a handler came to.
pub(crate) type Outcome = Result<Reply, HandlerError>;

/// Runs a handler, guarded, and lets somebody make an answer of what it came to. All of it is one
/// future behind one pointer, because this is on the way of every call.
pub(crate) trait Run: Send + Sync {
    fn run<'a>(
        &'a self,
        call: Call,
        timeout: Option<Duration>,
        settle: &'a dyn Settle,
    ) -> BoxFuture<'a, Result<Reply>>;
}

/// Makes an answer of what a handler came to. The call comes back with it, should it have to be run in
/// another form.
pub(crate) trait Settle: Send + Sync {
    fn settle(&self, outcome: Outcome, call: Option<Call>) -> Settled<'_>;
}

/// An answer, or more to do for it.
pub(crate) enum Settled<'a> {
    Done(Result<Reply>),
    More(BoxFuture<'a, Result<Reply>>),
}

/// Hides which handler it is, and keeps what its types say.
pub(crate) fn erase<A: 'static, Role: 'static, H: Handler<A, Role>>(
    handler: H,
) -> (Erased, Description) {
    let mut description = Description::default();
    H::describe(&mut description);
    (
        Arc::new(Typed {
            handler,
            types: PhantomData::<fn() -> (A, Role)>,
        }),
        description,
    )
}

struct Typed<H, T> {
    handler: H,
    types: PhantomData<T>,
}

impl<A: 'static, Role: 'static, H: Handler<A, Role>> Run for Typed<H, fn() -> (A, Role)> {
    fn run<'a>(
        &'a self,
        call: Call,
        timeout: Option<Duration>,
        settle: &'a dyn Settle,
    ) -> BoxFuture<'a, Result<Reply>> {
        Box::pin(async move {
            let context = Context::new(call);
            let (outcome, call) = {
                let mut slot = pin!(Some(self.handler.clone().run(context.clone())));
                let Some(handler) = slot.as_mut().as_pin_mut() else {
                    unreachable!("it has just been put there")
                };
                let ran = guard::watch(handler, context, timeout).await;
                guard::dropped(ran, || slot.set(None))
            };
            match settle.settle(outcome, call) {
                Settled::Done(reply) => reply,
                Settled::More(more) => more.await,
            }
        })
    }
}
