//! Who answers: the user, what was typed before, or nobody.

use std::sync::Arc;

use fmcp::{Answer, ClientBuilder, Elicitation, UrlElicitation};
use tokio::sync::Semaphore;

use super::{form, given::Given, url};
use crate::terminal::{Output, clean};

/// Lets questions be answered: with what was `given`, or was `agreed` to, else by the user where there is
/// one. Without any of it, the server hears that nobody can be asked.
pub(crate) fn answer(
    builder: ClientBuilder,
    given: &[String],
    agreed: bool,
    out: &Output,
) -> anyhow::Result<ClientBuilder> {
    let given = Arc::new(Given::read(given, agreed)?);
    if !out.may_ask() && !given.is_something() {
        return Ok(builder);
    }
    // One question at a time: there is one keyboard.
    let turn = Arc::new(Semaphore::new(1));
    let urls = (out.clone(), Arc::clone(&turn));
    let asks_for_urls = out.may_ask() && given.is_left_to_user();
    let forms = (out.clone(), turn, given);
    let builder = builder.on_elicit(move |question: Elicitation| {
        let (out, turn, given) = forms.clone();
        async move {
            if given.is_for(&question) || !out.may_ask() {
                return given
                    .fill(&question)
                    .unwrap_or_else(|| unanswered(&question, &out));
            }
            let _mine = turn.acquire_owned().await;
            out.without_bars(form::ask(&question, &out)).await
        }
    });
    if !asks_for_urls {
        return Ok(builder);
    }
    Ok(builder.on_elicit_url(move |question: UrlElicitation| {
        let (out, turn) = urls.clone();
        async move {
            let _mine = turn.acquire_owned().await;
            out.without_bars(url::ask(&question, &out)).await
        }
    }))
}

/// Nothing that was typed fits the question: it is left without an answer, and the user told of it.
fn unanswered(question: &Elicitation, out: &Output) -> Answer {
    let asked = clean(question.message()).replace('\n', " ");
    out.complain(&format!(
        "No answer that was given fits {asked:?}, so it has none; --yes agrees to what wants only a yes."
    ));
    Answer::cancel()
}
