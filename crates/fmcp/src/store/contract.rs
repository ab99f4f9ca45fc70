//! What every store does, as tests that each store runs.

#![allow(clippy::missing_panics_doc, reason = "a test says no by a panic")]

use std::time::Duration;

use bytes::Bytes;
use fmcp_core::{Result, Store};
use futures_util::future::join_all;

/// How long the values live whose end is waited for. With tokio's paused time, no time at all.
const SHORT: Duration = Duration::from_secs(1);

/// How many try to be the first.
const RACERS: usize = 8;

/// Checks an empty store from the first word of [`Store`] to the last.
///
/// # Errors
/// When the store fails.
pub async fn check(store: &impl Store) -> Result<()> {
    values(store).await?;
    keys(store).await?;
    lists(store).await?;
    races(store).await?;
    times(store).await
}

async fn expect(store: &impl Store, key: &str, value: Option<&[u8]>) -> Result<()> {
    assert_eq!(store.get(key).await?.as_deref(), value, "{key:?}");
    Ok(())
}

async fn values(store: &impl Store) -> Result<()> {
    expect(store, "a", None).await?;
    assert!(!store.delete("a").await?, "nothing is there to be removed");
    for value in [b"one".as_slice(), b"", b"\0\xff\n", &[7; 100_000]] {
        store.put("a", Bytes::copy_from_slice(value), None).await?;
        expect(store, "a", Some(value)).await?;
    }
    assert!(store.delete("a").await?, "something was there");
    expect(store, "a", None).await
}

async fn keys(store: &impl Store) -> Result<()> {
    let keys = [
        "k", "K", "k:k", "k/k", "../k", "k k", "größe", "*", "k%3A", ".",
    ];
    for key in keys {
        store.put(key, Bytes::from(key), None).await?;
    }
    for key in keys {
        expect(store, key, Some(key.as_bytes())).await?;
    }
    for key in keys {
        assert!(store.delete(key).await?, "{key:?}");
        expect(store, key, None).await?;
    }
    let nul = store.put("k\0", Bytes::new(), None).await;
    assert!(nul.is_err(), "a key with NUL is refused");
    Ok(())
}

async fn lists(store: &impl Store) -> Result<()> {
    for key in ["b:2", "b:10", "a", "b", "b:1", "c", "b;", "b:*"] {
        store.put(key, Bytes::new(), None).await?;
    }
    for (prefix, limit, keys) in [
        ("b:", 10, &["b:*", "b:1", "b:10", "b:2"][..]),
        ("b:", 2, &["b:*", "b:1"]),
        ("b:", 0, &[]),
        ("b:1", 10, &["b:1", "b:10"]),
        ("b:*", 10, &["b:*"]),
        ("x", 10, &[]),
        ("", 3, &["a", "b", "b:*"]),
    ] {
        assert_eq!(store.list(prefix, limit).await?, keys, "{prefix:?} {limit}");
    }
    for key in store.list("", 100).await? {
        store.delete(&key).await?;
    }
    assert!(store.list("", 1).await?.is_empty());
    Ok(())
}

/// Of several that want to be the only one, one is.
async fn races(store: &impl Store) -> Result<()> {
    let long = Some(SHORT * 3600);
    for round in 0..5 {
        let keys: Vec<_> = (0..RACERS).map(|n| n.to_string()).collect();
        let put = |n| store.put_new("race", Bytes::from(n), long);
        let first = join_all(keys.iter().cloned().map(put)).await;
        let first = first.into_iter().collect::<Result<Vec<_>>>()?;
        let won: Vec<_> = (0..RACERS).filter(|n| first[*n]).collect();
        assert_eq!(won.len(), 1, "{won:?} of round {round} were first");
        expect(store, "race", Some(keys[won[0]].as_bytes())).await?;
        let gone = join_all(keys.iter().map(|_| store.delete("race"))).await;
        let gone = gone.into_iter().collect::<Result<Vec<_>>>()?;
        let took = gone.iter().filter(|took| **took).count();
        assert_eq!(took, 1, "{took} of round {round} have removed it");
    }
    assert!(store.put_new("k\0", Bytes::new(), None).await.is_err());
    expect(store, "race", None).await
}

async fn times(store: &impl Store) -> Result<()> {
    store.put("short", "1".into(), Some(SHORT)).await?;
    store.put("long", "1".into(), Some(SHORT * 3600)).await?;
    store.put("never", "1".into(), Some(Duration::MAX)).await?;
    store.put("again", "1".into(), Some(SHORT)).await?;
    store.put("again", "2".into(), None).await?;
    assert!(!store.put_new("short", "2".into(), None).await?);
    expect(store, "short", Some(b"1")).await?;
    tokio::time::sleep(SHORT + SHORT / 10).await;
    assert_eq!(store.list("", 10).await?, ["again", "long", "never"]);
    assert!(!store.delete("short").await?, "what is over is not there");
    expect(store, "short", None).await?;
    expect(store, "again", Some(b"2")).await?;
    assert!(store.put_new("short", "2".into(), None).await?);
    expect(store, "short", Some(b"2")).await?;
    store.put("never", "2".into(), Some(Duration::ZERO)).await?;
    expect(store, "never", None).await?;
    for key in ["again", "long", "short"] {
        assert!(store.delete(key).await?, "{key}");
    }
    Ok(())
}
