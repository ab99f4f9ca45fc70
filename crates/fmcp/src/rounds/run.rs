//! Before a handler runs, and after it has ended with questions.

use std::sync::Arc;

use fmcp_core::{
    Call, Context, Error, HandlerError, Reply, Result, Rounds,
    handler::Failure,
    protocol::{
        Era,
        model::{InputRequests, InputRequiredResult, InputResponses},
    },
};
use serde_json::Value;

use super::Keeper;
use crate::handler::Outcome;

/// The call has come through [`resume`], should its handler have to be run in another form.
struct Resumed;

/// Whether the call is a further round of one, or has been run before.
pub(crate) fn resumes(call: &Call) -> bool {
    let params = call.params();
    // A task brings its rounds along.
    let has_run = call.has_rounds() && call.task_id().is_none();
    (params.has_request_state() || params.input_responses().is_some() || has_run)
        && has_rounds(call)
        && !call.extensions().contains::<Resumed>()
}

/// Whether the handler of this call asks in rounds of its own.
fn has_rounds(call: &Call) -> bool {
    call.revision().era() == Era::Modern && !call.is_derived()
}

/// The call with what its earlier rounds have left.
///
/// # Errors
/// When what the client has sent cannot be it.
pub(crate) async fn resume(mut call: Call) -> Result<Call> {
    let params = call.params();
    let mut given = InputResponses::new();
    if let Some(text) = params.input_responses() {
        given = serde_json::from_slice(text)
            .map_err(|e| Error::invalid_params("`inputResponses` is not an object").caused_by(e))?;
    }
    let keeper = keeper(&call)?;
    if !params.has_request_state() {
        if keeper.is_single_use() {
            given = InputResponses::new();
        }
        return Ok(call.with_rounds(Rounds::new(given)));
    }
    let state = params.request_state();
    let state = state.ok_or_else(|| Error::invalid_params("`requestState` is not a string"))?;
    let rounds = Rounds::resume(&keeper.open(&call, &state).await?, given)?;
    // A handler that asks by hand reads what it has written, and nothing where it has not.
    let params = call
        .params()
        .with("requestState", Value::from(rounds.by_hand()))?;
    call = call.with_params(params);
    call.extensions_mut().insert(Resumed);
    Ok(call.with_rounds(rounds))
}

/// Whether a handler has ended with questions.
pub(crate) fn asks(outcome: &Outcome) -> bool {
    match outcome {
        Ok(reply) => matches!(reply, Reply::InputRequired(_)),
        Err(failure) => failure.asks(),
    }
}

/// Whether a handler has ended because it goes on as a task.
pub(crate) fn begins_task(outcome: &Outcome) -> bool {
    outcome.as_ref().is_err_and(HandlerError::begins_task)
}

/// The same, with what the task is to know of what has been answered.
pub(crate) fn hand_on(outcome: Outcome, call: Option<&Call>) -> Outcome {
    match (outcome.map_err(HandlerError::into_parts), call) {
        (Err(Failure::Protocol(error)), Some(call)) => {
            Err(error.data(call.rounds().memory()?).into())
        }
        (Err(_), _) => Err(Error::internal("a task does not know what it was answered").into()),
        (Ok(reply), _) => Ok(reply),
    }
}

/// What a handler asks, with the state for its next round.
pub(crate) async fn close(outcome: Outcome, call: Option<&Call>) -> Outcome {
    let Some(call) = call.filter(|call| has_rounds(call)) else {
        return outcome;
    };
    let asked = match outcome.map_err(HandlerError::into_parts) {
        Ok(Reply::InputRequired(asked)) => *asked,
        Ok(reply) => return Ok(reply),
        Err(Failure::Protocol(error)) => error.into_questions()?,
        Err(_) => return Err(Error::internal("a failure asks nothing").into()),
    };
    Ok(Reply::from(sealed(asked, call).await?))
}

async fn sealed(asked: InputRequiredResult, call: &Call) -> Result<InputRequiredResult> {
    let left = call.rounds().close(asked)?;
    let context = Context::new(call.clone());
    for (_, question) in left
        .questions
        .input_requests
        .iter()
        .flat_map(InputRequests::iter)
    {
        context.can_ask(question)?;
    }
    let state = keeper(call)?.close(call, &left.memory).await?;
    Ok(left.questions.request_state(state))
}

fn keeper(call: &Call) -> Result<Arc<Keeper>> {
    let keeper = call.state().and_then(|state| state.get_arc::<Keeper>());
    keeper.ok_or_else(|| Error::internal("this call is not answered by a server"))
}
