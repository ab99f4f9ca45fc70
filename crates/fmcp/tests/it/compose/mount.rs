//! One server's components in another, live: names, calls, changes, lifespans.

use std::time::Duration;

use fmcp::{
    BoxFuture, Call, Client, Component, ComponentKind, Context, Extensions, Hooks, Input, Key,
    Kind, Next, Notice, Prompt, Provider, Reply, Resource, Revision, Session, State, ToolError,
    hooks, model,
};
use serde_json::json;
use tokio::sync::Notify;

use super::*;

#[derive(serde::Deserialize, fmcp::schemars::JsonSchema)]
struct Note {
    id: String,
}

/// A server with one of each.
fn notes() -> Server {
    Server::new("notes")
        .tool(tool("add", "added").tags(["write"]))
        .tool(Tool::new("link", || async {
            vec![
                fmcp::Content::from(model::ResourceLink::new("data://all", "all")),
                fmcp::Content::resource(model::TextResourceContents::new("data://note/1", "in")),
            ]
        }))
        .resource(Resource::new("data://all", || async { "everything" }))
        .resource(Resource::new(
            "data://note/{id}",
            |Input(note): Input<Note>| async move { note.id },
        ))
        .prompt(Prompt::new("review", || async { "look at it" }))
}

fn app() -> Server {
    let app = Server::new("app").tool(tool("own", "mine"));
    app.mount("notes", notes()).unwrap();
    app
}

#[tokio::test]
async fn everything_is_listed_and_called_under_its_name_in_every_revision() {
    for revision in Revision::ALL {
        let client = testing::connect_at(app(), revision).await;
        let tools = client.list_tools().await.unwrap();
        let tools: Vec<_> = tools.iter().map(|tool| &*tool.name).collect();
        assert_eq!(tools, ["own", "notes_add", "notes_link"]);
        assert_eq!(
            testing::expect_text(&client.call("notes_add", ()).await),
            "added"
        );
        let all = client.read("data://notes/all").await.unwrap();
        assert_eq!(all.text(), Some("everything"));
        let note = client.read("data://notes/note/7").await.unwrap();
        assert_eq!(note.text(), Some("7"));
        let resources = client.list_resources().await.unwrap();
        assert_eq!(resources[0].uri, "data://notes/all");
        let templates = client.list_templates().await.unwrap();
        assert_eq!(templates[0].uri_template, "data://notes/note/{id}");
        let prompts = client.list_prompts().await.unwrap();
        assert_eq!(prompts[0].name, "notes_review");
        client.prompt("notes_review", ()).await.unwrap();
        for gone in ["add", "notes_", "notes_own"] {
            assert!(client.call(gone, ()).await.is_err(), "{gone}");
        }
        assert!(client.read("data://all").await.is_err());
    }
}

#[tokio::test]
async fn addresses_in_answers_can_be_asked_for_outside() {
    let client = testing::connect(app()).await;
    let result = client.call("notes_link", ()).await.unwrap();
    let text = serde_json::to_string(&result.content()).unwrap();
    assert!(
        text.contains("data://notes/all") && text.contains("data://notes/note/1"),
        "{text}"
    );
    let note = client.read("data://notes/note/7").await.unwrap();
    let text = format!("{note:?}");
    assert!(text.contains("data://notes/note/7"), "{text}");
}

#[tokio::test]
async fn without_a_namespace_everything_keeps_its_name() {
    let app = Server::new("app");
    app.mount_as_is("n", notes()).unwrap();
    assert_eq!(tools(&app).await, ["add", "link"]);
    assert_eq!(text(&app, "add").await, "added");
    let client = testing::connect(&app).await;
    assert_eq!(
        client.read("data://note/3").await.unwrap().text(),
        Some("3")
    );
}

#[tokio::test]
async fn what_changes_in_the_child_shows_at_once_and_is_heard() {
    let (app, child, inner) = (Server::new("app"), Server::new("c"), Server::new("i"));
    child.mount("in", &inner).unwrap();
    app.mount("c", &child).unwrap();
    let client = testing::connect(&app).await;
    assert!(client.list_tools().await.unwrap().is_empty());
    inner.add_tool(tool("late", "here")).unwrap();
    assert!(matches!(
        client.next_notice().await,
        Notice::ListChanged(ComponentKind::Tool)
    ));
    assert_eq!(
        testing::expect_text(&client.call("c_in_late", ()).await),
        "here"
    );
    assert_eq!(client.list_tools().await.unwrap()[0].name, "c_in_late");
    inner.disable(|_: &Component| true);
    assert!(matches!(
        client.next_notice().await,
        Notice::ListChanged(ComponentKind::Tool)
    ));
    assert!(client.list_tools().await.unwrap().is_empty());
    assert_eq!(
        client.call("c_in_late", ()).await.unwrap_err().kind(),
        Kind::NotFound
    );
}

#[tokio::test]
async fn who_follows_a_resource_hears_of_it_under_its_outer_name() {
    let child = notes();
    let app = Server::new("app");
    app.mount("n", &child).unwrap();
    for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
        let client = testing::connect_at(&app, revision).await;
        let mut changes = client.subscribe("data://n/all").await.unwrap();
        child.notify_updated("data://other");
        child.notify_updated("data://all");
        let change = tokio::time::timeout(Duration::from_secs(5), changes.next()).await;
        let change = format!("{:?}", change.unwrap());
        assert!(change.contains("data://n/all"), "{change}");
    }
}

#[tokio::test]
async fn a_server_is_unmounted_while_it_answers() {
    let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (says, waits) = (Arc::clone(&begun), Arc::clone(&go));
    let child = Server::new("c").tool(Tool::new("slow", move || {
        let (says, waits) = (Arc::clone(&says), Arc::clone(&waits));
        async move {
            says.notify_one();
            waits.notified().await;
            "done"
        }
    }));
    let app = Server::new("app");
    app.mount("c", child).unwrap();
    let client = testing::connect(&app).await;
    let calls = client.clone();
    let call = tokio::spawn(async move { calls.call("c_slow", ()).await });
    begun.notified().await;
    assert!(app.unmount("c") && !app.unmount("c"));
    assert!(app.mounts().is_empty());
    assert!(matches!(
        client.next_notice().await,
        Notice::ListChanged(ComponentKind::Tool)
    ));
    assert_eq!(
        client.call("c_slow", ()).await.unwrap_err().kind(),
        Kind::NotFound
    );
    go.notify_one();
    assert_eq!(testing::expect_text(&call.await.unwrap()), "done");
}

#[test]
fn circles_and_bad_names_are_refused() {
    let (a, b, c) = (Server::new("a"), Server::new("b"), Server::new("c"));
    a.mount("b", &b).unwrap();
    b.mount("c", &c).unwrap();
    for (parent, child) in [(&c, &a), (&b, &a), (&a, &a)] {
        let error = parent.mount("x", child).unwrap_err();
        assert!(error.message().contains("circle"), "{error}");
    }
    assert!(
        a.mount("b", Server::new("other"))
            .unwrap_err()
            .message()
            .contains("already")
    );
    for name in ["", "two words", "a/b", "ä"] {
        assert!(a.mount(name, Server::new("other")).is_err(), "{name}");
    }
    let twice = Server::new("s").tool(tool("t", "")).tool(tool("t", ""));
    assert!(a.mount("twice", twice).is_err());
    assert_eq!(
        a.mounts().iter().map(|name| &**name).collect::<Vec<_>>(),
        ["b"]
    );
}

#[tokio::test]
async fn of_two_of_one_name_the_first_answers_and_the_other_is_told_of() {
    let app = Server::new("app").tool(tool("a_t", "own"));
    app.mount(
        "a",
        Server::new("a")
            .tool(tool("t", "first"))
            .tool(tool("b_u", "first")),
    )
    .unwrap();
    app.mount("a_b", Server::new("ab").tool(tool("u", "second")))
        .unwrap();
    app.mount_as_is("c", Server::new("c").tool(tool("a_b_u", "third")))
        .unwrap();
    assert_eq!(text(&app, "a_t").await, "own");
    assert_eq!(text(&app, "a_b_u").await, "first");
    assert_eq!(tools(&app).await, ["a_t", "a_b_u"]);
    let clashes = app.name_clashes();
    assert_eq!(clashes.len(), 3, "{clashes:#?}");
    assert!(clashes[0].contains("tool:a_t") && clashes[0].contains("\"a\""));
}

#[tokio::test]
async fn names_that_are_too_long_are_cut_and_still_answer() {
    let long = "n".repeat(70);
    let child = Server::new("c").tool(tool(&long, "long"));
    let app = Server::new("app");
    app.mount("c", child).unwrap();
    let name = tools(&app).await.remove(0);
    assert_eq!(name.len(), 64);
    assert_eq!(text(&app, &name).await, "long");
    assert!(app.name_clashes()[0].contains("more than 64 characters"));
}

/// Middleware of a child: counts calls, hides one tool and adds another.
struct Own(Count);

impl Hooks for Own {
    async fn on_request(&self, call: Call, next: Next<'_>) -> fmcp::Result<Reply> {
        self.0.up();
        if call.name().as_deref() == Some("extra") {
            return Ok(
                model::CallToolResult::new(vec![fmcp::Content::text("from outside")]).into(),
            );
        }
        next.run(call).await
    }

    async fn on_list_tools(&self, call: Call, next: Next<'_>) -> fmcp::Result<Reply> {
        let mut list = next.run(call).await?.into_tools()?;
        list.tools.retain(|tool| tool.name != "hidden");
        list.tools
            .push(model::Tool::new("extra", json!({"type": "object"})));
        Ok(list.into())
    }
}

#[tokio::test]
async fn the_childs_middleware_sees_its_calls_and_makes_its_lists() {
    let count = Count::default();
    let child = Server::new("c")
        .tool(tool("shown", "yes"))
        .tool(tool("hidden", "too"))
        .layer(hooks(Own(count.clone())));
    let app = Server::new("app").tool(tool("own", "mine"));
    app.mount("c", child).unwrap();
    assert_eq!(text(&app, "own").await, "mine");
    assert_eq!(count.now(), 0, "calls of the parent's own do not go there");
    assert_eq!(tools(&app).await, ["own", "c_shown", "c_extra"]);
    assert_eq!(text(&app, "c_shown").await, "yes");
    assert_eq!(text(&app, "c_extra").await, "from outside");
    let above = Server::new("above");
    above.mount("app", &app).unwrap();
    assert_eq!(
        tools(&above).await,
        ["app_own", "app_c_shown", "app_c_extra"]
    );
    assert_eq!(text(&above, "app_c_extra").await, "from outside");
}

/// A provider whose components nobody knows beforehand.
struct Numbers;

impl Provider for Numbers {
    fn list(&self, _: ComponentKind) -> BoxFuture<'_, fmcp::Result<Vec<Arc<Component>>>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, fmcp::Result<Option<Arc<Component>>>> {
        Box::pin(async move {
            let known = key.kind() == ComponentKind::Tool && key.name().parse::<u32>().is_ok();
            let number = key.name().to_owned();
            let answer = move || {
                let number = number.clone();
                async move { number }
            };
            known
                .then(|| Tool::new(key.name(), answer).into_component().map(Arc::new))
                .transpose()
        })
    }
}

#[tokio::test]
async fn what_a_childs_provider_finds_is_found_from_above() {
    let child = Server::new("c").provider(Numbers);
    let (app, above) = (Server::new("app"), Server::new("above"));
    app.mount("c", child).unwrap();
    above.mount_as_is("app", &app).unwrap();
    assert_eq!(text(&app, "c_42").await, "42");
    assert_eq!(text(&above, "c_42").await, "42");
    let client = testing::connect(&above).await;
    assert_eq!(
        client.call("c_x", ()).await.unwrap_err().kind(),
        Kind::NotFound
    );
}

#[tokio::test]
async fn the_child_keeps_its_state_lifespan_and_way_with_errors() {
    let (started, stopped) = (Count::default(), Count::default());
    let child = |details: bool| {
        let (starts, stops) = (started.clone(), stopped.clone());
        Server::new("c")
            .show_error_details(details)
            .on_start(move |_: Arc<Extensions>| async move {
                starts.up();
                Ok::<_, ToolError>(7_u32)
            })
            .on_stop(move |_| async move { stops.up() })
            .tool(Tool::new("state", |State(n): State<u32>| async move {
                i64::from(*n)
            }))
            .tool(Tool::new("fail", || async {
                Err::<(), _>(std::io::Error::other("the secret of the house"))
            }))
    };
    let app = Server::new("app").state(99_u32);
    app.mount("a", child(true)).unwrap();
    app.mount("b", child(false)).unwrap();
    app.start().await.unwrap();
    assert_eq!(started.now(), 2);
    assert_eq!(text(&app, "a_state").await, "7");
    let client = testing::connect(&app).await;
    let (open, closed) = (
        client.call("a_fail", ()).await,
        client.call("b_fail", ()).await,
    );
    let open = testing::expect_tool_error(&open);
    let closed = testing::expect_tool_error(&closed);
    assert!(
        open.contains("secret") && !closed.contains("secret"),
        "{open} {closed}"
    );
    // One that comes later starts with its first call, and one that goes stops with the others.
    app.mount("late", child(true)).unwrap();
    assert_eq!(text(&app, "late_state").await, "7");
    app.unmount("a");
    assert_eq!((started.now(), stopped.now()), (3, 0));
    app.stop().await;
    assert_eq!(stopped.now(), 3);
}

#[tokio::test]
async fn a_child_that_somebody_else_runs_does_not_stop_with_its_parents() {
    let stopped = Count::default();
    let stops = stopped.clone();
    let child = Server::new("c")
        .tool(tool("t", "here"))
        .on_stop(move |_| async move { stops.up() });
    let (a, b) = (Server::new("a"), Server::new("b"));
    a.mount("c", &child).unwrap();
    b.mount("c", &child).unwrap();
    a.start().await.unwrap();
    b.start().await.unwrap();
    a.stop().await;
    assert_eq!((stopped.now(), text(&b, "c_t").await.as_str()), (0, "here"));
    child.start().await.unwrap();
    b.stop().await;
    assert_eq!(stopped.now(), 0);
    child.stop().await;
    assert_eq!(stopped.now(), 1);
}

#[tokio::test]
async fn a_child_that_cannot_start_keeps_its_parent_from_starting() {
    let child = Server::new("c").on_start(|_| async { Err::<(), _>(ToolError::new("no db")) });
    let app = Server::new("app");
    app.mount("c", child).unwrap();
    assert!(app.start().await.is_err());
}

#[tokio::test]
async fn servers_call_each_other_in_process() {
    let auth = Server::new("auth").tool(Tool::new(
        "validate",
        |Input(note): Input<Note>| async move { note.id == "ada" },
    ));
    let app = Server::new("app").tool(Tool::new("greet", |ctx: Context| async move {
        let known = ctx.call_tool("auth_validate", json!({"id": "ada"})).await?;
        Ok::<_, fmcp::Error>(serde_json::to_string(&known.content).unwrap_or_default())
    }));
    app.mount("auth", &auth).unwrap();
    assert!(text(&app, "greet").await.contains("true"));
}

#[tokio::test]
async fn a_handler_below_tells_and_asks_the_caller_above() {
    let child = Server::new("c").tool(Tool::new("ask", |ctx: Context| async move {
        ctx.info("looking").await;
        ctx.progress(1, 2, "half").await;
        let name = ctx.elicit::<Note>("who?").await?;
        Ok::<_, fmcp::Error>(format!("{:?}", name.accepted().map(|note| note.id)))
    }));
    let (app, above) = (Server::new("app"), Server::new("above"));
    app.mount("c", child).unwrap();
    above.mount("app", &app).unwrap();
    for revision in [
        Revision::V2025_06_18,
        Revision::V2025_11_25,
        Revision::V2026_07_28,
    ] {
        let heard = Count::default();
        let (logs, progress) = (heard.clone(), heard.clone());
        let client = Client::builder(&above)
            .revision(revision)
            .on_log(move |_| logs.up())
            .on_progress(move |_| progress.up())
            .on_elicit(|_| async { fmcp::Answer::accept(json!({"id": "ada"})) })
            .connect()
            .await
            .unwrap();
        let result = client.call("app_c_ask", ()).await.unwrap();
        assert!(result.text().contains("ada"), "{}", result.text());
        assert!(heard.now() >= 2);
    }
}

#[tokio::test]
async fn a_session_of_the_parent_is_one_of_the_child() {
    let child = Server::new("c").tool(Tool::new("who", |ctx: Context| async move {
        ctx.session()
            .map(|session: &Arc<Session>| session.id().to_owned())
            .unwrap_or_default()
    }));
    let app = Server::new("app");
    app.mount("c", child).unwrap();
    let client = testing::connect_at(&app, Revision::V2025_11_25).await;
    assert!(!testing::expect_text(&client.call("c_who", ()).await).is_empty());
}

#[tokio::test]
async fn an_import_is_a_copy_that_knows_where_it_is_from() {
    let count = Count::default();
    let other = Server::new("o")
        .state(7_u32)
        .layer(hooks(Own(count.clone())))
        .resource(Resource::new(
            "data://note/{id}",
            |Input(note): Input<Note>| async move { note.id },
        ))
        .tool(Tool::new("state", |State(n): State<u32>| async move {
            i64::from(*n)
        }));
    let app = Server::new("app").state(99_u32);
    app.import("o", &other).await.unwrap();
    other.add_tool(tool("late", "no")).unwrap();
    assert_eq!(tools(&app).await, ["o_state"]);
    assert_eq!(text(&app, "o_state").await, "7");
    let client = testing::connect(&app).await;
    assert_eq!(
        client.read("data://o/note/5").await.unwrap().text(),
        Some("5")
    );
    assert_eq!(count.now(), 0, "its middleware is not asked");
    assert!(
        app.import("o", &other).await.is_err(),
        "the names are taken"
    );
}

#[tokio::test]
async fn a_parent_hides_what_it_does_not_want_to_show() {
    struct NoWriting;
    impl fmcp::Transform for NoWriting {
        fn outward(&self, component: Arc<Component>) -> Option<Arc<Component>> {
            (!component.tags.contains("write")).then_some(component)
        }
    }
    let app = app().transform(NoWriting);
    assert_eq!(tools(&app).await, ["own", "notes_link"]);
    let client = testing::connect(&app).await;
    assert_eq!(
        client.call("notes_add", ()).await.unwrap_err().kind(),
        Kind::NotFound
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_threads_change_children_while_calls_run() {
    let app = Server::new("app").tool(tool("stays", "here"));
    let children: Vec<_> = (0..8).map(|n| Server::new(format!("c{n}"))).collect();
    let threads: Vec<_> = children
        .into_iter()
        .enumerate()
        .map(|(n, child)| {
            let app = app.clone();
            std::thread::spawn(move || {
                for round in 0..50 {
                    app.mount(format!("c{n}"), &child).unwrap();
                    child.add_tool(tool(&format!("t{round}"), "x")).unwrap();
                    assert_eq!(app.mounts().len().min(1), 1);
                    assert!(app.unmount(&format!("c{n}")));
                }
                child
            })
        })
        .collect();
    let client = testing::connect(&app).await;
    for _ in 0..500 {
        client.call("stays", ()).await.unwrap();
        assert_eq!(client.list_tools().await.unwrap()[0].name, "stays");
    }
    for (n, thread) in threads.into_iter().enumerate() {
        app.mount(format!("c{n}"), thread.join().unwrap()).unwrap();
    }
    assert_eq!(client.list_tools().await.unwrap().len(), 1 + 8 * 50);
}
