//! What the server asks.

use anyhow::Result;
use fmcp::Revision;

use super::Outcome;
use crate::{
    peer::Peer,
    run::{Run, same},
};

pub(crate) async fn sampling(run: &mut Run) -> Result<Outcome> {
    same(run.say("ask_model").await?, "a model says Paris".to_owned())?;
    Ok(Outcome::Taken)
}

pub(crate) async fn elicitation(run: &mut Run) -> Result<Outcome> {
    if run.revision < Revision::V2025_06_18 {
        return Ok(Outcome::Absent("the revision has no elicitation"));
    }
    same(run.say("ask_user").await?, "accept: Ada".to_owned())?;
    Ok(Outcome::Taken)
}

pub(crate) async fn roots(run: &mut Run) -> Result<Outcome> {
    if run.peer == Peer::FastmcpTypeScript && run.is_http() {
        // Over HTTP, the framework asks before the session can be asked, and again when there are others.
        run.client()?
            .set_roots(["file:///tmp/one", "file:///tmp/two"])
            .await?;
        tokio::time::sleep(run.peer.settling()).await;
    }
    let expected = "file:///tmp/one, file:///tmp/two";
    same(run.say("ask_roots").await?, expected.to_owned())?;
    Ok(Outcome::Taken)
}
