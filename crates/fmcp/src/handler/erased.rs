//! A handler, whichever it is.

use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll, time::Duration};

use fmcp_core::{BoxFuture, Call, Context, HandlerError, Reply, Result, handler::Description};

use super::{Handler, guard, spent, telling, telling::Telling};
use crate::rounds;

/// A handler, whichever it is: runs it, guarded, and lets somebody make an answer of what it came to.
/// All of that is one future behind one pointer, because it is on the way of every call.
pub(crate) type Erased = Arc<
    dyn for<'a> Fn(Call, Option<Duration>, &'a dyn Settle) -> BoxFuture<'a, Result<Reply>>
        + Send
        + Sync,
>;

/// What a handler came to.
pub(crate) type Outcome = Result<Reply, HandlerError>;

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
pub(crate) fn erase<A, Role: 'static, H: Handler<A, Role>>(handler: H) -> (Erased, Description) {
    let mut description = Description::default();
    H::describe(&mut description);
    let run = higher_ranked(move |call, timeout, settle| {
        let handler = handler.clone();
        Box::pin(async move {
            // What few calls need is boxed, so that the others do not carry the room for it.
            let call = if rounds::resumes(&call) {
                Box::pin(rounds::resume(call)).await?
            } else {
                call
            };
            let context = Context::running(call);
            let outbox = context.outbox().cloned();
            let (mut outcome, call) = {
                // Made here, so that this future has room for the handler's only once.
                let mut slot = pin!(Some(handler.run(context.clone())));
                let Some(running) = slot.as_mut().as_pin_mut() else {
                    unreachable!("it has just been put there")
                };
                let ran = {
                    let mut watched = pin!(guard::watch(running, context, timeout));
                    // Most handlers are done at once, and there is nobody to tell anything meanwhile.
                    let now = poll_fn(|cx| Poll::Ready(watched.as_mut().poll(cx))).await;
                    match (now, &outbox) {
                        (Poll::Ready(ran), _) => ran,
                        (Poll::Pending, None) => watched.await,
                        (Poll::Pending, Some(outbox)) => {
                            Box::pin(Telling::new(watched, Arc::clone(outbox))).await
                        }
                    }
                };
                guard::dropped(ran, || slot.set(None))
            };
            if let Some(outbox) = outbox
                && !outbox.close_empty()
            {
                Box::pin(telling::rest(&outbox)).await;
            }
            if rounds::asks(&outcome) {
                outcome = Box::pin(rounds::close(outcome, call.as_ref())).await;
            }
            if rounds::begins_task(&outcome) {
                outcome = rounds::hand_on(outcome, call.as_ref());
            }
            let spent = call.as_ref().and_then(spent::spent);
            match settle.settle(outcome, call) {
                Settled::Done(reply) => match spent {
                    None => reply,
                    Some(spent) => spent::shown(reply, &spent),
                },
                Settled::More(more) => more.await,
            }
        })
    });
    (Arc::new(run), description)
}

/// Tells the compiler that a closure borrows for as long as it is asked to.
fn higher_ranked<F>(run: F) -> F
where
    F: for<'a> Fn(Call, Option<Duration>, &'a dyn Settle) -> BoxFuture<'a, Result<Reply>>,
{
    run
}
