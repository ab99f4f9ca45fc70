//! Clients that do not answer, and those that say nonsense.

use std::future::pending;

use fmcp::{Carrier, Context, LogLevel, Pings, Tool, ToolError, testing::legacy};
use fmcp_transport::duplex::{Connection, End, Settings, lines};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, ReadHalf, WriteHalf},
    task::JoinHandle,
};

use super::*;

/// A client that says what it is told to, and nothing else.
struct Puppet {
    write: WriteHalf<DuplexStream>,
    lines: tokio::io::Lines<BufReader<ReadHalf<DuplexStream>>>,
    served: JoinHandle<End>,
}

impl Puppet {
    async fn connect(server: &Server) -> Self {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let (read, write) = tokio::io::split(far);
        let connection = Connection::new(Arc::new(server.clone()), Settings::default());
        let served = tokio::spawn(lines(read, write, connection, pending()));
        let (read, write) = tokio::io::split(near);
        let mut puppet = Self {
            write,
            lines: BufReader::new(read).lines(),
            served,
        };
        let open = json!({"protocolVersion": "2025-11-25", "capabilities": {"sampling": {}},
            "clientInfo": {"name": "puppet", "version": "1"}});
        puppet.say(&legacy("initialize", open).to_string()).await;
        puppet.hears().await.unwrap();
        let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        puppet.say(&ready.to_string()).await;
        puppet
    }

    async fn say(&mut self, line: &str) {
        self.write
            .write_all(format!("{line}\n").as_bytes())
            .await
            .unwrap();
    }

    /// The next message, until the stream ends.
    async fn hears(&mut self) -> Option<Value> {
        let line = self.lines.next_line().await.unwrap()?;
        Some(serde_json::from_str(&line).unwrap())
    }
}

fn pings() -> Pings {
    Pings::every(Duration::from_secs(30))
        .timeout(Duration::from_secs(10))
        .log_level(LogLevel::Warning)
}

#[tokio::test(start_paused = true)]
async fn a_client_that_answers_no_ping_is_sent_away() {
    let (server, mut said) = telling(Server::new("s").pings(pings().attempts(2)));
    let began = tokio::time::Instant::now();
    let mut puppet = Puppet::connect(&server).await;
    assert_eq!(said.next().await, "puppet came");
    let session = server.sessions().remove(0);
    // Nothing is said here: in paused time, all waiting is over at once.
    let mut pings = 0;
    while let Some(message) = puppet.hears().await {
        pings += u32::from(message["method"] == "ping");
    }
    assert_eq!(pings, 2);
    let patience = began.elapsed().as_secs();
    assert!((70..75).contains(&patience), "{patience}");
    assert!(matches!(puppet.served.await.unwrap(), End::Done));
    for _ in 0..2 {
        assert_eq!(said.next().await, "error the client does not answer pings");
    }
    assert_eq!(said.next().await, "puppet went");
    assert!(!session.is_open() && server.sessions().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_answers_or_speaks_stays() {
    let (server, mut said) = telling(Server::new("s").pings(pings()));
    let mut puppet = Puppet::connect(&server).await;
    assert_eq!(said.next().await, "puppet came");
    for n in 0..5 {
        let ping = puppet.hears().await.unwrap();
        assert_eq!(ping["method"], "ping");
        // Whoever does not know pings is there, too.
        let answer = if n == 0 {
            json!({"jsonrpc": "2.0", "id": ping["id"], "error": {"code": -32601, "message": "?"}})
        } else {
            json!({"jsonrpc": "2.0", "id": ping["id"], "result": {}})
        };
        puppet.say(&answer.to_string()).await;
    }
    // Who speaks is not asked.
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_secs(20)).await;
        puppet.say(&legacy("ping", json!({})).to_string()).await;
        assert_eq!(puppet.hears().await.unwrap()["result"], json!({}));
    }
    assert!(said.is_silent());
    assert_eq!(server.sessions().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_asked_where_the_end_is_seen_at_once() {
    let pings = pings().on([Carrier::Stdio]);
    let (server, mut said) = telling(Server::new("s").pings(pings));
    let mut puppet = Puppet::connect(&server).await;
    assert_eq!(said.next().await, "puppet came");
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(server.sessions().len(), 1);
    puppet.say(&legacy("ping", json!({})).to_string()).await;
    assert_eq!(puppet.hears().await.unwrap()["result"], json!({}));
}

fn asking() -> Server {
    let ask = |ctx: Context| async move { Ok::<_, ToolError>(ctx.sample("Hello?").await?.text()) };
    Server::new("s")
        .tool(Tool::new("ask", ask))
        .tool(Tool::new("ask_soon", ask).timeout(Duration::from_secs(5)))
}

#[tokio::test(start_paused = true)]
async fn a_question_is_taken_back_when_its_call_is_over() {
    for (tool, cancels) in [("ask", true), ("ask_soon", false)] {
        let mut puppet = Puppet::connect(&asking()).await;
        let call = legacy("tools/call", json!({"name": tool, "arguments": {}}));
        puppet.say(&call.to_string()).await;
        let question = puppet.hears().await.unwrap();
        assert_eq!(question["method"], "sampling/createMessage", "{question}");
        if cancels {
            let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled",
                "params": {"requestId": call["id"]}});
            puppet.say(&cancel.to_string()).await;
        }
        let taken_back = puppet.hears().await.unwrap();
        assert_eq!(taken_back["method"], "notifications/cancelled", "{tool}");
        assert_eq!(taken_back["params"]["requestId"], question["id"]);
        // Who answers all the same is no trouble.
        let late = json!({"jsonrpc": "2.0", "id": question["id"], "result": {}});
        puppet.say(&late.to_string()).await;
        if !cancels {
            let answer = puppet.hears().await.unwrap();
            assert_eq!(answer["result"]["isError"], true, "{answer}");
        }
        puppet.say(&legacy("ping", json!({})).to_string()).await;
        assert_eq!(puppet.hears().await.unwrap()["result"], json!({}));
    }
}

#[tokio::test(start_paused = true)]
async fn a_question_that_is_answered_is_not_taken_back() {
    let mut puppet = Puppet::connect(&asking()).await;
    let call = legacy("tools/call", json!({"name": "ask", "arguments": {}}));
    puppet.say(&call.to_string()).await;
    let question = puppet.hears().await.unwrap();
    let said =
        json!({"role": "assistant", "model": "m", "content": {"type": "text", "text": "hi"}});
    let answer = json!({"jsonrpc": "2.0", "id": question["id"], "result": said});
    puppet.say(&answer.to_string()).await;
    let answer = puppet.hears().await.unwrap();
    assert_eq!(answer["result"]["content"][0]["text"], "hi");
    puppet.say(&legacy("ping", json!({})).to_string()).await;
    assert_eq!(puppet.hears().await.unwrap()["result"], json!({}));
}

#[tokio::test(start_paused = true)]
async fn nonsense_is_a_fault_of_the_session() {
    let (server, mut said) = telling(Server::new("s"));
    let mut puppet = Puppet::connect(&server).await;
    assert_eq!(said.next().await, "puppet came");
    puppet.say("what?").await;
    assert_eq!(puppet.hears().await.unwrap()["error"]["code"], -32700);
    assert_eq!(said.next().await, "error the peer says what is no message");
    drop(puppet);
    assert_eq!(said.next().await, "puppet went");
}

#[tokio::test(start_paused = true)]
async fn a_session_is_listed_while_its_handshake_is_not_over() {
    let (server, mut said) = telling(Server::new("s"));
    let (near, far) = tokio::io::duplex(64 * 1024);
    let (read, write) = tokio::io::split(far);
    let connection = Connection::new(Arc::new(server.clone()), Settings::default());
    let served = tokio::spawn(lines(read, write, connection, pending()));
    let (read, mut write) = tokio::io::split(near);
    let open = json!({"protocolVersion": "2025-06-18", "capabilities": {},
        "clientInfo": {"name": "slow", "version": "1"}});
    let open = format!("{}\n", legacy("initialize", open));
    write.write_all(open.as_bytes()).await.unwrap();
    BufReader::new(read)
        .read_line(&mut String::new())
        .await
        .unwrap();
    let session = server.sessions().remove(0);
    assert!(!session.is_ready());
    drop(write);
    served.await.unwrap();
    // It was never there, for those who wait for it to be ready.
    assert!(said.is_silent() && server.sessions().is_empty());
}
