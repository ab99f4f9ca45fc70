//! The application's own state, and what is computed per call.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use fmcp::{
    BoxFuture, Context, Depends, Error, Kind, Provide, Server, State, Tool, ToolError, testing,
};
use serde_json::json;

use super::*;

#[derive(Default)]
struct Counter(AtomicU32);

struct User(u32);

impl Provide for User {
    async fn provide(ctx: &Context) -> Result<Self, ToolError> {
        tokio::task::yield_now().await;
        let counter = ctx
            .state::<Counter>()
            .ok_or("no counter")
            .map_err(ToolError::hidden)?;
        Ok(Self(counter.0.fetch_add(1, Ordering::SeqCst) + 1))
    }
}

struct Settings(String);

impl Provide for Settings {
    async fn provide(ctx: &Context) -> Result<Self, ToolError> {
        let user = Depends::<User>::of(ctx).await?;
        Ok(Self(format!("settings of {}", user.0.0)))
    }
}

/// Without this, the compiler refuses what needs itself.
fn boxed<T: Provide>(ctx: &Context) -> BoxFuture<'_, Result<Depends<T>, ToolError>> {
    Box::pin(Depends::of(ctx))
}

macro_rules! needs {
    ($($ty:ident => $other:ident),*) => { $(
        #[derive(Debug)]
        struct $ty;

        impl Provide for $ty {
            async fn provide(ctx: &Context) -> Result<Self, ToolError> {
                tokio::task::yield_now().await;
                boxed::<$other>(ctx).await?;
                Ok(Self)
            }
        }
    )* };
}

needs!(Itself => Itself, A => B, B => C, C => A);

struct Fails;

impl Provide for Fails {
    async fn provide(ctx: &Context) -> Result<Self, ToolError> {
        match ctx.call().params().parse::<Value>()?["arguments"]["how"].as_str() {
            Some("shown") => Err(ToolError::new("please sign in")),
            Some("hidden") => Err(std::io::Error::other("password=hunter2").into()),
            Some("forbidden") => Err(Error::new(Kind::Forbidden, "not you").into()),
            _ => panic!("password=hunter2"),
        }
    }
}

fn server() -> Server {
    Server::new("s")
        .state(Counter::default())
        .tool(Tool::new(
            "in_turn",
            |a: Depends<User>, b: Depends<Settings>, State(c): State<Counter>| async move {
                format!("{} {} {}", a.0.0, b.0.0, c.0.load(Ordering::SeqCst))
            },
        ))
        .tool(Tool::new("at_once", |ctx: Context| async move {
            let (a, b, c) = tokio::join!(
                Depends::<User>::of(&ctx),
                Depends::<Settings>::of(&ctx),
                Depends::<User>::of(&ctx)
            );
            Ok::<_, ToolError>(format!("{} {} {}", a?.0.0, b?.0.0, c?.0.0))
        }))
        .tool(Tool::new("itself", |_: Depends<Itself>| async {}))
        .tool(Tool::new("circle", |_: Depends<A>| async {}))
        .tool(Tool::new("circle_at_once", |ctx: Context| async move {
            let (a, b) = tokio::join!(Depends::<A>::of(&ctx), Depends::<B>::of(&ctx));
            a?;
            b?;
            Ok::<_, ToolError>(())
        }))
        .tool(Tool::dynamic(
            "fails",
            json!({"type": "object"}),
            |_, ctx: Context| async move {
                Depends::<Fails>::of(&ctx).await?;
                Ok::<_, ToolError>(())
            },
        ))
        .tool(Tool::new("missing", |_: State<String>| async {}))
}

#[tokio::test]
async fn a_dependency_is_computed_once_per_call() {
    let server = server();
    for (tool, says) in [
        ("in_turn", "1 settings of 1 1"),
        ("in_turn", "2 settings of 2 2"),
        ("at_once", "3 settings of 3 3"),
    ] {
        assert_eq!(run(&server, tool, json!({})).await.text(), says);
    }
}

#[tokio::test(start_paused = true)]
async fn dependencies_that_need_each_other_are_an_error() {
    let server = server().show_error_details(true);
    for tool in ["itself", "circle", "circle_at_once"] {
        let result = tokio::time::timeout(
            std::time::Duration::from_secs(5),
            run(&server, tool, json!({})),
        );
        let result = result.await.unwrap_or_else(|_| panic!("{tool} hangs"));
        let said = words(&result);
        assert!(
            said.contains("the server's dependencies depend on each other"),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_dependency_fails_as_the_handler_would() {
    let server = server();
    let fail = async |how: &str| run(&server, "fails", json!({"how": how})).await;
    assert_eq!(words(&fail("shown").await), "please sign in");
    for how in ["hidden", "panic"] {
        let said = words(&fail(how).await);
        assert!(
            said.starts_with("the tool failed; the server's log says why"),
            "{said}"
        );
    }
    let client = testing::connect(&server).await;
    let error = client
        .call("fails", json!({"how": "forbidden"}))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Forbidden);
}

#[tokio::test]
async fn state_that_is_missing_is_the_servers_fault() {
    let said = words(&run(&server(), "missing", json!({})).await);
    assert_eq!(said, "the server is not set up for this call");
}

#[tokio::test]
async fn what_is_injected_is_in_no_schema() {
    let client = testing::connect(server()).await;
    for tool in client.list_tools().await.unwrap() {
        assert!(
            tool.input_schema.to_value().get("properties").is_none(),
            "{}",
            tool.name
        );
    }
}

#[tokio::test]
async fn state_is_one_of_each_type() {
    let shared = Arc::new(Counter::default());
    let server = Server::new("s")
        .state(1_u8)
        .state(2_u8)
        .state(Arc::clone(&shared))
        .tool(Tool::new(
            "t",
            |State(n): State<u8>, State(c): State<Arc<Counter>>| async move {
                c.0.fetch_add(1, Ordering::SeqCst);
                i64::from(*n)
            },
        ));
    assert_eq!(run(&server, "t", json!({})).await.text(), "2");
    assert_eq!(shared.0.load(Ordering::SeqCst), 1);
}
