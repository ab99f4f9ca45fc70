//! Questions of the server to the client.

use anyhow::Result;
use serde_json::Value;

use super::all::Outcome::{self, Absent, Taken};
use crate::run::{Run, same, text};

pub(super) async fn sampling(run: &mut Run) -> Result<Outcome> {
    same(
        text(&run.call("ask_model", Value::Null).await?),
        "a model says Paris",
    )?;
    Ok(Taken)
}

pub(super) async fn elicitation(run: &mut Run) -> Result<Outcome> {
    if !run.since("2025-06-18") {
        return Ok(Absent("the revision has no elicitation"));
    }
    same(
        text(&run.call("ask_user", Value::Null).await?),
        "accept: Ada",
    )?;
    Ok(Taken)
}

pub(super) async fn roots(run: &mut Run) -> Result<Outcome> {
    same(
        text(&run.call("ask_roots", Value::Null).await?),
        "file:///tmp/one, file:///tmp/two",
    )?;
    Ok(Taken)
}
