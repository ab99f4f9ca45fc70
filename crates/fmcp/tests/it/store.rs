//! Every store against the contract.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use fmcp::{
    Store,
    store::{Bounds, Encrypted, Limited, Memory, Prefixed, contract},
};

#[tokio::test(start_paused = true)]
async fn memory_keeps_the_contract() {
    contract::check(&Memory::new()).await.unwrap();
}

/// A second goes by in which values end: what is on disk knows only the clock of the system.
#[tokio::test]
async fn files_keep_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let store = fmcp::auth::FileStore::new(folder.path().join("tokens")).unwrap();
    contract::check(&store).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_part_of_a_store_keeps_the_contract_and_leaves_the_rest_alone() {
    let whole = Arc::new(Memory::new());
    whole.put("part", "1".into(), None).await.unwrap();
    whole.put("partial", "2".into(), None).await.unwrap();
    let part = Prefixed::new(Arc::clone(&whole), "part");
    contract::check(&part).await.unwrap();
    contract::check(&Prefixed::new(part, "of a part"))
        .await
        .unwrap();
    assert_eq!(whole.list("", 10).await.unwrap(), ["part", "partial"]);
}

#[tokio::test(start_paused = true)]
async fn what_stands_around_a_store_keeps_the_contract() {
    let secret = "a secret of thirty-two bytes, all told";
    let store = Encrypted::new(Memory::new(), secret).unwrap();
    contract::check(&store).await.unwrap();
    contract::check(&Limited::new(store)).await.unwrap();
    let error = Encrypted::new(Memory::new(), "short").unwrap_err();
    assert!(error.message().contains("must have 32 bytes"), "{error}");
}

#[tokio::test]
async fn a_full_memory_forgets_the_oldest_and_refuses_what_never_fits() {
    let store = Memory::with_bounds(Bounds {
        entries: 2,
        bytes: 100,
    });
    for key in ["a", "b", "c"] {
        store.put(key, "x".into(), None).await.unwrap();
    }
    assert_eq!(store.list("", 10).await.unwrap(), ["b", "c"]);
    let error = store.put("d", vec![0; 100].into(), None).await.unwrap_err();
    assert!(error.message().contains("101 bytes"), "{error}");
    assert_eq!(store.list("", 10).await.unwrap(), ["b", "c"]);
}

#[tokio::test]
async fn memory_takes_writers_from_many_threads() {
    let store = Arc::new(Memory::with_bounds(Bounds {
        entries: 50,
        ..Bounds::default()
    }));
    let writers = (0..8).map(|writer| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for i in 0..100 {
                let key = format!("{writer}:{i}");
                store.put(&key, key.clone().into(), None).await.unwrap();
                store.get(&key).await.unwrap();
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    assert_eq!(store.list("", 1000).await.unwrap().len(), 50);
}
