//! The authorization server.

use std::{collections::BTreeMap, sync::Arc};

use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD as BASE64},
};
use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::{
    Grant, Inner, Iss, Knobs, KnownClient, Seen,
    proof::{self, Claim},
    serve::{json, patched, reply},
};

type Form = BTreeMap<String, String>;

pub(crate) async fn answer(inner: &Arc<Inner>, seen: &Seen) -> Response<Full<Bytes>> {
    let knobs = inner.knobs();
    match seen.path.as_str() {
        "/authorize" => authorize(inner, seen, &knobs),
        "/register" => register(inner, seen, &knobs),
        "/device" => device(inner, seen, &knobs),
        "/token" => {
            if let Some(gate) = &knobs.gate {
                gate.acquire().await.unwrap().forget();
            }
            token(inner, seen, &knobs)
        }
        path if path == knobs.metadata_at => json(200, &metadata(inner, seen, &knobs)),
        _ => reply(404, &[], ""),
    }
}

fn metadata(inner: &Inner, seen: &Seen, knobs: &Knobs) -> Value {
    let (issuer, base) = match seen.role {
        super::Role::As => (inner.issuer(), inner.authority.clone()),
        super::Role::Mcp => (inner.origin.clone(), inner.origin.clone()),
    };
    let document = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{base}/token"),
        "registration_endpoint": format!("{base}/register"),
        "device_authorization_endpoint": format!("{base}/device"),
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": knobs.methods,
        "authorization_response_iss_parameter_supported": true,
    });
    patched(document, &knobs.metadata_more)
}

fn register(inner: &Inner, seen: &Seen, knobs: &Knobs) -> Response<Full<Bytes>> {
    let asked = seen.json();
    let id = inner.secret("client").replace(super::SECRET, "");
    let secret = inner.secret("password & more");
    let redirects = asked["redirect_uris"].as_array().unwrap();
    let client = KnownClient {
        secret: Some(secret.clone()),
        redirects: redirects
            .iter()
            .map(|one| one.as_str().unwrap().to_owned())
            .collect(),
    };
    if asked["application_type"] != "native" {
        inner.complain("a native client does not say so");
    }
    if let Some(refusal) = unknown_scope(&asked, &knobs.metadata_more) {
        return refusal;
    }
    let method = asked["token_endpoint_auth_method"].as_str().unwrap();
    if !knobs.methods.contains(&method) {
        inner.complain(format!("a client asks for {method}, which is not taken"));
    }
    inner
        .state
        .lock()
        .unwrap()
        .clients
        .insert(id.clone(), client);
    json(
        201,
        &json!({"client_id": id, "client_secret": secret, "client_secret_expires_at": 0}),
    )
}

/// The refusal of whoever registers for a scope that the metadata, which names scopes, does not name.
fn unknown_scope(asked: &Value, metadata: &Value) -> Option<Response<Full<Bytes>>> {
    let named = metadata["scopes_supported"].as_array()?;
    let mut wanted = asked["scope"].as_str()?.split(' ');
    let unknown = wanted.find(|wanted| !named.iter().any(|named| named == wanted))?;
    let words = format!("{unknown} is not supported");
    let error = json!({"error": "invalid_client_metadata", "error_description": words});
    Some(json(400, &error))
}

fn device(inner: &Inner, seen: &Seen, knobs: &Knobs) -> Response<Full<Bytes>> {
    let form = seen.form();
    let code = inner.secret("device");
    let grant = Grant {
        client: form["client_id"].clone(),
        scope: form.get("scope").cloned().unwrap_or_default(),
        resource: form.get("resource").cloned(),
        ..Grant::default()
    };
    inner
        .state
        .lock()
        .unwrap()
        .codes
        .insert(code.clone(), grant);
    let answer = json!({
        "device_code": code, "user_code": "WDJB-MJHT", "expires_in": 600, "interval": 1,
        "verification_uri": format!("{}/type", inner.authority),
        "verification_uri_complete": format!("{}/type?code=WDJB-MJHT", inner.authority),
    });
    json(200, &patched(answer, &knobs.device_more))
}

fn authorize(inner: &Inner, seen: &Seen, knobs: &Knobs) -> Response<Full<Bytes>> {
    let asked = |name: &str| seen.query.get(name).cloned().unwrap_or_default();
    let (id, redirect) = (asked("client_id"), asked("redirect_uri"));
    let known = inner.state.lock().unwrap().clients.get(&id).cloned();
    match known {
        Some(known) if !known.redirects.contains(&redirect) => {
            inner.complain(format!(
                "{id} comes back to {redirect}, which it has not registered"
            ));
        }
        None if !id.starts_with("https://") => {
            return reply(400, &[], "unknown client");
        }
        _ => {}
    }
    if asked("response_type") != "code" || asked("code_challenge_method") != "S256" {
        inner.complain("the question is not for a code with S256");
    }
    let code = inner.secret("code");
    let grant = Grant {
        client: id,
        redirect: redirect.clone(),
        challenge: asked("code_challenge"),
        scope: asked("scope"),
        resource: seen.query.get("resource").cloned(),
        key: None,
    };
    inner
        .state
        .lock()
        .unwrap()
        .codes
        .insert(code.clone(), grant);
    let mut to = url::Url::parse(&redirect).unwrap();
    {
        let mut pairs = to.query_pairs_mut();
        if !knobs.answer_more.contains("error=") {
            pairs.append_pair("code", &code);
        }
        let state = knobs.state.map_or_else(|| asked("state"), str::to_owned);
        pairs.append_pair("state", &state);
        let here = match seen.role {
            super::Role::As => inner.issuer(),
            super::Role::Mcp => inner.origin.clone(),
        };
        match &knobs.iss {
            Iss::Right => drop(pairs.append_pair("iss", &here)),
            Iss::Other(other) => drop(pairs.append_pair("iss", other)),
            Iss::Missing => {}
        }
    }
    reply(
        302,
        &[("location", &format!("{to}{}", knobs.answer_more))],
        "",
    )
}

fn refuse(code: &str) -> Response<Full<Bytes>> {
    json(
        400,
        &json!({"error": code, "error_description": "it is refused"}),
    )
}

fn token(inner: &Inner, seen: &Seen, knobs: &Knobs) -> Response<Full<Bytes>> {
    if let Some((status, body)) = &knobs.token_answer {
        return reply(*status, &[], body.clone());
    }
    let form = seen.form();
    let key = if seen.header("dpop").is_some() {
        let claim = Claim {
            method: "POST",
            address: &format!("{}/token", inner.authority),
            token: None,
            nonce: knobs.nonce,
        };
        match proof::check(inner, seen, &claim) {
            Ok(key) => Some(key),
            Err(error) => {
                let headers: Vec<_> = knobs
                    .nonce
                    .map(|nonce| ("dpop-nonce", nonce))
                    .into_iter()
                    .collect();
                return reply(400, &headers, json!({"error": error}).to_string());
            }
        }
    } else {
        None
    };
    let client = match client(inner, seen, &form, knobs) {
        Ok(client) => client,
        Err(refused) => return refuse(refused),
    };
    let granted = match form["grant_type"].as_str() {
        "authorization_code" => redeem(inner, &form, &client),
        "urn:ietf:params:oauth:grant-type:device_code" => typed(inner, &form, &client),
        "refresh_token" => refresh(inner, &form, &client, knobs),
        _ => Ok(Grant {
            client,
            scope: form.get("scope").cloned().unwrap_or_default(),
            resource: form.get("resource").cloned(),
            ..Grant::default()
        }),
    };
    match granted {
        Ok(grant) => give(inner, Grant { key, ..grant }, knobs),
        Err(refused) => refuse(refused),
    }
}

/// Which client asks, if it can prove it.
fn client(inner: &Inner, seen: &Seen, form: &Form, knobs: &Knobs) -> Result<String, &'static str> {
    let takes = |method: &str| knobs.methods.contains(&method);
    if let Some(assertion) = form.get("client_assertion") {
        let (_, claims) = proof::parts(assertion);
        let key = knobs.client_key.as_deref().unwrap();
        let is_good = proof::verify(assertion, key)
            && claims["aud"] == inner.issuer()
            && claims["iss"] == claims["sub"]
            && claims["exp"].as_u64() > claims["iat"].as_u64();
        let id = claims["sub"].as_str().unwrap().to_owned();
        return if is_good && takes("private_key_jwt") {
            Ok(id)
        } else {
            Err("invalid_client")
        };
    }
    let (id, secret) = match seen.header("authorization") {
        Some(shown) if takes("client_secret_basic") => {
            let shown = BASE64_STANDARD
                .decode(shown.strip_prefix("Basic ").unwrap())
                .unwrap();
            let shown = String::from_utf8(shown).unwrap();
            let (id, secret) = shown.split_once(':').unwrap();
            let decoded = |text: &str| {
                let pair = format!("x={text}");
                let mut pairs = url::form_urlencoded::parse(pair.as_bytes()).into_owned();
                pairs.next().unwrap().1
            };
            (decoded(id), Some(decoded(secret)))
        }
        Some(_) => return Err("invalid_client"),
        None => (
            form.get("client_id").cloned().unwrap_or_default(),
            form.get("client_secret")
                .cloned()
                .filter(|_| takes("client_secret_post")),
        ),
    };
    if form.contains_key("client_secret") && !takes("client_secret_post") {
        inner.complain("a secret was sent to whom does not take it");
    }
    if secret.is_none() && takes("none") {
        return Ok(id);
    }
    let known = inner.state.lock().unwrap().clients.get(&id).cloned();
    match known {
        Some(known) if known.secret == secret => Ok(id),
        _ => Err("invalid_client"),
    }
}

fn redeem(inner: &Inner, form: &Form, client: &str) -> Result<Grant, &'static str> {
    let grant = inner.state.lock().unwrap().codes.remove(&form["code"]);
    let grant = grant.ok_or("invalid_grant")?;
    let known = inner.state.lock().unwrap().clients.contains_key(client);
    if !known && !client.starts_with("https://") {
        return Err("invalid_client");
    }
    let challenge = BASE64.encode(digest(&SHA256, form["code_verifier"].as_bytes()));
    let is_same = grant.challenge == challenge
        && grant.client == client
        && grant.redirect == form["redirect_uri"]
        && grant.resource.as_ref() == form.get("resource");
    if is_same {
        Ok(grant)
    } else {
        Err("invalid_grant")
    }
}

fn typed(inner: &Inner, form: &Form, client: &str) -> Result<Grant, &'static str> {
    let mut state = inner.state.lock().unwrap();
    if let Some(answer) = state.device_answers.pop() {
        return Err(answer);
    }
    let grant = state.codes.remove(&form["device_code"]);
    grant
        .filter(|grant| grant.client == client)
        .ok_or("invalid_grant")
}

fn refresh(inner: &Inner, form: &Form, client: &str, knobs: &Knobs) -> Result<Grant, &'static str> {
    let shown = &form["refresh_token"];
    let mut state = inner.state.lock().unwrap();
    let grant = if knobs.rotates {
        state.refreshes.remove(shown)
    } else {
        state.refreshes.get(shown).cloned()
    };
    match grant {
        Some(grant) if grant.client == client && !knobs.refuses_refresh => Ok(grant),
        Some(_) => Err("invalid_grant"),
        None => {
            // What happens when two renew at once, or somebody has stolen it.
            state.complaints.push(format!("{shown} was used twice"));
            Err("invalid_grant")
        }
    }
}

fn give(inner: &Inner, grant: Grant, knobs: &Knobs) -> Response<Full<Bytes>> {
    let access = inner.secret("access");
    let kind = if grant.key.is_some() {
        "DPoP"
    } else {
        "Bearer"
    };
    let mut answer = json!({"access_token": access, "token_type": kind});
    if let Some(seconds) = knobs.expires_in {
        answer["expires_in"] = seconds.into();
    }
    if knobs.gives_refresh {
        let refresh = inner.secret("refresh");
        answer["refresh_token"] = refresh.clone().into();
        inner
            .state
            .lock()
            .unwrap()
            .refreshes
            .insert(refresh, grant.clone());
    }
    inner.state.lock().unwrap().tokens.insert(access, grant);
    json(200, &answer)
}
