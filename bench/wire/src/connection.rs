//! HTTP/1.1 by hand, as much of it as the load needs: it costs less than the servers that it drives.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail, ensure};
use memchr::memmem;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// One connection that is kept alive, with one request at a time on it.
pub(crate) struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
    /// How much of `read` the last answer took.
    taken: usize,
}

/// An answer whose length was told.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    head: &'a [u8],
    pub(crate) body: &'a [u8],
}

impl Answer<'_> {
    /// A header of the answer; `name` in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(self.head, name)
    }

    /// Fails unless the status is as expected.
    pub(crate) fn expect(&self, status: u16) -> Result<()> {
        ensure!(
            self.status == status,
            "{} where {status} was expected: {}",
            String::from_utf8_lossy(self.head),
            String::from_utf8_lossy(self.body)
        );
        Ok(())
    }
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)
            .await
            .context("connecting to the server")?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            read: Vec::with_capacity(4096),
            taken: 0,
        })
    }

    pub(crate) async fn send(&mut self, request: &[u8]) -> Result<()> {
        self.stream.write_all(request).await.context("sending")
    }

    /// The next answer, which must tell the length of its body.
    pub(crate) async fn answer(&mut self) -> Result<Answer<'_>> {
        let body_at = self.head().await?;
        let head = &self.read[..body_at];
        let status = status(head)?;
        let length = match header(head, "content-length") {
            Some(length) => length.parse::<usize>()?,
            None if status == 204 => 0,
            None => bail!("no length: {}", String::from_utf8_lossy(head)),
        };
        let end = body_at + length;
        while self.read.len() < end {
            self.more().await?;
        }
        self.taken = end;
        Ok(Answer {
            status,
            head: &self.read[..body_at],
            body: &self.read[body_at..end],
        })
    }

    /// The head of an answer that does not end; what follows it is read with [`Connection::until`].
    pub(crate) async fn begin_stream(&mut self) -> Result<()> {
        let body_at = self.head().await?;
        let head = &self.read[..body_at];
        let kind = header(head, "content-type").unwrap_or_default();
        ensure!(
            status(head)? == 200 && kind.starts_with("text/event-stream"),
            "no stream: {}",
            String::from_utf8_lossy(&self.read)
        );
        self.taken = body_at;
        Ok(())
    }

    /// Reads on until `text` has come; everything up to its end is taken.
    pub(crate) async fn until(&mut self, text: &[u8]) -> Result<()> {
        self.forget();
        loop {
            if let Some(at) = memmem::find(&self.read, text) {
                self.taken = at + text.len();
                return Ok(());
            }
            self.more().await?;
        }
    }

    /// What has been read and not been taken is given back to the allocator: ten thousand idle streams
    /// are meant to cost the server, not the load.
    pub(crate) fn rest(&mut self) {
        self.forget();
        self.read.shrink_to_fit();
    }

    /// Ends the connection at once, in the middle of whatever is going on.
    pub(crate) fn reset(self) -> Result<()> {
        self.stream.set_zero_linger().context("resetting")
    }

    /// Reads a whole head; gives where the body begins.
    async fn head(&mut self) -> Result<usize> {
        self.forget();
        loop {
            if let Some(at) = memmem::find(&self.read, b"\r\n\r\n") {
                return Ok(at + 4);
            }
            self.more().await?;
        }
    }

    fn forget(&mut self) {
        self.read.drain(..self.taken);
        self.taken = 0;
    }

    async fn more(&mut self) -> Result<()> {
        self.read.reserve(512);
        let count = self
            .stream
            .read_buf(&mut self.read)
            .await
            .context("reading")?;
        ensure!(
            count > 0,
            "the server hung up after {:?}",
            String::from_utf8_lossy(&self.read)
        );
        Ok(())
    }
}

fn status(head: &[u8]) -> Result<u16> {
    let digits = head.get(9..12).and_then(|code| str::from_utf8(code).ok());
    Ok(digits.context("no status")?.parse()?)
}

fn header<'a>(head: &'a [u8], name: &str) -> Option<&'a str> {
    let lines = str::from_utf8(head).ok()?.split("\r\n").skip(1);
    for line in lines {
        if let Some((key, value)) = line.split_once(':')
            && key.eq_ignore_ascii_case(name)
        {
            return Some(value.trim());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read() {
        let head = b"HTTP/1.1 404 Not Found\r\nContent-Length: 12\r\nx: y\r\n\r\n";
        assert_eq!(status(head).unwrap(), 404);
        assert_eq!(header(head, "content-length"), Some("12"));
        assert_eq!(header(head, "content-type"), None);
        status(b"SMTP").unwrap_err();
    }

    #[tokio::test]
    async fn answers_that_come_in_pieces_are_read_one_by_one() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            for piece in [
                "HTTP/1.1 200 OK\r\ncontent-le",
                "ngth: 3\r\n\r\nab",
                "cHTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n",
            ] {
                stream.write_all(piece.as_bytes()).await.unwrap();
                tokio::task::yield_now().await;
            }
        });
        let mut connection = Connection::open(address).await.unwrap();
        let first = connection.answer().await.unwrap();
        assert_eq!((first.status, first.body), (200, &b"abc"[..]));
        let second = connection.answer().await.unwrap();
        assert_eq!((second.status, second.body), (202, &b""[..]));
        server.await.unwrap();
    }
}
