//! Who is calling.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use fmcp_core::{BoxFuture, Credentials, Error, Kind, Result};
use http::{request, response};
use serde_json::json;

use super::{
    ask, open_with,
    peer::Peer,
    result, settings,
    stage::{Stage, Told, bare, json, legacy, modern, told, with},
    try_open,
};

/// Signs with the number of the request, and gives up after `patience` refusals.
struct Numbered {
    signed: AtomicUsize,
    refused: AtomicUsize,
    answered: AtomicUsize,
    patience: usize,
    last_words: Option<Kind>,
}

impl Numbered {
    fn new(patience: usize) -> Arc<Self> {
        Arc::new(Self {
            signed: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
            answered: AtomicUsize::new(0),
            patience,
            last_words: None,
        })
    }

    fn counts(&self) -> [usize; 3] {
        [&self.signed, &self.refused, &self.answered].map(|count| count.load(SeqCst))
    }
}

impl Credentials for Numbered {
    fn sign<'a>(&'a self, request: &'a mut request::Parts) -> BoxFuture<'a, Result<()>> {
        let number = self.signed.fetch_add(1, SeqCst);
        let value = format!("Bearer secret-{number}").parse().unwrap();
        request.headers.insert("authorization", value);
        Box::pin(std::future::ready(Ok(())))
    }

    fn refused<'a>(
        &'a self,
        request: &'a request::Parts,
        response: &'a response::Parts,
    ) -> BoxFuture<'a, Result<bool>> {
        assert!(request.headers.contains_key("authorization"));
        assert!(matches!(response.status.as_u16(), 401 | 403));
        let times = self.refused.fetch_add(1, SeqCst) + 1;
        Box::pin(std::future::ready(match self.last_words {
            Some(kind) => Err(Error::new(kind, "sign in at the front desk")),
            None => Ok(times <= self.patience),
        }))
    }

    fn answered(&self, _: &request::Parts, _: &response::Parts) {
        self.answered.fetch_add(1, SeqCst);
    }
}

/// A server that lets in from the request with this number on.
async fn from(number: usize, status: u16) -> Stage {
    modern(move |asked| async move {
        let token = asked.header("authorization").rsplit('-').next().unwrap();
        if token.parse::<usize>().unwrap() < number {
            refusal(status)
        } else {
            json(200, &result(asked.id(), json!({})))
        }
    })
    .await
}

fn refusal(status: u16) -> Told {
    with(
        told(status, "text/plain", "who are you?"),
        "www-authenticate",
        "Bearer",
    )
}

#[tokio::test]
async fn a_refused_request_is_signed_anew_but_not_for_ever() {
    // The first request asks what the server speaks.
    for (let_in, patience, expect) in [
        (1, 9, [2, 0, 2]),
        (4, 9, [5, 3, 2]),
        (9, 9, [5, 3, 1]),
        (9, 1, [3, 2, 1]),
    ] {
        let stage = from(let_in, 401).await;
        let numbered = Numbered::new(patience);
        let mut settings = settings(&stage);
        settings.credentials = Some(numbered.clone());
        let (link, _) = open_with(settings).await;
        let answer = ask(&link, "tools/list", json!({})).await;
        assert_eq!(numbered.counts(), expect);
        assert_eq!(answer.is_ok(), expect[2] == 2);
    }
}

#[tokio::test]
async fn a_refusal_that_remains_is_told_in_the_words_of_the_server() {
    for (status, kind) in [(401, Kind::Unauthenticated), (403, Kind::Forbidden)] {
        let stage = from(99, status).await;
        let (mut settings, peer) = (settings(&stage), Arc::new(Peer::default()));
        settings.credentials = Some(Numbered::new(0));
        let link = try_open(settings, None, &peer).await.unwrap();
        let error = link.call(super::call("x/y", json!({}))).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(error.message().ends_with("who are you?"), "{error}");
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    }
}

#[tokio::test]
async fn credentials_that_give_up_are_the_end_whatever_they_say() {
    let stage = Stage::new(|_| async { refusal(401) }).await;
    for kind in [
        Kind::Unauthenticated,
        Kind::Cancelled,
        Kind::Internal,
        Kind::InvalidParams,
    ] {
        let (mut settings, peer) = (settings(&stage), Arc::new(Peer::default()));
        let mut numbered = Arc::into_inner(Numbered::new(0)).unwrap();
        numbered.last_words = Some(kind);
        let numbered = Arc::new(numbered);
        settings.credentials = Some(numbered.clone());
        let error = try_open(settings, None, &peer).await.err().unwrap();
        assert_eq!(error.message(), "sign in at the front desk");
        assert_eq!(error.kind(), kind);
        // An older way of speaking would have asked them once more.
        assert_eq!(numbered.counts(), [1, 1, 0]);
    }
}

#[tokio::test]
async fn every_request_of_a_session_is_signed() {
    let stage = legacy("2025-11-25", |asked| async move {
        (asked.header("authorization") == "-").then(|| bare(401))
    })
    .await;
    let mut settings = settings(&stage);
    settings.credentials = Some(Numbered::new(0));
    let (link, _) = open_with(settings).await;
    stage.until("GET in s-1").await;
    link.close().await;
    let expect = [
        "server/discover",
        "initialize",
        "notifications/initialized in s-1",
        "GET in s-1",
        "DELETE in s-1",
    ];
    assert_eq!(stage.log(), expect);
    for asked in stage.seen() {
        assert!(asked.header("authorization").starts_with("Bearer"));
    }
}
