//! Addresses that the user must have been to, and that the user is done there.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use fmcp::{
    Client, Consent, Context, LiveSession, State, Tool, ToolError, UrlElicitation,
    model::ElicitUrlParams,
};
use tokio::sync::mpsc;

use super::*;

/// Who has signed in, and how often somebody was asked.
#[derive(Default)]
struct Site {
    is_known: AtomicBool,
    asked: AtomicUsize,
}

const ID: &str = "an id that nobody can guess";

async fn files(ctx: Context, State(site): State<Arc<Site>>) -> Result<&'static str, ToolError> {
    if site.is_known.load(SeqCst) {
        return Ok("your files");
    }
    let url = ElicitUrlParams::new("Sign in.", "https://example.com/connect");
    Err(ctx.require_urls([url.elicitation_id(ID)]).into())
}

fn server(site: &Arc<Site>) -> Server {
    Server::new("s")
        .state(Arc::clone(site))
        .tool(Tool::new("files", files))
}

/// A client whose user signs in, or does not.
async fn client(server: &Server, revision: Revision, site: &Arc<Site>, consent: Consent) -> Client {
    let (server_too, site) = (server.clone(), Arc::clone(site));
    let signs_in = move |question: UrlElicitation| {
        let (server, site) = (server_too.clone(), Arc::clone(&site));
        async move {
            assert_eq!(question.url(), "https://example.com/connect");
            site.asked.fetch_add(1, SeqCst);
            if consent == Consent::Given {
                site.is_known.store(true, SeqCst);
                // The site tells the server, and the server its client.
                for session in server.sessions() {
                    let done = session.context();
                    tokio::spawn(async move { done.elicitation_complete(ID).await });
                }
            }
            consent
        }
    };
    Client::builder(server)
        .revision(revision)
        .on_elicit_url(signs_in)
        .connect()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_call_is_made_again_when_the_user_has_been_there() {
    for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
        let site = Arc::default();
        let server = server(&site);
        let client = client(&server, revision, &site, Consent::Given).await;
        let said = client.call("files", ()).await.unwrap();
        assert_eq!(said.text(), "your files", "{revision}");
        assert_eq!(site.asked.load(SeqCst), 1, "{revision}");
    }
}

#[tokio::test]
async fn a_user_who_does_not_go_there_gets_no_answer() {
    let site = Arc::default();
    let server = server(&site);
    let client = client(&server, Revision::V2025_11_25, &site, Consent::Refused).await;
    let refused = client.call("files", ()).await.unwrap_err();
    assert_eq!(refused.kind(), fmcp::Kind::Other(-32042), "{refused}");
    assert_eq!(site.asked.load(SeqCst), 1);
}

#[tokio::test]
async fn on_the_wire_it_is_the_error_of_its_revision() {
    let site = Arc::default();
    let wire = server(&site);
    let params = json!({"name": "files", "arguments": {}});
    let peer = Peer::new(&wire, Revision::V2025_11_25, |_, _, _| json!({}));
    let answered = peer.send("tools/call", params.clone()).await;
    assert_eq!(answered["error"]["code"], -32042, "{answered}");
    let url = &answered["error"]["data"]["elicitations"][0];
    assert_eq!(url["elicitationId"], ID);
    assert_eq!(url["mode"], "url");
    assert_eq!(url["url"], "https://example.com/connect");
    // Others cannot be sent anywhere.
    let peer = Peer::new(&wire, Revision::V2025_06_18, |_, _, _| json!({}));
    let words = said(&peer.send("tools/call", params.clone()).await);
    assert!(words.contains("2025-06-18 cannot be asked"), "{words}");
    let peer = Peer::new(&wire, Revision::V2025_11_25, |_, _, _| json!({}));
    let peer = peer.capabilities(json!({"elicitation": {}}));
    let words = said(&peer.send("tools/call", params).await);
    assert!(
        words.contains("the client cannot open an address"),
        "{words}"
    );
}

#[tokio::test]
async fn the_client_hears_that_the_user_is_done() {
    let pay = |ctx: Context, session: LiveSession| async move {
        let asked = ctx.elicit_url("Pay here.", "https://example.com/pay");
        let gone = asked.elicitation_id("pay-1").await?.is_accepted();
        session.context().elicitation_complete("pay-0").await;
        session.context().elicitation_complete("pay-1").await;
        Ok::<_, ToolError>(gone)
    };
    let server = Server::new("s").tool(Tool::new("pay", pay));
    let (sender, mut news) = mpsc::channel(8);
    let waits = sender.clone();
    let client = Client::builder(&server)
        .revision(Revision::V2025_11_25)
        .on_elicit_url(move |question: UrlElicitation| {
            let (done, waits) = (question.completed(), waits.clone());
            async move {
                tokio::spawn(async move {
                    done.await;
                    waits.send("waited".to_owned()).await
                });
                Consent::Given
            }
        })
        .on_elicitation_complete(move |id| drop(sender.try_send(id)))
        .connect()
        .await
        .unwrap();
    assert_eq!(client.call("pay", ()).await.unwrap().text(), "true");
    let mut heard = Vec::new();
    while heard.len() < 3 {
        heard.extend(news.recv().await);
    }
    heard.sort_unstable();
    assert_eq!(heard, ["pay-0", "pay-1", "waited"]);
}

#[tokio::test]
async fn a_stream_says_whose_users_are_done_until_the_client_is_closed() {
    let pay = |session: LiveSession| async move {
        for n in 0..300 {
            let id = format!("pay-{n}");
            session.context().elicitation_complete(&id).await;
        }
    };
    let server = Server::new("s").tool(Tool::new("pay", pay));
    let client = Client::builder(&server)
        .revision(Revision::V2025_11_25)
        .on_elicit_url(async |_: UrlElicitation| Consent::Given);
    let client = client.connect().await.unwrap();
    let (mut first, mut second) = (
        client.elicitations_complete(),
        client.elicitations_complete(),
    );
    drop(client.elicitations_complete());
    client.call("pay", ()).await.unwrap();
    assert_eq!(second.next().await.unwrap(), "pay-44", "the newest 256");
    client.close().await;
    let mut heard = Vec::new();
    while let Some(id) = first.next().await {
        heard.push(id);
    }
    assert_eq!(heard.len(), 256);
    assert_eq!(heard.last().unwrap(), "pay-299");
    // Who begins to listen to what is closed hears that.
    assert_eq!(client.elicitations_complete().next().await, None);
}
