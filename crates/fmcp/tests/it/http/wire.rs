//! A client that is not ours: HTTP/1 by hand, so that it can do what no client should.

use std::{
    future::{Future, IntoFuture},
    net::SocketAddr,
    pin::Pin,
    time::Duration,
};

use fmcp::serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    time::timeout,
};

/// How long a test waits for what has to come.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// How long it watches for what must not come.
pub(crate) const A_WHILE: Duration = Duration::from_millis(150);

/// A request that is being put together.
#[derive(Clone)]
#[must_use]
pub(crate) struct Request {
    address: SocketAddr,
    method: &'static str,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    pub(crate) fn new(address: SocketAddr, method: &'static str) -> Self {
        let headers = vec![("Host".to_owned(), address.to_string())];
        Self {
            address,
            method,
            headers,
            body: Vec::new(),
        }
    }

    /// A POST of JSON that takes any answer.
    pub(crate) fn post(address: SocketAddr, body: impl Into<Vec<u8>>) -> Self {
        Self::new(address, "POST")
            .header("Content-Type", "application/json")
            .header("Accept", "application/json, text/event-stream")
            .body(body)
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Adds a header, beside those of the same name.
    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Says something else in a header.
    pub(crate) fn with(self, name: &str, value: impl Into<String>) -> Self {
        self.without(name).header(name, value)
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers
            .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    /// The head, as it goes over the wire; how the body comes is still to be said.
    pub(crate) fn head(&self) -> String {
        let mut head = format!("{} /mcp HTTP/1.1\r\n", self.method);
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head
    }

    /// Sends it, and reads the answer's head.
    pub(crate) async fn open(&self) -> Answering {
        let mut socket = TcpStream::connect(self.address).await.unwrap();
        let head = format!("{}Content-Length: {}\r\n\r\n", self.head(), self.body.len());
        socket.write_all(head.as_bytes()).await.unwrap();
        // Who is refused early may find the door closed.
        let _ = socket.write_all(&self.body).await;
        Answering::read(socket).await
    }

    /// Sends bytes as they are, for what no client should send.
    pub(crate) async fn raw(address: SocketAddr, bytes: &[u8]) -> Answering {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let _ = socket.write_all(bytes).await;
        Answering::read(socket).await
    }
}

impl IntoFuture for Request {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.open().await.whole().await })
    }
}

/// An answer of which the head is there.
pub(crate) struct Answering {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    socket: BufReader<TcpStream>,
    /// Bytes that are still to come; `None` where the body comes in chunks.
    length: Option<usize>,
    text: String,
}

/// What an event stream says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Event {
    pub(crate) id: Option<String>,
    pub(crate) data: Option<String>,
    pub(crate) retry: Option<u64>,
    pub(crate) is_comment: bool,
}

impl Answering {
    pub(crate) async fn read(socket: TcpStream) -> Self {
        let mut socket = BufReader::new(socket);
        let reading = async {
            let mut lines = Vec::new();
            loop {
                let mut line = String::new();
                let read = socket.read_line(&mut line).await.unwrap();
                let line = line.trim_end().to_owned();
                if line.is_empty() {
                    assert!(read > 0, "the connection ended before an answer: {lines:?}");
                    break lines;
                }
                lines.push(line);
            }
        };
        let lines = timeout(SOON, reading).await.expect("nobody answers");
        let status = lines[0].split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<_> = (lines[1..].iter())
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let said = |name: &str| headers.iter().find(|(known, _)| known == name);
        let is_chunked = said("transfer-encoding").is_some();
        let length = said("content-length").map_or(0, |(_, value)| value.parse().unwrap());
        Self {
            status,
            length: (!is_chunked).then_some(length),
            headers,
            socket,
            text: String::new(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub(crate) fn streams(self) -> Self {
        assert_eq!(self.status, 200, "{:?}", self.headers);
        assert_eq!(self.header("content-type"), Some("text/event-stream"));
        assert_eq!(self.header("x-accel-buffering"), Some("no"));
        assert_eq!(self.header("cache-control"), Some("no-cache"));
        self
    }

    /// More of the body; `None` at its end.
    async fn more(&mut self) -> Option<Vec<u8>> {
        let size = match &mut self.length {
            Some(0) => return None,
            Some(length) => std::mem::take(length),
            None => {
                let mut line = String::new();
                if self.socket.read_line(&mut line).await.unwrap_or(0) == 0 {
                    return None;
                }
                usize::from_str_radix(line.trim(), 16).unwrap()
            }
        };
        let mut bytes = vec![0; size];
        self.socket.read_exact(&mut bytes).await.ok()?;
        if self.length.is_none() {
            let mut end = [0; 2];
            self.socket.read_exact(&mut end).await.ok()?;
        }
        (size > 0).then_some(bytes)
    }

    /// Says something more on the connection.
    pub(crate) async fn say(&mut self, bytes: &[u8]) {
        self.socket.get_mut().write_all(bytes).await.unwrap();
    }

    /// Bytes of the body as they come, whatever they are.
    pub(crate) async fn read_some(&mut self) -> Vec<u8> {
        let reading = async { self.socket.fill_buf().await.unwrap().to_vec() };
        timeout(SOON, reading).await.expect("nothing comes")
    }

    /// Everything that still comes before the connection ends.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let reading = self.socket.read_to_end(&mut rest);
        timeout(SOON, reading)
            .await
            .expect("it does not end")
            .unwrap();
        rest
    }

    pub(crate) async fn whole(mut self) -> Answer {
        let reading = async {
            let mut body = self.text.clone().into_bytes();
            while let Some(more) = self.more().await {
                body.extend(more);
            }
            body
        };
        let body = timeout(SOON, reading).await.expect("the answer has no end");
        Answer {
            status: self.status,
            headers: self.headers,
            body,
        }
    }

    /// The next event or comment; `None` at the end.
    pub(crate) async fn event(&mut self) -> Option<Event> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (read_event(event), rest.to_owned());
                self.text = rest;
                return Some(event);
            }
            let more = timeout(SOON, self.more()).await.expect("nothing comes");
            self.text += &String::from_utf8(more?).unwrap();
        }
    }

    /// The next message, comments and the like aside; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<(Option<String>, Value)> {
        loop {
            let event = self.event().await?;
            if let Some(data) = event.data.filter(|data| !data.is_empty()) {
                return Some((event.id, fmcp::serde_json::from_str(&data).unwrap()));
            }
        }
    }

    pub(crate) async fn message(&mut self) -> Value {
        self.next().await.expect("the stream is over").1
    }

    /// Nothing comes but comments.
    pub(crate) async fn is_quiet(&mut self) {
        let next = timeout(A_WHILE, self.next()).await;
        assert!(next.is_err(), "there should be nothing: {next:?}");
    }

    pub(crate) async fn ends(&mut self) {
        let next = self.next().await;
        assert!(next.is_none(), "there should be nothing more: {next:?}");
    }

    /// Everything that comes, to the end.
    pub(crate) async fn all(&mut self) -> Vec<Value> {
        let mut all = Vec::new();
        while let Some((_, message)) = self.next().await {
            all.push(message);
        }
        all
    }
}

fn read_event(text: &str) -> Event {
    let mut event = Event::default();
    for line in text.split('\n') {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value).to_owned();
        match name {
            "" => event.is_comment = true,
            "id" => event.id = Some(value),
            "data" => event.data = Some(value),
            "retry" => event.retry = value.parse().ok(),
            other => panic!("no field of an event: {other:?}"),
        }
    }
    event
}

/// An answer that has arrived whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(crate) fn status(self, expect: u16) -> Self {
        assert_eq!(self.status, expect, "{}", self.text());
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(
            self.header("content-type"),
            Some("application/json"),
            "{}",
            self.text()
        );
        fmcp::serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    /// The error of this code that it is.
    #[track_caller]
    pub(crate) fn error(&self, code: i64) -> Value {
        let answer = self.json();
        assert_eq!(answer["error"]["code"], json!(code), "{answer}");
        assert_eq!(answer["jsonrpc"], json!("2.0"));
        answer
    }

    #[track_caller]
    pub(crate) fn result(&self) -> Value {
        let answer = self.json();
        assert_eq!(self.status, 200, "{answer}");
        assert!(answer.get("error").is_none(), "{answer}");
        answer["result"].clone()
    }

    /// The text that a tool gave.
    #[track_caller]
    pub(crate) fn said(&self) -> String {
        said(&self.json())
    }
}

/// The text that a tool gave, in this answer.
#[track_caller]
pub(crate) fn said(answer: &Value) -> String {
    let text = &answer["result"]["content"][0]["text"];
    text.as_str()
        .unwrap_or_else(|| panic!("{answer}"))
        .to_owned()
}
