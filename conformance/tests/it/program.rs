//! The program, as the suite and stdio clients start it.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use fmcp::testing;
use serde_json::{Value, json};

/// The program while it runs; killed where a test fails.
struct Program(Child);

impl Program {
    fn start(args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_conformance-server"));
        command.args(args).env_remove("RUST_BACKTRACE");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        Self(command.stderr(Stdio::piped()).spawn().unwrap())
    }

    fn stdout(&mut self) -> BufReader<ChildStdout> {
        BufReader::new(self.0.stdout.take().unwrap())
    }

    fn ends_well(&mut self) -> bool {
        self.0.wait().unwrap().success()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn on_standard_streams_it_answers_and_ends_with_its_client() {
    let mut program = Program::start(&[]);
    let mut stdin = program.0.stdin.take().unwrap();
    let call = testing::modern("tools/call", json!({"name": "test_simple_text"}));
    writeln!(stdin, "{call}").unwrap();
    let mut line = String::new();
    let mut stdout = program.stdout();
    stdout.read_line(&mut line).unwrap();
    let answer: Value = serde_json::from_str(&line).unwrap();
    let text = &answer["result"]["content"][0]["text"];
    assert_eq!(text, "This is a simple text response for testing.");
    drop(stdin);
    assert!(program.ends_well());
}

#[test]
#[cfg(unix)]
fn on_http_it_says_where_it_listens_and_ends_when_it_is_told_to() {
    let mut program = Program::start(&["--http", "127.0.0.1:0"]);
    let mut line = String::new();
    program.stdout().read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("http://").unwrap();
    // Once it answers, it also heeds signals.
    let mut peer = TcpStream::connect(address.strip_suffix("/mcp").unwrap()).unwrap();
    peer.set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    write!(peer, "GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = String::new();
    peer.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.0 200"), "{answer}");
    let id = program.0.id().to_string();
    let told = Command::new("kill").args(["-TERM", &id]).status();
    assert!(told.unwrap().success());
    assert!(program.ends_well());
}

#[test]
fn other_arguments_are_answered_with_the_usage() {
    let mut program = Program::start(&["--port", "1"]);
    assert!(!program.ends_well());
    let mut words = String::new();
    let mut stderr = program.0.stderr.take().unwrap();
    stderr.read_to_string(&mut words).unwrap();
    assert_eq!(words, "Error: usage: conformance-server [--http ADDRESS]\n");
}
