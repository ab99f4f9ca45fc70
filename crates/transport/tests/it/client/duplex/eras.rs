//! How both sides come to an agreement.

use super::*;

async fn open(greeting: Greeting) -> (Opening, Server) {
    let mut opening = opening(greeting, Settings::default(), 64 * 1024);
    let server = opening.server().await;
    (opening, server)
}

#[tokio::test(start_paused = true)]
async fn a_server_of_the_newest_revision_is_asked_once() {
    let (client, mut server, _stage) = modern().await;
    assert_eq!(client.link.revision(), Revision::NEWEST);
    assert!(client.link.about().capabilities.tools.is_some());
    server.hears_nothing().await;
}

#[tokio::test(start_paused = true)]
async fn an_unknown_question_leads_to_the_handshake_whatever_the_error() {
    for code in [-32601, -32602, -32000, 0] {
        let (mut opening, mut server) = open(greeting(None)).await;
        let question = server.hear_of("server/discover").await;
        assert_eq!(
            question["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"],
            "2026-07-28"
        );
        server.refuse(&question, code, json!(null)).await;
        let handshake = server.hear_of("initialize").await;
        // It may speak an older revision than it was asked for.
        server.answer(&handshake, initialized("2024-11-05")).await;
        let initialized = server.hear().await;
        let expect = json!({"jsonrpc": "2.0", "method": "notifications/initialized", "params": {}});
        assert_eq!(initialized, expect);
        let client = opening.client().await;
        assert_eq!(client.link.revision(), Revision::V2024_11_05);
        let about = client.link.about();
        let info = about.meta.as_ref().unwrap().server_info().unwrap();
        assert_eq!(info.unwrap().name, "played");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_may_name_the_revision_that_it_speaks() {
    let (mut opening, mut server) = open(greeting(None)).await;
    let question = server.hear_of("server/discover").await;
    server
        .refuse(
            &question,
            -32022,
            json!({"supported": ["2025-03-26"], "requested": "?"}),
        )
        .await;
    let handshake = server.hear_of("initialize").await;
    assert_eq!(handshake["params"]["protocolVersion"], "2025-03-26");
    server.open_legacy(&handshake).await;
    assert_eq!(
        opening.client().await.link.revision(),
        Revision::V2025_03_26
    );

    let (mut opening, mut server) = open(greeting(None)).await;
    for _ in 0..3 {
        let question = server.hear_of("server/discover").await;
        let again = json!({"supported": ["2026-07-28"], "requested": "?"});
        server.refuse(&question, -32022, again).await;
    }
    let error = opening.outcome().await.err().unwrap();
    assert_eq!(error.kind(), Kind::UnsupportedRevision);
    assert!(server.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn silence_is_an_answer_after_a_while() {
    let start = Instant::now();
    let (mut opening, mut server) = open(greeting(None)).await;
    server.hear_of("server/discover").await;
    // Nothing is cancelled that such a server does not know.
    let handshake = server.hear_of("initialize").await;
    assert_eq!(start.elapsed().as_secs(), 5);
    server.open_legacy(&handshake).await;
    assert_eq!(
        opening.client().await.link.revision(),
        Revision::NEWEST_LEGACY
    );
}

#[tokio::test(start_paused = true)]
async fn silence_is_shorter_when_the_server_is_there() {
    let start = Instant::now();
    let (mut opening, mut server) = open(greeting(None)).await;
    server.hear_of("server/discover").await;
    let told = r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#;
    server.say_text(&format!("{told}\n")).await;
    let handshake = server.hear_of("initialize").await;
    assert_eq!(start.elapsed().as_secs(), 1);
    server.open_legacy(&handshake).await;
    opening.client().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_no_message_shows_no_server_but_it_is_waited_for_while_something_is_written() {
    let start = Instant::now();
    let (mut opening, mut server) = open(greeting(None)).await;
    let question = server.hear_of("server/discover").await;
    for percent in [20, 40, 60, 80, 100] {
        server.say_text(&format!("installing: {percent} %\n")).await;
        sleep(Duration::from_secs(4)).await;
    }
    server.answer(&question, description()).await;
    let client = opening.client().await;
    assert_eq!(start.elapsed().as_secs(), 20);
    assert_eq!(client.link.revision(), Revision::NEWEST);
    server.hears_nothing().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_prints_for_ever_is_shaken_hands_with() {
    let start = Instant::now();
    let (mut opening, mut server) = open(greeting(None)).await;
    server.hear_of("server/discover").await;
    for _ in 0..29 {
        server.say_text("{ still here\n").await;
        sleep(Duration::from_secs(1)).await;
    }
    let handshake = server.hear_of("initialize").await;
    assert_eq!(start.elapsed().as_secs(), 30);
    server.open_legacy(&handshake).await;
    opening.client().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_was_only_slow_is_understood_late() {
    let (mut opening, mut server) = open(greeting(None)).await;
    let question = server.hear_of("server/discover").await;
    let handshake = server.hear_of("initialize").await;
    server.answer(&question, description()).await;
    server.refuse(&handshake, -32601, json!(null)).await;
    let client = opening.client().await;
    assert_eq!(client.link.revision(), Revision::NEWEST);
    server.hears_nothing().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_goes_at_an_unknown_question_is_dialled_again() {
    let (mut opening, mut server) = open(greeting(None)).await;
    server.hear_of("server/discover").await;
    drop(server);
    let mut server = opening.server().await;
    let handshake = server.hear_of("initialize").await;
    server.open_legacy(&handshake).await;
    let client = opening.client().await;
    // What has been found out is known from here on.
    drop(server);
    let call = client.call("one");
    let mut server = opening.server().await;
    let handshake = server.hear_of("initialize").await;
    server.open_legacy(&handshake).await;
    server.serve().await;
    answers(call, "one").await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_always_goes_is_an_error() {
    let (mut opening, server) = open(greeting(None)).await;
    drop(server);
    drop(opening.server().await);
    let error = opening.outcome().await.err().unwrap();
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(
        opening.servers.recv().await.is_none(),
        "it was dialled a third time"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_pinned_is_kept() {
    let (mut opening, mut server) = open(greeting(Some(Revision::NEWEST))).await;
    let question = server.hear_of("server/discover").await;
    // However long it takes.
    sleep(Duration::from_secs(60)).await;
    server.refuse(&question, -32601, json!(null)).await;
    let error = opening.outcome().await.err().unwrap();
    assert!(
        error
            .message()
            .contains("does not answer in revision 2026-07-28")
    );

    let (mut opening, mut server) = open(greeting(Some(Revision::V2025_06_18))).await;
    let handshake = server.hear_of("initialize").await;
    assert_eq!(handshake["params"]["protocolVersion"], "2025-06-18");
    server.answer(&handshake, initialized("2025-03-26")).await;
    let error = opening.outcome().await.err().unwrap();
    assert_eq!(error.kind(), Kind::UnsupportedRevision);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_says_anything_is_given_up() {
    let start = Instant::now();
    let (mut opening, mut server) = open(greeting(None)).await;
    server.hear_of("server/discover").await;
    server.hear_of("initialize").await;
    let error = opening.outcome().await.err().unwrap();
    assert_eq!(error.kind(), Kind::Timeout);
    assert_eq!(start.elapsed().as_secs(), 120);
    assert!(server.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn the_level_of_the_log_is_part_of_the_greeting() {
    let mut greeting = greeting(Some(Revision::NEWEST_LEGACY));
    greeting.log_level = Some(LogLevel::Debug);
    let (mut opening, mut server) = open(greeting).await;
    let handshake = server.hear_of("initialize").await;
    server.open_legacy(&handshake).await;
    let level = server.hear_of("logging/setLevel").await;
    assert_eq!(level["params"]["level"], "debug");
    // A server that says it can, and cannot, can be used all the same.
    server.refuse(&level, -32601, json!(null)).await;
    opening.client().await;
}
