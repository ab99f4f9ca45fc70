//! Proxies that let through, that ask for a password, that refuse.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use fmcp_core::Kind;
use fmcp_transport::client::web::{Proxy, Reach, Web};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::{
    failure, fetch,
    host::host,
    tls::{secure, trusting},
    web,
};

/// A proxy that runs. It speaks HTTP or SOCKS, wants `user` and `secret`, and remembers whom it was asked for.
struct Middleman {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
}

impl Middleman {
    async fn new() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = JoinSet::new();
        let heard = Arc::clone(&asked);
        tasks.spawn(async move {
            let mut peers = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let heard = Arc::clone(&heard);
                peers.spawn(async move {
                    let _ = serve(BufReader::new(stream), &heard).await;
                });
            }
        });
        Self {
            address,
            asked,
            _tasks: tasks,
        }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn named(&self, scheme: &str, userinfo: &str) -> Proxy {
        let uri = format!("{scheme}://{userinfo}{}", self.address);
        Proxy::Fixed(uri.parse().unwrap())
    }
}

type Peer = BufReader<TcpStream>;

async fn serve(mut peer: Peer, asked: &Mutex<Vec<String>>) -> std::io::Result<()> {
    if peer.fill_buf().await?.first() == Some(&5) {
        return socks(peer, asked).await;
    }
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if peer.read_line(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let line = head.lines().next().unwrap().to_owned();
    asked.lock().unwrap().push(line.clone());
    // "user:secret"
    if !head
        .to_lowercase()
        .contains("proxy-authorization: basic dxnlcjpzzwnyzxq=")
    {
        let refusal = b"HTTP/1.1 407 Who?\r\ncontent-length: 0\r\n\r\n";
        return peer.write_all(refusal).await;
    }
    match line.strip_prefix("CONNECT ") {
        Some(rest) => {
            let target = rest.split(' ').next().unwrap();
            let mut server = TcpStream::connect(target).await?;
            peer.write_all(b"HTTP/1.1 200 Go on\r\n\r\n").await?;
            copy_bidirectional(&mut peer, &mut server).await?;
        }
        None => {
            peer.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nproxied")
                .await?;
        }
    }
    Ok(())
}

async fn socks(mut peer: Peer, asked: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let read = async |peer: &mut Peer, n: usize| {
        let mut bytes = vec![0; n];
        peer.read_exact(&mut bytes).await.map(|_| bytes)
    };
    let methods = read(&mut peer, 2).await?[1];
    read(&mut peer, methods.into()).await?;
    peer.write_all(&[5, 2]).await?;
    let name = read(&mut peer, 2).await?[1];
    read(&mut peer, name.into()).await?;
    let password = read(&mut peer, 1).await?[0];
    let is_right = read(&mut peer, password.into()).await? == b"secret";
    peer.write_all(&[1, u8::from(!is_right)]).await?;
    let kind = read(&mut peer, 4).await?[3];
    assert_eq!(kind, 3, "a name, which the proxy looks up");
    let name = read(&mut peer, 1).await?[0];
    let name = String::from_utf8(read(&mut peer, name.into()).await?).unwrap();
    let port = read(&mut peer, 2).await?;
    let target = format!("{name}:{}", u16::from_be_bytes([port[0], port[1]]));
    asked.lock().unwrap().push(target.clone());
    let mut server = TcpStream::connect(target).await?;
    peer.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
    copy_bidirectional(&mut peer, &mut server).await?;
    Ok(())
}

fn by(proxy: Proxy) -> Web {
    web(|settings| settings.proxy = proxy)
}

#[tokio::test]
async fn a_proxy_is_asked_for_pages_that_need_no_tls() {
    let proxy = Middleman::new().await;
    let web = by(proxy.named("http", "user:secret@"));
    let answer = fetch(&web, "http://far.invalid/page?q").await.unwrap();
    assert_eq!(answer.body(), "proxied");
    assert_eq!(proxy.asked(), ["GET http://far.invalid/page?q HTTP/1.1"]);
}

#[tokio::test]
async fn a_proxy_lets_tls_through_and_sees_nothing_of_it() {
    let (proxy, (host, authority)) = (Middleman::new().await, secure().await);
    let port = host.address.port();
    let web = trusting(&authority, |settings| {
        settings.proxy = proxy.named("http", "user:secret@");
    });
    for _ in 0..2 {
        let answer = fetch(&web, &format!("https://localhost:{port}/"))
            .await
            .unwrap();
        assert_eq!(answer.version(), http::Version::HTTP_2);
    }
    assert_eq!(
        proxy.asked(),
        [format!("CONNECT localhost:{port} HTTP/1.1")]
    );
}

#[tokio::test]
async fn what_is_no_request_goes_through_a_tunnel_with_or_without_tls() {
    let (proxy, host) = (Middleman::new().await, host().await);
    let web = by(proxy.named("http", "user:secret@"));
    let at = format!("ws://{}/", host.address).parse().unwrap();
    web.connect(&at).await.unwrap();
    assert_eq!(
        proxy.asked(),
        [format!("CONNECT {} HTTP/1.1", host.address)]
    );
}

#[tokio::test]
async fn socks_looks_names_up_at_the_proxy() {
    let (proxy, host) = (Middleman::new().await, host().await);
    let web = by(proxy.named("socks5", "user:secret@"));
    let port = host.address.port();
    let answer = fetch(&web, &format!("http://localhost:{port}/"))
        .await
        .unwrap();
    assert!(answer.body().starts_with(b"GET / "), "{answer:?}");
    assert_eq!(proxy.asked(), [format!("localhost:{port}")]);
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named_and_the_password_is_not() {
    let proxy = Middleman::new().await;
    let web = by(proxy.named("http", "user:wrong-secret@"));
    let (error, words) = failure(&web, "https://far.invalid/").await;
    assert_eq!(error.kind(), Kind::Unavailable);
    let expect = format!(
        "the proxy at http://{} does not let through to https://far.invalid",
        proxy.address
    );
    assert!(
        words.starts_with(&expect) && words.contains("authorization required"),
        "{words}"
    );
}

#[tokio::test]
async fn a_proxy_may_be_near_where_servers_may_not() {
    let proxy = Middleman::new().await;
    let web = web(|settings| {
        settings.proxy = proxy.named("http", "user:secret@");
        settings.reach = Reach::Public;
    });
    assert_eq!(
        fetch(&web, "http://far.invalid/").await.unwrap().body(),
        "proxied"
    );
    let (error, _) = failure(&web, "http://169.254.169.254/latest").await;
    assert_eq!(error.kind(), Kind::Forbidden);
}
