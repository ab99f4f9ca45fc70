//! The examples run, and print what their readers are promised.

#![allow(dead_code, reason = "the examples' own `main` is not called here")]

#[path = "../../examples/apps.rs"]
mod apps;
#[path = "../../examples/asking.rs"]
mod asking;
#[path = "../../examples/client.rs"]
mod client;
#[path = "../../examples/client_handlers.rs"]
mod client_handlers;
#[path = "../../examples/composition.rs"]
mod composition;
#[path = "../../examples/crm.rs"]
mod crm;
#[path = "../../examples/demo.rs"]
mod demo;
#[path = "../../examples/dynamic.rs"]
mod dynamic;
#[path = "../../examples/flags.rs"]
mod flags;
#[path = "../../examples/hello.rs"]
mod hello;
#[path = "../../examples/levels.rs"]
mod levels;
#[path = "../../examples/methods.rs"]
mod methods;
#[path = "../../examples/middleware.rs"]
mod middleware;
#[path = "../../examples/prompts.rs"]
mod prompts;
#[cfg(feature = "redis")]
#[path = "../../examples/replicas.rs"]
mod replicas;
#[path = "../../examples/resources.rs"]
mod resources;
#[path = "../../examples/sessions.rs"]
mod sessions;
#[path = "../../examples/state.rs"]
mod state;
#[path = "../../examples/streaming.rs"]
mod streaming;
#[path = "../../examples/tasks.rs"]
mod tasks;
#[path = "../../examples/telling.rs"]
mod telling;
#[path = "../../examples/testing.rs"]
mod testing;

/// Runs an example, and looks for lines in what it prints, in this order.
macro_rules! prints {
    ($($example:ident($($more:expr)?): $($line:literal)*;)*) => { $(
        #[tokio::test]
        async fn $example() {
            let mut out = Vec::new();
            self::$example::run(&mut out $(, $more)?).await.unwrap();
            let text = String::from_utf8(out).unwrap();
            let mut lines = text.lines();
            for line in [$($line),*] {
                assert!(lines.any(|printed| printed.contains(line)), "{line:?} is missing in\n{text}");
            }
        }
    )* };
}

#[cfg(feature = "redis")]
prints! {
    replicas():
        "sold at one replica: 5 are left"
        "heard at the other: data://stock is 5";
}

prints! {
    composition():
        "tomorrow"
        "units_fahrenheit"
        "1 days of sun in Rome"
        "20 degrees are 68"
        "1 tool is left";
    client_handlers():
        "2025-11-25: a table for 2, \"Ada\""
        "2025-11-25: rhymer-1 says: stone"
        "2025-11-25: 2 folders"
        "2025-11-25: text://menu is not what it was"
        "2026-07-28: a table for 2, \"Ada\""
        "2026-07-28: rhymer-1 says: stone"
        "2026-07-28: 2 folders"
        "2026-07-28: text://menu is not what it was";
    hello():
        "add: Add two numbers."
        "40 + 2 = 42"
        "a: expected an integer"
        "unknown argument \"c\"";
    client():
        "forecast"
        "Rome: 31.5 degrees"
        "the tool says: nobody knows the weather in Atlantis"
        "3 clouds"
        "tools/call wait: cancelled before there was an answer"
        "stations: [\"Rome\"]"
        "closed: true";
    apps():
        "the model reads: sunny"
        "the user sees ui://weather/now, which may load from https://cdn.example.com"
        "refresh is for the page alone";
    asking():
        "2025-11-25: booking 1 in run 1: 3 nights in Rome. When in Rome!"
        "2026-07-28: booking 1 in run 3: 3 nights in Rome. When in Rome!";
    tasks():
        "2025-11-25: bread with sugar"
        "2025-11-25: completed"
        "2025-11-25: a cake with sugar"
        "2025-11-25: cancelled"
        "2026-07-28: bread with sugar"
        "2026-07-28: completed"
        "2026-07-28: a cake with sugar"
        "2026-07-28: cancelled";
    crm():
        "looking up"
        "step 1"
        "customer 1 is Ada"
        "no customer 2"
        r#"{"category":"invoices","id":7,"format":"short"}"#
        "Please review this code:";
    streaming():
        "part: \"1 of 3\""
        "progress 1: 1 of 3"
        "part: \"3 of 3\""
        "3 parts in the result";
    resources():
        "template handbook://{path*}"
        r#"data://settings -> {"theme":"dark"}"#
        "only [\"mon\", \"tue\"], at most 5"
        "only [], at most 31"
        "6 bytes of image/gif"
        "month: expected an integer"
        "Resource not found: handbook://../secret.md"
        "there is no page missing.md";
    prompts():
        "review(code, language, project)"
        "user: Greet Ada, Formal."
        "assistant: Hello Ada!"
        "language \"ru\" -> rust, ruby"
        "project \"fmcp\" -> fmcp-core, fmcp-macros"
        "tone \"\" -> friendly, formal";
    middleware():
        "plain: \"plain\""
        "signed: \"important\\nsigned\""
        "plain was not run"
        "audit: tools/call signed: answered"
        "audit: tools/call plain: refused";
    sessions():
        "ada is here"
        "ada, on memory"
        "ada hears \"lunch is ready\""
        "ada works in file:///home, file:///tmp"
        "ada is gone"
        "0 sessions are open";
    state():
        "HELLO ada, here is badge [ada] number 1"
        "number 2"
        "schema: {\"type\":\"object\",\"additionalProperties\":false}"
        "closed after 2 greetings";
    telling():
        "25% check"
        "100% store"
        r#"warning validation: {"message":"no name","row":1}"#
        "2 names, timed: import/check"
        "debug db: \"committed\"";
    levels():
        r#"ada: "r-1" "fr" dark (in the background the same: true)"#
        r#"bob: "r-1" "en" light"#
        r#"bob: "r-1" "de" light"#;
    flags():
        "at first: the old search"
        "similar: "
        "then: the new search"
        "similar: like moby"
        r#"shown: {"new-search":{"enabled":true,"rollout_percentage":100.0}"#;
    dynamic():
        "at first: miles_to_km"
        "the list of tools changed: miles_to_km, feet_to_m"
        "10 feet are 3.048 m"
        "value: must be at least 0, got -1"
        "one disabled: feet_to_m"
        "all enabled: miles_to_km, feet_to_m"
        "one removed: feet_to_m";
    methods():
        "notes: Write notes, read them again"
        "2 notes: first, second"
        "6 words"
        "there is no note \"first\""
        "through the server";
    testing():
        "it says what it does ... ok"
        "it works in every revision ... ok"
        "it says this on the wire ... ok";
    demo(false):
        "tool  summarise"
        "progress  3 of 3"
        "result  {\"count\":3,\"mean\":3.0}"
        "digits: must be at most 9, got 12"
        "did you mean \"numbers\"?"
        "contents  bread, salt"
        "tone: f_  friendly, formal"
        "Rewrite this so that it is friendly:"
        "\"structuredContent\": {"
        "session  \"2024-11-05\""
        "<--  {";
}

#[tokio::test]
async fn the_demo_paints_only_when_it_is_told_to() {
    for colours in [true, false] {
        let mut out = Vec::new();
        demo::run(&mut out, colours).await.unwrap();
        assert_eq!(out.contains(&0x1b), colours);
    }
}

/// What the example's first lines promise, as a process of its own.
#[cfg(unix)]
#[test]
fn stdio() {
    use fmcp::testing::modern;
    use serde_json::json;

    let mut server = crate::stdio::start("stdio");
    let meta = json!({"io.modelcontextprotocol/logLevel": "info", "progressToken": "p"});
    for (name, arguments) in [
        ("shout", json!({"words": "hello"})),
        ("count", json!({"to": 2, "every": 60})),
    ] {
        let params = json!({"name": name, "arguments": arguments, "_meta": meta});
        server.say(&modern("tools/call", params));
    }
    server.hang_up();
    let (status, said, stderr) = server.ended();
    assert!(status.success());
    let words = |message: &serde_json::Value| message.to_string();
    for (message, part) in said.iter().zip([
        "HELLO",
        "counting to 2",
        r#""progress":1,"total":2"#,
        r#""progress":2,"total":2"#,
        "counted to 2",
    ]) {
        assert!(
            words(message).contains(part),
            "{part} is missing in {message}"
        );
    }
    assert_eq!(said.len(), 5);
    assert_eq!(stderr, "somebody shouts \"hello\"\nthe server has stopped");
}
