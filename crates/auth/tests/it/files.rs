//! The store on disk.

use std::{fs, path::Path};

use fmcp_auth::FileStore;
use fmcp_core::Store as _;

fn content(folder: &Path) -> Vec<std::path::PathBuf> {
    let files = fs::read_dir(folder).unwrap();
    files.map(|file| file.unwrap().path()).collect()
}

#[tokio::test]
async fn a_store_is_read_by_whoever_has_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/tokens");
    FileStore::new(&path)
        .unwrap()
        .put("k", "v".into(), None)
        .await
        .unwrap();
    let again = FileStore::new(&path).unwrap();
    assert_eq!(again.get("k").await.unwrap().unwrap(), "v");
    let other = FileStore::with_key(&path, "a long enough secret").unwrap();
    assert_eq!(other.get("k").await.unwrap(), None);
    assert!(FileStore::with_key(&path, "short").is_err());
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_look_into_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens");
    fs::create_dir(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let store = FileStore::new(&path).unwrap();
    store.put("k", "v".into(), None).await.unwrap();
    store.put("k", "w".into(), None).await.unwrap();
    assert_eq!(mode(&path), 0o700);
    let files = content(&path);
    // The value, its key, and the lock.
    assert_eq!(files.len(), 3, "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[cfg(unix)]
#[tokio::test]
async fn links_are_not_followed() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let (real, linked) = (folder.path().join("real"), folder.path().join("linked"));
    let store = FileStore::new(&real).unwrap();
    store.put("k", "v".into(), None).await.unwrap();
    symlink(&real, &linked).unwrap();
    let error = FileStore::new(&linked).unwrap_err();
    assert!(error.message().contains("linked"), "{error}");

    let file = content(&real)
        .into_iter()
        .find(|file| file.extension().is_some_and(|end| end == "sealed"))
        .unwrap();
    let moved = folder.path().join("moved");
    fs::rename(&file, &moved).unwrap();
    symlink(&moved, &file).unwrap();
    assert!(store.get("k").await.is_err());
    // Writing puts a file in the link's place, and leaves alone what it points to.
    let before = fs::read(&moved).unwrap();
    store.put("k", "w".into(), None).await.unwrap();
    assert_eq!(store.get("k").await.unwrap().unwrap(), "w");
    assert_eq!(fs::read(&moved).unwrap(), before);

    let keyed = folder.path().join("keyed");
    fs::create_dir(&keyed).unwrap();
    symlink(real.join("key"), keyed.join("key")).unwrap();
    assert!(FileStore::new(&keyed).is_err());
}

#[tokio::test]
async fn what_is_damaged_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path()).unwrap();
    store.put("k", "v".into(), None).await.unwrap();
    let file = content(folder.path())
        .into_iter()
        .find(|file| file.extension().is_some_and(|end| end == "sealed"))
        .unwrap();
    fs::write(&file, b"nonsense").unwrap();
    assert_eq!(store.get("k").await.unwrap(), None);
    assert!(store.list("", 10).await.unwrap().is_empty());
    fs::write(&file, vec![0; 4 * 1024 * 1024]).unwrap();
    assert!(store.get("k").await.is_err());
    store.put("k", "w".into(), None).await.unwrap();
    assert_eq!(store.get("k").await.unwrap().unwrap(), "w");
    fs::write(folder.path().join("key"), b"short").unwrap();
    let error = FileStore::new(folder.path()).unwrap_err();
    assert!(error.message().contains("sign in again"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_first_makes_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let mut opening = tokio::task::JoinSet::new();
    for n in 0..16 {
        let path = folder.path().join("tokens");
        opening.spawn_blocking(move || (n, FileStore::new(path).unwrap()));
    }
    let stores = opening.join_all().await;
    for (n, store) in &stores {
        store.put(&n.to_string(), "v".into(), None).await.unwrap();
    }
    assert_eq!(stores[0].1.list("", 100).await.unwrap().len(), 16);
}
