//! Values of calls, users and the server: which are found, by whom, and for how long.

use std::{sync::Arc, time::Duration};

use fmcp::{
    BoxFuture, Call, Context, Endpoint, Error, Kind, Level, Method, Middleware, Next, Principal,
    Reply, Server, Store, Tool, ToolError, UserLevel,
    store::Memory,
    testing::{self, Wire, legacy},
};
use serde_json::json;

use super::*;

/// A value that is found by its type.
#[derive(Debug, PartialEq)]
struct Theme(&'static str);

fn value(ctx: &Context) -> String {
    let named = ctx.value("colour").unwrap_or_default();
    let typed = ctx.lookup::<Theme>().map(|theme| theme.0);
    format!("{named} {}", typed.unwrap_or("none"))
}

/// Tools that set values at a level, and one that says what is found.
fn server() -> Server {
    let set = |level: Level| {
        move |ctx: Context| async move {
            let values = ctx.level(level).ok_or_else(|| ToolError::new("nobody's"))?;
            let word = format!("{level:?}").to_lowercase();
            values.set("colour", word).await?;
            values.insert(match level {
                Level::Request => Theme("request"),
                Level::User => Theme("user"),
                _ => Theme("global"),
            });
            let inner = ctx.call_tool("get", json!({})).await?;
            Ok::<_, ToolError>(inner)
        }
    };
    Server::new("s")
        .tool(Tool::new("get", |ctx: Context| async move { value(&ctx) }))
        .tool(Tool::new("set_request", set(Level::Request)))
        .tool(Tool::new("set_user", set(Level::User)))
        .tool(Tool::new("set_global", set(Level::Global)))
        .tool(Tool::new("spawned", |ctx: Context| async move {
            ctx.set_value("colour", "mine");
            let found = ctx.spawn(async { value(&Context::current().unwrap()) })?;
            Ok::<_, ToolError>(found.await?)
        }))
        .tool(Tool::new("forget", |ctx: Context| async move {
            let user = ctx
                .level(Level::User)
                .ok_or_else(|| ToolError::new("nobody's"))?;
            let first = user.remove("colour").await?;
            Ok::<_, ToolError>(format!("{first} {}", user.remove("colour").await?))
        }))
}

/// What a tool says to a user.
async fn says(server: &Server, who: &str, tool: &str) -> String {
    let call = Call::of(Method::CallTool, &json!({"name": tool})).unwrap();
    let call = match who {
        "" => call,
        who => call.with_principal(Arc::new(Principal::new(who))),
    };
    let result = server.call(call).await.unwrap().into_tool().unwrap();
    result.content[0].as_text().unwrap().to_owned()
}

#[tokio::test]
async fn the_most_specific_value_is_found() {
    let server = server().value("colour", "built").state(Theme("state"));
    for (who, tool, expect) in [
        ("ada", "get", r#""built" state"#),
        ("ada", "set_global", r#""global" global"#),
        ("ada", "set_user", r#""user" user"#),
        ("ada", "set_request", r#""request" request"#),
        ("ada", "get", r#""user" user"#),
        ("bob", "get", r#""global" global"#),
        ("", "get", r#""global" global"#),
        ("", "set_user", "nobody's"),
        ("ada", "spawned", r#""mine" user"#),
        ("ada", "forget", "true false"),
        ("ada", "get", r#""global" user"#),
    ] {
        assert_eq!(says(&server, who, tool).await, expect, "{who} {tool}");
    }
    server.set_value("colour", 5).unwrap();
    assert_eq!(server.values().get("colour"), Some(json!(5)));
    assert_eq!(says(&server, "bob", "get").await, "5 global");
}

#[tokio::test]
async fn a_session_is_a_user_too() {
    let server = server();
    let (one, other) = (Wire::new(&server), Wire::new(&server));
    for wire in [&one, &other] {
        wire.initialize(fmcp::Revision::V2025_11_25).await;
    }
    let text = async |wire: &Wire, name: &str| {
        let answer = wire.send(legacy("tools/call", json!({"name": name}))).await;
        testing::expect_result(&answer)["content"][0]["text"].clone()
    };
    text(&one, "set_user").await;
    assert_eq!(text(&one, "get").await, r#""user" user"#);
    assert_eq!(text(&other, "get").await, "null none");
}

#[tokio::test]
async fn two_issuers_have_two_users_of_one_name() {
    let server = server();
    let call = |issuer: &str, tool| {
        let mut who = Principal::new("ada");
        who.issuer = Some(issuer.into());
        Call::of(Method::CallTool, &json!({"name": tool}))
            .unwrap()
            .with_principal(Arc::new(who))
    };
    server.call(call("a", "set_user")).await.unwrap();
    let found = server
        .call(call("b", "get"))
        .await
        .unwrap()
        .into_tool()
        .unwrap();
    assert_eq!(found.content[0].as_text(), Some("null none"));
}

#[tokio::test(start_paused = true)]
async fn users_are_forgotten_who_do_not_come() {
    let how = UserLevel::new().max_users(2).ttl(Duration::from_secs(10));
    let server = server().user_level(how);
    for who in ["ada", "bob"] {
        says(&server, who, "set_user").await;
    }
    tokio::time::sleep(Duration::from_secs(9)).await;
    // Who reads is here, too.
    assert_eq!(says(&server, "bob", "get").await, r#""user" user"#);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(
        says(&server, "ada", "get").await,
        "null none",
        "11 seconds ago"
    );
    assert_eq!(
        says(&server, "bob", "get").await,
        r#""user" user"#,
        "2 seconds ago"
    );
    for who in ["cid", "dan"] {
        says(&server, who, "set_user").await;
    }
    assert_eq!(says(&server, "bob", "get").await, "null none", "no room");
}

#[tokio::test(start_paused = true)]
async fn a_store_keeps_values_of_users_for_replicas_and_restarts() {
    let store = Arc::new(Memory::new());
    let replica = || {
        let how = UserLevel::new()
            .store(Arc::clone(&store))
            .fresh(Duration::from_secs(5));
        server().user_level(how)
    };
    let (one, other) = (replica(), replica());
    assert_eq!(says(&other, "ada", "get").await, "null none");
    says(&one, "ada", "set_user").await;
    assert_eq!(
        says(&other, "ada", "get").await,
        "null none",
        "read a moment ago"
    );
    tokio::time::sleep(Duration::from_secs(6)).await;
    // What is found by its type stays in its process.
    assert_eq!(says(&other, "ada", "get").await, r#""user" none"#);
    assert_eq!(
        says(&replica(), "ada", "get").await,
        r#""user" none"#,
        "restarted"
    );
    assert_eq!(says(&other, "ada", "forget").await, "true false");
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(says(&one, "ada", "get").await, "null user");
}

#[tokio::test]
async fn values_that_one_user_writes_at_once_are_all_kept() {
    let store = Arc::new(Memory::new());
    let server = Server::new("s")
        .user_level(UserLevel::new().store(Arc::clone(&store)))
        .tool(Tool::new("t", |ctx: Context| async move {
            let user = ctx.level(Level::User).unwrap();
            let names: Vec<_> = (0..50).map(|n| n.to_string()).collect();
            let writes = names.iter().map(|name| user.set(name, 1));
            futures_util::future::try_join_all(writes).await?;
            Ok::<_, ToolError>(())
        }));
    says_nothing(&server).await;
    let keys = store.list("", 10).await.unwrap();
    let text = store.get(&keys[0]).await.unwrap().unwrap();
    let kept: Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(kept.as_object().unwrap().len(), 50);
}

async fn says_nothing(server: &Server) {
    let call = Call::of(Method::CallTool, &json!({"name": "t"})).unwrap();
    let call = call.with_principal(Arc::new(Principal::new("ada")));
    let result = server.call(call).await.unwrap().into_tool().unwrap();
    assert_eq!(result.is_error, None, "{result:?}");
}

/// A store that is away.
struct Away;

impl Store for Away {
    fn get<'a>(&'a self, _: &'a str) -> BoxFuture<'a, fmcp::Result<Option<bytes::Bytes>>> {
        Box::pin(async { Err(Error::new(Kind::Overloaded, "away")) })
    }

    fn put<'a>(
        &'a self,
        _: &'a str,
        _: bytes::Bytes,
        _: Option<Duration>,
    ) -> BoxFuture<'a, fmcp::Result<()>> {
        Box::pin(async { Err(Error::new(Kind::Overloaded, "away")) })
    }

    fn put_new<'a>(
        &'a self,
        _: &'a str,
        _: bytes::Bytes,
        _: Option<Duration>,
    ) -> BoxFuture<'a, fmcp::Result<bool>> {
        Box::pin(async { Err(Error::new(Kind::Overloaded, "away")) })
    }

    fn delete<'a>(&'a self, _: &'a str) -> BoxFuture<'a, fmcp::Result<bool>> {
        Box::pin(async { Err(Error::new(Kind::Overloaded, "away")) })
    }

    fn list<'a>(&'a self, _: &'a str, _: usize) -> BoxFuture<'a, fmcp::Result<Vec<String>>> {
        Box::pin(async { Err(Error::new(Kind::Overloaded, "away")) })
    }
}

#[tokio::test]
async fn a_store_that_is_away_fails_the_calls_of_those_whose_values_it_has() {
    let server = server().user_level(UserLevel::new().store(Away));
    let call = Call::of(Method::CallTool, &json!({"name": "get"})).unwrap();
    let known = call.clone().with_principal(Arc::new(Principal::new("ada")));
    assert_eq!(server.call(known).await.unwrap_err().message(), "away");
    assert!(server.call(call).await.is_ok(), "nobody's");
}

#[tokio::test]
async fn middleware_sets_up_what_a_user_brings() {
    struct SetUp;
    impl Middleware for SetUp {
        async fn handle(&self, call: Call, next: Next<'_>) -> fmcp::Result<Reply> {
            let ctx = Context::new(call.clone());
            if let Some(user) = ctx.level(Level::User) {
                user.set("colour", "of the middleware").await?;
            }
            next.run(call).await
        }
    }
    let server = server().layer(SetUp);
    assert_eq!(
        says(&server, "ada", "get").await,
        r#""of the middleware" none"#
    );
}

#[test]
fn a_value_that_cannot_be_one_is_a_fault_of_the_server() {
    let server = Server::new("s").value("", 1);
    assert!(refusal(&server).contains("1 to 256 bytes"));
}
