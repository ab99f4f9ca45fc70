//! Several addresses, Unix sockets, sockets that are bound already.

use std::net::SocketAddr;

use fmcp_transport::net::Listener;

use super::host::{HELLO, Raw, host, host_on};

#[tokio::test]
async fn several_addresses_are_one_server() {
    let first = Listener::bind("127.0.0.1:0").await.unwrap();
    let second = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let both = first.and(Listener::try_from(second).unwrap());
    let addresses: Vec<SocketAddr> = both.local_addrs().collect();
    assert_eq!(addresses.len(), 2);
    let host = host_on(both, |_| {});
    for address in addresses {
        let mut raw = Raw(tokio::net::TcpStream::connect(address).await.unwrap());
        assert!(raw.ask(HELLO).await.starts_with("HTTP/1.1 200"));
    }
    assert_eq!(host.service.asked(), 2);
}

#[tokio::test]
async fn an_address_that_is_taken_is_refused() {
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let error = Listener::bind(address).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
}

#[cfg(unix)]
#[tokio::test]
async fn a_unix_socket_is_private_and_goes_with_its_server() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mcp.sock");
    let host = host_on(Listener::unix(&path).await.unwrap(), |_| {});
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let mut raw = Raw(tokio::net::UnixStream::connect(&path).await.unwrap());
    assert!(raw.ask(HELLO).await.starts_with("HTTP/1.1 200"));
    assert!(Listener::unix(&path).await.is_err());
    assert_eq!(host.end().await.finished, 1);
    assert!(!path.exists());
}

#[tokio::test]
async fn requests_say_where_they_come_from_if_asked_to() {
    for (asked, expect) in [(true, "Some(PeerAddress(127.0.0.1:"), (false, "None")] {
        let host = host(|settings| settings.peer_address = asked).await;
        let mut raw = host.connect().await;
        let answer = raw
            .ask(b"GET /who HTTP/1.1\r\nhost: localhost\r\n\r\n")
            .await;
        assert!(answer.contains(expect), "{answer}");
    }
}
