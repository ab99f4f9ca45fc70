//! Programs: client credentials, enterprises, workloads.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use fmcp_auth::{
    ClientCredentials, EnterpriseManaged, IdentityProvider, Secret, SecretSource, SigningKey,
    WorkloadIdentity,
};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::json;

use crate::{
    caller::Caller,
    world::{KnownClient, World},
};

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// A key, and its public point.
fn key() -> (SigningKey, Vec<u8>) {
    let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
    let der = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, der.as_ref(), &random).unwrap();
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----",
        BASE64_STANDARD.encode(der.as_ref())
    );
    (
        SigningKey::from_pem(&pem).unwrap(),
        pair.public_key().as_ref().to_vec(),
    )
}

fn register(world: &World, id: &str, secret: &str) {
    let client = KnownClient {
        secret: Some(secret.to_owned()),
        redirects: Vec::new(),
    };
    world.state(|state| state.clients.insert(id.to_owned(), client));
}

/// Nothing but metadata and tokens has been asked for.
fn nobody_was_asked(world: &World) {
    assert_eq!(
        (world.count("/authorize"), world.count("/register")),
        (0, 0)
    );
    world.satisfied();
}

#[tokio::test]
async fn a_program_proves_itself_with_a_secret() {
    for methods in [&["client_secret_basic"][..], &["client_secret_post"]] {
        let world = World::with(|knobs| {
            knobs.methods = methods;
            knobs.challenge_scope = Some("a");
        })
        .await;
        register(&world, "a client", "p%w&d");
        let scheme = ClientCredentials::secret("a client", "p%w&d").issuer(&world.issuer);
        let caller = Caller::new(&world, &scheme);
        assert_eq!(caller.call_that_needs("a").await.unwrap(), 200);
        let form = world.seen("/token")[0].form();
        assert_eq!(form["grant_type"], "client_credentials");
        assert_eq!((&*form["scope"], &form["resource"]), ("a", &world.server));
        nobody_was_asked(&world);
    }
}

#[tokio::test]
async fn a_program_proves_itself_with_a_signature() {
    let (key, public) = key();
    let world = World::with(|knobs| {
        knobs.methods = &["private_key_jwt"];
        knobs.client_key = Some(public);
    })
    .await;
    let caller = Caller::new(&world, &ClientCredentials::key("me", key));
    assert_eq!(caller.call().await.unwrap(), 200);
    let form = world.seen("/token")[0].form();
    assert_eq!(
        form["client_assertion_type"],
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    );
    assert!(!form.contains_key("client_id"));
    nobody_was_asked(&world);
}

#[tokio::test]
async fn a_workload_shows_what_its_platform_gave_it_once() {
    let world = World::new().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "SECRET-one\n").unwrap();
    let scheme = WorkloadIdentity::new(SecretSource::file(file.path())).client_id("w");
    let caller = Caller::new(&world, &scheme);
    assert_eq!(caller.call().await.unwrap(), 200);
    std::fs::write(file.path(), "SECRET-two\n").unwrap();
    world.expire();
    assert_eq!(caller.call().await.unwrap(), 200);
    let forms: Vec<_> = world
        .seen("/token")
        .iter()
        .map(crate::world::Seen::form)
        .collect();
    let shown: Vec<_> = forms
        .iter()
        .map(|form| form["assertion"].as_str())
        .collect();
    assert_eq!(shown, ["SECRET-one", "SECRET-two"]);
    assert!(forms.iter().all(|form| form["grant_type"] == JWT_BEARER));
    nobody_was_asked(&world);

    // What is refused is not tried again, nor in another way.
    world.expire();
    world.forget_log();
    world.set(|knobs| {
        knobs.token_answer = Some((400, r#"{"error":"invalid_grant"}"#.to_owned()));
    });
    let error = caller.error().await;
    assert!(error.contains("invalid_grant"), "{error}");
    assert_eq!(world.count("/token"), 1);
    nobody_was_asked(&world);
}

/// An identity provider that gives this to everybody.
async fn idp(answer: serde_json::Value) -> World {
    World::with(|knobs| knobs.token_answer = Some((200, answer.to_string()))).await
}

#[tokio::test]
async fn an_enterprise_vouches_for_its_user() {
    const ID_JAG: &str = "urn:ietf:params:oauth:token-type:id-jag";
    let idp = idp(json!({
        "issued_token_type": ID_JAG, "access_token": "SECRET-jag", "token_type": "N_A",
    }))
    .await;
    let world = World::with(|knobs| {
        knobs.methods = &["client_secret_basic"];
        knobs.challenge_scope = Some("chat.read");
    })
    .await;
    register(&world, "there", "pw");
    let endpoint = format!("{}/token", idp.inner.authority);
    for provider in [
        IdentityProvider::new(&idp.issuer, "here"),
        IdentityProvider::new("https://acme.idp.example", "here").token_endpoint(endpoint),
    ] {
        world.forget_log();
        idp.forget_log();
        let scheme =
            EnterpriseManaged::new(provider, Secret::new("SECRET-id")).client("there", "pw");
        let caller = Caller::new(&world, &scheme);
        assert_eq!(caller.call().await.unwrap(), 200);
        let asked = idp.seen("/token")[0].form();
        for (name, value) in [
            (
                "grant_type",
                "urn:ietf:params:oauth:grant-type:token-exchange",
            ),
            ("requested_token_type", ID_JAG),
            ("audience", &world.issuer),
            ("resource", &world.server),
            ("scope", "chat.read"),
            ("subject_token", "SECRET-id"),
            (
                "subject_token_type",
                "urn:ietf:params:oauth:token-type:id_token",
            ),
            ("client_id", "here"),
        ] {
            assert_eq!(asked[name], value, "{name}");
        }
        let asked = world.seen("/token")[0].form();
        assert_eq!(asked["grant_type"], JWT_BEARER);
        assert_eq!(asked["assertion"], "SECRET-jag");
        nobody_was_asked(&world);
    }
}

#[tokio::test]
async fn another_kind_of_token_is_no_word_of_an_enterprise() {
    let idp = idp(json!({"access_token": "SECRET-x", "token_type": "Bearer"})).await;
    let world = World::new().await;
    let provider = IdentityProvider::new(&idp.issuer, "here");
    let caller = Caller::new(&world, &EnterpriseManaged::new(provider, "SECRET-id"));
    let error = caller.error().await;
    assert!(error.contains("another kind of token"), "{error}");
    assert!(!error.contains("SECRET"), "{error}");
    assert_eq!(world.count("/token"), 0);
}
