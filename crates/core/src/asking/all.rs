//! Several questions at once.

use std::{
    future::{IntoFuture, poll_fn},
    task::{self, Poll},
};

use super::Ask;
use crate::{
    BoxFuture, Context, Error, Kind, Result,
    protocol::model::{InputRequests, InputRequiredResult},
};

impl Context {
    /// Asks several things at once that do not depend on each other: in one round, or in a session side
    /// by side.
    ///
    /// ```
    /// # async fn handler(ctx: fmcp_core::Context) -> Result<(), fmcp_core::ToolError> {
    /// let (sure, roots) = ctx.ask_all((ctx.confirm("Really?"), ctx.list_roots())).await?;
    /// # let _: (bool, Vec<_>) = (sure, roots); Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As each of the questions.
    pub async fn ask_all<Q: Questions>(&self, questions: Q) -> Result<Q::Answers> {
        questions.ask_all().await
    }
}

/// A question that can be asked together with others.
pub trait Question: Send {
    /// What an answer is.
    type Answer: Send + 'static;

    /// The question.
    fn into_ask(self) -> Ask<Self::Answer>;
}

impl<A: Send + 'static> Question for Ask<A> {
    type Answer = A;

    fn into_ask(self) -> Self {
        self
    }
}

/// Questions that can be asked together: a tuple of up to eight, or a list of one kind.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not several questions",
    note = "give `ask_all` a tuple of up to eight questions, `(ctx.confirm(…), ctx.list_roots())`, or a `Vec` of questions of one kind"
)]
pub trait Questions {
    /// The answers, in the order of the questions.
    type Answers;

    /// Asks them.
    fn ask_all(self) -> impl Future<Output = Result<Self::Answers>> + Send;
}

/// A question that is being asked.
struct Asking<A> {
    running: Option<BoxFuture<'static, Result<A>>>,
    answer: Option<A>,
}

impl<A: Send + 'static> Asking<A> {
    fn new(question: impl Question<Answer = A>) -> Self {
        Self {
            running: Some(question.into_ask().into_future()),
            answer: None,
        }
    }

    /// Whether there is nothing more to wait for. What the next round must ask goes to `asked`.
    fn poll(&mut self, cx: &mut task::Context<'_>, asked: &mut InputRequests) -> Result<bool> {
        let Some(running) = &mut self.running else {
            return Ok(true);
        };
        let Poll::Ready(outcome) = running.as_mut().poll(cx) else {
            return Ok(false);
        };
        self.running = None;
        match outcome {
            Ok(answer) => self.answer = Some(answer),
            Err(error) if error.kind() == Kind::InputRequired => {
                for (name, question) in error.into_questions()?.input_requests.into_iter().flatten()
                {
                    asked.insert(name, question);
                }
            }
            Err(error) => return Err(error),
        }
        Ok(true)
    }
}

/// Every question that came to no answer is among those asked.
fn unanswered(asked: InputRequests) -> Error {
    if asked.is_empty() {
        return Error::internal("a question came to nothing");
    }
    Error::ask(InputRequiredResult::new().input_requests(asked))
}

macro_rules! tuple {
    ($($name:ident $at:tt),+) => {
        impl<$($name: Question),+> Questions for ($($name,)+) {
            type Answers = ($($name::Answer,)+);

            #[allow(non_snake_case)]
            async fn ask_all(self) -> Result<Self::Answers> {
                let mut asking = ($(Asking::new(self.$at),)+);
                let mut asked = InputRequests::new();
                poll_fn(|cx| {
                    let mut done = true;
                    $(match asking.$at.poll(cx, &mut asked) {
                        Ok(is_done) => done &= is_done,
                        Err(error) => return Poll::Ready(Err(error)),
                    })+
                    if done { Poll::Ready(Ok(())) } else { Poll::Pending }
                })
                .await?;
                match ($(asking.$at.answer,)+) {
                    ($(Some($name),)+) => Ok(($($name,)+)),
                    _ => Err(unanswered(asked)),
                }
            }
        }
    };
}

tuple!(A 0);
tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);

impl<Q: Question> Questions for Vec<Q> {
    type Answers = Vec<Q::Answer>;

    async fn ask_all(self) -> Result<Self::Answers> {
        let mut asking: Vec<_> = self.into_iter().map(Asking::new).collect();
        let mut asked = InputRequests::new();
        poll_fn(|cx| {
            let mut done = true;
            for one in &mut asking {
                match one.poll(cx, &mut asked) {
                    Ok(is_done) => done &= is_done,
                    Err(error) => return Poll::Ready(Err(error)),
                }
            }
            if done {
                Poll::Ready(Ok(()))
            } else {
                Poll::Pending
            }
        })
        .await?;
        let answers: Option<Vec<_>> = asking.into_iter().map(|one| one.answer).collect();
        answers.ok_or_else(|| unanswered(asked))
    }
}
