//! Fifty upstreams of 200 tools over HTTP, of which five are dead and five never answer: how long it takes until all
//! that can be there is there.

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use fmcp::{Client, Discovery, Server, ServerState, Tool, config::Servers};
use serde_json::{Map, Value, json};

const UPSTREAMS: usize = 50;
const TOOLS: usize = 200;

/// What may be reached at most; by how much a busy machine may miss a time.
const START: f64 = 2.0;
const SLACK: f64 = 4.0 / 3.0;
const BYTES: usize = 4096;

/// Measures, and prints; whether all is within its budget, where that is asked.
pub(crate) async fn run(checks: bool) -> Result<bool> {
    let (entries, _silent) = upstreams().await?;
    let servers = Servers::parse(&json!({"mcpServers": entries}).to_string())?;
    let app = Server::new("app");
    app.mount_servers(&servers).await?;
    let front = Discovery::new().in_front_of(&app)?;

    let began = Instant::now();
    front.start().await?;
    let start = began.elapsed();

    let client = Client::connect(&front).await?;
    let listed = serde_json::to_string(&client.list_tools().await?)?.len();
    let asked = json!({"query": "close the ledger of team 7", "limit": 5});
    let mut searches = Vec::new();
    for _ in 0..20 {
        let began = Instant::now();
        let found = client.call("discover_tools", asked.clone()).await?;
        searches.push(began.elapsed());
        ensure!(found.text().contains("up7_"), "found: {}", found.text());
    }
    let ran = json!({"name": "up7_close_ledger_77"});
    let ran = client.call("execute_tool", ran).await?;
    ensure!(ran.text() == "7/77", "ran: {}", ran.text());
    let states = app.upstreams();
    let is_down = |state: &ServerState| *state != ServerState::Connected;
    let down = states.iter().filter(|(_, status)| is_down(&status.state));
    let down = down.count();
    ensure!(down == UPSTREAMS / 5, "{down} upstreams are down");

    println!("{UPSTREAMS} upstreams of {TOOLS} tools over HTTP, {down} of them dead or silent");
    let fits = start.as_secs_f64() <= START * SLACK && listed < BYTES;
    let figure = |name: &str, value: String| println!("{name:<52}{value}");
    let word = |fits: bool| if fits { "" } else { "   missed" };
    let seconds = start.as_secs_f64();
    figure(
        "until it serves, s",
        format!(
            "{seconds:>8.2}   at most {START:>8.2}{}",
            word(seconds <= START)
        ),
    );
    figure(
        "bytes of tools/list",
        format!("{listed:>8}   below   {BYTES:>8}{}", word(listed < BYTES)),
    );
    figure("the first search among them, ms", milliseconds(searches[0]));
    searches.sort();
    figure(
        "a search after that, ms (median of 20)",
        milliseconds(searches[10]),
    );
    front.stop().await;
    Ok(fits || !checks)
}

fn milliseconds(time: Duration) -> String {
    format!("{:>8.2}", time.as_secs_f64() * 1e3)
}

/// What a configuration says of them, and the listeners of those that never answer.
async fn upstreams() -> Result<(Map<String, Value>, Vec<TcpListener>)> {
    let (mut entries, mut silent) = (Map::new(), Vec::new());
    for n in 0..UPSTREAMS {
        let url = match n % 10 {
            // Nobody listens there any more.
            4 => address(&TcpListener::bind("127.0.0.1:0")?)?,
            // It takes connections and says nothing.
            9 => {
                let listener = TcpListener::bind("127.0.0.1:0")?;
                let url = address(&listener)?;
                silent.push(listener);
                url
            }
            _ => {
                let serving = far(n).bind_http("127.0.0.1:0").await?;
                let url = serving.url();
                tokio::spawn(serving.run());
                url
            }
        };
        entries.insert(format!("up{n}"), json!({"url": url}));
    }
    Ok((entries, silent))
}

fn address(listener: &TcpListener) -> Result<String> {
    Ok(format!("http://{}/mcp", listener.local_addr()?))
}

fn far(team: usize) -> Server {
    let verbs = ["open", "close", "read", "move", "check"];
    let nouns = ["ledger", "order", "shift", "parcel"];
    (0..TOOLS).fold(Server::new("far"), |server, n| {
        let (verb, noun) = (verbs[n % verbs.len()], nouns[n % nouns.len()]);
        let name = match n {
            77 => "close_ledger_77".to_owned(),
            _ => format!("{verb}_{noun}_{n}"),
        };
        let schema = json!({"type": "object", "properties": {
            "id": {"type": "string", "description": format!("The {noun}'s number, such as 2026-{n}")},
            "note": {"type": "string", "description": "What is written beside it"},
        }});
        let tool = Tool::dynamic(&name, schema, move |_: Value, _: fmcp::Context| async move {
            format!("{team}/{n}")
        });
        server.tool(tool.description(format!("To {verb} the {noun} of team {team} at counter {n}")))
    })
}
