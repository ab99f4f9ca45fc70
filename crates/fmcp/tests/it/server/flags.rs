//! Feature flags: for whom they are on, who changes them, what is behind them.

use std::{sync::Arc, time::Duration};

use fmcp::{
    Call, Context, Endpoint, Kind, Method, Notice, Principal, Server, Tool,
    flags::{self, Flag, Flags},
    model::CacheScope,
    store::Memory,
    testing::{self, Wire, modern},
};
use serde_json::json;

use super::*;

fn flags() -> Flags {
    Flags::new()
        .flag("new", Flag::on().allow(["ada"]))
        .flag("paid", Flag::on().permission("premium"))
}

fn server(flags: Flags) -> Server {
    Server::new("s")
        .flags(flags)
        .resource(flags::resource())
        .tool(flags::tool(|ctx| {
            ctx.principal().is_some_and(|who| who.has_scope("admin"))
        }))
        .tool(Tool::new("which", |ctx: Context| async move {
            ["new", "paid", "unknown"]
                .map(|flag| ctx.flag(flag))
                .map(u8::from)
                .map(|on| on.to_string())
                .join("")
        }))
        .tool(Tool::new("hidden", || async { "found" }).flag("new"))
}

fn call(who: Option<Principal>, method: Method, params: Value) -> Call {
    let call = Call::of(method, &params).unwrap();
    match who {
        Some(who) => call.with_principal(Arc::new(who)),
        None => call,
    }
}

async fn which(server: &Server, who: Option<Principal>) -> String {
    let reply = server
        .call(call(who, Method::CallTool, json!({"name": "which"})))
        .await;
    let result = reply.unwrap().into_tool().unwrap();
    result.content[0].as_text().unwrap().to_owned()
}

async fn set(
    server: &Server,
    who: Principal,
    arguments: Value,
) -> Result<Option<bool>, fmcp::Error> {
    let params = json!({"name": "set_feature_flag", "arguments": arguments});
    let reply = server
        .call(call(Some(who), Method::CallTool, params))
        .await?;
    Ok(reply.into_tool()?.is_error)
}

fn admin() -> Principal {
    Principal::new("root").scopes(["admin"])
}

#[tokio::test]
async fn a_handler_asks_what_is_on_for_its_caller() {
    let server = server(flags());
    for (who, expect) in [
        (None, "000"),
        (Some(Principal::new("ada")), "100"),
        (Some(Principal::new("bob")), "000"),
        (Some(Principal::new("bob").scopes(["premium"])), "010"),
    ] {
        assert_eq!(which(&server, who.clone()).await, expect, "{who:?}");
    }
}

#[tokio::test]
async fn a_server_without_flags_has_none_on() {
    let server = Server::new("s").tool(Tool::new(
        "t",
        |ctx: Context| async move { ctx.flag("new") },
    ));
    assert_eq!(run(&server, "t", json!({})).await.text(), "false");
}

#[tokio::test]
async fn who_may_changes_flags_at_run_time_and_they_are_shown() {
    let server = server(flags());
    let change = json!({"name": "new", "flag": {"enabled": true}});
    let refused = set(&server, Principal::new("ada"), change.clone())
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), Kind::Forbidden);
    assert_eq!(which(&server, None).await, "000");
    assert_eq!(set(&server, admin(), change).await.unwrap(), None);
    assert_eq!(which(&server, None).await, "100");
    let remove = json!({"name": "paid"});
    assert_eq!(set(&server, admin(), remove).await.unwrap(), None);

    let client = testing::connect(&server).await;
    let shown: Value = client.read(flags::URI).await.unwrap().parse().unwrap();
    assert_eq!(shown, json!({"new": {"enabled": true}}));
}

#[tokio::test]
async fn what_cannot_be_a_flag_is_refused_in_words() {
    let server = server(flags());
    for flag in [
        json!({"enabled": true, "rollout_percentage": 101}),
        json!({"enabled": true, "rollout": 1}),
        json!({}),
    ] {
        let outcome = set(&server, admin(), json!({"name": "new", "flag": flag}))
            .await
            .unwrap();
        assert_eq!(outcome, Some(true), "{flag}");
    }
    assert_eq!(
        which(&server, Some(Principal::new("ada"))).await,
        "100",
        "unchanged"
    );
    let server = Server::new("s").flags(Flags::new().flag("f", Flag::on().rollout(-1.0)));
    assert!(refusal(&server).contains("`rollout_percentage` is 0 to 100, not -1"));
}

#[tokio::test]
async fn what_is_behind_a_flag_is_there_for_those_for_whom_it_is_on() {
    let server = server(flags()).cache(Duration::from_secs(60), CacheScope::Public);
    for (who, sees) in [("ada", true), ("bob", false)] {
        let who = Some(Principal::new(who));
        let list = server
            .call(call(who.clone(), Method::ListTools, json!({})))
            .await;
        let list = list.unwrap().into_tools().unwrap();
        let names: Vec<_> = list.tools.iter().map(|tool| tool.name.as_str()).collect();
        assert_eq!(names.contains(&"hidden"), sees, "{names:?}");
        assert!(names.contains(&"which"));
        assert_eq!(
            list.cache_scope,
            Some(CacheScope::Private),
            "not for others to keep"
        );
        let called = server
            .call(call(who, Method::CallTool, json!({"name": "hidden"})))
            .await;
        match called {
            Ok(_) => assert!(sees),
            Err(error) => {
                assert!(!sees);
                assert_eq!(
                    error.message(),
                    "Unknown tool: hidden",
                    "as if there were none"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_mounted_server_asks_its_own_flags() {
    let parent = Server::new("parent").flags(Flags::new().flag("new", Flag::on()));
    parent.mount("in", server(flags())).unwrap();
    for (who, sees) in [("ada", true), ("bob", false)] {
        let who = Some(Principal::new(who));
        let list = parent
            .call(call(who.clone(), Method::ListTools, json!({})))
            .await;
        let list = list.unwrap().into_tools().unwrap();
        let named = |name: &str| list.tools.iter().any(|tool| tool.name == name);
        assert!(named("in_which"));
        assert_eq!(named("in_hidden"), sees);
        let called = parent
            .call(call(who, Method::CallTool, json!({"name": "in_hidden"})))
            .await;
        assert_eq!(called.is_ok(), sees, "{called:?}");
    }
}

#[tokio::test]
async fn pages_are_made_of_what_the_caller_sees() {
    let server = (0..6).fold(Server::new("s").page_size(2).flags(flags()), |server, n| {
        let tool = Tool::new(format!("t{n}"), || async {});
        server.tool(if n % 2 == 0 { tool.flag("new") } else { tool })
    });
    let client = testing::connect(&server).await;
    let names: Vec<_> = client
        .list_tools()
        .await
        .unwrap()
        .into_iter()
        .map(|tool| tool.name)
        .collect();
    assert_eq!(names, ["t1", "t3", "t5"]);
}

#[tokio::test]
async fn whoever_listens_hears_that_flags_have_changed() {
    let server = server(flags());
    let wire = Arc::new(Wire::new(&server));
    let wants =
        json!({"notifications": {"toolsListChanged": true, "resourceSubscriptions": [flags::URI]}});
    let listening = tokio::spawn({
        let wire = Arc::clone(&wire);
        async move { wire.send(modern("subscriptions/listen", wants)).await }
    });
    let first = wire.next_notice().await;
    assert!(matches!(first, Notice::Other(..)), "{first:?}");
    set(
        &server,
        admin(),
        json!({"name": "new", "flag": {"enabled": false}}),
    )
    .await
    .unwrap();
    let next = wire.next_notice().await;
    assert!(
        matches!(&next, Notice::ResourceUpdated(uri) if **uri == *flags::URI),
        "{next:?}"
    );
    let next = wire.next_notice().await;
    assert!(
        matches!(next, Notice::ListChanged(fmcp::ComponentKind::Tool)),
        "{next:?}"
    );
    listening.abort();
}

#[tokio::test(start_paused = true)]
async fn replicas_share_flags_through_a_store() {
    let store = Arc::new(Memory::new());
    let replica = || server(flags().store(Arc::clone(&store)));
    let (one, other) = (replica(), replica());
    let ada = || Some(Principal::new("ada"));
    assert_eq!(which(&other, ada()).await, "100");
    set(
        &one,
        admin(),
        json!({"name": "new", "flag": {"enabled": false}}),
    )
    .await
    .unwrap();
    assert_eq!(
        which(&one, ada()).await,
        "000",
        "at once where it is changed"
    );
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(
        which(&other, ada()).await,
        "000",
        "within seconds elsewhere"
    );
    assert_eq!(which(&replica(), ada()).await, "000", "after a restart");
}
