//! Whom the client trusts, and what it speaks then.

use std::{fs, net::Ipv4Addr, sync::Arc, time::Duration};

use fmcp_core::Kind;
use fmcp_transport::{
    client::web::{Settings, Web},
    net::{
        Listener,
        tls::{Files, Tls},
    },
};
use http::{Uri, Version};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::{
    failure, fetch,
    host::{Host, on},
    web,
};

/// A server on TLS with a certificate for `localhost`, and the authority behind it in PEM.
pub(super) async fn secure() -> (Host, String) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (at, key_at) = (folder.path().join("crt"), folder.path().join("key"));
    fs::write(&at, certificate.pem()).unwrap();
    fs::write(&key_at, key.serialize_pem()).unwrap();
    let tls = Tls::open(Files::new(at, key_at).reload_every(None)).unwrap();
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    (on(listener.secured_by(Arc::new(tls))), authority.pem())
}

pub(super) fn trusting(authority: &str, change: impl FnOnce(&mut Settings)) -> Web {
    web(|settings| {
        *settings = settings.clone().trust(authority.as_bytes()).unwrap();
        change(settings);
    })
}

#[tokio::test]
async fn a_trusted_server_is_spoken_to_on_http_2() {
    let (host, authority) = secure().await;
    let at = format!("https://localhost:{}/", host.address.port());
    let answer = fetch(&trusting(&authority, |_| {}), &at).await.unwrap();
    assert_eq!(answer.version(), Version::HTTP_2);
    assert!(
        answer.body().starts_with(b"GET https://localhost:"),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_is_not_spoken_to() {
    let (host, authority) = secure().await;
    let port = host.address.port();
    let (error, words) = failure(&web(|_| {}), &format!("https://localhost:{port}/secret")).await;
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(
        words.contains("UnknownIssuer") && words.contains("add its authority"),
        "{words}"
    );

    let (_, words) = failure(
        &trusting(&authority, |_| {}),
        &format!("https://127.0.0.1:{port}/secret"),
    )
    .await;
    assert!(words.contains("certificate not valid for name"), "{words}");
}

#[tokio::test]
async fn a_server_without_tls_is_named_as_such() {
    let host = super::host::host().await;
    let (error, words) = failure(&web(|_| {}), &format!("https://{}/", host.address)).await;
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(
        words.contains("is it a server for http, not https?"),
        "{words}"
    );
}

#[tokio::test]
async fn a_server_that_never_comes_to_terms_is_given_up() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let web = web(|settings| settings.connect_timeout = Duration::from_millis(30));
    let (error, words) = failure(&web, &format!("https://{address}/secret")).await;
    assert_eq!(error.kind(), Kind::Timeout);
    assert!(words.contains("within 30ms"), "{words}");
}

#[tokio::test]
async fn a_raw_connection_speaks_http_1() {
    let (host, authority) = secure().await;
    let at: Uri = format!("wss://localhost:{}/", host.address.port())
        .parse()
        .unwrap();
    let mut stream = trusting(&authority, |_| {}).connect(&at).await.unwrap();
    let hello = b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(hello).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}
