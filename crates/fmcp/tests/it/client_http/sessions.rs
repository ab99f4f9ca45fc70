//! What only revisions with sessions have.

use super::*;

fn legacy() -> impl Iterator<Item = (Option<Revision>, &'static str)> {
    ways().filter(|(revision, path)| {
        *path == "/sse" || revision.is_some_and(|revision| revision < Revision::NEWEST)
    })
}

#[tokio::test]
async fn the_server_may_ask_while_a_call_runs() {
    let gate = Gate::default();
    let running = running(&gate).await;
    for (revision, path) in legacy() {
        let talk = open(&url(&running, path), revision).await;
        let answer = talk.ask("folders", json!({})).await;
        assert!(
            answer.contains("file:///home"),
            "{revision:?} {path}: {answer}"
        );
    }
}

#[tokio::test]
async fn a_session_that_another_server_does_not_know_is_opened_anew() {
    let gate = Gate::default();
    let first = Running::new(server(&gate), |http| http.session_key("one")).await;
    let address = first.address;
    let talk = open(&url(&first, "/mcp"), Some(Revision::NEWEST_LEGACY)).await;
    assert_eq!(talk.ask("add", json!({"a": 1, "b": 2})).await, "3");
    first.ended().await;
    let error = soon(talk.link.call(talk.tool("add", json!({}))))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), fmcp::Kind::Unavailable);
    let bound = server(&gate)
        .bind_http(Http::new(address.to_string()).session_key("two"))
        .await;
    let second = tokio::spawn(bound.unwrap().run_until(std::future::pending()));
    assert_eq!(talk.ask("add", json!({"a": 2, "b": 2})).await, "4");
    second.abort();
}

#[tokio::test]
async fn an_answer_is_fetched_when_its_stream_has_ended_before() {
    let gate = Gate::default();
    let running = running(&gate).await;
    for revision in [Revision::V2025_11_25, Revision::V2025_06_18] {
        let talk = open(&url(&running, "/mcp"), Some(revision)).await;
        let own = Arc::new(Peer::default());
        let call = talk.tool("interrupted", json!({})).with_peer(own.clone());
        let link = Arc::clone(&talk.link);
        let waiting = tokio::spawn(async move { link.call(call).await });
        gate.holds(1).await;
        gate.open.notify_one();
        assert_eq!(text(soon(waiting).await.unwrap().unwrap()), "done");
        assert_eq!(own.heard(), ["progress 1"]);
    }
}

#[tokio::test]
async fn the_end_of_a_link_ends_its_session_and_what_runs_in_it() {
    let gate = Gate::default();
    let running = running(&gate).await;
    for (revision, path) in legacy() {
        let talk = open(&url(&running, path), revision).await;
        let (link, call) = (Arc::clone(&talk.link), talk.tool("wait", json!({})));
        let waiting = tokio::spawn(async move { link.call(call).await });
        gate.holds(1).await;
        soon(talk.link.close()).await;
        let error = soon(waiting).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), fmcp::Kind::Unavailable);
        gate.holds(0).await;
    }
}
