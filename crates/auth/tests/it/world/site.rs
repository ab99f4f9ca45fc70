//! The protected MCP server.

use std::sync::Arc;

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use serde_json::json;

use super::{
    Inner, Knobs, Prm, Seen, issuer,
    proof::{self, Claim},
    serve::{json, patched, reply},
};

const PRM: &str = "/.well-known/oauth-protected-resource";

pub(crate) async fn answer(inner: &Arc<Inner>, seen: &Seen) -> Response<Full<Bytes>> {
    let knobs = inner.knobs();
    let place = match knobs.prm {
        Prm::Path { .. } => Some(format!("{PRM}/mcp")),
        Prm::Root => Some(PRM.to_owned()),
        Prm::Custom(path) => Some(path.to_owned()),
        Prm::None => None,
    };
    if seen.path == "/mcp" && seen.method == "POST" {
        return call(inner, seen, &knobs);
    }
    if Some(&seen.path) == place.as_ref() {
        let document = json!({
            "resource": inner.server, "authorization_servers": [inner.issuer()],
        });
        return json(200, &patched(document, &knobs.prm_more));
    }
    if knobs.prm == Prm::None {
        // Its own authorization server.
        return issuer::answer(inner, seen).await;
    }
    reply(404, &[], "")
}

fn call(inner: &Inner, seen: &Seen, knobs: &Knobs) -> Response<Full<Bytes>> {
    let refuse = |status: u16, error: Option<&str>, scope: Option<&str>| {
        let challenge = challenge(inner, knobs, error, scope);
        let mut headers = vec![("www-authenticate", challenge.as_str())];
        headers.extend(knobs.nonce.map(|nonce| ("dpop-nonce", nonce)));
        reply(status, &headers, "")
    };
    let Some(shown) = seen.header("authorization") else {
        return refuse(401, None, knobs.challenge_scope);
    };
    let (scheme, token) = shown.split_once(' ').unwrap();
    let grant = inner.state.lock().unwrap().tokens.get(token).cloned();
    let Some(grant) = grant else {
        return refuse(401, Some("invalid_token"), knobs.challenge_scope);
    };
    if let Some(key) = &grant.key {
        let claim = Claim {
            method: "POST",
            address: &inner.server,
            token: Some(token),
            nonce: knobs.nonce,
        };
        match proof::check(inner, seen, &claim) {
            Ok(proven) if proven == *key && scheme == "DPoP" => {}
            Ok(_) => inner.complain("a token was shown with another key or as another kind"),
            Err(error) => return refuse(401, Some(error), None),
        }
    } else if scheme != "Bearer" {
        inner.complain("a bearer token was shown as another kind");
    }
    let needs = knobs
        .never_enough
        .or(seen.header("needs"))
        .unwrap_or_default();
    let has = |scope: &str| grant.scope.split(' ').any(|one| one == scope);
    if knobs.never_enough.is_some() || (!needs.is_empty() && !has(needs)) {
        return refuse(403, Some("insufficient_scope"), Some(needs));
    }
    json(200, &spoken(seen))
}

/// What an MCP server of the newest revision says, as far as links need it.
fn spoken(seen: &Seen) -> serde_json::Value {
    let Ok(message) = serde_json::from_str::<serde_json::Value>(&seen.body) else {
        return json!({});
    };
    let result = match message["method"].as_str() {
        Some("server/discover") => json!({
            "resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": {},
        }),
        Some("ping") => json!({"resultType": "complete"}),
        _ => return json!({}),
    };
    json!({"jsonrpc": "2.0", "id": message["id"], "result": result})
}

fn challenge(inner: &Inner, knobs: &Knobs, error: Option<&str>, scope: Option<&str>) -> String {
    if let Some(challenge) = &knobs.challenge {
        return challenge.clone();
    }
    let at = match knobs.prm {
        Prm::Path { is_named: true } => Some(format!("{}{PRM}/mcp", inner.origin)),
        Prm::Custom(path) => Some(format!("{}{path}", inner.origin)),
        _ => None,
    };
    let parameters = [
        ("resource_metadata", at.as_deref()),
        ("error", error),
        ("scope", scope),
    ];
    let shown: Vec<_> = parameters
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name}=\"{}\"", value?)))
        .collect();
    let scheme = if knobs.binds { "DPoP" } else { "Bearer" };
    format!("{scheme} {}", shown.join(", "))
}
