//! What one session sees of its server otherwise than others.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use fmcp::{
    Component, ComponentKind, Context, Http, Input, Prompt, Resource, Tool, ToolError, Visibility,
    kinds, named, tags,
    testing::{self, expect_result, expect_text},
};
use serde_json::json;

use super::*;
use crate::{
    carried::{Carried, Over},
    raw_http::{Running, post},
};

const LEGACY: Revision = Revision::V2025_11_25;

#[derive(serde::Deserialize, fmcp::schemars::JsonSchema)]
struct Which {
    what: String,
}

#[derive(serde::Deserialize, fmcp::schemars::JsonSchema)]
struct Id {
    id: String,
}

fn says(name: &str, says: &'static str) -> Tool {
    Tool::new(name, move || async move { says })
}

/// What a session may do to itself.
fn switches(server: Server) -> Server {
    let show = |Input(which): Input<Which>, ctx: Context| async move {
        ctx.enable_components(named(which.what))?;
        Ok::<_, ToolError>("shown")
    };
    let hide = |Input(which): Input<Which>, ctx: Context| async move {
        ctx.disable_components(named(which.what))?;
        Ok::<_, ToolError>("hidden")
    };
    let reset = |ctx: Context| async move {
        ctx.reset_visibility()?;
        Ok::<_, ToolError>("reset")
    };
    server
        .tool(Tool::new("show", show))
        .tool(Tool::new("hide", hide))
        .tool(Tool::new("reset", reset))
}

/// A client, and the lists of which it has heard that they have changed.
struct Peer {
    client: Client,
    heard: Arc<Mutex<BTreeSet<ComponentKind>>>,
}

impl Peer {
    async fn open(target: impl IntoTarget, revision: Revision) -> Self {
        let heard: Arc<Mutex<BTreeSet<ComponentKind>>> = Arc::default();
        let hears = Arc::clone(&heard);
        let client = Client::builder(target)
            .revision(revision)
            .on_list_changed(move |kind| {
                hears.lock().unwrap().insert(kind);
            })
            .connect()
            .await
            .unwrap();
        Self { client, heard }
    }

    async fn switch(&self, how: &str, what: &str) {
        let called = self.client.call(how, json!({"what": what})).await;
        let _ = expect_text(&called);
    }

    async fn tools(&self) -> BTreeSet<String> {
        let tools = self.client.list_tools().await.unwrap();
        let others = tools.into_iter().map(|tool| tool.name);
        others
            .filter(|name| !["show", "hide", "reset"].contains(&name.rsplit('_').next().unwrap()))
            .collect()
    }

    async fn heard_of(&self, kind: ComponentKind) {
        eventually(|| self.heard.lock().unwrap().remove(&kind).then_some(())).await;
    }

    async fn cannot_call(&self, tool: &str) {
        let refused = self.client.call(tool, ()).await.unwrap_err();
        assert!(refused.to_string().contains("Unknown tool"), "{refused}");
    }

    async fn says(&self, tool: &str) -> String {
        expect_text(&self.client.call(tool, ()).await)
    }
}

fn set<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(str::to_owned).into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_session_shows_and_hides_is_for_it_alone_on_every_transport() {
    for over in Over::ALL {
        let server = switches(
            Server::new("s")
                .tool(says("a", "1"))
                .tool(says("books", "2")),
        );
        server.disable(named("books"));
        let carried = Carried::new(&server, over).await;
        let revision = match over {
            Over::Sse => Revision::V2024_11_05,
            _ => LEGACY,
        };
        let one = Peer::open(carried.target.clone(), revision).await;
        let other = Peer::open(carried.target.clone(), revision).await;
        one.cannot_call("books").await;
        one.switch("show", "books").await;
        one.switch("hide", "a").await;
        one.heard_of(ComponentKind::Tool).await;
        assert_eq!(one.tools().await, set(["books"]), "{over}");
        assert_eq!(one.says("books").await, "2");
        one.cannot_call("a").await;
        assert_eq!(other.tools().await, set(["a"]), "{over}");
        assert_eq!(other.says("a").await, "1");
        other.cannot_call("books").await;
        assert_eq!(expect_text(&one.client.call("reset", ()).await), "reset");
        assert_eq!(one.tools().await, set(["a"]), "{over}");
        one.cannot_call("books").await;
        // What everybody hears of: whatever was told before it has been heard by now.
        server
            .add_prompt(Prompt::new("p", || async { "" }))
            .unwrap();
        other.heard_of(ComponentKind::Prompt).await;
        assert_eq!(
            *other.heard.lock().unwrap(),
            BTreeSet::new(),
            "{over}: it is not theirs"
        );
        carried.end().await;
    }
}

#[tokio::test]
async fn every_revision_with_sessions_has_it() {
    for revision in Revision::ALL.into_iter().filter(|r| *r != Revision::NEWEST) {
        let server = switches(Server::new("s").tool(says("a", "1")).tool(says("b", "2")));
        let (one, other) = (
            Peer::open(&server, revision).await,
            Peer::open(&server, revision).await,
        );
        one.switch("hide", "a").await;
        one.heard_of(ComponentKind::Tool).await;
        assert_eq!(
            (one.tools().await, other.tools().await),
            (set(["b"]), set(["a", "b"])),
            "{revision}"
        );
    }
}

#[tokio::test]
async fn the_last_rule_decides_and_all_kinds_are_meant() {
    let server = switches(Server::new("s").tool(says("a", "1")))
        .resource(Resource::new("data://a", || async { "data" }))
        .resource(Resource::new(
            "data://t/{id}",
            |Input(one): Input<Id>| async move { one.id },
        ))
        .prompt(Prompt::new("p", || async { "prompted" }))
        .transform(Visibility::new().hide(kinds([
            ComponentKind::Resource,
            ComponentKind::Template,
            ComponentKind::Prompt,
        ])));
    let one = Peer::open(&server, LEGACY).await;
    assert!(one.client.read("data://t/1").await.is_err());
    one.switch("show", "*").await;
    one.switch("hide", "data://a").await;
    one.heard_of(ComponentKind::Prompt).await;
    one.heard_of(ComponentKind::Resource).await;
    assert!(
        !one.heard.lock().unwrap().contains(&ComponentKind::Tool),
        "tools are as they were"
    );
    assert!(one.client.list_resources().await.unwrap().is_empty());
    assert_eq!(one.client.list_templates().await.unwrap().len(), 1);
    assert_eq!(one.client.list_prompts().await.unwrap().len(), 1);
    assert!(one.client.read("data://a").await.is_err());
    one.client.read("data://t/1").await.unwrap();
    one.client.prompt("p", ()).await.unwrap();
    one.switch("show", "data://*").await;
    one.client.read("data://a").await.unwrap();
}

#[tokio::test]
async fn versions_are_shown_and_hidden_one_by_one() {
    let key = |version: &str| fmcp::Key::new(ComponentKind::Tool, "add").version(version);
    let server = Server::new("s")
        .tool(says("add", "one").version("1"))
        .tool(says("add", "two").version("2"))
        .tool(says("add", "three").version("3"));
    server.disable(fmcp::keyed(key("3")));
    let one = Peer::open(&server, LEGACY).await;
    let session = server.sessions().remove(0);
    assert_eq!(one.says("add").await, "two");
    session.disable_components(fmcp::keyed(key("2"))).unwrap();
    assert_eq!(one.says("add").await, "one");
    session.enable_components(fmcp::keyed(key("3"))).unwrap();
    assert_eq!(
        (one.says("add").await, one.tools().await.len()),
        ("three".into(), 1)
    );
    session.disable_components(named("add")).unwrap();
    one.cannot_call("add").await;
    assert!(one.tools().await.is_empty());
}

#[tokio::test]
async fn a_mounted_server_has_its_own_word() {
    let child = switches(
        Server::new("child")
            .tool(says("a", "1"))
            .tool(says("b", "2"))
            .tool(says("c", "3")),
    );
    child.disable(named("b"));
    let app = switches(Server::new("app"));
    app.mount("far", &child).unwrap();
    let app = app.transform(Visibility::new().hide(named("far_c")));
    let (one, other) = (
        Peer::open(&app, LEGACY).await,
        Peer::open(&app, LEGACY).await,
    );
    assert_eq!(one.tools().await, set(["far_a"]));
    // In the words of the child, by a handler of the child.
    one.switch("far_show", "b").await;
    one.switch("far_hide", "a").await;
    one.heard_of(ComponentKind::Tool).await;
    assert_eq!(one.tools().await, set(["far_b"]));
    assert_eq!(one.says("far_b").await, "2");
    one.cannot_call("far_a").await;
    // In the words of the parent, which hides one itself; what the child hides stays hidden.
    one.switch("show", "far_*").await;
    assert_eq!(one.tools().await, set(["far_b", "far_c"]));
    assert_eq!(one.says("far_c").await, "3");
    one.cannot_call("far_a").await;
    assert_eq!(other.tools().await, set(["far_a"]));
    other.cannot_call("far_b").await;
    other.cannot_call("far_c").await;
}

#[tokio::test]
async fn what_is_shown_in_pages_is_what_can_be_called() {
    let server = (0..7).fold(Server::new("s").page_size(2), |server, n| {
        server.tool(says(&format!("t{n}"), "x").tags([if n % 2 == 0 { "even" } else { "odd" }]))
    });
    server.disable(tags(["odd"]));
    let one = Peer::open(&server, LEGACY).await;
    let session = server.sessions().remove(0);
    session.disable_components(tags(["even"])).unwrap();
    session.enable_components(tags(["odd"])).unwrap();
    assert_eq!(one.tools().await, set(["t1", "t3", "t5"]));
    one.cannot_call("t0").await;
    assert_eq!(one.says("t5").await, "x");
}

#[tokio::test]
async fn what_is_behind_a_flag_or_a_discovery_stays_there() {
    let behind = switches(
        Server::new("s")
            .flags(fmcp::flags::Flags::new())
            .tool(says("new", "1").flag("new"))
            .tool(says("books", "2")),
    );
    behind.disable(named("books"));
    let one = Peer::open(&behind, LEGACY).await;
    one.switch("show", "*").await;
    assert_eq!(one.tools().await, set(["books"]), "the flag is off");
    one.cannot_call("new").await;

    let front = fmcp::Discovery::new().in_front_of(&behind).unwrap();
    let (one, other) = (
        Peer::open(&front, LEGACY).await,
        Peer::open(&front, LEGACY).await,
    );
    let run = json!({"name": "show", "arguments": {"what": "books"}});
    let _ = expect_text(&one.client.call("execute_tool", run).await);
    let find = json!({"query": "books", "match": "exact"});
    for (peer, finds) in [(&one, true), (&other, false)] {
        let found = expect_text(&peer.client.call("discover_tools", find.clone()).await);
        assert_eq!(found.contains("books()"), finds, "{found}");
        let run = peer
            .client
            .call("execute_tool", json!({"name": "books"}))
            .await;
        assert_eq!(run.is_ok(), finds, "{run:?}");
    }
}

#[tokio::test]
async fn rules_are_bounded_and_the_same_one_counts_once() {
    let server = Server::new("s")
        .tool(says("a", "1"))
        .tool(says("b", "2").tags(["x"]));
    let one = Peer::open(&server, LEGACY).await;
    let session = server.sessions().remove(0);
    for _ in 0..200 {
        session.disable_components(tags(["x"])).unwrap();
        session.enable_components(tags(["x"])).unwrap();
    }
    assert_eq!(one.says("b").await, "2");
    for _ in 0..99 {
        session
            .disable_components(|c: &Component| c.name() == "a")
            .unwrap();
    }
    let full = session
        .disable_components(|_: &Component| true)
        .unwrap_err();
    assert!(full.message().contains("at most 100"), "{full}");
    assert_eq!(
        one.says("b").await,
        "2",
        "the one that was refused does not count"
    );
    session.reset_visibility().unwrap();
    session
        .disable_components(|_: &Component| panic!("on purpose"))
        .unwrap();
    assert_eq!(
        one.tools().await,
        set(["a", "b"]),
        "one that panics chooses nothing"
    );
}

#[tokio::test]
async fn the_rules_end_with_their_session() {
    let rule = Arc::new(());
    let held = Arc::downgrade(&rule);
    let server = Server::new("s").tool(says("a", "1"));
    let one = Peer::open(&server, LEGACY).await;
    let session = server.sessions().remove(0);
    session
        .disable_components(move |_: &Component| Arc::strong_count(&rule) > 0)
        .unwrap();
    one.cannot_call("a").await;
    assert!(held.upgrade().is_some());
    one.client.close().await;
    drop(one);
    eventually(|| held.upgrade().is_none().then_some(())).await;
    let over = session.enable_components(named("a")).unwrap_err();
    assert_eq!(over.message(), "the session is over");
    let two = Peer::open(&server, LEGACY).await;
    assert_eq!(two.says("a").await, "1");
}

#[tokio::test]
async fn where_there_is_no_session_it_is_refused_in_plain_words() {
    let server = switches(Server::new("s").tool(says("a", "1")));
    let newest = testing::connect(&server).await;
    let refused = newest.call("hide", json!({"what": "a"})).await.unwrap_err();
    assert!(
        refused.to_string().contains("2026-07-28 has no sessions"),
        "{refused}"
    );
    let running = Running::new(server, Http::stateless).await;
    let call = testing::legacy(
        "tools/call",
        json!({"name": "hide", "arguments": {"what": "a"}}),
    );
    let headers = [("mcp-protocol-version", "2025-11-25")];
    let answer = post(running.address, "/mcp", &headers, &call.to_string()).await;
    assert!(
        answer.body.contains("this call has none"),
        "{}",
        answer.body
    );
    let call = testing::legacy("tools/call", json!({"name": "a", "arguments": {}}));
    let answer = post(running.address, "/mcp", &headers, &call.to_string()).await;
    let answer = serde_json::from_str(&answer.body).ok();
    assert_eq!(expect_result(&answer)["content"][0]["text"], "1");
    running.ended().await;
}
