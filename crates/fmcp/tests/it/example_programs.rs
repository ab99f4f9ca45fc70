//! The examples that serve, as processes: each is asked what its first lines say, word by word.

use std::{
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Instant,
};

use crate::raw_http::{Answer, PATIENCE, send};

/// An example that runs.
struct Program {
    child: Child,
    address: SocketAddr,
    source: &'static str,
}

impl Program {
    fn start(name: &str, source: &'static str) -> Self {
        // Two ports that the system gives out one after the other are never the same.
        let address = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let child = Command::new(binary(name))
            .arg(address.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{error}: {name} (cargo build -p fmcp --examples)"));
        Self {
            child,
            address,
            source,
        }
    }

    async fn is_up(&mut self) {
        let start = Instant::now();
        while tokio::net::TcpStream::connect(self.address).await.is_err() {
            assert!(start.elapsed() < PATIENCE, "it does not listen");
            assert_eq!(self.child.try_wait().unwrap(), None, "it has ended");
            tokio::task::yield_now().await;
        }
    }

    /// Does what a command of curl in the source's first lines does.
    async fn curl(&self, nth: usize) -> Answer {
        let curl = Curl::read(self.source, nth);
        let headers: Vec<_> = (curl.headers.iter())
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        send(self.address, &curl.line, &headers, &curl.body).await
    }

    /// Presses Ctrl-C, and waits for the end.
    #[cfg(unix)]
    fn ends_in_order(mut self) {
        let id = self.child.id().to_string();
        let told = Command::new("kill").args(["-INT", &id]).status().unwrap();
        assert!(told.success());
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(start.elapsed() < PATIENCE, "it does not end");
            std::thread::yield_now();
        };
        assert!(status.success(), "{status}");
    }

    #[cfg(not(unix))]
    fn ends_in_order(self) {}
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where cargo puts examples: beside the folder that this test is in.
fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.parent().and_then(|deps| deps.parent()).unwrap();
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    target.join("examples").join(file)
}

/// What a command of curl sends.
#[derive(Debug, PartialEq)]
struct Curl {
    line: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Curl {
    /// The command that stands in the head of a source after `nth` others.
    fn read(source: &str, nth: usize) -> Self {
        let lines: Vec<_> = source
            .lines()
            .map_while(|line| line.strip_prefix("//!"))
            .collect();
        let head = lines.join("\n").replace("\\\n", "");
        let command = head.split("\n curl ").nth(nth + 1).expect("a command");
        let mut words = words(command).into_iter();
        let mut curl = Self {
            line: String::new(),
            headers: Vec::new(),
            body: String::new(),
        };
        while let Some(word) = words.next() {
            match word.as_str() {
                "-N" => {}
                "-H" => {
                    let header = words.next().unwrap();
                    let (name, value) = header.split_once(": ").unwrap();
                    curl.headers
                        .push((name.to_ascii_lowercase(), value.to_owned()));
                }
                "-d" => curl.body = words.next().unwrap(),
                url => curl.line = url.strip_prefix("localhost:8000").unwrap().to_owned(),
            }
        }
        let method = if curl.body.is_empty() { "GET" } else { "POST" };
        curl.line.insert_str(0, &format!("{method} "));
        curl
    }
}

/// The words of a shell's command, up to its end or a comment.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in command.chars() {
        match c {
            '\'' => quoted = !quoted,
            '\n' | '#' if !quoted => break,
            ' ' if !quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[test]
fn commands_are_read_as_a_shell_reads_them() {
    let source = "//! Try it:\n//! ```sh\n//! curl -N localhost:8000/a  # see\n\
        //! curl localhost:8000/b -H 'X: y z' \\\n//!   -d '{\"a\":\n//!  1}'\n//! ```\nfn main() {}";
    let curl = |line: &str, headers: &[(&str, &str)], body: &str| Curl {
        line: line.to_owned(),
        headers: (headers.iter())
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: body.to_owned(),
    };
    assert_eq!(Curl::read(source, 0), curl("GET /a", &[], ""));
    let expect = curl("POST /b", &[("x", "y z")], "{\"a\":\n  1}");
    assert_eq!(Curl::read(source, 1), expect);
}

/// Starts an example, does what its first lines say, and looks for these words in what comes, in this order.
macro_rules! answers {
    ($($example:ident: $($words:expr),+;)*) => { $(
        #[tokio::test]
        async fn $example() {
            let name = stringify!($example);
            let source = include_str!(concat!("../../examples/", stringify!($example), ".rs"));
            let mut program = Program::start(name, source);
            program.is_up().await;
            let expect: &[&[&str]] = &[$(&$words),+];
            for (nth, words) in expect.iter().enumerate() {
                let answer = program.curl(nth).await;
                assert_eq!(answer.status, 200, "{answer:?}");
                let mut rest = answer.body.as_str();
                for word in *words {
                    let at = rest.find(word).unwrap_or_else(|| panic!("{word:?} is missing in {answer:?}"));
                    rest = &rest[at + word.len()..];
                }
            }
            program.ends_in_order();
        }
    )* };
}

answers! {
    http:
        ["ok"],
        ["Hello from beside the endpoint!"],
        ["notifications/progress", r#""progress":3"#, "lift-off"];
    embedded:
        ["Welcome!"],
        ["visit 1 of kitchen"],
        [r#""id":1"#, r#""structuredContent":{"result":1}"#];
    streaming_http:
        ["{\"tick\":1}\n", "{\"tick\":5}\n"],
        ["data: {\"tick\":1}\n\n", "data: {\"tick\":5}\n\n"],
        ["looking for files", r#""message":"file 1""#, r#""message":"file 4""#, "imported 4 files"],
        ["notifications/tool/streamContent", "Roses are red", "and so does this", r#""id":2"#, "Roses are red"];
}
