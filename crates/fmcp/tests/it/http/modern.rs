//! Requests that say all by themselves.

use super::*;

/// What makes a call be told log messages.
fn with_log(name: &str, level: &str) -> Value {
    json!({"name": name, "_meta": {"io.modelcontextprotocol/logLevel": level}})
}

#[tokio::test]
async fn an_answer_that_nothing_goes_before_is_json() {
    let site = plain().await;
    let answer = site.modern("tools/call", sum(40, 2)).await.status(200);
    assert_eq!(answer.said(), "42");
    let result = answer.result();
    assert_eq!(result["resultType"], "complete");
    let server = &result["_meta"]["io.modelcontextprotocol/serverInfo"];
    assert_eq!(*server, json!({"name": "s", "version": "1"}));
    assert_eq!(answer.header("mcp-session-id"), None);

    let list = site.modern("tools/list", json!({})).await.result();
    assert!(list["ttlMs"].is_number(), "{list}");
    assert!(list["cacheScope"].is_string(), "{list}");
    let found = site.modern("server/discover", json!({})).await.result();
    let versions = found["supportedVersions"].as_array().unwrap();
    assert!(versions.contains(&json!("2026-07-28")), "{versions:?}");
}

#[tokio::test]
async fn each_header_must_be_there_once_and_say_what_the_body_says() {
    let site = plain().await;
    let call = || site.modern("tools/call", sum(1, 2));
    for (what, request) in [
        ("no version", call().without("MCP-Protocol-Version")),
        ("no method", call().without("Mcp-Method")),
        ("no name", call().without("Mcp-Name")),
        (
            "two versions",
            call().header("MCP-Protocol-Version", "2026-07-28"),
        ),
        ("two methods", call().header("Mcp-Method", "tools/call")),
        ("two names", call().header("Mcp-Name", "add")),
        (
            "a legacy version",
            call().with("MCP-Protocol-Version", "2025-11-25"),
        ),
        (
            "another version",
            call().with("MCP-Protocol-Version", "2030-01-01"),
        ),
        ("another method", call().with("Mcp-Method", "tools/list")),
        ("a method's case", call().with("Mcp-Method", "Tools/Call")),
        (
            "an encoded method",
            call().with("Mcp-Method", "=?base64?dG9vbHMvY2FsbA==?="),
        ),
        ("another name", call().with("Mcp-Name", "wait")),
        ("a name's case", call().with("Mcp-Name", "ADD")),
        ("an empty name", call().with("Mcp-Name", "")),
        ("bad base64", call().with("Mcp-Name", "=?base64?YWR!?=")),
        (
            "no UTF-8 within",
            call().with("Mcp-Name", "=?base64?/////w==?="),
        ),
        (
            "a marker in capitals",
            call().with("Mcp-Name", "=?BASE64?YWRk?="),
        ),
        ("characters that may not be", call().with("Mcp-Name", "ädd")),
    ] {
        let answer = request.await;
        assert_eq!(answer.status, 400, "{what}: {}", answer.text());
        let answer = answer.error(-32020);
        assert!(answer["id"].is_number(), "{what}: {answer}");
        let words = answer["error"]["message"].as_str().unwrap();
        assert!(words.starts_with("Header mismatch: "), "{what}: {words}");
    }
}

#[tokio::test]
async fn a_name_may_be_encoded_and_header_names_have_no_case() {
    let site = plain().await;
    let call = || site.modern("tools/call", sum(1, 2));
    for request in [
        call().with("Mcp-Name", "=?base64?YWRk?="),
        call().without("Mcp-Name").header("MCP-NAME", "add"),
        call()
            .without("Mcp-Method")
            .header("mcp-method", "tools/call"),
        call().with("Mcp-Name", "  add\t"),
    ] {
        assert_eq!(request.await.status(200).said(), "3");
    }
    let read = site.modern("resources/read", json!({"uri": "note://one"}));
    read.clone().await.status(200).result();
    let encoded = read.clone().with("Mcp-Name", "=?base64?bm90ZTovL29uZQ==?=");
    encoded.await.status(200).result();
    read.with("Mcp-Name", "note://two")
        .await
        .status(400)
        .error(-32020);
    // Where no name is due, none is looked for.
    let list = site.modern("tools/list", json!({})).header("Mcp-Name", "x");
    list.await.status(200).result();
}

#[tokio::test]
async fn who_speaks_another_revision_hears_which_there_are() {
    let site = plain().await;
    for version in ["2030-01-01", "2025-11-25", "nonsense", ""] {
        let mut message = testing::modern("tools/list", json!({}));
        message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!(version);
        let request = site.modern_with(message);
        let answer = request.with("MCP-Protocol-Version", version).await;
        let answer = answer.status(400).error(-32022);
        let data = &answer["error"]["data"];
        assert_eq!(data["requested"], version);
        let supported = data["supported"].as_array().unwrap();
        assert!(supported.contains(&json!("2026-07-28")), "{data}");
    }
    // The same for one who says it in the header only.
    let request = Request::post(
        site.address,
        testing::legacy("tools/list", json!({})).to_string(),
    );
    let answer = request.header("MCP-Protocol-Version", "2030-01-01").await;
    let answer = answer.status(400).error(-32022);
    assert_eq!(answer["error"]["data"]["requested"], "2030-01-01");
}

#[tokio::test]
async fn a_method_that_is_not_there_is_not_found() {
    let site = plain().await;
    for method in [
        "ping",
        "initialize",
        "logging/setLevel",
        "resources/subscribe",
        "no/such",
    ] {
        let answer = site.modern(method, json!({})).await.status(404);
        let answer = answer.error(-32601);
        assert!(answer["id"].is_number(), "{method}: {answer}");
    }
    // Not even for a client that takes streams only.
    let request = site.modern("no/such", json!({}));
    request
        .with("Accept", "text/event-stream")
        .await
        .status(404)
        .error(-32601);
    // A tool that is not there is another matter.
    let answer = site.modern("tools/call", tool("none")).await;
    answer.status(200).error(-32602);
}

#[tokio::test]
async fn metadata_must_be_whole() {
    let site = plain().await;
    let without = |key: &str| {
        let mut message = testing::modern("tools/list", json!({}));
        let meta = message["params"]["_meta"].as_object_mut().unwrap();
        meta.remove(&format!("io.modelcontextprotocol/{key}"))
            .unwrap();
        site.modern_with(message)
    };
    without("protocolVersion").await.status(400).error(-32602);
    without("clientCapabilities")
        .await
        .status(400)
        .error(-32602);
    without("clientInfo").await.status(200).result();
    let mut message = testing::modern("tools/list", json!({}));
    message["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!(7);
    site.modern_with(message).await.status(400).error(-32602);
    let bare = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    site.modern_with(bare).await.status(400).error(-32602);
}

#[tokio::test]
async fn a_capability_that_is_missing_is_named_with_status_400() {
    let site = plain().await;
    let answer = site.modern("tools/call", tool("ask")).await;
    answer.status(400).error(-32021);
}

#[tokio::test]
async fn what_is_no_request_is_refused_or_accepted() {
    let site = plain().await;
    let post =
        |body: &str| Request::post(site.address, body).header("MCP-Protocol-Version", "2026-07-28");
    for (body, code) in [
        ("", -32700),
        ("{", -32700),
        ("nonsense", -32700),
        (
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"} {}",
            -32700,
        ),
        ("1", -32600),
        ("{}", -32600),
        ("[]", -32600),
        (
            "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"tools/list\"}",
            -32600,
        ),
        (
            "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"tools/list\"}",
            -32600,
        ),
        ("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", -32600),
        (
            "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}]",
            -32600,
        ),
    ] {
        let answer = post(body).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text());
        let answer = answer.json();
        assert_eq!(answer["error"]["code"], code, "{body}: {answer}");
    }
    let notice =
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}});
    let answer = post(&notice.to_string()).await.status(202);
    assert!(answer.body.is_empty());
}

#[tokio::test]
async fn what_is_told_makes_the_answer_a_stream() {
    let site = plain().await;
    let request = site.modern("tools/call", with_log("tell", "warning"));
    let mut stream = request.open().await.streams();
    let (id, first) = stream.next().await.unwrap();
    assert_eq!(id, None, "these streams cannot be resumed");
    assert_eq!(first["method"], "notifications/message");
    assert_eq!(first["params"]["data"], "before");
    site.signals.go.notify_one();
    assert_eq!(stream.message().await["params"]["data"], "after");
    assert_eq!(said(&stream.message().await), "told");
    stream.ends().await;

    // From the level that the call asks for on; without one, nothing.
    let request = site.modern("tools/call", with_log("tell", "debug"));
    let mut stream = request.open().await.streams();
    assert_eq!(stream.message().await["params"]["data"], "aside");
    drop(stream);
    site.signals.drops(1).await;
    site.signals.go.notify_one();
    let answer = site.modern("tools/call", tool("tell")).await;
    assert_eq!(answer.said(), "told");
}

#[tokio::test]
async fn an_answer_comes_as_the_client_takes_it() {
    let site = plain().await;
    let call = || site.modern("tools/call", sum(1, 2));
    assert_eq!(call().with("Accept", "application/json").await.said(), "3");
    assert_eq!(call().without("Accept").await.said(), "3");
    let mut stream = call()
        .with("Accept", "text/event-stream")
        .open()
        .await
        .streams();
    assert_eq!(said(&stream.message().await), "3");
    stream.ends().await;
    call()
        .with("Accept", "text/html")
        .await
        .status(406)
        .error(-32600);
    // Who takes no stream is told nothing but the answer.
    site.signals.go.notify_one();
    let tell = site.modern("tools/call", with_log("tell", "debug"));
    assert_eq!(tell.with("Accept", "application/json").await.said(), "told");
    let listen = site.modern("subscriptions/listen", json!({"notifications": {}}));
    listen.with("Accept", "application/json").await.status(406);
}

#[tokio::test]
async fn a_silent_call_turns_into_a_stream_that_shows_it_is_alive() {
    let site = serve(|http| {
        http.settings(|settings| {
            settings.stream_after = Duration::from_millis(20);
            settings.keep_alive = Duration::from_millis(20);
        })
    })
    .await;
    let mut stream = site
        .modern("tools/call", tool("wait"))
        .open()
        .await
        .streams();
    for _ in 0..3 {
        assert!(stream.event().await.unwrap().is_comment);
    }
    site.signals.go.notify_one();
    assert_eq!(said(&stream.message().await), "gone on");
    stream.ends().await;

    let silent = serve(|http| {
        http.settings(|settings| {
            settings.stream_after = Duration::ZERO;
            settings.keep_alive = Duration::ZERO;
        })
    })
    .await;
    let call = silent.modern("tools/call", tool("wait"));
    let mut stream = call.open().await.streams();
    silent.signals.go.notify_one();
    let only = stream.event().await.unwrap();
    assert!(only.data.is_some(), "{only:?}");
    stream.ends().await;
}

#[tokio::test]
async fn who_closes_the_connection_cancels_the_call() {
    let site = plain().await;
    // While it is silent,
    let silent = site.modern("tools/call", tool("wait"));
    let silent = tokio::spawn(async move { silent.await.status });
    site.signals.tells(1).await;
    silent.abort();
    site.signals.drops(1).await;
    // and while it is a stream.
    let told = site.modern("tools/call", with_log("tell", "debug"));
    let stream = told.open().await.streams();
    drop(stream);
    site.signals.drops(2).await;
    site.is_well().await;
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_answered_without_it() {
    let site = serve(|http| http.call_timeout(Duration::from_millis(50))).await;
    let answer = site.modern("tools/call", tool("wait")).await;
    answer.status(200).error(-31008);
    site.signals.drops(1).await;
    let told = site.modern("tools/call", with_log("tell", "warning"));
    let mut stream = told.open().await.streams();
    assert_eq!(stream.message().await["params"]["data"], "before");
    assert_eq!(stream.message().await["error"]["code"], -31008);
    stream.ends().await;
}

#[tokio::test]
async fn what_older_revisions_have_means_nothing_here() {
    let site = plain().await;
    let call = site.modern("tools/call", sum(1, 2));
    let call = call
        .header("Mcp-Session-Id", "no such")
        .header("Last-Event-ID", "1-1");
    let answer = call.await.status(200);
    assert_eq!(answer.said(), "3");
    assert_eq!(answer.header("mcp-session-id"), None);
    for method in ["GET", "PUT", "PATCH", "HEAD", "OPTIONS", "TRACE"] {
        let request = Request::new(site.address, method).header("Accept", "text/event-stream");
        let answer = request.open().await;
        assert_eq!(answer.status, 405, "{method}");
        assert!(answer.header("allow").unwrap().contains("POST"), "{method}");
    }
    let bare = serve(Http::stateless).await;
    for method in ["GET", "DELETE"] {
        let request = Request::new(bare.address, method).header("Accept", "text/event-stream");
        let answer = request.await.status(405);
        assert_eq!(answer.header("allow"), Some("POST"));
    }
}

#[tokio::test]
async fn there_are_as_many_calls_as_there_is_room_for() {
    let site = serve(|http| http.settings(|settings| settings.calls = 2)).await;
    let wait = || {
        let request = site.modern("tools/call", tool("wait"));
        tokio::spawn(async move { request.await })
    };
    let (first, second) = (wait(), wait());
    site.signals.tells(2).await;
    let answer = site.modern("tools/call", sum(1, 2)).await.status(503);
    answer.error(-31029);
    assert_eq!(answer.header("retry-after"), Some("1"));
    // Streams of changes have a bound of their own.
    drop(site.listen(json!({})).await);
    site.signals.go.notify_one();
    let _ = tokio::select! { one = first => one, other = second => other };
    site.is_well().await;
}
