//! Where a browser on this machine brings the answer: one page, on the loopback, for one visit.

use std::{io, net::Ipv4Addr, time::Duration};

use fmcp_core::{Error, Kind, Result, is_same_secret};
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use url::Url;

use super::page::Page;

/// Where it stands.
const PATH: &str = "/callback";
/// How many connections there are at once: browsers open some that they never use.
const CONNECTIONS: usize = 16;
/// How long one may take, and how much it may say.
const WITHIN: Duration = Duration::from_secs(10);
const MAX_HEAD: usize = 16 * 1024;
/// How long a browser may take to read its page.
const READING: Duration = Duration::from_secs(1);

/// A listener for one answer.
pub(super) struct Loopback {
    listener: TcpListener,
    redirect: String,
}

impl Loopback {
    /// Listens on `fixed`, or on the port of `before` if it is still free, or on any.
    pub(super) async fn bind(fixed: Option<u16>, before: Option<&str>) -> Result<Self> {
        let bind = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
        let listener = match (fixed, before.and_then(port)) {
            (Some(port), _) => bind(port).await,
            (None, Some(port)) => match bind(port).await {
                Ok(listener) => Ok(listener),
                Err(_) => bind(0).await,
            },
            (None, None) => bind(0).await,
        };
        let listener = listener.map_err(|why| unbound(fixed, why))?;
        let address = listener.local_addr().map_err(|why| unbound(fixed, why))?;
        Ok(Self {
            listener,
            redirect: format!("http://127.0.0.1:{}{PATH}", address.port()),
        })
    }

    pub(super) fn redirect(&self) -> &str {
        &self.redirect
    }

    /// Waits for the answer to the question with this `state`. Whatever else comes is sent away.
    pub(super) async fn answer(self, state: &str) -> Result<String> {
        let mut open = FuturesUnordered::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept(), if open.len() < CONNECTIONS => match accepted {
                    Ok((stream, _)) => open.push(timeout(WITHIN, serve(stream, state))),
                    // What has run out, of files for one, may be there again when others have let go.
                    Err(error) => {
                        tracing::debug!(%error, "a browser could not be listened to");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                },
                Some(served) = open.next(), if !open.is_empty() => {
                    if let Ok(Ok(Some(answer))) = served {
                        return Ok(answer);
                    }
                }
            }
        }
    }
}

/// The port of an address that a listener like this one once had.
fn port(before: &str) -> Option<u16> {
    let url = Url::parse(before).ok()?;
    let is_ours = url.host_str() == Some("127.0.0.1") && url.path() == PATH;
    url.port().filter(|_| is_ours)
}

fn unbound(port: Option<u16>, why: io::Error) -> Error {
    let words = match port {
        Some(port) => format!(
            "the port {port} of this machine, to which the browser was to come back, is not free; end \
             whatever has it, or choose another one"
        ),
        None => "no port of this machine is free for the browser to come back to".to_owned(),
    };
    Error::new(Kind::Unavailable, words).caused_by(why)
}

/// Answers one browser. What it brought counts even where it does not stay for the page.
async fn serve(mut stream: TcpStream, state: &str) -> io::Result<Option<String>> {
    let head = read_head(&mut stream).await?;
    let (response, answer) = judge(&head, state);
    let _ = timeout(READING, show(&mut stream, &response)).await;
    Ok(answer)
}

async fn show(stream: &mut TcpStream, response: &str) -> io::Result<()> {
    stream.write_all(response.as_bytes()).await?;
    stream.shutdown().await?;
    // Closing with something unread would take the page away before it is seen.
    let mut rest = [0; 1024];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

async fn read_head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::with_capacity(1024);
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if head.len() >= MAX_HEAD || stream.read_buf(&mut head).await? == 0 {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    String::from_utf8(head).map_err(|_| io::ErrorKind::InvalidData.into())
}

/// The response to a request, and the answer in it if it is the one that is waited for.
fn judge(head: &str, state: &str) -> (String, Option<String>) {
    let stray = |status: &str| (Page::Stray.response(status), None);
    let mut words = head.lines().next().unwrap_or_default().split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next());
    if method != "GET" {
        return stray("405 Method Not Allowed");
    }
    let query = target.and_then(|target| target.strip_prefix(PATH)?.strip_prefix('?'));
    let Some(query) = query else {
        return stray("404 Not Found");
    };
    let pairs = || url::form_urlencoded::parse(query.as_bytes());
    if !pairs().any(|(name, value)| name == "state" && is_same_secret(&value, state)) {
        return stray("400 Bad Request");
    }
    let has = |wanted: &str| pairs().any(|(name, _)| name == wanted);
    let page = if has("code") && !has("error") {
        Page::Done
    } else {
        Page::Failed
    };
    (page.response("200 OK"), Some(format!("{PATH}?{query}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(request: &str, expect: (&str, Option<&str>)) {
        let (response, answer) = judge(&format!("{request}\r\n\r\n"), "STATE");
        let status = response.split(' ').nth(1).unwrap();
        assert_eq!((status, answer.as_deref()), expect, "{request}");
        let shows_nothing = !response.contains("CODE") && !response.contains("STATE");
        assert!(shows_nothing, "{response}");
    }

    #[test]
    fn only_the_answer_that_is_waited_for_is_taken() {
        let good = "/callback?code=CODE&state=STATE";
        check(&format!("GET {good} HTTP/1.1"), ("200", Some(good)));
        let bad = "/callback?error=access_denied&state=STATE";
        check(&format!("GET {bad} HTTP/1.1"), ("200", Some(bad)));
        for (request, status) in [
            ("GET /callback?code=CODE&state=OTHER HTTP/1.1", "400"),
            ("GET /callback?code=CODE HTTP/1.1", "400"),
            ("GET /callback HTTP/1.1", "404"),
            ("GET /favicon.ico HTTP/1.1", "404"),
            ("GET http://evil/callback?state=STATE HTTP/1.1", "404"),
            ("POST /callback?code=CODE&state=STATE HTTP/1.1", "405"),
            ("", "405"),
        ] {
            check(request, (status, None));
        }
    }

    #[tokio::test]
    async fn the_port_that_was_used_before_is_used_again_while_it_is_free() {
        let first = Loopback::bind(None, None).await.unwrap();
        let redirect = first.redirect().to_owned();
        let other = Loopback::bind(None, Some(&redirect)).await.unwrap();
        assert_ne!(other.redirect(), redirect);
        let taken = port(&redirect).unwrap();
        let error = Loopback::bind(Some(taken), None).await.err().unwrap();
        assert!(error.message().contains("is not free"), "{error}");
        drop(first);
        let again = Loopback::bind(None, Some(&redirect)).await.unwrap();
        assert_eq!(again.redirect(), redirect);
        for strange in ["http://evil:80/callback", "http://127.0.0.1:80/x", "x"] {
            assert_eq!(port(strange), None, "{strange}");
        }
    }
}
