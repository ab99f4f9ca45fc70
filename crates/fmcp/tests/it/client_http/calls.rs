//! Calls, in every revision.

use fmcp::{ComponentKind, Key};

use super::*;

#[tokio::test]
async fn every_revision_is_found_out_and_spoken() {
    let gate = Gate::default();
    let running = running(&gate).await;
    for (revision, path) in ways() {
        let talk = open(&url(&running, path), revision).await;
        let expect = match (revision, path) {
            (Some(revision), _) => revision,
            (None, "/mcp") => Revision::NEWEST,
            (None, _) => Revision::NEWEST_LEGACY,
        };
        assert_eq!(talk.link.revision(), expect, "{path}");
        let about = talk.link.about();
        let info = about
            .meta
            .as_ref()
            .and_then(|meta| meta.server_info().unwrap())
            .unwrap();
        assert_eq!((&*info.name, &*info.version), ("site", "1.2.3"));
        assert_eq!(talk.ask("add", json!({"a": 1, "b": 2})).await, "3");
        talk.link.close().await;
    }
}

#[tokio::test]
async fn what_is_told_is_heard_in_order_and_before_the_answer() {
    let gate = Gate::default();
    let running = running(&gate).await;
    for (revision, path) in ways() {
        let talk = open(&url(&running, path), revision).await;
        let own = Arc::new(Peer::default());
        let call = talk.tool("tell", json!({})).with_peer(own.clone());
        assert_eq!(text(soon(talk.link.call(call)).await.unwrap()), "told");
        let mut heard = own.heard();
        // On one stream for all, logs belong to nobody in particular.
        heard.extend(talk.peer.heard());
        heard.sort_by_key(|line| line.starts_with("log"));
        assert_eq!(
            heard,
            ["progress 1", "progress 2", "log \"beware\""],
            "{revision:?} {path}"
        );
    }
}

#[tokio::test]
async fn dropping_a_call_ends_its_handler() {
    let gate = Gate::default();
    let running = running(&gate).await;
    for (revision, path) in ways() {
        let talk = open(&url(&running, path), revision).await;
        let (link, call) = (Arc::clone(&talk.link), talk.tool("wait", json!({})));
        let waiting = tokio::spawn(async move { link.call(call).await });
        gate.holds(1).await;
        waiting.abort();
        gate.holds(0).await;
        assert_eq!(talk.ask("add", json!({"a": 1, "b": 2})).await, "3");
    }
}

#[tokio::test]
async fn a_thousand_calls_at_once_get_their_own_answers() {
    let gate = Gate::default();
    let running = Running::new(server(&gate), |http| {
        http.sse()
            .settings(|settings| settings.session_calls = 1_000)
    })
    .await;
    for (revision, path) in [
        (None, "/mcp"),
        (Some(Revision::NEWEST_LEGACY), "/mcp"),
        (None, "/sse"),
    ] {
        let talk = open(&url(&running, path), revision).await;
        let calls = (0..1_000).map(|n| {
            let (link, call) = (
                Arc::clone(&talk.link),
                talk.tool("add", json!({"a": n, "b": 1})),
            );
            tokio::spawn(async move { (n, link.call(call).await) })
        });
        for call in calls.collect::<Vec<_>>() {
            let (n, outcome) = soon(call).await.unwrap();
            assert_eq!(text(outcome.unwrap()), (n + 1).to_string(), "{path}");
        }
    }
}

#[tokio::test]
async fn whoever_listens_hears_of_changes() {
    let gate = Gate::default();
    let server = server(&gate);
    let running = Running::new(server.clone(), Http::sse).await;
    for (revision, path) in ways() {
        let talk = open(&url(&running, path), revision).await;
        let filter = SubscriptionFilter::new()
            .tools_list_changed(true)
            .resource_subscriptions(vec!["note://1".to_owned()]);
        let own = Arc::new(Peer::default());
        let call = talk
            .call(Method::Listen, json!({"notifications": filter}))
            .with_id("\"l\"".into())
            .with_peer(own.clone());
        let link = Arc::clone(&talk.link);
        let listening = tokio::spawn(async move { link.call(call).await });
        own.hears("notifications/subscriptions/acknowledged").await;
        if talk.link.revision() < Revision::NEWEST && path == "/mcp" {
            // The session's stream is opened beside the calls.
            soon(async {
                while !own
                    .heard()
                    .iter()
                    .any(|line| line == "notifications/tools/list_changed")
                {
                    server.add_tool(Tool::new("more", || async { 1 })).unwrap();
                    server.remove(&Key::new(ComponentKind::Tool, "more"));
                    tokio::task::yield_now().await;
                }
            })
            .await;
        } else {
            server.add_tool(Tool::new("more", || async { 1 })).unwrap();
            server.remove(&Key::new(ComponentKind::Tool, "more"));
        }
        own.hears("notifications/tools/list_changed").await;
        server.notify_updated("note://1");
        own.hears("updated note://1").await;
        listening.abort();
    }
}
