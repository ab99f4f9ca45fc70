//! Who answers: the user, what was typed before, or nobody.

use std::sync::Arc;

use fmcp::{ClientBuilder, Elicitation, UrlElicitation};
use tokio::sync::Semaphore;

use super::{form, given::Given, url};
use crate::terminal::Output;

/// Lets questions be answered: with what was `given`, else by the user where there is one. Without
/// either, the server hears that nobody can be asked.
pub(crate) fn answer(
    builder: ClientBuilder,
    given: &[String],
    out: &Output,
) -> anyhow::Result<ClientBuilder> {
    if !given.is_empty() {
        let given = Arc::new(Given::read(given)?);
        return Ok(builder.on_elicit(move |question: Elicitation| {
            let given = Arc::clone(&given);
            async move { given.fill(&question) }
        }));
    }
    if !out.may_ask() {
        return Ok(builder);
    }
    // One question at a time: there is one keyboard.
    let turn = Arc::new(Semaphore::new(1));
    let (forms, urls) = ((out.clone(), Arc::clone(&turn)), (out.clone(), turn));
    Ok(builder
        .on_elicit(move |question: Elicitation| {
            let (out, turn) = forms.clone();
            async move {
                let _mine = turn.acquire_owned().await;
                out.without_bars(form::ask(&question, &out)).await
            }
        })
        .on_elicit_url(move |question: UrlElicitation| {
            let (out, turn) = urls.clone();
            async move {
                let _mine = turn.acquire_owned().await;
                out.without_bars(url::ask(&question, &out)).await
            }
        }))
}
