//! Components that are listed, enabled and disabled from outside, and who may.

use fmcp::{
    Authenticator, BoxFuture, CallOptions, Client, ComponentKind, Error, Kind, Prompt, Reshape,
    Resource, Revision, Server, Tool, Visibility, named, resource, switches::Board,
};
use serde_json::{Value, json};
use tokio::{sync::mpsc, time::timeout};

use crate::{
    carried::{Carried, Over},
    raw_http::{Answer, Headers, PATIENCE, Running, send},
};

const SECRET: &str = "a secret that has thirty-two bytes";

/// Knows everybody who says a name, and what each may.
struct Names;

impl Authenticator for Names {
    fn authenticate<'a>(
        &'a self,
        request: &'a ::http::request::Parts,
    ) -> BoxFuture<'a, fmcp::Result<Option<fmcp::Principal>>> {
        let name = request
            .headers
            .get("authorization")
            .map(|name| name.to_str().unwrap());
        let known = match name {
            None => Ok(None),
            Some("admin") => Ok(Some(fmcp::Principal::new("admin").scopes(["switch"]))),
            Some(name @ "ada") => Ok(Some(fmcp::Principal::new(name))),
            Some(_) => Err(Error::new(Kind::Unauthenticated, "nobody knows you")),
        };
        Box::pin(std::future::ready(known))
    }
}

fn tool(name: &str) -> Tool {
    Tool::new(name, || async { "here" })
}

#[resource("data://one/{id}")]
async fn one_of(id: String) -> String {
    id
}

/// A server of its own things, with another one in it.
fn server(board: Board) -> Server {
    let weather = Server::new("weather")
        .tool(tool("forecast"))
        .resource(Resource::new("data://tides", || async { "high" }))
        .transform(Reshape::new("forecast").name("outlook"));
    let server = Server::new("app")
        .tool(tool("add").version("1").tags(["beta"]))
        .tool(tool("add").version("2"))
        .tool(tool("secret"))
        .resource(one_of::resource())
        .resource(Resource::new("data://one", || async { "one" }))
        .prompt(Prompt::new("greet", || async { "Hello" }))
        .transform(Visibility::new().hide(named("secret")))
        .switches(board);
    server.mount("weather", &weather).unwrap();
    server
}

async fn ask(running: &Running, line: &str, headers: Headers<'_>) -> Answer {
    send(running.address, line, headers, "").await
}

fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{answer:?}"))
}

async fn tools(client: &Client) -> Vec<String> {
    let tools = client.list_tools().await.unwrap();
    tools.into_iter().map(|tool| tool.name).collect()
}

/// A client, and the lists that it hears have changed.
async fn listening(server: &Server) -> (Client, mpsc::Receiver<ComponentKind>) {
    let (told, heard) = mpsc::channel(16);
    let client = Client::builder(server)
        .on_list_changed(move |kind| told.try_send(kind).unwrap())
        .connect()
        .await
        .unwrap();
    (client, heard)
}

async fn hears(heard: &mut mpsc::Receiver<ComponentKind>, kind: ComponentKind) {
    assert_eq!(timeout(PATIENCE, heard.recv()).await.unwrap(), Some(kind));
}

#[tokio::test]
async fn all_that_has_a_switch_is_listed_and_why_it_is_not_seen() {
    let server = server(Board::open());
    server.disable(named("greet"));
    let running = Running::new(server, |http| http).await;
    let answer = ask(&running, "GET /components", &[]).await;
    assert_eq!(
        (answer.status, answer.header("cache-control")),
        (200, Some("no-store"))
    );
    let expect = json!({"components": [
        {"kind": "tool", "name": "add", "version": "1", "tags": ["beta"], "enabled": true},
        {"kind": "tool", "name": "add", "version": "2", "tags": [], "enabled": true},
        {"kind": "tool", "name": "secret", "tags": [], "enabled": true, "hidden": "a transform hides it"},
        {"kind": "template", "name": "data://one/{id}", "tags": [], "enabled": true},
        {"kind": "resource", "name": "data://one", "tags": [], "enabled": true},
        {"kind": "prompt", "name": "greet", "tags": [], "enabled": false, "hidden": "it is disabled"},
        {"kind": "tool", "name": "weather_outlook", "tags": [], "enabled": true, "mounts": ["weather"]},
        {"kind": "resource", "name": "data://weather/tides", "tags": [], "enabled": true,
         "mounts": ["weather"]},
    ]});
    assert_eq!(json(&answer), expect);
}

#[tokio::test]
async fn what_is_switched_over_http_changes_for_clients_who_hear_of_it() {
    let server = server(Board::with_secret(SECRET));
    let running = Running::new(server.clone(), |http| http).await;
    let (client, mut heard) = listening(&server).await;
    let bearer = format!("Bearer {SECRET}");
    let headers = [("authorization", bearer.as_str())];
    for (path, kind, changed) in [
        ("tools/secret", ComponentKind::Tool, 1),
        ("tool/add", ComponentKind::Tool, 2),
        ("tools/weather_outlook", ComponentKind::Tool, 1),
        ("prompts/greet", ComponentKind::Prompt, 1),
        ("resources/data%3A%2F%2Fone", ComponentKind::Resource, 1),
        (
            "templates/data%3A%2F%2Fone%2F%7Bid%7D",
            ComponentKind::Resource,
            1,
        ),
        (
            "resources/data%3A%2F%2Fweather%2Ftides",
            ComponentKind::Resource,
            1,
        ),
    ] {
        let line = format!("POST /components/{path}/disable");
        let answer = ask(&running, &line, &headers).await;
        assert_eq!(answer.status, 200, "{path} {answer:?}");
        let said = json(&answer);
        assert_eq!(
            (&said["enabled"], &said["changed"]),
            (&json!(false), &json!(changed)),
            "{path}"
        );
        hears(&mut heard, kind).await;
        let again = ask(&running, &line, &headers).await;
        assert_eq!(json(&again)["changed"], 0, "{path}");
    }
    assert_eq!(tools(&client).await, Vec::<String>::new());
    assert!(client.list_resources().await.unwrap().is_empty());
    assert!(client.call("weather_outlook", ()).await.is_err());

    let line = "POST /components/tools/add/enable?version=1";
    let answer = ask(&running, line, &headers).await;
    let expect =
        json!({"kind": "tool", "name": "add", "version": "1", "enabled": true, "changed": 1});
    assert_eq!(json(&answer), expect);
    hears(&mut heard, ComponentKind::Tool).await;
    let line = "POST /components/tools/weather_outlook/enable";
    assert_eq!(json(&ask(&running, line, &headers).await)["changed"], 1);
    assert_eq!(tools(&client).await, ["add", "weather_outlook"]);
    assert_eq!(
        client.call("weather_outlook", ()).await.unwrap().text(),
        "here"
    );
}

#[tokio::test]
async fn a_body_may_say_the_version() {
    let running = Running::new(server(Board::open()), |http| {
        http.limits(fmcp::Limits::new().message_bytes(100_000))
    })
    .await;
    let long = format!("{{\"version\": \"{}\"}}", "1".repeat(20_000));
    let line = "POST /components/tools/add/disable";
    let wrong = format!("{line}?version=1");
    for (line, body, status) in [
        (line, r#"{"version": "1"}"#, 200),
        (line, r#"{"version": "3"}"#, 404),
        (line, r#"{"verion": "1"}"#, 400),
        (line, "[", 400),
        (line, long.as_str(), 400),
        (wrong.as_str(), r#"{"version": "1"}"#, 400),
        ("POST /components/tools/add/disable?vrsion=1", "", 400),
    ] {
        let answer = send(running.address, line, &[], body).await;
        assert_eq!(answer.status, status, "{line} {answer:?}");
    }
    let large = "x".repeat(100_001);
    let answer = send(running.address, line, &[], &large).await;
    assert_eq!(answer.status, 413, "{answer:?}");
}

#[tokio::test]
async fn what_cannot_be_done_is_refused() {
    let running = Running::new(server(Board::open().path("switches/")), |http| http).await;
    let long = format!("POST /switches/tools/{}/enable", "x".repeat(5000));
    for (line, status, allow) in [
        ("POST /switches/tools/nothing/enable", 404, None),
        ("POST /switches/tools/outlook/enable", 404, None),
        ("POST /switches/gadgets/add/enable", 404, None),
        ("POST /switches/tools/add/explode", 404, None),
        ("POST /switches/tools/add/enable?version=9", 404, None),
        ("GET /components", 404, None),
        ("GET /switches/tools/add/enable", 405, Some("POST")),
        ("POST /switches", 405, Some("GET")),
        ("DELETE /switches", 405, Some("GET")),
        ("GET /switches?cursor=x", 400, None),
        (long.as_str(), 400, None),
    ] {
        let answer = ask(&running, line, &[]).await;
        assert_eq!(
            (answer.status, answer.header("allow")),
            (status, allow),
            "{line}"
        );
        assert!(json(&answer)["error"]["message"].is_string(), "{line}");
    }
}

#[tokio::test]
async fn only_those_may_who_have_the_scopes() {
    let board = || Board::for_scopes(["switch"]);
    let server = server(board());
    let running = Running::new(server, |http| http.authenticator(Names)).await;
    for (who, status, challenge) in [
        (None, 401, Some("Bearer")),
        (Some("eve"), 401, Some("Bearer error=\"invalid_token\"")),
        (
            Some("ada"),
            403,
            Some("Bearer error=\"insufficient_scope\", scope=\"switch\""),
        ),
        (Some("admin"), 200, None),
    ] {
        let headers: Vec<_> = who.map(|who| ("authorization", who)).into_iter().collect();
        for line in ["GET /components", "POST /components/tools/add/disable"] {
            let answer = ask(&running, line, &headers).await;
            let said = (answer.status, answer.header("www-authenticate"));
            assert_eq!(said, (status, challenge), "{who:?} {line}");
        }
        // Who may not does not learn what there is, nor how it is asked for.
        let answer = ask(&running, "GET /components/tools/nothing/enable", &headers).await;
        assert_eq!(
            answer.status,
            if status == 200 { 405 } else { status },
            "{who:?}"
        );
    }

    // Without an authenticator nobody is known.
    let running = Running::new(Server::new("s").switches(board()), |http| http).await;
    let headers = [("authorization", "admin")];
    let answer = ask(&running, "GET /components", &headers).await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn names_and_origins_are_checked_before_anybody_is_let_in() {
    let running = Running::new(server(Board::open()), |http| http).await;
    for (header, status) in [
        (("host", "evil.example.com"), 421),
        (("origin", "https://evil.example.com"), 403),
    ] {
        let line = "POST /components/tools/add/disable";
        let answer = ask(&running, line, &[header]).await;
        assert_eq!(answer.status, status, "{header:?}");
    }
    let all = json(&ask(&running, "GET /components", &[]).await);
    assert_eq!(all["components"][0]["enabled"], true);
}

#[tokio::test]
async fn calls_switch_on_every_transport_in_every_revision() {
    for over in Over::ALL {
        let server = server(Board::when(|_| true));
        let carried = Carried::new(&server, over).await;
        for revision in Revision::ALL {
            let client = Client::builder(carried.target.clone()).revision(revision);
            let Ok(client) = client.connect().await else {
                // Not every transport carries every revision.
                assert!(matches!(over, Over::Sse), "{over} {revision}");
                continue;
            };
            let request = async |method: &str, params: Value| {
                let method = format!("fmcp/components/{method}");
                let answer =
                    client.request_raw(method.as_str().into(), &params, CallOptions::new());
                answer.await.map(|raw| raw.to_value())
            };
            let which = json!({"kind": "tool", "name": "weather_outlook"});
            let off = request("disable", which.clone()).await.unwrap();
            assert_eq!(
                (&off["enabled"], &off["changed"]),
                (&json!(false), &json!(1)),
                "{over} {revision}"
            );
            assert_eq!(tools(&client).await, ["add"], "{over} {revision}");
            let listed = request("list", json!({})).await.unwrap();
            assert_eq!(
                listed["components"][6]["enabled"], false,
                "{over} {revision}"
            );
            request("enable", which).await.unwrap();
            assert_eq!(tools(&client).await, ["add", "weather_outlook"]);
            for params in [
                json!({"kind": "tool", "name": "nothing"}),
                json!({"kind": "tool"}),
            ] {
                assert!(
                    request("enable", params).await.is_err(),
                    "{over} {revision}"
                );
            }
        }
        carried.end().await;
    }
}

#[tokio::test]
async fn calls_are_refused_to_who_may_not() {
    let may = |board: Board| async move {
        let server = Server::new("s").tool(tool("add")).switches(board);
        let client = Client::connect(&server).await.unwrap();
        let params = json!({"kind": "tool", "name": "add"});
        let method = "fmcp/components/disable".into();
        let refused = client
            .request_raw(method, &params, CallOptions::new())
            .await
            .unwrap_err();
        assert_eq!(tools(&client).await, ["add"]);
        refused.to_string()
    };
    let refused = may(Board::for_scopes(["switch"])).await;
    assert!(refused.contains("known callers"), "{refused}");
    let refused = may(Board::with_secret(SECRET)).await;
    assert!(
        refused.contains("the secret") && !refused.contains(SECRET),
        "{refused}"
    );
    let refused = may(Board::when(|caller| caller.principal().is_some())).await;
    assert!(refused.contains("may not"), "{refused}");
}

#[tokio::test]
async fn pages_are_bounded() {
    let server = Server::new("s").switches(Board::open());
    for n in 0..250 {
        server.add_tool(tool(&format!("t{n}"))).unwrap();
    }
    let running = Running::new(server, |http| http).await;
    let first = json(&ask(&running, "GET /components", &[]).await);
    assert_eq!(first["components"].as_array().unwrap().len(), 200);
    let line = format!(
        "GET /components?cursor={}",
        first["nextCursor"].as_str().unwrap()
    );
    let second = json(&ask(&running, &line, &[]).await);
    assert_eq!(second["components"][49]["name"], "t249");
    assert!(second["nextCursor"].is_null());
    let beyond = json(
        &ask(
            &running,
            &format!("GET /components?cursor={}", usize::MAX),
            &[],
        )
        .await,
    );
    assert_eq!(beyond, json!({"components": []}));
}

#[tokio::test]
async fn of_two_of_a_name_it_is_said_which_is_seen() {
    let inner = Server::new("inner").tool(tool("add"));
    let server = Server::new("s").tool(tool("add")).switches(Board::open());
    server.mount_as_is("inner", &inner).unwrap();
    let running = Running::new(server.clone(), |http| http).await;
    let hidden = |all: Value| all["components"][1]["hidden"].clone();
    let all = json(&ask(&running, "GET /components", &[]).await);
    assert_eq!(hidden(all), "another of this name comes first");
    server.disable(named("add"));
    let all = json(&ask(&running, "GET /components", &[]).await);
    assert_eq!(hidden(all), Value::Null);
    // A name is that of both.
    let answer = ask(&running, "POST /components/tools/add/disable", &[]).await;
    assert_eq!(json(&answer)["changed"], 1);
    let client = Client::connect(&server).await.unwrap();
    assert!(tools(&client).await.is_empty());
}

#[tokio::test]
async fn a_board_that_guards_nothing_cannot_be_used() {
    for (board, words) in [
        (
            Board::for_scopes(Vec::<String>::new()),
            "no scope is wanted",
        ),
        (Board::with_secret("hunter2"), "shorter than 32 bytes"),
        (Board::open().path("/a/{b}"), "no plain path"),
    ] {
        let server = Server::new("s").switches(board);
        let fault = server.check().unwrap_err().to_string();
        assert!(
            fault.contains(words) && !fault.contains("hunter2"),
            "{fault}"
        );
        assert!(server.bind_http("127.0.0.1:0").await.is_err());
    }
    let twice = Server::new("s")
        .switches(Board::open())
        .switches(Board::open());
    assert!(twice.check().is_err());
}
