//! Streams of changes that one request opens.

use super::*;

const SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";

fn listen(filter: Value) -> Value {
    testing::modern("subscriptions/listen", json!({"notifications": filter}))
}

#[tokio::test]
async fn a_stream_is_acknowledged_first_and_goes_by_the_requests_id() {
    let site = plain().await;
    let filter = json!({"toolsListChanged": true, "resourceSubscriptions": ["note://one"]});
    let request = listen(filter.clone());
    let id = request["id"].clone();
    let mut stream = site.modern_with(request).open().await.streams();
    let (event, first) = stream.next().await.unwrap();
    assert_eq!(event, None);
    assert_eq!(first["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(first["params"]["notifications"], filter);
    assert_eq!(first["params"]["_meta"][SUBSCRIPTION], id);

    site.server.notify_updated("note://two");
    site.server.notify_updated("note://one");
    let second = stream.message().await;
    assert_eq!(second["method"], "notifications/resources/updated");
    assert_eq!(second["params"]["uri"], "note://one");
    assert_eq!(second["params"]["_meta"][SUBSCRIPTION], id);
    site.change();
    let third = stream.message().await;
    assert_eq!(third["method"], "notifications/tools/list_changed");
    assert_eq!(third["params"]["_meta"][SUBSCRIPTION], id);
    stream.is_quiet().await;
}

#[tokio::test]
async fn a_stream_hears_only_what_it_asked_for() {
    let site = plain().await;
    let mut resources = site.listen(json!({"resourcesListChanged": true})).await;
    let mut tools = site.listen(json!({"toolsListChanged": true})).await;
    site.change();
    assert_eq!(
        tools.message().await["method"],
        "notifications/tools/list_changed"
    );
    resources.is_quiet().await;
    // What calls tell, they tell their caller.
    site.signals.go.notify_one();
    site.modern("tools/call", tool("tell")).await.status(200);
    resources.is_quiet().await;
}

#[tokio::test]
async fn streams_end_with_a_result_when_the_server_does() {
    let mut site = plain().await;
    let request = listen(json!({"toolsListChanged": true}));
    let id = request["id"].clone();
    let mut stream = site.modern_with(request).open().await.streams();
    stream.message().await;
    site.enough.take();
    let last = stream.message().await;
    assert_eq!(last["id"], id);
    assert_eq!(last["result"]["resultType"], "complete");
    assert_eq!(last["result"]["_meta"][SUBSCRIPTION], id);
    stream.ends().await;
    site.end().await;
}

#[tokio::test]
async fn there_are_as_many_streams_as_there_is_room_for() {
    let site = serve(|http| {
        http.authenticator(Names).settings(|settings| {
            settings.streams = 3;
            settings.principal_streams = 2;
        })
    })
    .await;
    let ask = |name: &str| {
        let request = site.modern_with(listen(json!({})));
        request.header("Authorization", name)
    };
    let first = ask("ada").open().await.streams();
    let _second = ask("ada").open().await.streams();
    let refused = ask("ada").await.status(503);
    refused.error(-31029);
    assert_eq!(refused.header("retry-after"), Some("1"));
    let _third = ask("bob").open().await.streams();
    ask("bob").await.status(503);
    drop(first);
    // Its place is free as soon as the server has seen it go.
    let free = async {
        while ask("bob").open().await.status != 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, free).await.unwrap();
}

#[tokio::test]
async fn a_silent_stream_shows_that_it_is_alive() {
    let short = Duration::from_millis(20);
    let site = serve(|http| http.settings(|settings| settings.keep_alive = short)).await;
    let mut stream = site.listen(json!({})).await;
    for _ in 0..3 {
        assert!(stream.event().await.unwrap().is_comment);
    }
}

#[tokio::test]
async fn a_stream_outlives_the_time_of_a_call() {
    let short = Duration::from_millis(20);
    let site = serve(|http| http.call_timeout(short)).await;
    let mut stream = site.listen(json!({"toolsListChanged": true})).await;
    stream.is_quiet().await;
    site.change();
    stream.message().await;
}

#[tokio::test]
async fn a_stream_is_the_last_thing_that_its_connection_carries() {
    let mut site = plain().await;
    let request = site.modern_with(listen(json!({"toolsListChanged": true})));
    let mut stream = request.open().await.streams();
    assert_eq!(stream.header("connection"), Some("close"));
    stream.message().await;
    // What the client says beside it is nobody's.
    stream.say(b"POST /mcp HTTP/1.1\r\n\r\n").await;
    site.change();
    let second = stream.message().await;
    assert_eq!(second["method"], "notifications/tools/list_changed");
    site.enough.take();
    assert_eq!(stream.message().await["result"]["resultType"], "complete");
    stream.ends().await;
    assert_eq!(stream.rest().await, b"", "the connection ends with it");
    site.end().await;
}

#[tokio::test]
async fn a_client_that_knows_no_chunks_gets_its_stream_without() {
    let site = plain().await;
    let message = listen(json!({"toolsListChanged": true})).to_string();
    let head = site.modern_with(listen(json!({}))).head();
    let head = head.replace("HTTP/1.1", "HTTP/1.0");
    let request = format!("{head}Content-Length: {}\r\n\r\n{message}", message.len());
    let mut stream = Request::raw(site.address, request.as_bytes()).await;
    assert_eq!(stream.status, 200);
    assert_eq!(stream.header("transfer-encoding"), None);
    let first = stream.read_some().await;
    assert!(first.starts_with(b"data: {"), "{first:?}");
}
