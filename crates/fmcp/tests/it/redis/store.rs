use std::{sync::Arc, time::Duration};

use fmcp::{
    Error, Kind, Store,
    store::{Encrypted, Prefixed, Redis, contract},
};

use super::Kept;

/// A second goes by in which values end: Redis has a clock of its own.
#[tokio::test]
async fn redis_keeps_the_contract_and_its_prefix() {
    let server = Kept::start().await;
    let (store, other) = (server.store("shop"), server.store("sho*"));
    other.put("mine", "1".into(), None).await.unwrap();
    contract::check(&store).await.unwrap();
    contract::check(&Prefixed::new(store, "part"))
        .await
        .unwrap();
    assert_eq!(other.list("", 10).await.unwrap(), ["mine"]);
}

#[tokio::test]
async fn what_is_encrypted_keeps_the_contract_and_lies_sealed() {
    let server = Kept::start().await;
    let secret = "a secret of thirty-two bytes, all told";
    let store = Encrypted::new(server.store("sealed"), secret).unwrap();
    contract::check(&store).await.unwrap();
    let plain = server.store("sealed");
    store.put("a", "a word".into(), None).await.unwrap();
    let sealed = plain.get("a").await.unwrap().unwrap();
    assert!(
        !sealed.windows(6).any(|part| part == b"a word"),
        "{sealed:?}"
    );
    // Moved to another key, or sealed by somebody else, it does not open.
    plain.put("b", sealed.clone(), None).await.unwrap();
    assert!(store.get("b").await.is_err());
    let next = "another secret of thirty-two bytes....";
    let other = Encrypted::new(server.store("sealed"), next).unwrap();
    assert!(other.get("a").await.is_err());
    let both = other.or(secret).unwrap();
    assert_eq!(both.get("a").await.unwrap().unwrap(), "a word");
}

#[tokio::test]
async fn one_of_many_connections_is_first() {
    let server = Kept::start().await;
    for round in 0..20 {
        let key = format!("k{round}");
        let racers = (0..8).map(|n: u8| {
            let (store, key) = (server.store("race"), key.clone());
            tokio::spawn(async move { store.put_new(&key, vec![n].into(), None).await.unwrap() })
        });
        let mut first = 0;
        for racer in racers.collect::<Vec<_>>() {
            first += u32::from(racer.await.unwrap());
        }
        assert_eq!(first, 1);
    }
}

#[tokio::test]
async fn the_first_of_many_keys_are_found() {
    let server = Kept::start().await;
    let store = Arc::new(server.store("many"));
    for n in 0..3_000 {
        store
            .put(&format!("{n:04}"), "x".into(), None)
            .await
            .unwrap();
    }
    assert_eq!(store.list("0", 3).await.unwrap(), ["0000", "0001", "0002"]);
    assert_eq!(store.list("", 5_000).await.unwrap().len(), 3_000);
}

#[tokio::test]
async fn a_connection_that_breaks_is_opened_again() {
    let mut server = Kept::start().await;
    let store = server.store("again");
    store.put("k", "v".into(), None).await.unwrap();
    // The server comes back before anybody has seen it go: what is safe to repeat is repeated.
    server.kill();
    server.again().await;
    assert_eq!(store.get("k").await.unwrap().unwrap(), "v");
    // While it is gone, callers hear so at once, and it is back when it is back.
    server.kill();
    let error = store.get("k").await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable, "{error:?}");
    server.again().await;
    assert!(store.delete("k").await.unwrap());
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_not_waited_for() {
    let server = Kept::start().await;
    let store = server
        .store("slow")
        .response_timeout(Duration::from_millis(200));
    store.put("k", "v".into(), None).await.unwrap();
    server.freeze(true);
    let error = store.get("k").await.unwrap_err();
    server.freeze(false);
    assert_eq!(error.kind(), Kind::Timeout, "{error:?}");
    let patient = server.store("slow");
    assert_eq!(patient.get("k").await.unwrap().unwrap(), "v");
}

/// All that is said of an error, to whoever reads it.
fn words(error: &Error) -> String {
    format!("{error} {error:?}")
}

#[tokio::test]
async fn the_password_is_never_shown() {
    let secret = "correct-horse";
    let server = Kept::with(&["--requirepass", secret]).await;
    let at = |password: &str| format!("{}?pass={password}", server.url());
    let store = Redis::connect(at(secret)).await.unwrap();
    store.put("k", "v".into(), None).await.unwrap();
    assert!(!format!("{store:?}").contains(secret));
    let refused = Redis::connect(at("wrong-password")).await.unwrap_err();
    assert!(
        !words(&refused).contains("wrong-password"),
        "{}",
        words(&refused)
    );
    for url in [
        format!("redis://user:{secret}@no port"),
        format!("redi://user:{secret}@host"),
        format!("redis://user:{secret}@host:99999"),
        format!("rediss://user:{secret}@host/0#insecure"),
    ] {
        let error = Redis::new(url).unwrap_err();
        assert!(!words(&error).contains(secret), "{}", words(&error));
    }
    let nowhere = Redis::new(format!("redis://user:{secret}@127.0.0.1:1")).unwrap();
    let error = nowhere.ping().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(!words(&error).contains(secret), "{}", words(&error));
}
