//! What it says, and in which order.

use super::*;

#[test]
fn both_eras_follow_each_other_on_one_pipe() {
    let mut server = server();
    server.call("slow");
    assert_eq!(server.hear()["result"]["resultType"], "complete");
    server.open();
    server.call_in_session("slow");
    assert!(server.hear()["result"]["resultType"].is_null());
    server.call("slow");
    assert_eq!(server.hear()["result"]["resultType"], "complete");
}

#[test]
fn a_handler_that_prints_does_not_break_the_stream() {
    let mut server = server();
    server.call("print");
    assert_eq!(text(&server.hear()), "done");
    server.call("steal");
    assert_eq!(text(&server.hear()), "");
    server.hang_up();
    let (status, rest, stderr) = server.ended();
    assert!(status.success() && rest.is_empty(), "{rest:?}");
    assert!(
        stderr.contains("printed\nand no end of the line"),
        "{stderr}"
    );
}

#[test]
fn a_fast_call_overtakes_a_slow_one() {
    let mut server = server();
    let (slow, fast) = (server.call("slow"), server.call("print"));
    assert_eq!(server.hear()["id"], fast);
    assert_eq!(server.hear()["id"], slow);
}

#[test]
fn what_a_call_tells_comes_before_its_answer() {
    let mut server = server();
    let id = server.call("tell");
    assert_eq!(server.hear()["method"], "notifications/message");
    assert_eq!(server.hear()["method"], "notifications/progress");
    assert_eq!(server.hear()["id"], id);
}

#[test]
fn a_cancelled_call_is_not_answered() {
    let mut server = server();
    let id = server.call("hang");
    assert_eq!(server.hear()["method"], "notifications/message");
    let cancelled =
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}});
    server.say(&cancelled);
    server.hang_up();
    let (status, rest, _) = server.ended();
    assert!(status.success() && rest.is_empty(), "{rest:?}");
}

#[test]
fn changes_reach_sessions_and_streams() {
    let mut server = server();
    let changed = "notifications/tools/list_changed";
    server.open();
    let filter = json!({"notifications": {"toolsListChanged": true}});
    let listen = modern("subscriptions/listen", filter);
    server.say(&listen);
    let name = "io.modelcontextprotocol/subscriptionId";
    let acknowledged = server.hear();
    assert_eq!(acknowledged["params"]["_meta"][name], listen["id"]);
    server.call("grow");
    let mut told = [server.hear(), server.hear(), server.hear()];
    told.sort_by_key(|message| message["method"].is_null());
    assert_eq!(
        (&told[0]["method"], &told[1]["method"]),
        (&json!(changed), &json!(changed))
    );
    // One of them is the session's, which has no name.
    let names = told[..2].iter().map(|m| m["params"]["_meta"][name].clone());
    let mut names: Vec<_> = names.collect();
    names.sort_by_key(|name| !name.is_null());
    assert_eq!(names, [Value::Null, listen["id"].clone()]);
    server.hang_up();
    let (status, rest, _) = server.ended();
    assert!(status.success());
    assert_eq!(
        (&rest[0]["id"], &rest[0]["result"]["_meta"][name]),
        (&listen["id"], &listen["id"])
    );
}

#[test]
fn a_session_is_asked_while_its_call_runs() {
    let mut server = server();
    server.open();
    server.call_in_session("roots");
    let question = server.hear();
    assert_eq!(question["method"], "roots/list");
    let answer = json!({"jsonrpc": "2.0", "id": question["id"], "result": {"roots": []}});
    server.say(&answer);
    assert_eq!(text(&server.hear()), r#"{"roots":[]}"#);
}

#[test]
fn noise_is_answered_and_the_next_line_is_served() {
    let mut server = server();
    server.say_text(&format!("noise\r\n{}\n", "x".repeat(5 * 1024 * 1024)));
    assert_eq!(server.hear()["error"]["code"], -32700);
    assert_eq!(server.hear()["error"]["code"], -32600);
    // The last line lacks its end.
    server.say_text(&format!("{}\r\n{}", call("tell"), call("print")));
    server.hang_up();
    let (status, rest, _) = server.ended();
    assert!(status.success());
    assert_eq!(rest.iter().filter(|m| m["result"].is_object()).count(), 2);
}
