//! A server to talk to, and the ways to talk to it.

use std::{
    collections::VecDeque,
    convert::Infallible,
    future::Future,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use fmcp_transport::{
    drain::Drain,
    net::{Incoming, Listener, PeerAddress, Settings, Summary, serve},
};
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    sync::Semaphore,
    task::JoinHandle,
    time::timeout,
};

/// Longer than anything here takes.
pub(super) const LONG: Duration = Duration::from_secs(20);

/// A request that is answered at once, and the next one may follow.
pub(super) const HELLO: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

pub(super) type Answer = UnsyncBoxBody<Bytes, Infallible>;

/// A server that runs.
pub(super) struct Host {
    pub(super) address: SocketAddr,
    pub(super) drain: Drain,
    pub(super) service: Pages,
    pub(super) task: JoinHandle<Summary>,
}

/// What the server serves: `/` echoes; `/slow` waits for a permit; `/endless` never ends, and says nothing
/// after its first words; `/flood` never ends, and says much; `/who` says where the request comes from.
#[derive(Clone, Default)]
pub(super) struct Pages(Arc<Inner>);

struct Inner {
    slow: Semaphore,
    running: AtomicUsize,
    asked: AtomicUsize,
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            slow: Semaphore::new(0),
            running: AtomicUsize::new(0),
            asked: AtomicUsize::new(0),
        }
    }
}

/// Counts what runs, until it goes.
struct Counting(Pages);

impl Drop for Counting {
    fn drop(&mut self) {
        self.0.0.running.fetch_sub(1, SeqCst);
    }
}

impl Pages {
    /// Lets one slow request go on.
    pub(super) fn release(&self) {
        self.0.slow.add_permits(1);
    }

    /// How many requests are being answered.
    pub(super) fn running(&self) -> usize {
        self.0.running.load(SeqCst)
    }

    /// How many requests have come.
    pub(super) fn asked(&self) -> usize {
        self.0.asked.load(SeqCst)
    }

    async fn answer(self, request: Request<Incoming>) -> Response<Answer> {
        self.0.asked.fetch_add(1, SeqCst);
        self.0.running.fetch_add(1, SeqCst);
        let counting = Counting(self.clone());
        match request.uri().path() {
            "/slow" => {
                self.0.slow.acquire().await.unwrap().forget();
                full("slowly")
            }
            "/endless" => stream(Stream {
                counting,
                rest: Some(Bytes::from_static(b": hello\n\n")),
                forever: false,
            }),
            "/flood" => stream(Stream {
                counting,
                rest: Some(Bytes::from(vec![b'x'; 64 * 1024])),
                forever: true,
            }),
            "/pieces" => pieces(&["one, ", "", "two"]),
            "/large" => full("large ".repeat(20_000)),
            "/huge" => full("enormous".repeat(3_000_000)),
            "/large-pieces" => pieces(&["a".repeat(9_000), "b".repeat(100_000), "c".to_owned()]),
            "/short" => lying("7"),
            "/204" => with(StatusCode::NO_CONTENT, &[]),
            "/304" => with(StatusCode::NOT_MODIFIED, &[("etag", "x")]),
            "/418" => with(StatusCode::IM_A_TEAPOT, &[("x", "1"), ("x", "2")]),
            "/dated" => with(StatusCode::OK, &[("date", "Sun, 06 Nov 1994 08:49:37 GMT")]),
            "/closing" => with(StatusCode::OK, &[("connection", "x, close")]),
            "/told" => lying("5"),
            "/103" => with(StatusCode::EARLY_HINTS, &[]),
            "/who" => full(format!("{:?}", request.extensions().get::<PeerAddress>())),
            #[cfg(feature = "tls")]
            "/certificates" => {
                use fmcp_transport::net::tls::PeerCertificates;
                let shown = request.extensions().get::<PeerCertificates>();
                full(format!("{:?}", shown.map(|shown| shown.0.len())))
            }
            _ => match request.into_body().collect().await {
                Ok(body) => full(body.to_bytes()),
                Err(_) => full("broken"),
            },
        }
    }
}

fn full(words: impl Into<Bytes>) -> Response<Answer> {
    Response::new(Full::new(words.into()).boxed_unsync())
}

fn stream(stream: Stream) -> Response<Answer> {
    Response::new(stream.boxed_unsync())
}

fn with(status: StatusCode, fields: &[(&'static str, &'static str)]) -> Response<Answer> {
    let mut response = full("words");
    *response.status_mut() = status;
    for (name, value) in fields {
        (response.headers_mut()).append(*name, HeaderValue::from_static(value));
    }
    response
}

/// A body that comes in pieces, of which each but the first has to be waited for.
fn pieces<T: Clone + Into<Bytes>>(pieces: &[T]) -> Response<Answer> {
    let pieces = pieces.iter().cloned().map(Into::into).collect();
    Response::new(
        Pieces {
            pieces,
            is_next: true,
        }
        .boxed_unsync(),
    )
}

struct Pieces {
    pieces: VecDeque<Bytes>,
    is_next: bool,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.is_next = !self.is_next;
        if self.is_next {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready((self.pieces.pop_front()).map(|piece| Ok(Frame::data(piece))))
    }
}

/// A response that says of itself what is not true.
fn lying(length: &'static str) -> Response<Answer> {
    let mut response = pieces(&["words"]);
    let length = HeaderValue::from_static(length);
    (response.headers_mut()).insert(header::CONTENT_LENGTH, length);
    response
}

struct Stream {
    #[expect(dead_code, reason = "it counts by being there")]
    counting: Counting,
    rest: Option<Bytes>,
    forever: bool,
}

impl Body for Stream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let frame = if self.forever {
            self.rest.clone()
        } else {
            self.rest.take()
        };
        match frame {
            Some(frame) => Poll::Ready(Some(Ok(Frame::data(frame)))),
            None => Poll::Pending,
        }
    }
}

impl tower_service::Service<Request<Incoming>> for Pages {
    type Response = Response<Answer>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let answer = self.clone().answer(request);
        Box::pin(async move { Ok(answer.await) })
    }
}

/// A server with the usual settings, changed.
pub(super) async fn host(change: impl FnOnce(&mut Settings)) -> Host {
    host_on(Listener::bind("127.0.0.1:0").await.unwrap(), change)
}

pub(super) fn host_on(listener: Listener, change: impl FnOnce(&mut Settings)) -> Host {
    let mut settings = Settings::default();
    change(&mut settings);
    let address = listener
        .local_addr()
        .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)));
    let (drain, service) = (Drain::new(), Pages::default());
    let task = tokio::spawn(serve(listener, service.clone(), settings, drain.clone()));
    Host {
        address,
        drain,
        service,
        task,
    }
}

impl Host {
    pub(super) async fn connect(&self) -> Raw<TcpStream> {
        Raw(TcpStream::connect(self.address).await.unwrap())
    }

    /// Whether somebody new is served.
    pub(super) async fn serves(&self) -> bool {
        let mut raw = self.connect().await;
        raw.shout(HELLO).await;
        raw.hear().await.starts_with("HTTP/1.1 200")
    }

    /// Begins the end, and waits for it.
    pub(super) async fn end(self) -> Summary {
        self.drain.begin();
        soon(self.task).await.unwrap()
    }
}

/// A connection on which anything can be said.
pub(super) struct Raw<T>(pub(super) T);

impl<T: AsyncRead + AsyncWrite + Unpin> Raw<T> {
    pub(super) async fn say(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// Says something to somebody who may have gone.
    pub(super) async fn shout(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes).await;
    }

    /// Reads until an answer's head is there, and its body if that has a length.
    pub(super) async fn hear(&mut self) -> String {
        let mut heard = Vec::new();
        soon(async {
            loop {
                let text = String::from_utf8_lossy(&heard);
                if let Some((head, body)) = text.split_once("\r\n\r\n") {
                    let length = head
                        .lines()
                        .find_map(|line| line.strip_prefix("content-length: "))
                        .map_or(0, |length| length.parse().unwrap());
                    if body.len() >= length {
                        return;
                    }
                }
                if self.0.read_buf(&mut heard).await.unwrap_or(0) == 0 {
                    return;
                }
            }
        })
        .await;
        String::from_utf8(heard).unwrap()
    }

    pub(super) async fn ask(&mut self, bytes: &[u8]) -> String {
        self.say(bytes).await;
        self.hear().await
    }

    /// Reads until the other side closes.
    pub(super) async fn hear_out(&mut self) -> String {
        let mut heard = Vec::new();
        // A reset closes, too.
        let _ = soon(self.0.read_to_end(&mut heard)).await;
        String::from_utf8_lossy(&heard).into_owned()
    }

    /// Whether the other side stays, for as long as it takes to be sure.
    pub(super) async fn stays(&mut self, time: Duration) -> bool {
        let mut byte = [0];
        timeout(time, self.0.read(&mut byte)).await.is_err()
    }
}

/// Whatever it is, it is there soon.
pub(super) async fn soon<T>(what: impl Future<Output = T>) -> T {
    timeout(LONG, what).await.expect("it takes too long")
}

/// Waits until something has come true.
pub(super) async fn until(mut is_true: impl FnMut() -> bool) {
    soon(async {
        while !is_true() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}
