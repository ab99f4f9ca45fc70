//! Sockets in the file system.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use fmcp_core::{BoxFuture, Call, Endpoint, Reply, Result, protocol::model::EmptyResult};
use fmcp_transport::{
    drain::Drain,
    socket::{self, Settings, Unix},
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::UnixStream,
    task::JoinHandle,
    time::timeout,
};

const LONG: Duration = Duration::from_secs(20);
const PING: &[u8] = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-06-18\"}}\n";

struct Silent;

impl Endpoint for Silent {
    fn call(&self, _: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(async { Ok(EmptyResult::new().into()) })
    }
}

/// A place of its own for each test.
fn place(name: &str) -> PathBuf {
    let name = format!("fmcp-{}-{name}.sock", std::process::id());
    let path = std::env::temp_dir().join(name);
    // An error says that nothing is there.
    let _ = fs::remove_file(&path);
    path
}

async fn serve(path: &Path, settings: Settings) -> (Drain, JoinHandle<()>) {
    let (listener, drain) = (Unix::bind(path, 0o600).await.unwrap(), Drain::new());
    let stop = drain.clone();
    let served =
        async move { socket::serve(listener, Arc::new(Silent), settings, stop.begun()).await };
    (drain, tokio::spawn(served))
}

/// Whether a peer that says something is answered.
async fn is_answered(peer: &mut UnixStream) -> bool {
    if peer.write_all(PING).await.is_err() {
        return false;
    }
    let mut line = String::new();
    let read = timeout(LONG, BufReader::new(peer).read_line(&mut line)).await;
    read.expect("neither an answer nor an end")
        .is_ok_and(|n| n > 0)
}

#[tokio::test]
async fn only_the_same_user_gets_in_and_nothing_is_left_behind() {
    let path = place("own");
    let (drain, served) = serve(&path, Settings::default()).await;
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let mut peer = UnixStream::connect(&path).await.unwrap();
    assert!(is_answered(&mut peer).await);
    drain.begin();
    timeout(LONG, served).await.unwrap().unwrap();
    assert!(!path.exists());
    assert!(!is_answered(&mut peer).await);
}

#[tokio::test]
async fn a_socket_is_replaced_only_if_nobody_answers_on_it() {
    let path = place("stale");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let (_drain, served) = serve(&path, Settings::default()).await;
    let refused = Unix::bind(&path, 0o600).await.unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::AddrInUse);
    let mut peer = UnixStream::connect(&path).await.unwrap();
    assert!(is_answered(&mut peer).await);
    served.abort();
    let _ = served.await;
    fs::write(&path, "precious").unwrap();
    assert!(Unix::bind(&path, 0o600).await.is_err());
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    fs::remove_file(&path).unwrap();
}

#[tokio::test]
async fn a_file_that_somebody_else_has_put_there_stays() {
    let path = place("replaced");
    let listener = Unix::bind(&path, 0o600).await.unwrap();
    fs::rename(&path, path.with_extension("old")).unwrap();
    fs::write(&path, "precious").unwrap();
    drop(listener);
    assert!(path.exists());
    fs::remove_file(&path).unwrap();
    fs::remove_file(path.with_extension("old")).unwrap();
}

#[tokio::test]
async fn one_peer_too_many_is_hung_up_on_and_the_others_stay() {
    let path = place("many");
    let mut settings = Settings::default();
    settings.peers = 2;
    let (_drain, _served) = serve(&path, settings).await;
    let mut first = UnixStream::connect(&path).await.unwrap();
    let mut second = UnixStream::connect(&path).await.unwrap();
    assert!(is_answered(&mut first).await && is_answered(&mut second).await);
    let mut third = UnixStream::connect(&path).await.unwrap();
    assert!(!is_answered(&mut third).await);
    drop(first);
    assert!(is_answered(&mut second).await);
    // There is room again as soon as it has been seen that one has gone.
    let again = async {
        loop {
            let mut fourth = UnixStream::connect(&path).await.unwrap();
            if is_answered(&mut fourth).await {
                break;
            }
        }
    };
    timeout(LONG, again).await.unwrap();
    fs::remove_file(&path).unwrap();
}

#[tokio::test]
async fn a_peer_that_means_no_good_disturbs_nobody() {
    let path = place("noise");
    let (_drain, _served) = serve(&path, Settings::default()).await;
    let mut good = UnixStream::connect(&path).await.unwrap();
    let mut bad = UnixStream::connect(&path).await.unwrap();
    let noise = vec![b'x'; 6 * 1024 * 1024];
    timeout(LONG, bad.write_all(&noise)).await.unwrap().unwrap();
    drop(bad);
    assert!(is_answered(&mut good).await);
    fs::remove_file(&path).unwrap();
}
