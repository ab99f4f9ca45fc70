//! The store whose key lies in the keyring of the system: the real one, where there is one.

use std::fs;

use fmcp_auth::{FileStore, KeyringStore, OAuth, testing::Follow};
use fmcp_core::Store as _;

use crate::{caller::Caller, world::World};

/// Who the key is of: of each test one, so that runs leave no more than that.
fn application(name: &str) -> String {
    format!("fmcp-test-{name}")
}

#[tokio::test]
async fn a_key_in_the_keyring_opens_what_was_sealed_with_it_and_without_a_keyring_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens");
    let store = match KeyringStore::new(&path, &application("opens")) {
        Ok(store) => store,
        // In a container that does not let its programs at the kernel's, for one.
        Err(error) => {
            let words = error.message();
            assert!(
                words.contains("keyring of the system cannot be used"),
                "{words}"
            );
            assert!(words.contains("use a FileStore"), "{words}");
            eprintln!("there is no keyring here: {words}");
            return;
        }
    };
    store.put("k", "value".into(), None).await.unwrap();
    let again = KeyringStore::new(&path, &application("opens")).unwrap();
    assert_eq!(again.get("k").await.unwrap().unwrap(), "value");
    assert_eq!(again.list("", 10).await.unwrap(), ["k"]);
    // Nothing that opens it lies beside it.
    for file in fs::read_dir(&path).unwrap() {
        let content = fs::read(file.unwrap().path()).unwrap();
        assert!(!content.windows(5).any(|part| part == b"value"));
    }
    let beside = FileStore::new(&path).unwrap();
    assert_eq!(beside.get("k").await.unwrap(), None);
    assert!(again.delete("k").await.unwrap());
    assert_eq!(store.get("k").await.unwrap(), None);
}

#[tokio::test]
async fn a_user_signs_in_once_where_there_is_a_keyring() {
    let folder = tempfile::tempdir().unwrap();
    let Ok(store) = KeyringStore::new(folder.path().join("tokens"), &application("signs-in"))
    else {
        return;
    };
    let world = World::new().await;
    for _ in 0..2 {
        let oauth = OAuth::new(Follow).store(store.clone());
        assert_eq!(Caller::new(&world, &oauth).call().await.unwrap(), 200);
    }
    assert_eq!(world.count("/authorize"), 1);
    world.satisfied();
}
