//! What a server knows of its sessions: who comes, who goes, where they work, and how they are told something.
//!
//! Run it with `cargo run -p fmcp --example sessions`.

use std::{error::Error, io::Write, time::Duration};

use fmcp::{Client, LiveSession, LogLevel, Pings, Revision, Server, tool};
use tokio::sync::mpsc;

/// Who am I?
#[tool]
async fn whoami(#[ctx] session: LiveSession) -> String {
    format!("{}, on {}", name(&session), session.transport())
}

fn name(session: &LiveSession) -> String {
    (session.client()).map_or_else(String::new, |client| client.name.clone())
}

/// A server that says what happens to its sessions.
fn server(news: &mpsc::Sender<String>) -> Server {
    let (came, went, moved) = (news.clone(), news.clone(), news.clone());
    Server::new("office")
        .tool(whoami::tool())
        .pings(Pings::every(Duration::from_secs(30)))
        .on_connect(move |session| {
            let (news, words) = (came.clone(), format!("{} is here", name(&session)));
            async move { drop(news.send(words).await) }
        })
        .on_disconnect(move |session| {
            let (news, words) = (went.clone(), format!("{} is gone", name(&session)));
            async move { drop(news.send(words).await) }
        })
        .on_roots_changed(move |session, roots| {
            let places: Vec<_> = roots.iter().map(|root| root.uri.as_str()).collect();
            let words = format!("{} works in {}", name(&session), places.join(", "));
            let news = moved.clone();
            async move { drop(news.send(words).await) }
        })
}

pub(crate) async fn run(out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let (sender, mut news) = mpsc::channel(16);
    let (server, hears) = (server(&sender), sender.clone());
    let client = Client::builder(&server)
        .client_info("ada", "1.0.0")
        .revision(Revision::V2025_11_25)
        .roots(["file:///home"])
        .log_level(LogLevel::Info)
        .on_log(move |entry| {
            let _ = hears.try_send(format!("ada hears {}", entry.data.as_str()));
        })
        .connect()
        .await?;
    let mut next = async || news.recv().await.ok_or("nothing happens any more");
    writeln!(out, "{}", next().await?)?;
    writeln!(out, "{}", client.call("whoami", ()).await?.text())?;

    for session in server.sessions() {
        session.ping().await?;
        session.log(LogLevel::Info, "lunch is ready").await?;
    }
    writeln!(out, "{}", next().await?)?;
    client.set_roots(["file:///home", "file:///tmp"]).await?;
    writeln!(out, "{}", next().await?)?;
    client.close().await;
    writeln!(out, "{}", next().await?)?;
    writeln!(out, "{} sessions are open", server.sessions().len())?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    run(&mut std::io::stdout()).await
}
