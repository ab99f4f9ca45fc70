//! A server on its standard streams, as a real process.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Read, Write},
    os::fd::OwnedFd,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, sync_channel},
    thread,
    time::{Duration, Instant},
};

use fmcp::testing::{legacy, modern};
use serde_json::{Value, json};

/// How it ends: end of input, signals, peers that do not read.
mod ends;
/// What it says, and in which order.
mod says;
/// What its streams may be.
mod streams;

/// Longer than anything here takes on a busy machine.
const LONG: Duration = Duration::from_secs(30);

/// A program of the folder `examples`, which is built with the tests.
pub(crate) fn program(name: &str) -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let path = here.parent().unwrap().with_file_name("examples").join(name);
    assert!(
        path.exists(),
        "{} is missing: cargo build --examples",
        path.display()
    );
    path
}

/// A process, and this side of its streams.
pub(crate) struct Process {
    child: Child,
    stdin: Option<Box<dyn Write + Send>>,
    lines: Receiver<String>,
    stderr: Receiver<String>,
}

pub(crate) fn start(name: &str) -> Process {
    let mut command = Command::new(program(name));
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let stderr = child.stderr.take().unwrap();
    Process {
        child,
        stdin: Some(Box::new(stdin)),
        lines: lines(stdout),
        stderr: lines(stderr),
    }
}

/// The lines of a stream, read as they come.
fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = sync_channel(1_000);
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

impl Process {
    pub(crate) fn say(&mut self, message: &Value) {
        self.say_text(&format!("{message}\n"));
    }

    fn say_text(&mut self, text: &str) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(text.as_bytes()).unwrap();
        stdin.flush().unwrap();
    }

    /// Calls a tool in the newest revision, and gives the id.
    fn call(&mut self, tool: &str) -> Value {
        let request = call(tool);
        self.say(&request);
        request["id"].clone()
    }

    /// Calls a tool in a session, and gives the id.
    fn call_in_session(&mut self, tool: &str) -> Value {
        let request = legacy("tools/call", json!({"name": tool}));
        self.say(&request);
        request["id"].clone()
    }

    fn open(&mut self) {
        let client = json!({"name": "test", "version": "1"});
        self.say(&legacy(
            "initialize",
            json!({"protocolVersion": "2025-06-18", "capabilities": {"roots": {}}, "clientInfo": client}),
        ));
        assert_eq!(self.hear()["result"]["protocolVersion"], "2025-06-18");
        self.say(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    }

    /// The next message. Everything on the stream is one.
    pub(crate) fn hear(&self) -> Value {
        let line = self.lines.recv_timeout(LONG).expect("nothing more comes");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    pub(crate) fn hang_up(&mut self) {
        self.stdin = None;
    }

    /// Sends a signal, as a shell does.
    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([name, &id]).status().unwrap();
        assert!(sent.success());
    }

    /// How it ended, what was still said, and what stood on standard error.
    pub(crate) fn ended(mut self) -> (ExitStatus, Vec<Value>, String) {
        let status = exit(&mut self.child);
        let rest = self
            .lines
            .iter()
            .map(|line| serde_json::from_str(&line).unwrap());
        let rest = rest.collect();
        (
            status,
            rest,
            self.stderr.iter().collect::<Vec<_>>().join("\n"),
        )
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // An error says that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn exit(child: &mut Child) -> ExitStatus {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        assert!(begun.elapsed() < LONG, "the process does not end");
        thread::park_timeout(Duration::from_millis(5));
    }
}

fn server() -> Process {
    start("stdio-under-test")
}

fn call(tool: &str) -> Value {
    let meta = json!({"io.modelcontextprotocol/logLevel": "info", "progressToken": "p"});
    modern("tools/call", json!({"name": tool, "_meta": meta}))
}

fn text(answer: &Value) -> &str {
    let text = answer["result"]["content"][0]["text"].as_str();
    text.unwrap_or_else(|| panic!("no result: {answer}"))
}
