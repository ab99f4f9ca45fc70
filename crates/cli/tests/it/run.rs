//! Servers that are run.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use crate::door::Place;

const MANIFEST: &str =
    "[package]\nname = \"hello\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n";

#[test]
fn a_program_speaks_for_itself() {
    let place = Place::new();
    let fmcp = env!("CARGO_BIN_EXE_fmcp");
    let server = crate::door::server();
    place
        .fmcp(&["call", &format!("{fmcp} run {server}"), "add", "a=1"])
        .well()
        .shows(&["2"]);
    let said = place.fmcp(&[
        "run",
        "sh",
        "--",
        "-c",
        "echo $0 $FMCP_TRANSPORT; exit 7",
        "there",
    ]);
    assert_eq!((said.code, said.out.as_str()), (7, "there\n"));
}

#[test]
fn a_crate_is_built_first() {
    let place = Place::new()
        .file("hello/Cargo.toml", MANIFEST)
        .file("hello/src/main.rs", "fn main() { println!(\"built\"); }")
        .with_rust();
    let said = place.fmcp(&["run", "hello"]).ends(0);
    assert_eq!(
        said.out, "built\n",
        "nothing but the server writes to standard output"
    );
}

#[test]
fn a_crate_that_does_not_compile_says_why() {
    let place = Place::new()
        .file("hello/Cargo.toml", MANIFEST)
        .file("hello/src/main.rs", "fn main() { let x: u8 = \"text\"; }")
        .with_rust();
    let said = place.fmcp(&["run", "hello"]).ends(1);
    assert!(said.out.is_empty(), "{said:?}");
    said.tells(&["mismatched types", "does not compile"]);
}

#[test]
fn a_proxy_stands_in_front_of_addresses_and_configurations() {
    let place = Place::new().file(
        "mcp.json",
        r#"{"mcpServers": {"x": {"command": "$SERVER"}, "y": {"command": "$SERVER"}}}"#,
    );
    let fmcp = env!("CARGO_BIN_EXE_fmcp");
    let whole = format!("{fmcp} run {}/mcp.json", place.folder.path().display());
    place
        .fmcp(&["call", &whole, "y_add", "a=1"])
        .ends(0)
        .shows(&["2"]);

    let mut demo = place.command(&["run", "$SERVER", "--http", "127.0.0.1:0", "--ws", "--quiet"]);
    let mut demo = Running::new(demo.stdout(Stdio::piped()));
    place
        .fmcp(&["call", &demo.url, "add", "a=41"])
        .ends(0)
        .shows(&["42"]);
    let socket = demo.url.replace("http:", "ws:").replace("/mcp", "/ws");
    place
        .fmcp(&["call", &socket, "add", "a=41"])
        .ends(0)
        .shows(&["42"]);
    let behind = format!("{fmcp} run {}", demo.url);
    place
        .fmcp(&["call", &behind, "add", "a=41"])
        .ends(0)
        .shows(&["42"]);
    demo.end();

    let text = format!(
        r#"{{"mcpServers": {{"x": {{"command": "{}"}}}}}}"#,
        crate::door::server()
    );
    place
        .fmcp_with(&["run", "-"], &text)
        .ends(2)
        .tells(&["--http"]);
    place
        .fmcp(&["run", "http://127.0.0.1:9/mcp"])
        .ends(3)
        .tells(&["no connection to"]);
}

/// What serves until it is ended.
struct Running {
    child: Child,
    url: String,
}

impl Running {
    fn new(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut url)
            .unwrap();
        Self {
            child,
            url: url.trim().to_owned(),
        }
    }

    fn end(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A server without a single dependency, so that it is built in a moment.
const HAND_MADE: &str = r##"
use std::io::{BufRead as _, Write as _};

fn main() {
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let Some(at) = line.find("\"id\":") else { continue };
        let id: String = line[at + 5..].chars().take_while(|c| !",}".contains(*c)).collect();
        let says = |method: &str| line.contains(&format!("\"method\":\"{method}\""));
        let body = if says("initialize") {
            r#"'result':{'protocolVersion':'2025-06-18','capabilities':{'tools':{}},'serverInfo':{'name':'hand','version':'1'}}"#
        } else if says("tools/list") {
            r#"'result':{'tools':[{'name':'TOOL','inputSchema':{'type':'object'}}]}"#
        } else if says("tools/call") {
            r#"'result':{'content':[{'type':'text','text':'from TOOL'}]}"#
        } else if says("ping") {
            r#"'result':{}"#
        } else {
            r#"'error':{'code':-32601,'message':'no'}"#
        };
        println!("{{\"jsonrpc\":\"2.0\",\"id\":{id},{}}}", body.replace('\'', "\""));
        std::io::stdout().flush().unwrap();
    }
}
"##;

#[test]
fn a_crate_is_built_anew_when_it_changes_while_clients_stay() {
    let place = Place::new()
        .file("hand/Cargo.toml", &MANIFEST.replace("hello", "hand"))
        .file("hand/src/main.rs", &HAND_MADE.replace("TOOL", "first"))
        .with_rust();
    let mut dev = place.command(&["dev", "hand", "--http", "127.0.0.1:0"]);
    let mut dev = Running::new(dev.stdout(Stdio::piped()).stderr(Stdio::piped()));
    let mut says = BufReader::new(dev.child.stderr.take().unwrap());
    let mut hears = |wanted: &str| {
        let mut all = String::new();
        while !all.contains(wanted) {
            assert!(
                says.read_line(&mut all).unwrap() > 0,
                "{wanted:?} is not said: {all}"
            );
        }
    };
    hears("Built, and serving.");
    place.fmcp(&["list", &dev.url]).ends(0).shows(&["first()"]);
    // This client hears of the change on the connection that it has.
    let mut watch = place.command(&["watch", &dev.url, "--json", "-n", "1"]);
    watch.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut watch = watch.spawn().unwrap();
    let mut watching = String::new();
    let mut watch_says = BufReader::new(watch.stderr.take().unwrap());
    watch_says.read_line(&mut watching).unwrap();
    assert!(watching.contains("Watching"), "{watching}");
    let main = place.folder.path().join("hand/src/main.rs");
    std::fs::write(&main, "fn main() { this does not compile }").unwrap();
    hears("The build before goes on serving.");
    place
        .fmcp(&["call", &dev.url, "first"])
        .ends(0)
        .shows(&["from first"]);
    std::fs::write(&main, HAND_MADE.replace("TOOL", "second")).unwrap();
    hears("Built, and serving.");
    place.fmcp(&["list", &dev.url]).ends(0).shows(&["second()"]);
    place
        .fmcp(&["call", &dev.url, "second"])
        .ends(0)
        .shows(&["from second"]);
    let heard = watch.wait_with_output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&heard.stdout),
        "{\"event\":\"list_changed\",\"list\":\"tools\"}\n"
    );
    dev.end();
}

#[test]
fn what_a_crate_says_of_itself_does_not_steer_the_terminal() {
    let refuses = HAND_MADE.replace(
        "r#\"'result':{'protocolVersion':",
        "r#\"'error':{'code':-32603,'message':'\\u001b[31mred'}\"#\n        } else if says(\"never\") {\n            r#\"'result':{'protocolVersion':",
    );
    let place = Place::new()
        .file("hand/Cargo.toml", &MANIFEST.replace("hello", "hand"))
        .file("hand/src/main.rs", &refuses)
        .with_rust();
    let mut dev = place.command(&["dev", "hand", "--http", "127.0.0.1:0"]);
    let mut dev = Running::new(dev.stdout(Stdio::piped()).stderr(Stdio::piped()));
    let mut says = BufReader::new(dev.child.stderr.take().unwrap());
    let mut all = String::new();
    while !all.contains("Nothing is served") {
        assert!(says.read_line(&mut all).unwrap() > 0, "{all}");
    }
    assert!(all.contains("red") && !all.contains('\u{1b}'), "{all:?}");
    dev.end();
}
