//! Legacy sessions: opening, closing, who they belong to, how many there may be.

use super::*;

#[tokio::test]
async fn every_legacy_revision_opens_a_session() {
    let site = plain().await;
    for revision in LEGACY {
        let answer = site.hello(revision).await.status(200);
        assert_eq!(answer.result()["protocolVersion"], revision);
        let id = answer.header("mcp-session-id").unwrap();
        assert!(id.bytes().all(|byte| (0x21..=0x7e).contains(&byte)), "{id}");
        assert!(id.len() < 1024, "{}", id.len());

        let session = site.session(revision).await;
        let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        let answer = session.send(&ready).await.status(202);
        assert!(answer.body.is_empty());
        let answer = session.post("tools/call", sum(1, 2)).await;
        assert_eq!(answer.said(), "3");
        assert_eq!(answer.result().get("resultType"), None);
        session.is_open().await;
        // The header that names the revision came later than sessions.
        let silent = session
            .post("ping", json!({}))
            .without("MCP-Protocol-Version");
        silent.await.status(200).result();
        // Errors are answers, too: 404 would say that the session is over.
        session
            .post("no/such", json!({}))
            .await
            .status(200)
            .error(-32601);
    }
}

#[tokio::test]
async fn a_revision_that_is_not_spoken_is_answered_with_the_newest() {
    let site = plain().await;
    let answer = site.hello("2030-01-01").await;
    assert_eq!(answer.result()["protocolVersion"], "2025-11-25");
    let session = site.session("2025-06-18").await;
    let odd = session.post("ping", json!({}));
    odd.with("MCP-Protocol-Version", "1999-01-01")
        .await
        .status(400);
    session.is_open().await;
}

#[tokio::test]
async fn a_session_must_be_named_and_be_one() {
    let site = plain().await;
    let other = plain().await.session("2025-11-25").await;
    let session = site.session("2025-11-25").await;
    let list = || session.post("tools/list", json!({}));
    list().without("Mcp-Session-Id").await.status(400);
    list()
        .header("Mcp-Session-Id", session.id.as_str())
        .await
        .status(400);
    let mut tampered = session.id.clone();
    tampered.replace_range(20..21, if &tampered[20..21] == "A" { "B" } else { "A" });
    let long = "A".repeat(20_000);
    for id in [
        "",
        "nonsense",
        &tampered,
        &other.id,
        &session.id[1..],
        &long,
    ] {
        let answer = list().with("Mcp-Session-Id", id).await;
        assert_eq!(answer.status, 404, "{id}: {}", answer.text());
        for request in [session.get(), session.delete()] {
            let answer = request.with("Mcp-Session-Id", id).await;
            assert_eq!(answer.status, 404, "{id}: {}", answer.text());
        }
    }
    session.get().without("Mcp-Session-Id").await.status(405);
    session.delete().without("Mcp-Session-Id").await.status(400);
    // A session is opened once.
    session.send(&hello("2025-11-25")).await.status(400);
    session.is_open().await;
}

#[tokio::test]
async fn a_session_that_is_ended_is_over() {
    let site = plain().await;
    let session = site.session("2025-11-25").await;
    let mut stream = session.get().open().await.streams();
    let running = session.call("wait");
    let running = tokio::spawn(async move { running.await });
    site.signals.tells(1).await;
    let answer = session.delete().await.status(204);
    assert!(answer.body.is_empty());
    session.is_over().await;
    session.delete().await.status(404);
    session.get().await.status(404);
    // With all that was going on in it.
    stream.ends().await;
    site.signals.drops(1).await;
    running.await.unwrap();
}

#[tokio::test]
async fn a_session_belongs_to_whoever_opened_it() {
    let site = serve(|http| http.authenticator(Names)).await;
    let session = site.session_of("2025-11-25", Some("ada")).await;
    session.is_open().await;
    let mut thief = session.clone();
    thief.name = Some("bob".to_owned());
    thief.is_over().await;
    thief.delete().await.status(404);
    thief.get().await.status(404);
    session.is_open().await;
}

#[tokio::test]
async fn replicas_that_share_the_secret_share_sessions() {
    let keyed = |secret: &'static str| serve(move |http| http.session_key(secret));
    let (one, two, other) = (
        keyed("same").await,
        keyed("same").await,
        keyed("other").await,
    );
    let session = one.session("2025-06-18").await;
    let at = |site: &Site| Session {
        address: site.address,
        ..session.clone()
    };
    at(&two).is_open().await;
    assert_eq!(at(&two).post("tools/call", sum(1, 2)).await.said(), "3");
    at(&other).is_over().await;
    // A restart is nothing else.
    drop(one);
    let mut streams = at(&two).get().open().await.streams();
    two.change();
    streams.message().await;
}

#[tokio::test]
async fn a_session_that_is_silent_for_too_long_is_over() {
    let idle = Duration::from_millis(400);
    let site = serve(|http| http.settings(|settings| settings.session_idle = idle)).await;
    let (silent, heard) = (
        site.session("2025-11-25").await,
        site.session("2025-11-25").await,
    );
    let reading = site.session("2025-11-25").await;
    let stream = reading.get().open().await.streams();
    for _ in 0..6 {
        tokio::time::sleep(idle / 4).await;
        heard.is_open().await;
    }
    silent.is_over().await;
    heard.is_open().await;
    // Whoever reads is there, and has been when it goes.
    drop(stream);
    reading.is_open().await;
}

#[tokio::test]
async fn a_session_does_not_grow_too_old() {
    let site = serve(|http| {
        http.session_key("same")
            .settings(|settings| settings.session_age = Duration::ZERO)
    })
    .await;
    let later = serve(|http| {
        http.session_key("same")
            .settings(|settings| settings.session_age = Duration::ZERO)
    })
    .await;
    let session = site.session("2025-11-25").await;
    let there = Session {
        address: later.address,
        ..session
    };
    tokio::time::sleep(Duration::from_millis(2100)).await;
    there.is_over().await;
}

#[tokio::test]
async fn there_are_as_many_sessions_as_there_is_room_for() {
    let site = serve(|http| {
        http.authenticator(Names).settings(|settings| {
            settings.max_sessions = 3;
            settings.principal_sessions = 2;
        })
    })
    .await;
    let open = |name: &str| site.hello("2025-11-25").header("Authorization", name);
    let first = site.session_of("2025-11-25", Some("ada")).await;
    open("ada").await.status(200);
    let refused = open("ada").await.status(503);
    assert_eq!(refused.header("retry-after"), Some("1"));
    open("bob").await.status(200);
    open("bob").await.status(503);
    open("eve").await.status(503);
    // An end makes room.
    first.delete().await.status(204);
    open("eve").await.status(200);
}

#[tokio::test]
async fn who_has_been_silent_makes_room_and_comes_back() {
    let site = serve(|http| http.settings(|settings| settings.max_sessions = 1)).await;
    let first = site.session("2025-11-25").await;
    site.hello("2025-11-25").await.status(503);
    tokio::time::sleep(Duration::from_millis(1200)).await;
    let second = site.session("2025-11-25").await;
    second.is_open().await;
    tokio::time::sleep(Duration::from_millis(1200)).await;
    first.is_open().await;
}

#[tokio::test]
async fn each_session_has_a_level_of_the_log() {
    let site = plain().await;
    let (loud, silent) = (
        site.session("2025-11-25").await,
        site.session("2025-11-25").await,
    );
    let set =
        |session: &Session, level: &str| session.post("logging/setLevel", json!({"level": level}));
    set(&loud, "debug").await.result();
    set(&silent, "error").await.result();
    let (loud, silent) = (loud.call("tell"), silent.call("tell"));
    let mut stream = loud.open().await.streams();
    assert_eq!(stream.message().await["params"]["data"], "aside");
    assert_eq!(stream.message().await["params"]["data"], "before");
    let answer = tokio::spawn(async move { silent.await });
    site.signals.tells(2).await;
    site.signals.go.notify_waiters();
    assert_eq!(answer.await.unwrap().said(), "told");
}

#[tokio::test]
async fn batches_belong_to_one_revision() {
    let site = plain().await;
    let ping = || testing::legacy("ping", json!({}));
    let notice = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let batch = json!([
        ping(),
        notice,
        testing::legacy("tools/call", sum(1, 2)),
        7,
        hello("2025-03-26"),
        testing::modern("tools/list", json!({}))
    ]);
    for revision in LEGACY {
        let session = site.session(revision).await;
        let answer = session.send(&batch).await;
        if revision != "2025-03-26" {
            answer.status(400).error(-32600);
            continue;
        }
        let answers = answer.status(200).json();
        let answers = answers.as_array().unwrap();
        assert_eq!(answers.len(), 5, "{answers:?}");
        assert_eq!(answers[0]["result"], json!({}));
        assert_eq!(said(&answers[1]), "3");
        for refused in &answers[2..] {
            assert_eq!(refused["error"]["code"], -32600, "{refused}");
        }
        // A batch that asks nothing has no answer.
        let answer = session.send(&json!([notice, notice])).await.status(202);
        assert!(answer.body.is_empty());
        let many: Vec<_> = (0..65).map(|_| ping()).collect();
        session.send(&json!(many[1..])).await.status(200);
        session.send(&json!(many)).await.status(400);
    }
}

#[tokio::test]
async fn without_sessions_every_request_stands_alone() {
    let site = serve(Http::stateless).await;
    for revision in LEGACY {
        let answer = site.hello(revision).await.status(200);
        assert_eq!(answer.result()["protocolVersion"], revision);
        assert_eq!(answer.header("mcp-session-id"), None);
    }
    let post = |method: &str, params| {
        Request::post(site.address, testing::legacy(method, params).to_string())
    };
    let answer = post("tools/call", sum(1, 2)).header("MCP-Protocol-Version", "2025-11-25");
    assert_eq!(answer.await.said(), "3");
    // Who names no revision speaks the first that had this transport.
    assert_eq!(post("tools/call", sum(1, 2)).await.said(), "3");
    let unknown = post("no/such", json!({})).header("MCP-Protocol-Version", "2025-11-25");
    unknown.await.status(200).error(-32601);
    let id = post("ping", json!({})).header("Mcp-Session-Id", "nonsense");
    id.await.status(200).result();
    let batch = json!([testing::legacy("ping", json!({}))]).to_string();
    let old = Request::post(site.address, batch.clone());
    assert!(old.await.status(200).json().is_array());
    let new = Request::post(site.address, batch).header("MCP-Protocol-Version", "2025-11-25");
    new.await.status(400);
}

#[tokio::test]
async fn without_sessions_nothing_is_kept_by_sessions() {
    let site = serve(Http::stateless).await;
    let kept = |ctx: Context| async move {
        let user = ctx.level(Level::User).is_some();
        format!("{} {user}", ctx.session_state().is_some())
    };
    site.server.add_tool(Tool::new("kept", kept)).unwrap();
    for _ in 0..2 {
        let call = testing::legacy("tools/call", tool("kept")).to_string();
        let answer = Request::post(site.address, call).await;
        assert_eq!(answer.said(), "false false");
    }
    let follow = testing::legacy("resources/subscribe", json!({"uri": "note://one"}));
    let answer = Request::post(site.address, follow.to_string()).await.json();
    assert!(
        answer["error"]["message"]
            .as_str()
            .unwrap()
            .contains("session"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_server_that_is_full_hears_only_what_makes_room() {
    let site = serve(|http| http.settings(|settings| settings.calls = 1)).await;
    let session = site.session("2025-11-25").await;
    let call = testing::legacy("tools/call", tool("wait"));
    let waiting = session.send(&call);
    let waiting = tokio::spawn(async move { waiting.await });
    site.signals.tells(1).await;
    let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let refused = session.send(&ready).await.status(503);
    assert_eq!(refused.header("retry-after"), Some("1"));
    site.hello("2025-11-25").await.status(503).error(-31029);
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled",
                        "params": {"requestId": call["id"]}});
    session.send(&cancel).await.status(202);
    site.signals.drops(1).await;
    waiting.await.unwrap();
    session.send(&ready).await.status(202);
}
