//! Sessions of revision 2025-11-25 hear, on streams of their own, how far the tasks are that they have begun.

use std::sync::Arc;

use fmcp_core::{
    Call,
    protocol::{Era, Method, Revision, model::TaskParams},
};

use super::{build::Inner, sessions::LiveSession, tasks::older};
use crate::tasks::Ledger;

/// Of how many tasks one session hears at once. Of more, it hears when it asks.
const MOST: usize = 100;

/// Lets the session of a call hear of the task that the call has become, until its end or that of the session.
///
/// What happens while the session is still being told of something is told once: where the task is by then. Nobody
/// who works on the task waits for that.
pub(super) fn tell_session(server: &Inner, ledger: &Arc<Ledger>, call: &Call, id: &str) {
    if call.revision().era() != Era::Legacy {
        return;
    }
    let Some(session) = LiveSession::of_call(call) else {
        return;
    };
    let Some(place) = session.hears_one_more(MOST) else {
        tracing::debug!(
            session = session.id(),
            "a session has too many tasks to hear of all"
        );
        return;
    };
    // All that counts of the call is whose it is: its way back is not to stay open.
    let Ok(mut whose) = Call::of(Method::GetTask, &TaskParams::new(id)) else {
        return;
    };
    if let Some(principal) = call.principal() {
        whose = whose.with_principal(Arc::clone(principal));
    }
    let (ledger, revision, id) = (Arc::clone(ledger), call.revision(), id.to_owned());
    server.sessions.run(async move {
        let _place = place;
        tokio::select! {
            biased;
            () = session.over() => {}
            () = tell(&session, revision, &ledger, &whose, &id) => {}
        }
    });
}

async fn tell(session: &LiveSession, revision: Revision, ledger: &Ledger, whose: &Call, id: &str) {
    // Errors say that there is nothing to be told any more.
    let Ok(mut found) = ledger.find(whose, id).await else {
        return;
    };
    while !found.state.is_final() {
        if ledger.changed(&found).await.is_err() {
            return;
        }
        found = match ledger.find(whose, id).await {
            Ok(found) => found,
            Err(_) => return,
        };
        if let Some(status) = older(revision, &found)
            && session.notify(status).await.is_err()
        {
            return;
        }
    }
}
