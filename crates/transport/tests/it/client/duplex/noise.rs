//! What is no message.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_server_that_prints_is_understood_all_the_same() {
    let (client, mut server, _stage) = modern().await;
    for noise in [
        &b"Listening on stdio\n"[..],
        b"\n\r\n   \n",
        b"[1,2\n",
        b"{\n",
        b"[]\n[1]\n{}\n",
        b"{\"jsonrpc\":\"2.0\",\"id\":1}\n",
        b"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"?\"}}\n",
        b"\xff\xfe\x00\n",
        b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":[]}\n",
    ] {
        server.say_text(noise).await;
    }
    let call = client.call("one");
    server.serve().await;
    answers(call, "one").await;
    // Nobody is answered who has not asked.
    server.hears_nothing().await;
}

#[tokio::test(start_paused = true)]
async fn noise_without_end_takes_no_room() {
    let mut settings = Settings::default();
    settings.limits = settings.limits.message_bytes(1_000);
    let (client, mut server, _stage) = modern_with(settings).await;
    for _ in 0..1_000 {
        server.say_text(vec![b'x'; 10_000]).await;
    }
    server.say_text("\n").await;
    server.say_text("noise\n".repeat(10_000)).await;
    let call = client.call("one");
    server.serve().await;
    answers(call, "one").await;
}

#[tokio::test(start_paused = true)]
async fn a_message_may_come_in_pieces_and_its_end_may_be_any() {
    let (client, mut server, _stage) = modern().await;
    let call = client.call("one");
    let asked = server.hear().await;
    let text = answer(&asked["id"], json!({"name": "one"})).to_string() + "\r\n";
    for byte in text.as_bytes() {
        server.say_text([*byte]).await;
        settle().await;
    }
    answers(call, "one").await;
    // The last one may lack its end.
    let call = client.call("two");
    let asked = server.hear().await;
    server
        .say_text(answer(&asked["id"], json!({"name": "two"})).to_string())
        .await;
    server.write.shutdown().await.unwrap();
    answers(call, "two").await;
}
