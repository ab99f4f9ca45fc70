//! Where metadata is looked for, in which order, and what is believed.

use serde_json::json;

use crate::{
    caller::follow,
    world::{Prm, World},
};

const OAUTH: &str = "/.well-known/oauth-authorization-server";
const OPENID: &str = "/.well-known/openid-configuration";

/// Logs in, and says which metadata was asked for on the way.
async fn check(world: &World, expect: &[&str]) {
    assert_eq!(follow(world).call().await.unwrap(), 200);
    let asked: Vec<_> = world
        .log()
        .into_iter()
        .filter(|line| line.contains(" GET ") && !line.contains("/authorize"))
        .collect();
    assert_eq!(asked, expect);
    world.satisfied();
}

#[tokio::test]
async fn the_challenge_says_where_the_metadata_is() {
    let world = World::new().await;
    check(
        &world,
        &[
            "MCP GET /.well-known/oauth-protected-resource/mcp",
            &format!("AS GET {OAUTH}"),
        ],
    )
    .await;
    // The resource is what the metadata calls it, letter by letter, in both requests.
    assert_eq!(world.seen("/authorize")[0].query["resource"], world.server);
    assert_eq!(world.seen("/token")[0].form()["resource"], world.server);
}

#[tokio::test]
async fn without_a_word_it_is_at_the_path_or_at_the_root() {
    let world = World::with(|knobs| knobs.prm = Prm::Path { is_named: false }).await;
    let path = "MCP GET /.well-known/oauth-protected-resource/mcp";
    check(&world, &[path, &format!("AS GET {OAUTH}")]).await;

    let world = World::with(|knobs| {
        knobs.prm = Prm::Root;
        knobs.tenant = "/tenant1";
        knobs.metadata_at = "/.well-known/oauth-authorization-server/tenant1";
    })
    .await;
    let root = "MCP GET /.well-known/oauth-protected-resource";
    check(&world, &[path, root, &format!("AS GET {OAUTH}/tenant1")]).await;
}

#[tokio::test]
async fn an_issuer_may_have_its_metadata_where_openid_connect_has_it() {
    let prm = "MCP GET /custom/metadata.json";
    let world = World::with(|knobs| {
        knobs.prm = Prm::Custom("/custom/metadata.json");
        knobs.metadata_at = OPENID;
    })
    .await;
    let (oauth, openid) = (format!("AS GET {OAUTH}"), format!("AS GET {OPENID}"));
    check(&world, &[prm, &oauth, &openid]).await;

    let world = World::with(|knobs| {
        knobs.prm = Prm::Custom("/custom/metadata.json");
        knobs.tenant = "/tenant1";
        knobs.metadata_at = "/tenant1/.well-known/openid-configuration";
    })
    .await;
    let (oauth, openid) = (format!("{oauth}/tenant1"), format!("{openid}/tenant1"));
    let appended = "AS GET /tenant1/.well-known/openid-configuration";
    check(&world, &[prm, &oauth, &openid, appended]).await;
}

#[tokio::test]
async fn the_resource_is_sent_as_it_was_written() {
    let world = World::new().await;
    let origin = world.inner.origin.clone();
    world.set(|knobs| knobs.prm_more = json!({"resource": origin}));
    assert_eq!(follow(&world).call().await.unwrap(), 200);
    assert_eq!(world.seen("/authorize")[0].query["resource"], origin);
    assert_eq!(world.seen("/token")[0].form()["resource"], origin);
}

#[tokio::test]
async fn a_server_of_2025_03_is_its_own_authorization_server() {
    let world = World::with(|knobs| knobs.prm = Prm::None).await;
    check(
        &world,
        &[
            "MCP GET /.well-known/oauth-protected-resource/mcp",
            "MCP GET /.well-known/oauth-protected-resource",
            &format!("MCP GET {OAUTH}"),
        ],
    )
    .await;
    let asked = &world.seen(OAUTH)[0];
    assert_eq!(asked.header("mcp-protocol-version"), Some("2026-07-28"));
    assert!(!world.seen("/authorize")[0].query.contains_key("resource"));
}

#[tokio::test]
async fn a_server_of_2025_03_without_metadata_has_its_endpoints_at_the_root() {
    let world = World::with(|knobs| {
        knobs.prm = Prm::None;
        knobs.metadata_at = "/nowhere";
        // Whoever says nothing takes a secret in a header.
        knobs.methods = &["client_secret_basic"];
    })
    .await;
    assert_eq!(follow(&world).call().await.unwrap(), 200);
    let log = world.log();
    for path in [
        "MCP POST /register",
        "MCP GET /authorize",
        "MCP POST /token",
    ] {
        assert!(log.iter().any(|line| line == path), "{path}: {log:?}");
    }
    world.satisfied();
}

#[tokio::test]
async fn a_new_authorization_server_gets_nothing_of_the_old_one() {
    let world = World::with(|knobs| knobs.gives_refresh = true).await;
    let caller = follow(&world);
    assert_eq!(caller.call().await.unwrap(), 200);
    let before = world.seen("/authorize")[0].query["client_id"].clone();

    let other = World::with(|knobs| knobs.gives_refresh = true).await;
    other.state(|state| state.count = 100);
    let issuer = other.issuer.clone();
    world.set(|knobs| knobs.prm_more = json!({"authorization_servers": [issuer]}));
    world.expire();
    // The other one's token is not taken here, which is not what this is about.
    assert_eq!(caller.call().await.unwrap(), 401);
    assert_eq!(other.count("/register"), 1);
    assert_ne!(other.seen("/authorize")[0].query["client_id"], before);
    let forms = other.seen("/token");
    assert_eq!(forms.len(), 1);
    assert_eq!(forms[0].form()["grant_type"], "authorization_code");
    // Nor does the old one hear of it.
    assert_eq!(world.count("/token"), 1);
    other.satisfied();
}
