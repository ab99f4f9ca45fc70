//! Changes while the server runs.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use fmcp::{
    Component, Key, Kind, Notice, Prompt, Resource, Server, Tool, core::ComponentKind, keyed, tags,
    testing,
};
use tokio::sync::Notify;

fn tool(name: &str) -> Tool {
    Tool::new(name, || async { "ok" })
}

fn key(name: &str) -> Key {
    Key::new(ComponentKind::Tool, name)
}

async fn next_change(client: &testing::TestClient) -> ComponentKind {
    match client.next_notice().await {
        Notice::ListChanged(kind) => kind,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn listeners_hear_of_every_change() {
    let server = Server::new("s").tool(tool("a").tags(["x"]));
    let client = testing::connect(&server).await;
    server.add_tool(tool("b")).unwrap();
    assert_eq!(next_change(&client).await, ComponentKind::Tool);
    assert_eq!(client.list_tools().await.unwrap().len(), 2);
    server
        .add_resource(Resource::new("r://a", || async { "" }))
        .unwrap();
    assert_eq!(next_change(&client).await, ComponentKind::Resource);
    server
        .add_prompt(Prompt::new("p", || async { "" }))
        .unwrap();
    assert_eq!(next_change(&client).await, ComponentKind::Prompt);
    assert_eq!(server.disable(tags(["x"])), 1);
    assert_eq!(next_change(&client).await, ComponentKind::Tool);
    assert_eq!(
        client.call("a", ()).await.unwrap_err().kind(),
        Kind::NotFound
    );
    assert_eq!(server.enable(keyed(key("a"))), 1);
    assert_eq!(next_change(&client).await, ComponentKind::Tool);
    client.call("a", ()).await.unwrap();
    assert!(server.remove(&key("a")));
    assert_eq!(next_change(&client).await, ComponentKind::Tool);
    assert_eq!(client.list_tools().await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_changes_nothing_is_not_told() {
    let server = Server::new("s").tool(tool("a"));
    let client = testing::connect(&server).await;
    assert!(!server.remove(&key("b")));
    assert_eq!(server.enable(tags(["x"])), 0);
    assert_eq!(server.enable(keyed(key("a"))), 0, "it is enabled");
    assert!(server.add_tool(tool("a")).is_err());
    server
        .add_prompt(Prompt::new("p", || async { "" }))
        .unwrap();
    assert_eq!(next_change(&client).await, ComponentKind::Prompt);
}

#[tokio::test]
async fn who_chooses_may_ask_the_server() {
    let server = Server::new("s").tool(tool("a")).tool(tool("b"));
    let (asks, asked) = (server.clone(), AtomicU32::new(0));
    let changed = server.disable(move |component: &Component| {
        asks.check().unwrap();
        asks.remove(&key("b"));
        asked.fetch_add(1, Ordering::SeqCst);
        component.name() == "a"
    });
    assert_eq!(changed, 1);
    let client = testing::connect(&server).await;
    assert!(client.list_tools().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_choice_that_panics_changes_nothing() {
    let server = Server::new("s").tool(tool("a")).tool(tool("b"));
    let other = server.clone();
    let panicked = std::thread::spawn(move || {
        other.disable(|component: &Component| {
            assert!(component.name() != "b", "no");
            true
        })
    });
    assert!(panicked.join().is_err());
    let client = testing::connect(&server).await;
    assert_eq!(client.list_tools().await.unwrap().len(), 2);
    server.add_tool(tool("c")).unwrap();
    assert_eq!(client.list_tools().await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_call_goes_on_though_its_tool_is_removed() {
    let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (says, waits) = (Arc::clone(&begun), Arc::clone(&go));
    let server = Server::new("s").tool(Tool::new("slow", move || {
        let (says, waits) = (Arc::clone(&says), Arc::clone(&waits));
        async move {
            says.notify_one();
            waits.notified().await;
            "done"
        }
    }));
    let client = testing::connect(&server).await;
    let calls = client.clone();
    let call = tokio::spawn(async move { calls.call("slow", ()).await });
    begun.notified().await;
    assert!(server.remove(&key("slow")));
    go.notify_one();
    assert_eq!(testing::expect_text(&call.await.unwrap()), "done");
    assert!(client.call("slow", ()).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_threads_change_while_a_thousand_calls_run() {
    let server = Server::new("s").tool(tool("stays"));
    let client = testing::connect(&server).await;
    let done = Arc::new(AtomicBool::new(false));
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            let (server, done) = (server.clone(), Arc::clone(&done));
            std::thread::spawn(move || {
                let mut rounds = 0;
                while rounds < 20 || !done.load(Ordering::SeqCst) {
                    let name = format!("t{thread}");
                    server.add_tool(tool(&name).tags(["mine"])).unwrap();
                    server.disable(keyed(key(&name)));
                    server.enable(keyed(key(&name)));
                    assert!(server.remove(&key(&name)));
                    rounds += 1;
                }
            })
        })
        .collect();
    let calls = (0..1_000).map(|n| {
        let client = client.clone();
        tokio::spawn(async move {
            match n % 10 {
                0 => client.list_tools().await.map(|tools| {
                    assert_eq!(tools[0].name, "stays");
                    assert!(tools.len() <= 9);
                }),
                _ => client.call("stays", ()).await.map(drop),
            }
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }
    done.store(true, Ordering::SeqCst);
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(client.list_tools().await.unwrap().len(), 1);
}

#[tokio::test]
async fn streams_end_when_the_server_stops() {
    let server = Server::new("s");
    let wire = testing::Wire::new(&server);
    let listen = testing::modern(
        "subscriptions/listen",
        serde_json::json!({"notifications": {"resourceSubscriptions": ["r://a"]}}),
    );
    let told = async {
        wire.next_notice().await;
        server.notify_updated("r://b");
        server.notify_updated("r://a");
        let notice = wire.next_notice().await;
        server.stop().await;
        notice
    };
    let (answer, notice) = tokio::join!(wire.send(listen), told);
    assert!(matches!(notice, Notice::ResourceUpdated(uri) if &*uri == "r://a"));
    testing::expect_result(&answer);
}

#[tokio::test]
async fn a_server_that_starts_empty_says_what_it_may_come_to_offer() {
    let server = Server::new("s");
    for revision in fmcp::Revision::ALL {
        let client = testing::connect_at(&server, revision).await;
        let says = client.capabilities();
        assert!(says.tools.is_some() && says.resources.is_some() && says.prompts.is_some());
        assert!(client.list_tools().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_handler_changes_its_own_server() {
    let show = |server: Server| async move { server.enable(tags(["hidden"])) };
    let server = Server::new("s")
        .tool(Tool::new("show", show))
        .tool(tool("a").tags(["hidden"]).enabled(false));
    let client = testing::connect(&server).await;
    let shown: usize = client.call("show", ()).await.unwrap().parse().unwrap();
    assert_eq!(shown, 1);
    assert_eq!(next_change(&client).await, ComponentKind::Tool);
    client.call("a", ()).await.unwrap();
}
