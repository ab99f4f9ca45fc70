//! How clients become known, and how they prove themselves.

use fmcp_auth::{FileStore, OAuth, testing::Follow};
use serde_json::json;

use crate::{
    caller::{Caller, follow},
    world::{KnownClient, World},
};

const DOCUMENT: &str = "https://app.example/client.json";

fn register(world: &World, id: &str, secret: &str) {
    let client = KnownClient {
        secret: Some(secret.to_owned()),
        redirects: vec!["http://127.0.0.1:47391/callback".to_owned()],
    };
    world.state(|state| state.clients.insert(id.to_owned(), client));
}

#[tokio::test]
async fn a_client_proves_itself_in_the_only_way_that_is_taken() {
    for methods in [
        &["none"][..],
        &["client_secret_basic"],
        &["client_secret_post"],
    ] {
        let world = World::with(|knobs| knobs.methods = methods).await;
        assert_eq!(follow(&world).call().await.unwrap(), 200, "{methods:?}");
        let request = &world.seen("/token")[0];
        let form = request.form();
        let expect = match methods[0] {
            "client_secret_basic" => (true, false, false),
            "client_secret_post" => (false, true, true),
            _ => (false, true, false),
        };
        let shown = (
            request.header("authorization").is_some(),
            form.contains_key("client_id"),
            form.contains_key("client_secret"),
        );
        assert_eq!(shown, expect, "{methods:?}");
        world.satisfied();
    }
}

#[tokio::test]
async fn a_client_that_is_known_does_not_register() {
    let world = World::with(|knobs| {
        knobs.methods = &["client_secret_basic"];
        knobs.metadata_more = json!({"registration_endpoint": null});
    })
    .await;
    register(&world, "my:app", "pass word");
    let oauth = OAuth::new(Follow)
        .in_memory()
        .client_id("my:app")
        .client_secret("pass word")
        .issuer(&world.issuer);
    assert_eq!(Caller::new(&world, &oauth).call().await.unwrap(), 200);
    assert_eq!(world.count("/register"), 0);
    world.satisfied();
}

#[tokio::test]
async fn a_document_introduces_a_client_where_that_is_taken() {
    let oauth = OAuth::new(Follow).in_memory().client_metadata_url(DOCUMENT);
    let world = World::with(|knobs| {
        knobs.metadata_more = json!({"client_id_metadata_document_supported": true});
    })
    .await;
    assert_eq!(Caller::new(&world, &oauth).call().await.unwrap(), 200);
    assert_eq!(world.seen("/authorize")[0].query["client_id"], DOCUMENT);
    assert_eq!(world.count("/register"), 0);

    let world = World::new().await;
    assert_eq!(Caller::new(&world, &oauth).call().await.unwrap(), 200);
    assert_eq!(world.count("/register"), 1);
    world.satisfied();
}

#[tokio::test]
async fn a_client_introduces_itself_with_all_that_it_will_do() {
    let world = World::with(|knobs| {
        knobs.challenge_scope = Some("a");
        knobs.prm_more = json!({"scopes_supported": ["a", "b"]});
    })
    .await;
    let oauth = OAuth::new(Follow).in_memory().client_name("Lamp");
    assert_eq!(Caller::new(&world, &oauth).call().await.unwrap(), 200);
    let asked = world.seen("/register")[0].json();
    assert_eq!(asked["client_name"], "Lamp");
    assert_eq!(
        asked["grant_types"],
        json!(["authorization_code", "refresh_token"])
    );
    assert_eq!(asked["scope"], "a b");
    assert_eq!(asked["token_endpoint_auth_method"], "none");
}

#[tokio::test]
async fn a_client_registers_for_no_scope_that_the_authorization_server_does_not_name() {
    for (named, registered, asked) in [
        (json!(["openid", "a"]), json!("a"), "a b"),
        (json!(["openid"]), json!(null), "a b"),
        (json!([]), json!(null), "a b"),
        (json!(null), json!("a b"), "a b"),
    ] {
        let world = World::with(|knobs| {
            knobs.prm_more = json!({"scopes_supported": ["a", "b"]});
            knobs.metadata_more = json!({"scopes_supported": named});
        })
        .await;
        assert_eq!(follow(&world).call().await.unwrap(), 200, "{named}");
        let registration = world.seen("/register")[0].json();
        assert_eq!(registration["scope"], registered, "{named}");
        // What the resource wants is not the authorization server's to name.
        assert_eq!(world.seen("/authorize")[0].query["scope"], asked, "{named}");
        world.satisfied();
    }
}

#[tokio::test]
async fn a_client_registers_once_and_again_when_it_has_been_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path().join("tokens")).unwrap();
    let oauth = OAuth::new(Follow).store(store);
    let world = World::new().await;
    for _ in 0..2 {
        assert_eq!(Caller::new(&world, &oauth).call().await.unwrap(), 200);
        world.expire();
    }
    assert_eq!(
        (world.count("/register"), world.count("/authorize")),
        (1, 2)
    );

    // A server that forgets its clients says so only when the code is redeemed.
    world.set(|knobs| {
        knobs.token_answer = Some((401, r#"{"error":"invalid_client"}"#.to_owned()));
    });
    let caller = Caller::new(&world, &oauth);
    let error = caller.error().await;
    assert!(error.contains("has just registered"), "{error}");
    assert_eq!(
        (world.count("/register"), world.count("/authorize")),
        (2, 4)
    );
    world.set(|knobs| knobs.token_answer = None);
    assert_eq!(caller.call().await.unwrap(), 200);
    assert_eq!(world.count("/register"), 3);
    world.satisfied();
}

#[tokio::test]
async fn credentials_are_shown_to_the_issuer_that_gave_them_alone() {
    let world = World::with(|knobs| knobs.methods = &["client_secret_post"]).await;
    let oauth = OAuth::new(Follow)
        .in_memory()
        .client_id("me")
        .client_secret("SECRET-mine")
        .issuer("https://login.example.com");
    let error = Caller::new(&world, &oauth).error().await;
    assert!(error.contains("this client is registered at"), "{error}");
    assert_eq!((world.count("/authorize"), world.count("/token")), (0, 0));

    // Without a word it is the one of the first token.
    register(&world, "me", "SECRET-mine");
    let oauth = OAuth::new(Follow)
        .in_memory()
        .client_id("me")
        .client_secret("SECRET-mine");
    let caller = Caller::new(&world, &oauth);
    assert_eq!(caller.call().await.unwrap(), 200);
    let other = World::with(|knobs| knobs.methods = &["client_secret_post"]).await;
    let issuer = other.issuer.clone();
    world.set(|knobs| knobs.prm_more = json!({"authorization_servers": [issuer]}));
    world.expire();
    let error = caller.error().await;
    assert!(error.contains("wants tokens of"), "{error}");
    assert_eq!((other.count("/authorize"), other.count("/token")), (0, 0));
}

#[tokio::test]
async fn whoever_cannot_register_is_told_what_to_do() {
    let world = World::with(|knobs| {
        knobs.metadata_more = json!({"registration_endpoint": null});
    })
    .await;
    let error = follow(&world).error().await;
    assert!(error.contains("registers no clients by itself"), "{error}");
    assert!(error.contains("client_id"), "{error}");
}
