//! A server in front of another: everything both ways, between all revisions, and upstreams that fail.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use fmcp::{
    Answer, BoxFuture, Call, Client, ClientError, Context, Endpoint, Error, Headers, Input,
    IntoTarget, Kind, Method, Notice, Prompt, Proxy, Raw, Reply, Resource, Revision, ServerState,
    Sessions, Target, ToolError, protocol::Era,
};
use serde_json::{Value, json};
use tokio::{sync::Notify, time::timeout};

use super::*;

const LONG: Duration = Duration::from_secs(20);

#[derive(serde::Deserialize, fmcp::schemars::JsonSchema)]
struct Name {
    name: String,
}

/// A server with one of each, which tells and asks.
fn upstream() -> Server {
    Server::new("upstream")
        .instructions("be kind")
        .tool(Tool::new("greet", |Input(n): Input<Name>| async move {
            format!("hello {}", n.name)
        }))
        .tool(Tool::new("tell", |ctx: Context| async move {
            ctx.info("on the way").await;
            ctx.progress(1, 2, "half").await;
            "told"
        }))
        .tool(Tool::new("ask", |ctx: Context| async move {
            let name = ctx.elicit::<Name>("who?").await?;
            let more = ctx.elicit::<Name>("and who else?").await?;
            let said = [name, more].map(|name| name.accepted().map(|n| n.name).unwrap_or_default());
            Ok::<_, Error>(said.join("+"))
        }))
        .tool(Tool::new("fail", || async {
            Err::<(), _>(ToolError::new("not today"))
        }))
        .resource(Resource::new("data://all", || async { "everything" }))
        .resource(Resource::new(
            "data://by/{name}",
            |Input(n): Input<Name>| async move { n.name },
        ))
        .prompt(Prompt::new("review", |Input(n): Input<Name>| async move {
            n.name
        }))
}

async fn proxied(target: impl IntoTarget) -> Server {
    Proxy::builder(target)
        .name("up")
        .connect()
        .await
        .unwrap()
        .into()
}

/// What every caller finds, whatever both sides speak.
async fn go_through(server: &Server, revision: Revision, asks: bool) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let (logs, progress) = (Arc::clone(&heard), Arc::clone(&heard));
    let client = Client::builder(server)
        .revision(revision)
        .log_level(fmcp::LogLevel::Debug)
        .on_log(move |log| logs.lock().unwrap().push(log.data.as_str().to_owned()))
        .on_progress(move |p| progress.lock().unwrap().push(p.message.unwrap_or_default()))
        .on_elicit(|asked: fmcp::Elicitation| async move {
            Answer::accept(
                json!({"name": if asked.message().contains("else") { "bob" } else { "ada" }}),
            )
        })
        .connect()
        .await
        .unwrap();
    assert_eq!(client.instructions(), Some("be kind"));
    let tools = client.list_tools().await.unwrap();
    let tools: Vec<_> = tools.iter().map(|tool| &*tool.name).collect();
    assert_eq!(tools, ["greet", "tell", "ask", "fail"]);
    let greeted = client.call("greet", json!({"name": "ada"})).await.unwrap();
    assert_eq!(greeted.text(), "hello ada");
    assert_eq!(client.call("tell", ()).await.unwrap().text(), "told");
    assert!(heard.lock().unwrap().len() >= 2, "{revision} {heard:?}");
    let failed = client.call("fail", ()).await.unwrap_err();
    assert!(failed.to_string().contains("not today"), "{failed}");
    let wrong = client.call("greet", json!({})).await.unwrap_err();
    assert!(wrong.to_string().contains("name"), "{wrong}");
    assert_eq!(
        client.read("data://all").await.unwrap().text(),
        Some("everything")
    );
    assert_eq!(
        client.read("data://by/ada").await.unwrap().text(),
        Some("ada")
    );
    assert!(client.read("data://none").await.is_err());
    assert!(client.call("none", ()).await.is_err());
    client
        .prompt("review", json!({"name": "ada"}))
        .await
        .unwrap();
    if asks {
        assert_eq!(client.call("ask", ()).await.unwrap().text(), "ada+bob");
    }
}

fn has_forms(revision: Revision) -> bool {
    revision >= Revision::V2025_06_18
}

#[tokio::test]
async fn every_revision_in_front_of_every_other() {
    for inner in Revision::ALL {
        let server = proxied(upstream().into_target().revision(inner)).await;
        for outer in Revision::ALL {
            go_through(&server, outer, has_forms(inner) && has_forms(outer)).await;
        }
    }
}

#[tokio::test]
async fn mounted_under_a_name_and_twice_deep() {
    let (app, above) = (Server::new("app"), Server::new("above"));
    app.mount("up", proxied(&upstream()).await).unwrap();
    above.mount("app", &app).unwrap();
    let client = testing::connect(&above).await;
    let greeted = client.call("app_up_greet", json!({"name": "ada"})).await;
    assert_eq!(testing::expect_text(&greeted), "hello ada");
    let all = client.read("data://app/up/all").await.unwrap();
    assert_eq!(all.text(), Some("everything"));
    assert!(format!("{all:?}").contains("data://app/up/all"));
}

/// Answers as it is told, in text that our own server would not write.
struct Odd;

const ODD: &str = r#"{"content":[{"type":"text","text":"x","later":1.50}],"resultType":"complete","z":12345678901234567890123,  "a":null}"#;

impl Endpoint for Odd {
    fn call(&self, call: Call) -> BoxFuture<'_, fmcp::Result<Reply>> {
        let server = upstream();
        Box::pin(async move {
            if *call.method() == Method::CallTool {
                return Ok(Reply::Raw(Revision::NEWEST, Raw::from_text(ODD).unwrap()));
            }
            server.call(call).await
        })
    }
}

#[tokio::test]
async fn what_needs_no_change_is_not_touched() {
    let server = proxied(Arc::new(Odd) as Arc<dyn Endpoint>).await;
    let asked = testing::modern("tools/call", json!({"name": "greet"})).to_string();
    let exchange = fmcp::Exchange::new(server);
    let answer = exchange.answer(asked.into()).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.contains(ODD), "{answer}");
}

#[tokio::test]
async fn changes_of_the_upstream_show_and_are_heard() {
    for revision in Revision::ALL {
        let far = upstream();
        let server = proxied(far.clone().into_target().revision(revision)).await;
        let client = testing::connect(&server).await;
        // The proxy has begun to listen when it can be asked for a change that it has told.
        let mut heard = false;
        for n in 0..50 {
            far.add_tool(tool(&format!("late{n}"), "here")).unwrap();
            let notice = timeout(Duration::from_millis(200), client.next_notice()).await;
            if matches!(notice, Ok(Notice::ListChanged(fmcp::ComponentKind::Tool))) {
                heard = true;
                break;
            }
        }
        assert!(heard, "{revision}");
        assert_eq!(
            testing::expect_text(&client.call("late0", ()).await),
            "here"
        );
    }
}

#[tokio::test]
async fn who_follows_a_resource_hears_of_the_upstreams_changes() {
    for inner in [Revision::V2025_06_18, Revision::V2026_07_28] {
        for outer in [Revision::V2025_11_25, Revision::V2026_07_28] {
            let far = upstream();
            let app = Server::new("app");
            app.mount(
                "up",
                proxied(far.clone().into_target().revision(inner)).await,
            )
            .unwrap();
            let client = testing::connect_at(&app, outer).await;
            let mut changes = client.subscribe("data://up/all").await.unwrap();
            let heard = async {
                loop {
                    far.notify_updated("data://all");
                    if let Ok(change) = timeout(Duration::from_millis(100), changes.next()).await {
                        return format!("{change:?}");
                    }
                }
            };
            let change = timeout(LONG, heard).await.expect("it is never told");
            assert!(change.contains("data://up/all"), "{change}");
        }
    }
}

/// An upstream that is there when it is let.
struct Sleeper {
    server: Server,
    awake: AtomicBool,
}

impl Endpoint for Sleeper {
    fn call(&self, call: Call) -> BoxFuture<'_, fmcp::Result<Reply>> {
        if self.awake.load(Ordering::SeqCst) {
            return self.server.call(call);
        }
        Box::pin(async { Err(Error::new(Kind::Unavailable, "asleep")) })
    }
}

fn sleeper(awake: bool) -> Arc<Sleeper> {
    Arc::new(Sleeper {
        server: upstream(),
        awake: AtomicBool::new(awake),
    })
}

#[tokio::test(start_paused = true)]
async fn an_upstream_that_is_down_keeps_nobody_from_starting_and_comes_back() {
    let far = sleeper(false);
    let target = Arc::clone(&far) as Arc<dyn Endpoint>;
    assert!(
        Proxy::connect(Arc::clone(&far) as Arc<dyn Endpoint>)
            .await
            .is_err()
    );
    let proxy = Proxy::builder(target)
        .name("up")
        .lazy(Duration::from_secs(1))
        .unwrap();
    let app = Server::new("app").tool(tool("own", "mine"));
    app.mount("up", &proxy).unwrap();
    let client = testing::connect(&app).await;
    assert_eq!(tools(&app).await, ["own"]);
    assert!(matches!(proxy.status().state, ServerState::Down { .. }));
    let error = client.read("data://up/all").await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(error.to_string().contains("up"), "{error}");
    assert_eq!(text(&app, "own").await, "mine");
    far.awake.store(true, Ordering::SeqCst);
    while !matches!(
        client.next_notice().await,
        Notice::ListChanged(fmcp::ComponentKind::Tool)
    ) {}
    let greeted = client.call("up_greet", json!({"name": "ada"})).await;
    assert_eq!(testing::expect_text(&greeted), "hello ada");
}

#[tokio::test(start_paused = true)]
async fn what_an_upstream_had_stays_listed_for_a_while() {
    let far = sleeper(true);
    let proxy = Proxy::builder(Arc::clone(&far) as Arc<dyn Endpoint>)
        .name("up")
        .grace(Duration::from_secs(60))
        .refresh_every(Duration::from_secs(10))
        .connect()
        .await
        .unwrap();
    let server = Server::from(&proxy);
    far.awake.store(false, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(tools(&server).await.len(), 4);
    let ServerState::Down { why } = proxy.status().state else {
        panic!("its lists could not be read: {:?}", proxy.status());
    };
    assert!(why.contains("asleep"), "{why}");
    let client = testing::connect(&server).await;
    let error = client
        .call("greet", json!({"name": "ada"}))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(
        error
            .to_string()
            .contains("the upstream \"up\" cannot be reached"),
        "{error}"
    );
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert!(tools(&server).await.is_empty());
    far.awake.store(true, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert_eq!(tools(&server).await.len(), 4);
}

/// An upstream whose resources a proxy hides, one of which it does not list.
fn secrets() -> Server {
    Server::new("far")
        .resource(Resource::new("data://open", || async { "open" }))
        .resource(Resource::new("data://secret", || async { "secret" }).tags(["internal"]))
        .resource(
            Resource::new(
                "file://{name}",
                |Input(n): Input<Name>| async move { n.name },
            )
            .tags(["internal"]),
        )
        .resource(Resource::new(
            "data://{name}",
            |Input(n): Input<Name>| async move { format!("any {}", n.name) },
        ))
}

#[tokio::test]
async fn what_is_hidden_or_disabled_is_not_read_by_another_way() {
    let hide = || fmcp::Visibility::new().hide(fmcp::tags(["internal"]));
    let hidden = proxied(&secrets()).await.transform(hide());
    let disabled = proxied(&secrets()).await;
    assert_eq!(disabled.disable(fmcp::tags(["internal"])), 2);
    let above = Server::new("above").transform(hide());
    above.mount_as_is("up", proxied(&secrets()).await).unwrap();
    let below = Server::new("below");
    below.mount_as_is("up", &disabled).unwrap();
    for server in [&hidden, &disabled, &above, &below] {
        let client = testing::connect(server).await;
        for uri in ["data://secret", "file://passwords"] {
            let error = client.read(uri).await.unwrap_err();
            assert!(error.to_string().contains("not found"), "{error}");
        }
        for (uri, says) in [("data://open", "open"), ("data://else", "any else")] {
            assert_eq!(client.read(uri).await.unwrap().text(), Some(says));
        }
    }
}

/// Says that it has been asked, whatever for.
struct Willing(Server);

impl Endpoint for Willing {
    fn call(&self, call: Call) -> BoxFuture<'_, fmcp::Result<Reply>> {
        match call.method() {
            Method::ListTasks | Method::GetTask => Box::pin(async {
                let answer = r#"{"taskId":"x","status":"working","createdAt":"2026-01-01T00:00:00Z",
                    "lastUpdatedAt":"2026-01-01T00:00:00Z","ttl":null,"tasks":[]}"#;
                let answer = Raw::from_text(answer).unwrap();
                Ok(Reply::Raw(Revision::V2025_11_25, answer))
            }),
            _ => self.0.call(call),
        }
    }
}

#[tokio::test]
async fn the_tasks_of_an_upstream_are_nobodys() {
    let willing = Arc::new(Willing(upstream())) as Arc<dyn Endpoint>;
    let server = proxied(willing.into_target().revision(Revision::V2025_11_25)).await;
    let wire = testing::Wire::new(&server);
    wire.initialize(Revision::V2025_11_25).await;
    for method in ["tasks/get", "tasks/cancel", "tasks/result", "tasks/list"] {
        let asked = testing::legacy(method, json!({"taskId": "x"}));
        testing::expect_rpc_error(&wire.send(asked).await, -32601);
    }
}

#[tokio::test]
async fn the_switches_of_an_upstream_are_not_within_reach() {
    let far = upstream().switches(fmcp::switches::Board::open());
    let server = proxied(&far).await;
    let ask = async |server: &Server| {
        let wire = testing::Wire::new(server);
        wire.initialize(Revision::V2025_11_25).await;
        let greet = json!({"kind": "tool", "name": "greet"});
        wire.send(testing::legacy("fmcp/components/disable", greet))
            .await
    };
    testing::expect_rpc_error(&ask(&server).await, -32601);
    assert!(tools(&server).await.contains(&"greet".to_owned()));
    // Whoever asks there, may.
    let answer = ask(&far).await.unwrap();
    assert_eq!(answer["result"]["enabled"], false, "{answer}");
}

#[tokio::test]
async fn what_is_disabled_stays_so_when_it_is_gone_for_a_while() {
    let far = upstream();
    let proxy = Proxy::connect(&far).await.unwrap();
    let server = Server::from(&proxy);
    assert_eq!(server.disable(fmcp::named("greet")), 1);
    let greet = fmcp::Key::new(fmcp::ComponentKind::Tool, "greet");
    let again = async || {
        assert!(far.remove(&greet));
        proxy.refresh().await.unwrap();
        far.add_tool(tool("greet", "again")).unwrap();
        proxy.refresh().await.unwrap();
        tools(&server).await.contains(&"greet".to_owned())
    };
    assert!(!again().await);
    assert_eq!(server.enable(fmcp::named("greet")), 1);
    assert!(again().await);
    server.disable(fmcp::named("greet"));
    assert!(far.remove(&greet));
    proxy.refresh().await.unwrap();
    server.enable(fmcp::named("greet"));
    far.add_tool(tool("greet", "again")).unwrap();
    proxy.refresh().await.unwrap();
    assert!(
        tools(&server).await.contains(&"greet".to_owned()),
        "what is enabled while it is gone comes back enabled"
    );
}

#[tokio::test(start_paused = true)]
async fn an_upstream_that_does_not_answer_is_not_waited_for_for_ever() {
    let far = upstream().tool(Tool::new("hang", || async {
        std::future::pending::<()>().await
    }));
    let proxy = Proxy::builder(&far)
        .name("up")
        .timeout(Duration::from_secs(30))
        .calls(1);
    let server = Server::from(proxy.connect().await.unwrap());
    let client = Client::builder(&server)
        .timeout(None)
        .connect()
        .await
        .unwrap();
    let calls = client.clone();
    let hanging = tokio::spawn(async move { calls.call("hang", ()).await });
    tokio::time::sleep(Duration::from_secs(1)).await;
    let full = client
        .call("greet", json!({"name": "ada"}))
        .await
        .unwrap_err();
    assert_eq!(full.kind(), Kind::Overloaded);
    let unlisted = client.read("data://unlisted").await.unwrap_err();
    assert_eq!(unlisted.kind(), Kind::Overloaded, "it takes a turn, too");
    let error = hanging.await.unwrap().unwrap_err();
    assert!(error.to_string().contains("too slow"), "{error}");
    assert_eq!(
        client
            .call("greet", json!({"name": "a"}))
            .await
            .unwrap()
            .text(),
        "hello a"
    );
}

#[tokio::test]
async fn dropping_a_call_cancels_it_at_the_upstream() {
    struct Says(Arc<Notify>);
    impl Drop for Says {
        fn drop(&mut self) {
            self.0.notify_one();
        }
    }
    let (begun, dropped) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (begins, drops) = (Arc::clone(&begun), Arc::clone(&dropped));
    let far = Server::new("far").tool(Tool::new("hang", move || {
        let (begins, says) = (Arc::clone(&begins), Says(Arc::clone(&drops)));
        async move {
            let _says = says;
            begins.notify_one();
            std::future::pending::<()>().await;
        }
    }));
    let server = proxied(&far).await;
    let client = testing::connect(&server).await;
    let calls = client.clone();
    let call = tokio::spawn(async move { calls.call("hang", ()).await });
    begun.notified().await;
    call.abort();
    timeout(LONG, dropped.notified()).await.unwrap();
}

/// Asks the client for a name, and waits for others that do.
fn crowd(together: usize) -> Server {
    let gate = Arc::new(tokio::sync::Barrier::new(together));
    Server::new("crowd").tool(Tool::new("ask", move |ctx: Context| {
        let gate = Arc::clone(&gate);
        async move {
            gate.wait().await;
            let name = ctx.elicit::<Name>("who?").await?;
            Ok::<_, Error>(name.accepted().map(|n| n.name).unwrap_or_default())
        }
    }))
}

async fn two_ask(proxy: &Proxy) -> [Result<String, ClientError>; 2] {
    let server = Server::from(proxy);
    let clients = ["ada", "bob"].map(|name| {
        let server = server.clone();
        async move {
            let client = Client::builder(&server)
                .revision(Revision::V2025_11_25)
                .on_elicit(move |_| async move { Answer::accept(json!({"name": name})) })
                .connect()
                .await
                .unwrap();
            client
                .call("ask", ())
                .await
                .map(|answer| answer.text().into_owned())
        }
    });
    let [ada, bob] = clients;
    let (ada, bob) = tokio::join!(ada, bob);
    [ada, bob]
}

#[tokio::test]
async fn nobody_is_asked_what_was_meant_for_somebody_else() {
    let legacy = || crowd(2).into_target().revision(Revision::V2025_11_25);
    let shared = Proxy::builder(legacy()).sessions(Sessions::Shared);
    let [ada, bob] = Box::pin(two_ask(&shared.connect().await.unwrap())).await;
    assert!(
        ada.is_err() || bob.is_err(),
        "while both were calling, nobody could be asked"
    );
    assert!(ada.is_err() || ada.is_ok_and(|name| name == "ada"));
    assert!(bob.is_err() || bob.is_ok_and(|name| name == "bob"));
    let apart = Proxy::builder(legacy()).sessions(Sessions::PerCaller);
    let [ada, bob] = Box::pin(two_ask(&apart.connect().await.unwrap())).await;
    assert_eq!(
        (ada.unwrap(), bob.unwrap()),
        ("ada".to_owned(), "bob".to_owned())
    );
}

#[tokio::test]
async fn who_cannot_be_asked_counts_when_it_is_found_out_who_is_meant() {
    let inside = Arc::new(Notify::new());
    let begins = Arc::clone(&inside);
    let far = crowd(1).tool(Tool::new("hang", move || {
        let begins = Arc::clone(&begins);
        async move {
            begins.notify_one();
            std::future::pending::<()>().await;
        }
    }));
    let far = far.into_target().revision(Revision::V2025_11_25);
    let shared = Proxy::builder(far).sessions(Sessions::Shared);
    let server = Server::from(shared.connect().await.unwrap());
    let asked = Count::default();
    let asks = asked.clone();
    let able = Client::builder(&server)
        .revision(Revision::V2025_11_25)
        .on_elicit(move |_| {
            asks.up();
            async { Answer::accept(json!({"name": "ada"})) }
        })
        .connect()
        .await
        .unwrap();
    let calls = able.clone();
    let hanging = tokio::spawn(async move { calls.call("hang", ()).await });
    inside.notified().await;
    let other = Client::builder(&server)
        .revision(Revision::V2025_11_25)
        .connect()
        .await
        .unwrap();
    let error = other.call("ask", ()).await.unwrap_err();
    assert!(error.to_string().contains("several are calling"), "{error}");
    assert_eq!(asked.now(), 0, "the question was about the other's call");
    hanging.abort();
    let _ = hanging.await;
    assert_eq!(able.call("ask", ()).await.unwrap().text(), "ada");
}

#[tokio::test]
async fn a_state_that_waits_opens_for_its_own_call_only() {
    let server = proxied(upstream().into_target().revision(Revision::V2025_11_25)).await;
    let wire = testing::Wire::new(&server);
    let call = |name: &str, more: Value| {
        let mut params = json!({"name": name, "arguments": {}});
        params
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let mut call = testing::modern("tools/call", params);
        call["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] =
            json!({"elicitation": {"form": {}}});
        call
    };
    let asked = wire.send(call("ask", json!({}))).await;
    let asked = testing::expect_result(&asked);
    let state = &asked["requestState"];
    let answer = json!({"question": {"action": "accept", "content": {"name": "ada"}}});
    let with = |state: &Value| json!({"requestState": state, "inputResponses": answer});
    for (name, state) in [("tell", state), ("ask", &json!("made up"))] {
        let refused = wire.send(call(name, with(state))).await.unwrap();
        assert!(
            refused["error"]["message"]
                .as_str()
                .unwrap()
                .contains("requestState"),
            "{refused}"
        );
    }
    let more = wire.send(call("ask", with(state))).await;
    let more = testing::expect_result(&more);
    assert_ne!(more["requestState"], *state);
    let again = wire.send(call("ask", with(state))).await.unwrap();
    assert!(again.get("error").is_some(), "it is used up: {again}");
    let done = wire
        .send(call("ask", with(&more["requestState"])))
        .await
        .unwrap();
    assert!(done.to_string().contains("ada+ada"), "{done}");
}

#[cfg(feature = "http")]
mod over_http {
    use fmcp::Http;

    use super::*;
    use crate::raw_http::Running;

    fn target(running: &Running) -> String {
        format!("http://{}/mcp", running.address)
    }

    #[tokio::test]
    async fn every_era_in_front_of_every_other() {
        let running = Running::new(upstream(), |http| http).await;
        for inner in [
            Revision::V2025_06_18,
            Revision::V2025_11_25,
            Revision::V2026_07_28,
        ] {
            let far = target(&running).into_target().revision(inner);
            let server = proxied(far).await;
            for outer in [
                Revision::V2025_03_26,
                Revision::V2025_11_25,
                Revision::V2026_07_28,
            ] {
                go_through(&server, outer, has_forms(outer)).await;
            }
        }
    }

    fn shows_headers() -> Server {
        Server::new("far").tool(Tool::new("headers", |headers: Headers| async move {
            let names = ["authorization", "x-tenant", "x-own", "cookie", "x-other"];
            let said = names.map(|name| {
                headers
                    .get(name)
                    .and_then(|v| v.to_str().ok().map(str::to_owned))
            });
            json!(said).to_string()
        }))
    }

    #[tokio::test]
    async fn no_header_of_a_caller_goes_on_unless_it_is_named() {
        let far = Running::new(shows_headers(), |http| http).await;
        for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
            let proxy = Proxy::builder(target(&far).into_target().revision(revision))
                .header("x-own".parse().unwrap(), "gateway".parse().unwrap())
                .pass_header("x-tenant".parse().unwrap())
                .connect()
                .await
                .unwrap();
            let near = Running::new(proxy.into(), |http| http).await;
            let client = Client::builder(target(&near))
                .header(
                    "authorization".parse().unwrap(),
                    "Bearer secret".parse().unwrap(),
                )
                .header("cookie".parse().unwrap(), "a=b".parse().unwrap())
                .header("x-tenant".parse().unwrap(), "blue".parse().unwrap())
                .header("x-other".parse().unwrap(), "no".parse().unwrap())
                .connect()
                .await
                .unwrap();
            let said = client.call("headers", ()).await.unwrap();
            assert_eq!(
                said.text(),
                r#"[null,"blue","gateway",null,null]"#,
                "{revision}"
            );
        }
    }

    #[tokio::test]
    async fn headers_that_are_named_go_to_the_upstream_that_is_called_alone() {
        let app = Server::new("app");
        let (one, other) = (
            Running::new(shows_headers(), |http| http).await,
            Running::new(shows_headers(), |http| http).await,
        );
        for (name, far, header) in [("one", &one, "x-tenant"), ("other", &other, "x-other")] {
            let proxy = Proxy::builder(target(far)).name(name);
            let proxy = proxy.pass_header(header.parse().unwrap());
            app.mount(name, proxy.connect().await.unwrap()).unwrap();
        }
        let front = fmcp::Discovery::new().in_front_of(app).unwrap();
        let near = Running::new(front, |http| http).await;
        let mut client = Client::builder(target(&near));
        for (name, value) in [
            ("authorization", "Bearer secret"),
            ("x-tenant", "blue"),
            ("x-other", "no"),
        ] {
            client = client.header(name.parse().unwrap(), value.parse().unwrap());
        }
        let client = client.connect().await.unwrap();
        for (tool, expect) in [
            ("one_headers", r#"[null,"blue",null,null,null]"#),
            ("other_headers", r#"[null,null,null,null,"no"]"#),
        ] {
            let said = client
                .call("execute_tool", json!({"name": tool}))
                .await
                .unwrap();
            assert_eq!(said.text(), expect, "{tool}");
        }
    }

    #[tokio::test]
    async fn an_upstream_that_is_killed_while_calls_run_and_comes_back() {
        let far = Running::new(upstream(), |http| http).await;
        let (address, url) = (far.address, target(&far));
        let app = Server::new("app").tool(tool("own", "mine"));
        app.mount("up", proxied(url).await).unwrap();
        let state = || app.upstreams().remove(0).1.state;
        let client = testing::connect(&app).await;
        assert_eq!(state(), ServerState::Connected);
        far.ended().await;
        for _ in 0..3 {
            let error = client
                .call("up_greet", json!({"name": "ada"}))
                .await
                .unwrap_err();
            assert_eq!(error.kind(), Kind::Unavailable, "{error}");
            assert!(
                error
                    .to_string()
                    .contains("the upstream \"up\" cannot be reached"),
                "{error}"
            );
            assert_eq!(text(&app, "own").await, "mine");
            assert!(
                tools(&app).await.contains(&"up_greet".to_owned()),
                "it stays listed"
            );
            assert!(matches!(state(), ServerState::Down { .. }), "{:?}", state());
        }
        let back = upstream().tool(tool("more", "new"));
        let bound = back
            .bind_http(Http::new(address.to_string()))
            .await
            .unwrap();
        let serving = tokio::spawn(bound.run_until(std::future::pending()));
        let greeted = client.call("up_greet", json!({"name": "ada"})).await;
        assert_eq!(testing::expect_text(&greeted), "hello ada");
        assert_eq!(state(), ServerState::Connected);
        serving.abort();
    }

    #[tokio::test]
    async fn callers_with_sessions_have_their_own_at_an_upstream_with_sessions() {
        let count = Server::new("far").tool(Tool::new("count", |ctx: Context| async move {
            let key = "n";
            let state = ctx.session_state().unwrap();
            let n: u32 = state.get(key).await?.unwrap_or_default();
            state.set(key, &(n + 1)).await?;
            Ok::<_, Error>(i64::from(n + 1))
        }));
        let far = Running::new(count, |http| http).await;
        let server = proxied(target(&far).into_target().revision(Revision::V2025_11_25)).await;
        for _ in 0..2 {
            let client = testing::connect_at(&server, Revision::V2025_11_25).await;
            for n in 1..=3 {
                assert_eq!(
                    testing::expect_text(&client.call("count", ()).await),
                    n.to_string()
                );
            }
        }
    }
}

#[cfg(unix)]
mod programs {
    use super::*;
    use crate::stdio::program;

    fn target() -> Target {
        let program = program("stdio");
        Target::command(program.to_str().unwrap(), Vec::<String>::new())
    }

    #[tokio::test]
    async fn a_program_is_a_server_for_many() {
        let server = proxied(target()).await;
        let clients = (0..8).map(|_| async {
            let heard = Count::default();
            let progress = heard.clone();
            let client = Client::builder(&server)
                .on_progress(move |_| progress.up())
                .connect()
                .await
                .unwrap();
            let counted = client
                .call("count", json!({"to": 3, "every": 1}))
                .await
                .unwrap();
            assert_eq!(counted.text(), "counted to 3");
            assert!(heard.now() > 0, "every caller hears of its own");
        });
        futures_util::future::join_all(clients).await;
    }

    #[tokio::test]
    async fn a_program_that_is_killed_while_a_call_runs_is_started_again() {
        let command = "echo $$ > \"$PID\"; exec \"$PROGRAM\"";
        let file = std::env::temp_dir().join(format!("fmcp-proxy-{}", std::process::id()));
        let shell = Target::command("sh", ["-c", command])
            .env("PID", file.to_str().unwrap())
            .env("PROGRAM", program("stdio").to_str().unwrap());
        let server = proxied(shell).await;
        let client = testing::connect(&server).await;
        let calls = client.clone();
        let call =
            tokio::spawn(
                async move { calls.call("count", json!({"to": 100, "every": 1000})).await },
            );
        while client.progress().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let pid = std::fs::read_to_string(&file).unwrap();
        let killed = std::process::Command::new("kill")
            .args(["-9", pid.trim()])
            .status();
        assert!(killed.unwrap().success());
        let error = timeout(LONG, call).await.unwrap().unwrap().unwrap_err();
        assert!(
            error
                .to_string()
                .contains("the upstream \"up\" cannot be reached"),
            "{error}"
        );
        let counted = client.call("count", json!({"to": 1, "every": 1})).await;
        assert_eq!(testing::expect_text(&counted), "counted to 1");
        std::fs::remove_file(file).unwrap();
    }
}

#[test]
fn eras_are_what_the_tests_think() {
    assert_eq!(Revision::V2025_11_25.era(), Era::Legacy);
}
