use std::{error::Error as _, fs};

use fmcp::{
    Error, Kind, Store as _,
    bus::{Bus as _, Heard},
    store::{Redis, contract},
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use super::Kept;

const PASSWORD: &str = "correct-horse";

/// A server with a certificate of an authority of its own.
struct World {
    _server: Kept,
    _folder: tempfile::TempDir,
    port: u16,
    authority: String,
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

impl World {
    async fn new() -> Self {
        let (authority, key) = (authority(), KeyPair::generate().unwrap());
        let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for (name, pem) in [
            ("ca", authority.pem()),
            ("crt", certificate.pem()),
            ("key", key.serialize_pem()),
        ] {
            fs::write(folder.path().join(name), pem).unwrap();
        }
        let (server, port) = Kept::with_tls(folder.path(), PASSWORD).await;
        Self {
            _server: server,
            _folder: folder,
            port,
            authority: authority.pem(),
        }
    }

    fn at(&self, host: &str) -> Redis {
        let address = format!("rediss://:{PASSWORD}@{host}:{}/0", self.port);
        Redis::new(address).unwrap()
    }
}

/// All that is said of an error, the log included.
fn said(error: &Error) -> String {
    let mut words = format!("{error} {error:?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        words += &format!(" {error} {error:?}");
        cause = error.source();
    }
    words
}

#[tokio::test]
async fn whoever_trusts_its_authority_keeps_and_tells_everything_over_tls() {
    let world = World::new().await;
    let store = world.at("127.0.0.1").trust(world.authority.as_str());
    let store = store.unwrap();
    store.ping().await.unwrap();
    contract::check(&store.clone().prefix("tls")).await.unwrap();
    // What is told goes over connections of its own.
    let mut hearing = store.hear("news").await.unwrap();
    store.tell("news", "one".into()).await.unwrap();
    assert_eq!(hearing.next().await, Some(Heard::Message("one".into())));
}

#[tokio::test]
async fn whoever_does_not_is_told_so_without_a_secret() {
    let world = World::new().await;
    let pem = world.authority.as_str();
    for (store, cause) in [
        (world.at("127.0.0.1"), "UnknownIssuer"),
        (world.at("127.0.0.1").trust(authority().pem()).unwrap(), ""),
        (world.at("localhost").trust(pem).unwrap(), "NotValidForName"),
    ] {
        let error = store.get("a").await.unwrap_err();
        assert_eq!(error.kind(), Kind::Unavailable, "{error:?}");
        let words = "the store cannot be reached: its certificate is not trusted";
        assert_eq!(error.message(), words, "{error:?}");
        let said = said(&error);
        assert!(said.contains(cause), "{said}");
        assert!(!said.contains(PASSWORD), "{said}");
        assert!(!format!("{store:?}").contains(PASSWORD));
    }
}

#[tokio::test]
async fn what_cannot_be_trusted_is_refused_at_once() {
    let with_tls = || Redis::new("rediss://:correct-horse@127.0.0.1:1/0").unwrap();
    let without = Redis::new("redis://:correct-horse@127.0.0.1:1/0").unwrap();
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (trusted, expect) in [
        (with_tls().trust(""), "no certificate"),
        (with_tls().trust("a word"), "no certificate"),
        (with_tls().trust(broken), "cannot be used"),
        (without.trust(authority().pem()), "cannot be used"),
        (
            Redis::new("rediss://:correct-horse@127.0.0.1:1/0#insecure"),
            "not to look at certificates",
        ),
    ] {
        let error = trusted.unwrap_err();
        assert!(error.message().contains(expect), "{error:?}");
        assert!(!said(&error).contains(PASSWORD), "{error:?}");
    }
}
