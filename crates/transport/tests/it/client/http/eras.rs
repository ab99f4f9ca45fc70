//! What a server speaks, and how that is found out.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::SeqCst},
};

use fmcp_core::{Kind, protocol::Revision};
use serde_json::json;

use super::{
    ask, error, open,
    peer::Peer,
    result, settings,
    stage::{Asked, Stage, Told, bare, discovered, json, legacy, modern, told, with},
    try_open,
};

async fn nothing(_: Asked) -> Option<Told> {
    None
}

#[tokio::test]
async fn a_server_of_the_newest_revision_is_asked_once() {
    let stage = modern(|_| async { bare(500) }).await;
    let (link, _) = open(&stage).await;
    assert_eq!(link.revision(), Revision::NEWEST);
    assert_eq!(stage.log(), ["server/discover"]);
    let asked = &stage.seen()[0];
    assert_eq!(asked.header("mcp-protocol-version"), "2026-07-28");
    assert_eq!(asked.header("mcp-method"), "server/discover");
    assert_eq!(
        asked.header("accept"),
        "application/json, text/event-stream"
    );
}

#[tokio::test]
async fn a_server_of_any_revision_with_sessions_gets_one() {
    for (revision, version) in [
        ("2024-11-05", "-"),
        ("2025-03-26", "-"),
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
    ] {
        let stage = legacy(revision, nothing).await;
        let (link, _) = open(&stage).await;
        assert_eq!(link.revision().as_str(), revision);
        let answer = ask(&link, "tools/list", json!({})).await.unwrap();
        assert_eq!(answer, json!({"method": "tools/list"}));
        stage.until("GET in s-1").await;
        let seen = stage.seen();
        let expect = [
            "server/discover",
            "initialize",
            "notifications/initialized in s-1",
        ];
        assert_eq!(stage.log()[..3], expect);
        assert_eq!(seen[1].header("mcp-protocol-version"), "-");
        for asked in &seen[2..] {
            assert_eq!(asked.header("mcp-protocol-version"), version, "{revision}");
        }
    }
}

#[tokio::test]
async fn whatever_an_old_server_says_to_the_newest_question_it_is_shaken_hands_with() {
    let answers: [fn(&Asked) -> Told; 8] = [
        |_| bare(400),
        |_| bare(404),
        |_| bare(405),
        |_| told(406, "text/html", "<p>what?"),
        |asked| json(400, &error(asked.id(), -32000, "Server not initialized")),
        |asked| json(200, &error(asked.id(), -32601, "Method not found")),
        |asked| json(404, &error(asked.id(), -32601, "Method not found")),
        |_| bare(500),
    ];
    for (n, answer) in answers.into_iter().enumerate() {
        let stage = legacy("2025-11-25", move |asked| async move {
            (asked.method() == "server/discover").then(|| answer(&asked))
        })
        .await;
        let (link, _) = open(&stage).await;
        assert_eq!(link.revision(), Revision::NEWEST_LEGACY, "{n}");
    }
}

#[tokio::test]
async fn a_server_that_names_its_revisions_is_spoken_to_in_the_newest_of_both() {
    let unsupported = |asked: &Asked, names: &[&str]| {
        let data = json!({"supported": names, "requested": "2026-07-28"});
        json(
            400,
            &json!({"jsonrpc": "2.0", "id": asked.id(), "error":
            {"code": -32022, "message": "Unsupported protocol version", "data": data}}),
        )
    };
    let stage = legacy("2025-06-18", move |asked| async move {
        (asked.method() == "server/discover")
            .then(|| unsupported(&asked, &["2025-06-18", "2025-03-26"]))
    })
    .await;
    let (link, _) = open(&stage).await;
    assert_eq!(link.revision().as_str(), "2025-06-18");
    assert_eq!(
        stage.seen()[1].body["params"]["protocolVersion"],
        "2025-06-18"
    );

    let stage = modern(|_| async { bare(500) }).await;
    let peer = Arc::new(Peer::default());
    let stranger =
        Stage::new(move |asked| async move { unsupported(&asked, &["2031-01-01"]) }).await;
    let error = try_open(settings(&stranger), None, &peer)
        .await
        .err()
        .unwrap();
    assert_eq!(error.kind(), Kind::UnsupportedRevision);
    assert!(error.message().contains("speaks 2031-01-01"), "{error}");
    assert_eq!(stranger.log(), ["server/discover"]);
    drop(stage);
}

#[tokio::test]
async fn what_is_pinned_is_spoken_or_nothing() {
    let peer = Arc::new(Peer::default());
    let old = legacy("2025-06-18", nothing).await;
    let pinned = |name| Some(Revision::parse(name).unwrap());
    let link = try_open(settings(&old), pinned("2025-06-18"), &peer)
        .await
        .unwrap();
    assert_eq!(link.revision().as_str(), "2025-06-18");
    assert_eq!(old.log()[0], "initialize", "there is nothing to find out");
    for other in ["2025-11-25", "2026-07-28"] {
        let error = try_open(settings(&old), pinned(other), &peer)
            .await
            .err()
            .unwrap();
        assert_eq!(error.kind(), Kind::UnsupportedRevision, "{error}");
    }
    let new = modern(|asked| async move {
        json(400, &error(asked.id(), -32022, "2026-07-28 is spoken here"))
    })
    .await;
    let error = try_open(settings(&new), pinned("2025-11-25"), &peer)
        .await
        .err()
        .unwrap();
    assert_eq!(error.kind(), Kind::UnsupportedRevision, "{error}");
    assert_eq!(new.log(), ["initialize"]);
}

#[tokio::test]
async fn what_a_server_has_turned_out_to_be_is_remembered_until_it_is_not_true_any_more() {
    let is_new = Arc::new(AtomicBool::new(false));
    let stage = {
        let is_new = Arc::clone(&is_new);
        legacy("2025-11-25", move |asked| {
            let is_new = is_new.load(SeqCst);
            async move {
                match asked.method() {
                    "server/discover" if is_new => Some(discovered(&asked)),
                    "initialize" if is_new => Some(json(
                        400,
                        &error(asked.id(), -32022, "2026-07-28 is spoken here"),
                    )),
                    _ => None,
                }
            }
        })
        .await
    };
    let mut settings = settings(&stage);
    settings.listens = false;
    let peer = Arc::new(Peer::default());
    let mut count = 0;
    let mut reopen = async |expect: &[&str]| {
        let link = try_open(settings.clone(), None, &peer).await.unwrap();
        let log = stage.log()[count..].to_vec();
        assert_eq!(log, expect);
        count += log.len();
        link.revision()
    };
    let shake = ["initialize", "notifications/initialized in s-1"];
    assert_eq!(
        reopen(&["server/discover", shake[0], shake[1]]).await,
        Revision::NEWEST_LEGACY
    );
    assert_eq!(
        reopen(&["initialize", "notifications/initialized in s-3"]).await,
        Revision::NEWEST_LEGACY
    );
    is_new.store(true, SeqCst);
    assert_eq!(
        reopen(&["initialize", "server/discover"]).await,
        Revision::NEWEST
    );
    assert_eq!(reopen(&["server/discover"]).await, Revision::NEWEST);
}

#[tokio::test]
async fn a_server_that_refuses_or_is_ill_is_not_taken_for_an_old_one() {
    for (status, kind) in [
        (401, Kind::Unauthenticated),
        (403, Kind::Forbidden),
        (429, Kind::Overloaded),
        (503, Kind::Unavailable),
        (504, Kind::Timeout),
    ] {
        let stage = Stage::new(move |_| async move {
            with(told(status, "text/plain", "not now"), "retry-after", "7")
        })
        .await;
        let peer = Arc::new(Peer::default());
        let error = try_open(settings(&stage), None, &peer).await.err().unwrap();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains("not now"), "{error}");
        assert_eq!(error.pause().unwrap().as_secs(), 7);
        assert_eq!(stage.log(), ["server/discover"]);
    }
}

#[tokio::test]
async fn an_address_where_no_server_is_is_named_as_such() {
    let page = || async { told(200, "text/html", "<h1>Welcome") };
    let stage = Stage::new(move |_| page()).await;
    let peer = Arc::new(Peer::default());
    let error = try_open(settings(&stage), None, &peer).await.err().unwrap();
    assert!(
        error
            .message()
            .contains("is it the address of an MCP server?"),
        "{error}"
    );

    let stage = Stage::new(|_| async { told(404, "text/html", "<h1>Nothing here") }).await;
    let error = try_open(settings(&stage), None, &peer).await.err().unwrap();
    assert!(error.message().contains("answers HTTP 404"), "{error}");
    assert_eq!(stage.log(), ["server/discover", "initialize", "GET"]);
}

#[tokio::test]
async fn a_handshake_may_be_answered_on_a_stream() {
    let stage = legacy("2025-06-18", |asked| async move {
        (asked.method() == "initialize").then(|| {
            let about = json!({"protocolVersion": "2025-06-18", "capabilities": {},
                "serverInfo": {"name": "stage", "version": "1"}});
            let log = json!({"jsonrpc": "2.0", "method": "notifications/message",
                "params": {"level": "info", "data": "hello"}});
            super::stage::streamed(&[log], &result(asked.id(), about))
        })
    })
    .await;
    let (link, _) = open(&stage).await;
    assert_eq!(link.revision().as_str(), "2025-06-18");
}
