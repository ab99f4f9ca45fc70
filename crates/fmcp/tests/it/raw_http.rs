//! HTTP/1.1 by hand: requests exactly as they are written, answers and events as they come.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use fmcp::{Http, Server};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
    time::timeout,
};

/// How long anything may take before a test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A server that runs on a port of its own.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    enough: Option<oneshot::Sender<()>>,
    served: JoinHandle<fmcp::Result<()>>,
}

impl Running {
    pub(crate) async fn new(server: Server, options: impl FnOnce(Http) -> Http) -> Self {
        let http = options(Http::new("127.0.0.1:0"));
        let bound = server.bind_http(http).await.unwrap();
        let address = bound.local_addr().unwrap();
        let (enough, told) = oneshot::channel();
        let served = tokio::spawn(bound.run_until(async { drop(told.await) }));
        Self {
            address,
            enough: Some(enough),
            served,
        }
    }

    /// Begins the end.
    pub(crate) fn end(&mut self) {
        drop(self.enough.take());
    }

    /// The end, once all is said.
    pub(crate) async fn ended(mut self) {
        self.end();
        let ended = timeout(PATIENCE, &mut self.served).await.unwrap();
        ended.unwrap().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.served.abort();
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        find(&self.head, name)
    }
}

fn find<'a>(head: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = head.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.as_str())
}

/// What a request says beside its first line, `Host` and its length. `Host` may stand here, too.
pub(crate) type Headers<'a> = &'a [(&'a str, &'a str)];

/// A request, on a connection of its own.
pub(crate) async fn send(
    address: SocketAddr,
    line: &str,
    headers: Headers<'_>,
    body: &str,
) -> Answer {
    let answer = async {
        let mut events = Events::open(address, line, headers, body).await;
        let mut body = Vec::new();
        while let Some(piece) = events.piece().await {
            body.extend_from_slice(&piece);
        }
        Answer {
            status: events.status,
            head: events.head,
            body: String::from_utf8(body).unwrap(),
        }
    };
    timeout(PATIENCE, answer).await.unwrap()
}

/// A JSON message, posted.
pub(crate) async fn post(
    address: SocketAddr,
    path: &str,
    headers: Headers<'_>,
    body: &str,
) -> Answer {
    let mut all = vec![
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
    ];
    all.extend_from_slice(headers);
    send(address, &format!("POST {path}"), &all, body).await
}

/// An answer that is read as it comes.
pub(crate) struct Events {
    pub(crate) status: u16,
    head: Vec<(String, String)>,
    socket: BufReader<TcpStream>,
    is_over: bool,
    unread: String,
}

impl Events {
    pub(crate) async fn open(
        address: SocketAddr,
        line: &str,
        headers: Headers<'_>,
        body: &str,
    ) -> Self {
        let mut request = format!("{line} HTTP/1.1\r\n");
        if !headers.iter().any(|(name, _)| *name == "host") {
            request += &format!("host: {address}\r\n");
        }
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        if !body.is_empty() {
            request += &format!("content-length: {}\r\n", body.len());
        }
        request += "connection: close\r\n\r\n";
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        // Who is refused at once may be hung up on before all is said.
        let _ = socket.write_all(body.as_bytes()).await;
        let mut events = Self {
            status: 0,
            head: Vec::new(),
            socket: BufReader::new(socket),
            is_over: false,
            unread: String::new(),
        };
        let status = events.line().await;
        events.status = status.split(' ').nth(1).unwrap().parse().unwrap();
        loop {
            let line = events.line().await;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            let (name, value) = (name.to_ascii_lowercase(), value.trim().to_owned());
            events.head.push((name, value));
        }
        events
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        find(&self.head, name)
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        let read = timeout(PATIENCE, self.socket.read_line(&mut line)).await;
        read.unwrap().unwrap();
        line.trim_end().to_owned()
    }

    /// The next piece of the body; none at its end.
    async fn piece(&mut self) -> Option<Vec<u8>> {
        if self.is_over {
            return None;
        }
        let is_chunked = self.header("transfer-encoding") == Some("chunked");
        let size = if is_chunked {
            usize::from_str_radix(&self.line().await, 16).ok()?
        } else {
            self.is_over = true;
            self.header("content-length")
                .map_or(0, |n| n.parse().unwrap())
        };
        if size == 0 {
            self.is_over = true;
            return None;
        }
        let mut piece = vec![0; size];
        let read = timeout(PATIENCE, self.socket.read_exact(&mut piece)).await;
        read.unwrap().unwrap();
        if is_chunked {
            self.line().await;
        }
        Some(piece)
    }

    /// The next event or comment, as it stands on the wire; none at the end of the stream.
    pub(crate) async fn raw(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.unread.find("\n\n") {
                let rest = self.unread.split_off(end + 2);
                let mut event = std::mem::replace(&mut self.unread, rest);
                event.truncate(end);
                return Some(event);
            }
            let piece = self.piece().await?;
            self.unread += std::str::from_utf8(&piece).unwrap();
        }
    }

    /// The data of the next event of this name.
    pub(crate) async fn next(&mut self, name: &str) -> Option<String> {
        loop {
            let event = self.raw().await?;
            if event.starts_with(':') {
                continue;
            }
            let data = event.strip_prefix(&format!("event: {name}\ndata: "));
            return Some(data.unwrap_or_else(|| panic!("{event:?}")).to_owned());
        }
    }

    /// The next message of the server.
    pub(crate) async fn message(&mut self) -> Option<Value> {
        let data = self.next("message").await?;
        Some(serde_json::from_str(&data).unwrap())
    }
}

/// Waits until something is so.
pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "not in time: {what}");
        tokio::task::yield_now().await;
    }
}
