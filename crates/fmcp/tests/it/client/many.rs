//! One client for many servers.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use fmcp::{
    BoxFuture, Call, ClientError, ComponentKind, Endpoint, Error, IntoTarget, Kind, Method, Notice,
    Reply, Revision, ServerState, Target, model,
};

use super::*;

/// A server that answers once it is let.
struct Sleeper {
    server: Arc<dyn Endpoint>,
    awake: AtomicBool,
}

impl Sleeper {
    fn new(server: Server) -> Arc<Self> {
        Arc::new(Self {
            server: Arc::new(server),
            awake: AtomicBool::new(false),
        })
    }
}

impl Endpoint for Sleeper {
    fn call(&self, call: Call) -> BoxFuture<'_, fmcp::Result<Reply>> {
        if self.awake.load(Ordering::SeqCst) {
            return self.server.call(call);
        }
        Box::pin(async { Err(Error::new(Kind::Unavailable, "asleep")) })
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        self.server.notify(notice)
    }
}

fn endpoint(endpoint: &Arc<Sleeper>) -> Target {
    (Arc::clone(endpoint) as Arc<dyn Endpoint>).into_target()
}

fn linker() -> Server {
    Server::new("linker")
        .tool(Tool::new("link", || async {
            vec![
                Content::from(model::ResourceLink::new("text://a", "a")),
                Content::resource(model::TextResourceContents::new("text://b", "inside")),
            ]
        }))
        .resource(Resource::new("text://a", || async { "of the linker" }))
}

fn names<T>(items: &[T], name: impl Fn(&T) -> &str) -> Vec<&str> {
    items.iter().map(name).collect()
}

#[tokio::test]
async fn everything_carries_its_servers_name_and_is_reached_by_it() {
    for revision in Revision::ALL {
        let shapes = server().into_target().revision(revision);
        let both = Target::many([("shapes", shapes), ("l", linker().into_target())]);
        let client = Client::connect(both).await.unwrap();

        let tools = client.list_tools().await.unwrap();
        let tools = names(&tools, |tool| &tool.name);
        assert!(
            tools.contains(&"shapes_double") && tools.contains(&"l_link"),
            "{tools:?}"
        );
        let double: i64 = client
            .call("shapes_double", json!({"n": 4}))
            .await
            .unwrap()
            .parse()
            .unwrap();
        assert_eq!(double, 8);

        let resources = client.list_resources().await.unwrap();
        let uris = names(&resources, |resource| &resource.uri);
        assert_eq!(uris, ["text://shapes/a", "json://shapes/a", "text://l/a"]);
        for (uri, expect) in [
            ("text://shapes/a", "plain"),
            ("text://l/a", "of the linker"),
        ] {
            let contents = client.read(uri).await.unwrap();
            assert_eq!(contents.text(), Some(expect));
        }
        let templates = client.list_templates().await.unwrap();
        assert_eq!(
            names(&templates, |template| &template.uri_template),
            ["file://shapes/{name}"]
        );
        let proposed = client
            .complete(
                model::ResourceReference::new("file://shapes/{name}"),
                "name",
                "al",
            )
            .await
            .unwrap();
        assert_eq!(proposed.values, ["alpha"]);

        let prompts = client.list_prompts().await.unwrap();
        assert_eq!(names(&prompts, |prompt| &prompt.name), ["shapes_greet"]);
        let prompt = client
            .prompt("shapes_greet", json!({"name": "Ada"}))
            .await
            .unwrap();
        assert_eq!(prompt.messages[0].content.as_text(), Some("Greet Ada"));

        let who: serde_json::Value = client
            .call("shapes_who", ())
            .await
            .unwrap()
            .parse()
            .unwrap();
        assert_eq!(who["revision"], revision.as_str());
        assert_eq!(who["client"], "fmcp");
    }
}

#[tokio::test]
async fn what_a_result_points_to_can_be_read() {
    let both = Target::many([("l", linker()), ("s", server())]);
    let client = Client::connect(both).await.unwrap();
    let result = client.call("l_link", ()).await.unwrap();
    let Content::ResourceLink(link) = &result.content()[0] else {
        panic!()
    };
    assert_eq!(link.uri, "text://l/a");
    assert_eq!(
        client.read(&link.uri).await.unwrap().text(),
        Some("of the linker")
    );
    let Content::Resource(embedded) = &result.content()[1] else {
        panic!()
    };
    assert_eq!(
        serde_json::to_value(&embedded.resource).unwrap()["uri"],
        "text://l/b"
    );
}

#[tokio::test]
async fn what_is_alone_is_called_what_it_is() {
    let client = Client::connect(Target::many([("shapes", server())]))
        .await
        .unwrap();
    assert_eq!(
        client
            .call("double", json!({"n": 1}))
            .await
            .unwrap()
            .parse::<i64>()
            .unwrap(),
        2
    );
    assert_eq!(client.read("text://a").await.unwrap().text(), Some("plain"));
    assert_eq!(client.server_info().unwrap().name, "shapes");
    assert_eq!(client.instructions(), Some("Ask for a point."));
}

#[tokio::test]
async fn instructions_stand_under_their_servers_names() {
    let client = Client::connect(Target::many([("a", server()), ("b", server())]))
        .await
        .unwrap();
    let words = client.instructions().unwrap();
    assert_eq!(words, "# a\n\nAsk for a point.\n\n# b\n\nAsk for a point.");
}

#[tokio::test]
async fn the_longest_name_is_meant() {
    let tool = |name: &str, says: &'static str| {
        Server::new("s").tool(Tool::new(name, move || async move { says }))
    };
    let servers = [("a", tool("b_c", "short")), ("a_b", tool("c", "long"))];
    let client = Client::connect(Target::many(servers)).await.unwrap();
    assert_eq!(client.call("a_b_c", ()).await.unwrap().text(), "long");
    let tools = client.list_tools().await.unwrap();
    assert_eq!(
        names(&tools, |tool| &tool.name),
        ["a_b_c"],
        "nobody could reach the other"
    );
}

#[tokio::test]
async fn nobody_has_what_none_has() {
    let client = Client::connect(Target::many([("a", server()), ("b", server())]))
        .await
        .unwrap();
    for error in [
        client.call("c_double", ()).await.unwrap_err(),
        client.read("text://c/a").await.unwrap_err(),
        client.prompt("greet", ()).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), Kind::NotFound, "{error}");
        assert!(
            error.to_string().contains("none of the servers has"),
            "{error}"
        );
    }
    let error = client.call("a_none_such", ()).await.unwrap_err();
    assert!(error.to_string().contains("a: "), "{error}");
}

#[tokio::test]
async fn two_of_one_name_are_refused_and_so_are_none() {
    let error = Client::connect(Target::many([("a", server()), ("a", server())]))
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("two of the servers are called \"a\""),
        "{error}"
    );
    let error = Client::connect(Target::many::<&str, Server>([]))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("names no server"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn one_that_is_down_takes_nobody_along_and_comes_back_by_itself() {
    let (sleeper, changes) = (Sleeper::new(linker()), Seen::default());
    let both = Target::many([("up", server().into_target()), ("down", endpoint(&sleeper))]);
    let client = Client::builder(both)
        .on_list_changed(push(&changes))
        .connect()
        .await
        .unwrap();

    let tools = client.list_tools().await.unwrap();
    assert!(tools.iter().all(|tool| tool.name.starts_with("up_")));
    let error = client.call("down_link", ()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(
        error
            .to_string()
            .contains("down: it is down (asleep); it is tried again in"),
        "{error}"
    );
    let [up, down] = client.servers().try_into().unwrap();
    assert_eq!((up.state, &*up.name), (ServerState::Connected, "up"));
    assert_eq!(
        down.state,
        ServerState::Down {
            why: "asleep".into()
        }
    );
    assert_eq!((up.revision, down.revision), (Some(Revision::NEWEST), None));

    sleeper.awake.store(true, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(client.servers()[1].state, ServerState::Connected);
    assert_eq!(
        client.call("down_link", ()).await.unwrap().content().len(),
        2
    );
    assert!(changes.lock().unwrap().contains(&ComponentKind::Tool));
    let tools = client.list_tools().await.unwrap();
    assert!(tools.iter().any(|tool| tool.name == "down_link"));
}

#[tokio::test(start_paused = true)]
async fn when_all_are_down_each_says_why() {
    let (a, b) = (Sleeper::new(server()), Sleeper::new(server()));
    let both = Target::many([("a", endpoint(&a)), ("b", endpoint(&b))]);
    let error = Client::connect(both).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    let words = error.to_string();
    assert!(
        words.contains("a: it is down (asleep)") && words.contains("b: it is down"),
        "{words}"
    );
}

/// A server that never answers anything.
struct Silent;

impl Endpoint for Silent {
    fn call(&self, _: Call) -> BoxFuture<'_, fmcp::Result<Reply>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn five_that_never_answer_cost_the_time_of_one() {
    let silent = || (Arc::new(Silent) as Arc<dyn Endpoint>).into_target();
    let servers = (0..20).map(|n| {
        let target = if n < 5 {
            silent()
        } else {
            server().into_target()
        };
        (format!("s{n}"), target)
    });
    let began = tokio::time::Instant::now();
    let client = Client::builder(Target::many(servers))
        .timeout(Duration::from_secs(10))
        .connect()
        .await
        .unwrap();
    assert_eq!(began.elapsed().as_secs(), 10);
    let up = client
        .servers()
        .into_iter()
        .filter(|s| s.state == ServerState::Connected);
    assert_eq!(up.count(), 15);
}

/// A server that describes itself, and says nothing more.
struct Mute(Server);

impl Endpoint for Mute {
    fn call(&self, call: Call) -> BoxFuture<'_, fmcp::Result<Reply>> {
        match call.method() {
            Method::Discover => self.0.call(call),
            _ => Box::pin(std::future::pending()),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_falls_silent_does_not_keep_the_lists_of_others_back() {
    let mute = Arc::new(Mute(server())) as Arc<dyn Endpoint>;
    let servers = [
        ("mute", mute.into_target()),
        ("shapes", server().into_target()),
    ];
    let client = Client::connect(Target::many(servers)).await.unwrap();
    let began = tokio::time::Instant::now();
    let tools = client.list_tools().await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 10);
    assert!(tools.iter().all(|tool| tool.name.starts_with("shapes_")));
    assert!(!tools.is_empty());
}

#[tokio::test(start_paused = true)]
async fn changes_are_heard_of_all_of_them_also_of_one_that_comes_late() {
    let (early, late) = (server(), linker());
    let (sleeper, changes) = (Sleeper::new(late.clone()), Seen::default());
    let both = Target::many([
        ("early", early.clone().into_target()),
        ("late", endpoint(&sleeper)),
    ]);
    let client = Client::builder(both)
        .on_list_changed(push(&changes))
        .connect()
        .await
        .unwrap();
    early.add_tool(Tool::new("new", || async {})).unwrap();
    while changes.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    sleeper.awake.store(true, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(60)).await;
    changes.lock().unwrap().clear();
    late.add_prompt(Prompt::new("new", || async { "" }))
        .unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(*changes.lock().unwrap(), [ComponentKind::Prompt]);
    drop(client);
}

#[tokio::test]
async fn tools_that_fail_fail_as_they_do_alone() {
    let client = Client::connect(Target::many([("a", server()), ("b", server())]))
        .await
        .unwrap();
    match client.call("a_refuse", ()).await {
        Err(ClientError::Tool { message, name, .. }) => {
            assert_eq!((&*message, &*name), ("not today", "a_refuse"))
        }
        other => panic!("{other:?}"),
    }
}
