//! Handshakes, new certificates, certificates of clients.

use std::{fs, io, path::PathBuf, sync::Arc, time::Duration};

use fmcp_transport::net::{
    Listener, Settings,
    tls::{Files, Tls, TlsError},
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName},
};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::host::{HELLO, Host, Raw, host_on, soon, until};

type Authority = CertifiedIssuer<'static, KeyPair>;

/// An authority, and a folder with what it has signed.
struct Office {
    authority: Authority,
    folder: TempDir,
}

/// A certificate with its key, in PEM.
struct Signed {
    certificate: String,
    key: String,
}

fn authority() -> Authority {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

impl Office {
    fn new() -> Self {
        let office = Self {
            authority: authority(),
            folder: tempfile::tempdir().unwrap(),
        };
        fs::write(office.path("ca.pem"), office.authority.pem()).unwrap();
        office.publish(&office.sign());
        office
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn sign(&self) -> Signed {
        sign(&self.authority)
    }

    /// Puts a certificate where the server looks for it.
    fn publish(&self, signed: &Signed) {
        fs::write(self.path("server.crt"), &signed.certificate).unwrap();
        fs::write(self.path("server.key"), &signed.key).unwrap();
    }

    fn files(&self) -> Files {
        Files::new(self.path("server.crt"), self.path("server.key")).reload_every(None)
    }

    fn client(&self, shown: Option<&Signed>, protocols: &[&[u8]]) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.der().clone()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match shown {
            Some(signed) => {
                let (chain, key) = signed.der();
                builder.with_client_auth_cert(chain, key).unwrap()
            }
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        TlsConnector::from(Arc::new(config))
    }
}

fn sign(authority: &Authority) -> Signed {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    Signed {
        certificate: certificate.pem(),
        key: key.serialize_pem(),
    }
}

impl Signed {
    fn der(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        use rustls::pki_types::pem::PemObject;
        let certificate = CertificateDer::from_pem_slice(self.certificate.as_bytes());
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes());
        (vec![certificate.unwrap()], key.unwrap())
    }
}

async fn secure_host(tls: &Tls, change: impl FnOnce(&mut Settings)) -> Host {
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    host_on(listener.secured_by(Arc::new(tls.clone())), change)
}

async fn connect(host: &Host, client: &TlsConnector) -> io::Result<Raw<TlsStream<TcpStream>>> {
    let stream = TcpStream::connect(host.address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    soon(client.connect(name, stream)).await.map(Raw)
}

fn certificate_of(raw: &Raw<TlsStream<TcpStream>>) -> CertificateDer<'static> {
    raw.0.get_ref().1.peer_certificates().unwrap()[0].clone()
}

#[tokio::test]
async fn calls_travel_in_secret() {
    let office = Office::new();
    let host = secure_host(&Tls::open(office.files()).unwrap(), |_| {}).await;
    let mut raw = connect(&host, &office.client(None, &[])).await.unwrap();
    for _ in 0..2 {
        assert!(raw.ask(HELLO).await.starts_with("HTTP/1.1 200"));
    }
    assert_eq!(host.end().await.finished, 1);
}

#[tokio::test]
async fn http_2_is_agreed_upon() {
    let office = Office::new();
    let host = secure_host(&Tls::open(office.files()).unwrap(), |_| {}).await;
    for (offered, agreed) in [
        (&[&b"h2"[..], b"http/1.1"][..], &b"h2"[..]),
        (&[b"http/1.1"], b"http/1.1"),
    ] {
        let raw = connect(&host, &office.client(None, offered)).await.unwrap();
        assert_eq!(raw.0.get_ref().1.alpn_protocol(), Some(agreed));
        if agreed != b"h2" {
            continue;
        }
        let io = hyper_util::rt::TokioIo::new(raw.0);
        let executor = hyper_util::rt::TokioExecutor::new();
        let (mut client, connection) = hyper::client::conn::http2::handshake(executor, io)
            .await
            .unwrap();
        let connection = tokio::spawn(connection);
        let request = http::Request::get("https://localhost/");
        let request = request.body(http_body_util::Empty::<bytes::Bytes>::new());
        let answer = soon(client.send_request(request.unwrap())).await.unwrap();
        assert_eq!(answer.status(), 200);
        connection.abort();
    }
    let stranger = office.client(None, &[b"spdy/3"]);
    assert!(connect(&host, &stranger).await.is_err());
}

#[tokio::test]
async fn a_new_certificate_is_for_new_connections() {
    let office = Office::new();
    let tls = Tls::open(office.files()).unwrap();
    let (host, client) = (secure_host(&tls, |_| {}).await, office.client(None, &[]));
    let mut old = connect(&host, &client).await.unwrap();
    assert!(!tls.reload().await.unwrap());
    office.publish(&office.sign());
    assert!(tls.reload().await.unwrap());
    let mut new = connect(&host, &client).await.unwrap();
    assert_ne!(certificate_of(&old), certificate_of(&new));
    for raw in [&mut old, &mut new] {
        assert!(raw.ask(HELLO).await.starts_with("HTTP/1.1 200"));
    }
}

#[tokio::test]
async fn a_broken_certificate_changes_nothing() {
    let office = Office::new();
    let tls = Tls::open(office.files()).unwrap();
    let (host, client) = (secure_host(&tls, |_| {}).await, office.client(None, &[]));
    let before = certificate_of(&connect(&host, &client).await.unwrap());
    let (one, other) = (office.sign(), office.sign());
    for (certificate, key) in [
        ("", &*one.key),
        (&one.certificate, "nonsense"),
        // They do not go together.
        (&one.certificate, &other.key),
    ] {
        fs::write(office.path("server.crt"), certificate).unwrap();
        fs::write(office.path("server.key"), key).unwrap();
        assert!(tls.reload().await.is_err());
        let now = certificate_of(&connect(&host, &client).await.unwrap());
        assert_eq!(now, before);
    }
    fs::remove_file(office.path("server.key")).unwrap();
    let error = tls.reload().await.unwrap_err();
    assert!(matches!(error, TlsError::Unreadable { .. }), "{error}");
    office.publish(&one);
    assert!(tls.reload().await.unwrap());
    let now = certificate_of(&connect(&host, &client).await.unwrap());
    assert_ne!(now, before);
}

#[tokio::test]
async fn new_certificates_are_found_without_being_told() {
    let office = Office::new();
    let files = office.files().reload_every(Duration::from_millis(20));
    let tls = Tls::open(files).unwrap();
    let (host, client) = (secure_host(&tls, |_| {}).await, office.client(None, &[]));
    let before = certificate_of(&connect(&host, &client).await.unwrap());
    office.publish(&office.sign());
    soon(async {
        while certificate_of(&connect(&host, &client).await.unwrap()) == before {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn clients_show_who_they_are() {
    let office = Office::new();
    let (ours, others) = (office.sign(), sign(&authority()));
    let files = office.files();
    let required = files.clone().client_ca(office.path("ca.pem"));
    let optional = files.clone().optional_client_ca(office.path("ca.pem"));
    let ask = b"GET /certificates HTTP/1.1\r\nhost: localhost\r\n\r\n";
    for (name, files, shown, expect) in [
        ("required, right", &required, Some(&ours), Some("Some(1)")),
        ("required, none", &required, None, None),
        ("required, wrong", &required, Some(&others), None),
        ("optional, right", &optional, Some(&ours), Some("Some(1)")),
        ("optional, none", &optional, None, Some("None")),
        ("optional, wrong", &optional, Some(&others), None),
        ("not asked for", &files, Some(&ours), Some("None")),
    ] {
        let host = secure_host(&Tls::open(files.clone()).unwrap(), |_| {}).await;
        // The client learns only later that it was refused.
        let answer = match connect(&host, &office.client(shown, &[])).await {
            Ok(mut raw) => {
                raw.shout(ask).await;
                raw.hear().await
            }
            Err(_) => String::new(),
        };
        match expect {
            Some(expect) => assert!(answer.ends_with(expect), "{name}: {answer}"),
            None => assert_eq!(answer, "", "{name}"),
        }
        assert_eq!(
            host.service.asked(),
            usize::from(expect.is_some()),
            "{name}"
        );
    }
}

#[tokio::test]
async fn who_does_not_speak_tls_is_not_heard() {
    let office = Office::new();
    let host = secure_host(&Tls::open(office.files()).unwrap(), |settings| {
        settings.handshake_timeout = Duration::from_millis(200);
    })
    .await;
    let mut plain = host.connect().await;
    plain.shout(HELLO).await;
    assert!(!plain.hear_out().await.contains("HTTP/1.1"));
    // Nor is who says nothing.
    let mut silent = host.connect().await;
    assert_eq!(silent.hear_out().await, "");
    assert_eq!(host.service.asked(), 0);
    let client = office.client(None, &[]);
    let mut raw = connect(&host, &client).await.unwrap();
    assert!(raw.ask(HELLO).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_slow_reader_is_disconnected_under_tls_too() {
    let office = Office::new();
    let host = secure_host(&Tls::open(office.files()).unwrap(), |settings| {
        settings.write_timeout = Duration::from_millis(300);
    })
    .await;
    let mut raw = connect(&host, &office.client(None, &[])).await.unwrap();
    raw.say(b"GET /flood HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await;
    until(|| host.service.running() == 1).await;
    until(|| host.service.running() == 0).await;
}

#[tokio::test]
async fn who_goes_cancels_what_runs_under_tls_too() {
    let office = Office::new();
    let host = secure_host(&Tls::open(office.files()).unwrap(), |_| {}).await;
    let mut raw = connect(&host, &office.client(None, &[])).await.unwrap();
    raw.say(b"GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await;
    until(|| host.service.running() == 1).await;
    raw.say(HELLO).await;
    host.service.release();
    assert!(raw.hear().await.contains("slowly"));
    raw.say(b"GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await;
    until(|| host.service.running() == 1).await;
    drop(raw);
    until(|| host.service.running() == 0).await;
}

#[test]
fn errors_say_which_file() {
    let office = Office::new();
    fs::write(office.path("empty"), "").unwrap();
    for (files, words) in [
        (
            Files::new(office.path("no"), office.path("no")),
            "cannot read",
        ),
        (
            Files::new(office.path("empty"), office.path("server.key")),
            "no certificate in",
        ),
        (
            Files::new(office.path("server.crt"), office.path("empty")),
            "no private key in",
        ),
        (
            office.files().client_ca(office.path("empty")),
            "no certificate in",
        ),
    ] {
        let Err(error) = Tls::open(files) else {
            panic!("{words}: opened");
        };
        assert!(error.to_string().contains(words), "{error}");
    }
}
