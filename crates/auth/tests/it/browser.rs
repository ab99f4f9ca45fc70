//! A browser that comes back to the loopback.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use fmcp_auth::{
    FileStore, OAuth,
    consent::{Browser, Paste},
};
use fmcp_core::{Error, Kind};
use fmcp_transport::client::web::{Settings, Web};
use tokio::task::JoinSet;

use crate::{caller::Caller, world::World};

async fn get(url: &str) -> http::Response<Bytes> {
    let web = Web::new(Settings::default()).unwrap();
    let request = http::Request::get(url).body(Bytes::new()).unwrap();
    web.fetch(request, 65_536, Duration::from_secs(10))
        .await
        .unwrap()
}

/// A browser: opens the page, goes where it is redirected to, and keeps what it sees there.
fn real(pages: &Arc<Mutex<Vec<http::Response<Bytes>>>>) -> Browser {
    let (pages, tabs) = (Arc::clone(pages), Arc::new(Mutex::new(JoinSet::new())));
    Browser::opened_by(move |url| {
        let pages = Arc::clone(&pages);
        tabs.lock().unwrap().spawn(async move {
            let page = get(&url).await;
            let location = page.headers()["location"].to_str().unwrap().to_owned();
            // Strangers knock first: a wrong state, another page, a browser that says nothing.
            let (base, _) = location.split_once('?').unwrap();
            let address = base
                .trim_start_matches("http://")
                .split('/')
                .next()
                .unwrap();
            let _silent = tokio::net::TcpStream::connect(address).await.unwrap();
            assert_eq!(get(&format!("{base}?code=x&state=y")).await.status(), 400);
            assert_eq!(
                get(&format!("http://{address}/favicon.ico")).await.status(),
                404
            );
            let page = get(&location).await;
            pages.lock().unwrap().push(page);
        });
        async { Ok(()) }
    })
}

#[tokio::test]
async fn a_browser_comes_back_to_a_page_that_loads_and_shows_nothing_of_others() {
    let pages = Arc::default();
    let world = World::new().await;
    let caller = Caller::new(&world, &OAuth::new(real(&pages)).in_memory());
    assert_eq!(caller.call().await.unwrap(), 200);
    world.satisfied();
    while pages.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    let page = pages.lock().unwrap().pop().unwrap();
    assert_eq!(page.status(), 200);
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert_eq!(page.headers()["cache-control"], "no-store");
    let text = String::from_utf8(page.body().to_vec()).unwrap();
    assert!(text.contains("You can close this page"), "{text}");
    assert!(text.contains("prefers-color-scheme:dark"), "{text}");
    for stranger in ["SECRET", "http://", "https://", "<script"] {
        assert!(!text.contains(stranger), "{stranger}");
    }
}

#[tokio::test]
async fn a_user_who_refuses_sees_that_and_so_does_the_application() {
    let pages = Arc::default();
    let world = World::with(|knobs| knobs.answer_more = "&error=access_denied").await;
    let caller = Caller::new(&world, &OAuth::new(real(&pages)).in_memory());
    let error = caller.error().await;
    assert!(error.contains("the login was not granted"), "{error}");
    while pages.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    let page = pages.lock().unwrap().pop().unwrap();
    let text = String::from_utf8(page.body().to_vec()).unwrap();
    assert!(text.contains("Not signed in"), "{text}");
    assert!(!text.contains("access_denied"), "{text}");
}

#[tokio::test]
async fn the_same_port_is_used_again_so_that_the_registration_holds() {
    let folder = tempfile::tempdir().unwrap();
    let pages = Arc::default();
    let world = World::new().await;
    for _ in 0..2 {
        let store = FileStore::new(folder.path().join("tokens")).unwrap();
        let caller = Caller::new(&world, &OAuth::new(real(&pages)).store(store));
        assert_eq!(caller.call().await.unwrap(), 200);
        world.expire();
    }
    let asked = world.seen("/authorize");
    assert_eq!(asked.len(), 2);
    assert_eq!(
        asked[0].query["redirect_uri"],
        asked[1].query["redirect_uri"]
    );
    assert_eq!(world.count("/register"), 1);
    world.satisfied();
}

fn nothing_opens() -> Browser {
    Browser::opened_by(async |_| Err(Error::new(Kind::Unavailable, "no browser here")))
}

fn pasted() -> Paste {
    Paste::new(async |url: String| {
        let page = get(&url).await;
        Ok(format!(
            " {}\n",
            page.headers()["location"].to_str().unwrap()
        ))
    })
}

#[tokio::test]
async fn where_no_browser_is_the_user_pastes() {
    for oauth in [
        OAuth::new(nothing_opens().or(pasted())),
        OAuth::new(pasted()),
    ] {
        let world = World::new().await;
        let caller = Caller::new(&world, &oauth.in_memory());
        assert_eq!(caller.call().await.unwrap(), 200);
        world.satisfied();
    }
    let world = World::new().await;
    let caller = Caller::new(&world, &OAuth::new(nothing_opens()).in_memory());
    assert!(caller.error().await.contains("no browser here"));
    let nonsense = Paste::new(async |_| Ok("what?".to_owned()));
    let caller = Caller::new(&world, &OAuth::new(nonsense).in_memory());
    assert!(caller.error().await.contains("not at the address"));
}

#[tokio::test]
async fn a_user_who_never_comes_back_is_given_up() {
    let world = World::new().await;
    let nobody = Browser::opened_by(async |_| Ok(())).within(Duration::from_millis(20));
    let caller = Caller::new(&world, &OAuth::new(nobody).in_memory());
    let error = caller.error().await;
    assert!(error.contains("did not sign in"), "{error}");
}
