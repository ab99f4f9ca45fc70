//! What is no message.

use super::*;

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_answered_and_the_next_line_is_served() {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let deeper = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{{"a":{deep}}}}}"#);
    let long_batch = format!("[{}1]", "1,".repeat(1_000_000));
    for (name, line, expect) in [
        ("no JSON", "hello".as_bytes(), -32700),
        ("half of it", br#"{"jsonrpc":"2.0","#, -32700),
        (
            "invalid UTF-8",
            b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\xfe\"}",
            -32700,
        ),
        ("100,000 levels", deep.as_bytes(), -32600),
        ("100,000 levels of parameters", deeper.as_bytes(), -32600),
        ("a million in one batch", long_batch.as_bytes(), -32600),
        ("an empty batch", b"[]", -32600),
        ("a number", b"1", -32600),
        (
            "two ids",
            br#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#,
            -32600,
        ),
        ("no revision", br#"{"id":1,"method":"ping"}"#, -32600),
    ] {
        let mut peer = connect(Settings::default());
        peer.say_text(line).await;
        peer.say_text("\n").await;
        assert_eq!(code(&peer.hear().await), expect, "{name}");
        peer.call(1, "echo").await;
        assert_eq!(text(&peer.hear().await), "echo", "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn lines_may_end_as_they_like() {
    let call = |id: u8| request(id, "tools/call", json!({"name": "echo", "_meta": meta()}));
    let mut peer = connect(Settings::default());
    peer.say_text(format!(
        "\n \r\n{}\r\n\t{} \n\n{}",
        call(1),
        call(2),
        call(3)
    ))
    .await;
    peer.hang_up().await;
    let (end, answers) = peer.ended().await;
    assert!(matches!(end, End::Done));
    assert_eq!(answers.iter().map(text).collect::<Vec<_>>(), ["echo"; 3]);
}

#[tokio::test(start_paused = true)]
async fn a_message_may_come_byte_by_byte() {
    let call = request(1, "tools/call", json!({"name": "echo", "_meta": meta()}));
    let mut peer = connect_over(1, Settings::default());
    peer.say_text(format!("{call}\n")).await;
    assert_eq!(text(&peer.hear().await), "echo");
}

#[tokio::test(start_paused = true)]
async fn answers_to_questions_that_nobody_asked_are_nothing() {
    let mut peer = connect(Settings::default());
    for answer in [
        json!({"jsonrpc": "2.0", "id": 1, "result": {}}),
        json!({"jsonrpc": "2.0", "id": "x", "error": {"code": 1, "message": ""}}),
    ] {
        peer.say(answer).await;
    }
    peer.call(1, "echo").await;
    assert_eq!(text(&peer.hear().await), "echo");
}
