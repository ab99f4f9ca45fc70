//! Order, pages, cursors, cache hints.

use std::time::Duration;

use fmcp::{
    CacheScope, Key, Kind, Prompt, Resource, Server, Tool,
    core::ComponentKind,
    testing::{self, Wire, modern},
};
use serde_json::{Value, json};

fn server(count: usize) -> Server {
    (0..count).fold(Server::new("s"), |server, n| {
        server.tool(Tool::new(format!("t{}", (n * 7) % count), || async {}))
    })
}

fn names(tools: &[fmcp::model::Tool]) -> Vec<&str> {
    tools.iter().map(|tool| tool.name.as_str()).collect()
}

#[tokio::test]
async fn components_are_listed_in_the_order_of_their_adding() {
    let client = testing::connect(server(5)).await;
    for _ in 0..3 {
        let tools = client.list_tools().await.unwrap();
        assert_eq!(names(&tools), ["t0", "t2", "t4", "t1", "t3"]);
    }
}

#[tokio::test]
async fn pages_make_up_the_whole() {
    for size in [1, 2, 3, 5, 6] {
        let client = testing::connect(server(5).page_size(size)).await;
        let tools = client.list_tools().await.unwrap();
        assert_eq!(names(&tools), ["t0", "t2", "t4", "t1", "t3"], "{size}");
        let first = client.list_tools_page(None).await.unwrap();
        assert_eq!(first.tools.len(), size.min(5));
        assert_eq!(first.next_cursor.is_none(), size >= 5);
    }
}

#[tokio::test]
async fn a_list_that_changes_loses_and_repeats_nothing() {
    let server = server(6).page_size(2);
    let client = testing::connect(&server).await;
    let first = client.list_tools_page(None).await.unwrap();
    assert_eq!(names(&first.tools), ["t0", "t1"]);
    server.remove(&Key::new(ComponentKind::Tool, "t0"));
    let second = client
        .list_tools_page(first.next_cursor.as_deref())
        .await
        .unwrap();
    assert_eq!(names(&second.tools), ["t2", "t3"]);
    server.remove(&Key::new(ComponentKind::Tool, "t3"));
    let third = client
        .list_tools_page(second.next_cursor.as_deref())
        .await
        .unwrap();
    assert!(names(&third.tools).ends_with(&["t5"]), "{third:?}");
    for name in ["t1", "t2", "t4", "t5"] {
        server.remove(&Key::new(ComponentKind::Tool, name));
    }
    let gone = client
        .list_tools_page(second.next_cursor.as_deref())
        .await
        .unwrap();
    assert!(gone.tools.is_empty() && gone.next_cursor.is_none());
}

#[tokio::test]
async fn a_cursor_of_nobodys_is_refused() {
    let paged = server(5)
        .prompt(Prompt::new("p", || async { "" }))
        .page_size(2);
    let client = testing::connect(&paged).await;
    let first = client.list_tools_page(None).await.unwrap();
    let other = client
        .list_prompts_page(first.next_cursor.as_deref())
        .await
        .unwrap_err();
    assert_eq!(other.kind(), Kind::InvalidParams, "of another list");
    let whole = testing::connect(server(5)).await;
    for client in [&client, &whole] {
        for cursor in ["", "x", "AAAA", "{}", "\u{0}"] {
            let error = client.list_tools_page(Some(cursor)).await.unwrap_err();
            assert_eq!(error.kind(), Kind::InvalidParams, "{cursor:?}");
        }
    }
    for server in [paged, server(5)] {
        let wire = Wire::new(&server);
        for cursor in [json!(5), json!({}), json!([])] {
            let answer = wire
                .send(modern("tools/list", json!({"cursor": cursor})))
                .await;
            testing::expect_rpc_error(&answer, -32602);
        }
    }
}

async fn ask(server: &Server, method: &str, params: Value) -> Value {
    let answer = Wire::new(server).send(modern(method, params)).await;
    testing::expect_result(&answer).clone()
}

#[tokio::test]
async fn cache_hints_are_said_by_the_server_and_by_the_component() {
    let resource = |uri: &str| Resource::new(uri, || async { "" });
    let silent = Server::new("s").resource(resource("r://a"));
    let hinting = Server::new("s")
        .cache(Duration::from_secs(60), CacheScope::Public)
        .resource(resource("r://a"))
        .resource(resource("r://b").cache(Duration::from_secs(1), CacheScope::Private));
    for (method, params) in [
        ("server/discover", json!({})),
        ("tools/list", json!({})),
        ("resources/list", json!({})),
        ("resources/templates/list", json!({})),
        ("prompts/list", json!({})),
        ("resources/read", json!({"uri": "r://a"})),
    ] {
        let hinted = ask(&hinting, method, params.clone()).await;
        assert_eq!(
            (&hinted["ttlMs"], &hinted["cacheScope"]),
            (&json!(60_000), &json!("public")),
            "{method}"
        );
        let plain = ask(&silent, method, params).await;
        assert_ne!(plain["ttlMs"], 60_000, "{method}");
    }
    let own = ask(&hinting, "resources/read", json!({"uri": "r://b"})).await;
    assert_eq!(
        (&own["ttlMs"], &own["cacheScope"]),
        (&json!(1000), &json!("private"))
    );
}

#[tokio::test]
async fn a_list_is_written_anew_when_it_changes() {
    let server = server(2);
    let wire = Wire::new(&server);
    let count = async || {
        let answer = wire.send(modern("tools/list", json!({}))).await;
        testing::expect_result(&answer)["tools"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!((count().await, count().await), (2, 2));
    server.add_tool(Tool::new("new", || async {})).unwrap();
    assert_eq!(count().await, 3);
}
