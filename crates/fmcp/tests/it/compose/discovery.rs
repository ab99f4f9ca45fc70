//! Three tools in front of many.

use std::time::{Duration, Instant};

use fmcp::{
    Answer, Call, Client, Context, Discovery, Endpoint, Error, Hooks, Input, IntoTarget, Kind,
    Next, Proxy, Reply, hooks, middleware::ToolCall, model, named,
};
use serde_json::{Value, json};

use super::*;

#[derive(serde::Deserialize, fmcp::schemars::JsonSchema)]
struct Forecast {
    /// The city to look at
    city: String,
    days: u8,
}

fn weather() -> Server {
    Server::new("w")
        .tool(
            Tool::new("forecast", |Input(f): Input<Forecast>| async move {
                format!("{} days of sun in {}", f.days, f.city)
            })
            .description("What the weather will be like. Long words follow here."),
        )
        .tool(tool("tides", "high").description("When the sea is high"))
        .tool(Tool::new("ask", |ctx: Context| async move {
            let city = ctx.elicit::<Forecast>("where?").await?;
            Ok::<_, Error>(city.accepted().map(|f| f.city).unwrap_or_default())
        }))
}

fn app() -> Server {
    let app = Server::new("app").tool(tool("own", "mine").description("Something else"));
    app.mount("weather", weather()).unwrap();
    app
}

async fn says(server: &Server, tool: &str, arguments: Value) -> String {
    let client = Client::connect(server).await.unwrap();
    let answer = client
        .call_raw(tool, arguments, fmcp::CallOptions::new())
        .await
        .unwrap();
    answer.text().into_owned()
}

#[tokio::test]
async fn tools_are_found_looked_at_and_run() {
    let front = Discovery::new()
        .pin(named("own"))
        .in_front_of(app())
        .unwrap();
    let listed = tools(&front).await;
    assert_eq!(
        listed,
        ["discover_tools", "get_tool_schema", "execute_tool", "own"]
    );
    assert_eq!(text(&front, "own").await, "mine");
    let overview = says(&front, "discover_tools", json!({})).await;
    assert!(
        overview.contains("- weather: 3 tools") && overview.contains("- general: 1 tool"),
        "{overview}"
    );
    let found = says(
        &front,
        "discover_tools",
        json!({"query": "wether forcast", "limit": 1}),
    )
    .await;
    let first = found.lines().next().unwrap();
    assert_eq!(
        first,
        "weather_forecast(city: string, days: integer): What the weather will be like."
    );
    let by_city = says(
        &front,
        "discover_tools",
        json!({"query": "city", "format": "names"}),
    )
    .await;
    assert!(by_city.starts_with("weather_forecast"), "{by_city}");
    for (how, name) in [
        ("exact", "weather_tides"),
        ("exact", "\"sea is high\""),
        ("glob", "*tid?s"),
        ("ranked", "weather \"the sea\""),
        ("regex", "^weather_t.d"),
        ("regex", "SEA (is|was)"),
    ] {
        let found = says(
            &front,
            "discover_tools",
            json!({"query": name, "match": how, "format": "names"}),
        )
        .await;
        assert_eq!(found, "weather_tides\n");
    }
    let schema = says(
        &front,
        "get_tool_schema",
        json!({"name": "weather_forecast"}),
    )
    .await;
    let schema: Value = serde_json::from_str(&schema).unwrap();
    assert_eq!(
        schema["inputSchema"]["properties"]["city"]["description"],
        "The city to look at"
    );
    let ran = json!({"name": "weather_forecast", "arguments": {"city": "Rome", "days": "3"}});
    assert_eq!(
        says(&front, "execute_tool", ran).await,
        "3 days of sun in Rome"
    );
}

#[tokio::test]
async fn it_introduces_itself_as_the_server_behind() {
    let behind = app().version("2.1").title("All").instructions("Be kind.");
    let front = Discovery::new().in_front_of(behind).unwrap();
    let client = Client::connect(&front).await.unwrap();
    let server = client.server_info().unwrap();
    assert_eq!((&*server.name, &*server.version), ("app", "2.1"));
    assert_eq!(client.instructions(), Some("Be kind."));
}

#[tokio::test]
async fn a_model_reads_how_to_correct_itself() {
    let front = Discovery::new().in_front_of(app()).unwrap();
    let wrong = json!({"name": "weather_forecast", "arguments": {"city": "Rome", "day": 3}});
    let words = says(&front, "execute_tool", wrong).await;
    assert!(
        words.contains("weather_forecast(city: string, days: integer)")
            && words.contains("\"day\""),
        "{words}"
    );
    let words = says(&front, "execute_tool", json!({"name": "weather_forcast"})).await;
    assert!(words.contains("did you mean weather_forecast"), "{words}");
    let pattern = json!({"query": "tides(", "match": "regex"});
    let words = says(&front, "discover_tools", pattern).await;
    assert!(
        words.contains("regular expression") && words.contains("unclosed group"),
        "{words}"
    );
    let words = says(&front, "discover_tools", json!({"query": "quantum"})).await;
    assert!(words.contains("No tool fits"), "{words}");
    assert!(
        says(&front, "discover_tools", json!({"quary": "x"}))
            .await
            .contains("quary")
    );
}

#[tokio::test]
async fn questions_progress_and_results_come_through_whole() {
    let front = Discovery::new().in_front_of(app()).unwrap();
    for revision in [fmcp::Revision::V2025_11_25, fmcp::Revision::V2026_07_28] {
        let client = Client::builder(&front)
            .revision(revision)
            .on_elicit(|_| async { Answer::accept(json!({"city": "Oslo", "days": 1})) })
            .connect()
            .await
            .unwrap();
        let ran = client
            .call("execute_tool", json!({"name": "weather_ask"}))
            .await
            .unwrap();
        assert_eq!(ran.text(), "Oslo");
    }
}

/// Hides one tool from everybody.
struct Hides;

impl Hooks for Hides {
    async fn on_list_tools(&self, call: Call, next: Next<'_>) -> fmcp::Result<Reply> {
        let mut list = next.run(call).await?.into_tools()?;
        list.tools.retain(|tool| !tool.name.contains("tides"));
        Ok(list.into())
    }
}

#[tokio::test]
async fn what_a_caller_may_not_see_it_cannot_discover_or_run() {
    let front = Discovery::new()
        .in_front_of(app().layer(hooks(Hides)))
        .unwrap();
    let names = says(
        &front,
        "discover_tools",
        json!({"query": "*", "match": "glob", "format": "names"}),
    )
    .await;
    assert!(
        names.contains("weather_forecast") && !names.contains("tides"),
        "{names}"
    );
    for tool in ["get_tool_schema", "execute_tool"] {
        let words = says(&front, tool, json!({"name": "weather_tides"})).await;
        assert!(words.contains("there is no tool"), "{words}");
    }
}

#[tokio::test]
async fn where_tools_belong_is_said_by_a_rule_by_themselves_or_by_their_server() {
    let filed = tool("deal", "x")
        .description("Open a deal")
        .tags(["money"])
        .meta("fastmcp", json!({"domain": "sales", "group": "deals"}));
    let app = Server::new("app").tool(filed).tool(tool("own", "x"));
    app.mount("weather", weather()).unwrap();
    let shaped = fmcp::Reshape::new("tides")
        .domain("sea")
        .group("water")
        .tags(["wet"]);
    app.mount("harbour", weather().transform(shaped)).unwrap();
    let front = Discovery::new().in_front_of(&app).unwrap();
    let overview = says(&front, "discover_tools", json!({})).await;
    assert_eq!(
        overview.lines().skip(1).collect::<Vec<_>>(),
        [
            "- general: 1 tool",
            "- harbour: 2 tools",
            "- sales: 1 tool; groups: deals",
            "- sea: 1 tool; groups: water",
            "- weather: 3 tools",
        ]
    );
    for (asked, expect) in [
        (json!({"tag": "money", "format": "names"}), "deal\n"),
        (json!({"tag": "wet", "format": "names"}), "harbour_tides\n"),
        (
            json!({"query": "wet", "format": "names"}),
            "harbour_tides\n",
        ),
        (
            json!({"domain": "sea", "group": "water", "format": "names"}),
            "harbour_tides\n",
        ),
        (
            json!({"query": "tides", "domain": "weather", "format": "names"}),
            "weather_tides\n",
        ),
    ] {
        assert_eq!(
            says(&front, "discover_tools", asked.clone()).await,
            expect,
            "{asked}"
        );
    }
    let rule = |tool: &model::Tool| {
        let is_tides = tool.name.ends_with("_tides");
        is_tides.then(|| ("coast".to_owned(), Some("levels".to_owned())))
    };
    let front = Discovery::new().domains(rule).in_front_of(&app).unwrap();
    let overview = says(&front, "discover_tools", json!({})).await;
    assert!(
        overview.contains("- coast: 2 tools; groups: levels\n"),
        "{overview}"
    );
    assert!(
        overview.contains("- sales: 1 tool; groups: deals\n"),
        "{overview}"
    );
}

/// Shows tools to whoever has the scope that their tag names, and lets nobody else call them.
struct Scopes;

impl Scopes {
    fn may(call: &Call, tool: &str) -> bool {
        let scope = match tool {
            "weather_tides" => "sea",
            _ => return true,
        };
        call.principal()
            .is_some_and(|caller| caller.has_scope(scope))
    }
}

impl Hooks for Scopes {
    async fn on_list_tools(&self, call: Call, next: Next<'_>) -> fmcp::Result<Reply> {
        let asker = call.clone();
        let mut list = next.run(call).await?.into_tools()?;
        list.tools.retain(|tool| Self::may(&asker, &tool.name));
        Ok(list.into())
    }

    async fn on_call_tool(&self, call: ToolCall, next: Next<'_>) -> fmcp::Result<Reply> {
        match Self::may(&call, &call.tool()) {
            true => next.run(call).await,
            false => Err(Error::not_found("there is none")),
        }
    }
}

#[tokio::test]
async fn what_scopes_allow_is_discovered_and_run_and_nothing_else() {
    let app = app().layer(hooks(Scopes));
    let front = Discovery::new().in_front_of(app).unwrap();
    let ask = async |scopes: &[&str], tool: &str, arguments: Value| {
        let params = json!({"name": tool, "arguments": arguments});
        let call = Call::of(fmcp::Method::CallTool, &params).unwrap();
        let caller = fmcp::Principal::new("ada").scopes(scopes.iter().copied());
        let reply = front.call(call.with_principal(Arc::new(caller))).await;
        let result = reply.unwrap().into_tool().unwrap();
        serde_json::to_string(&result).unwrap()
    };
    for _ in 0..2 {
        // One after the other: what one may see is not kept for another.
        for (scopes, sees) in [(&["sea"][..], true), (&["land"], false), (&[], false)] {
            let found = json!({"query": "sea is high"});
            let found = ask(scopes, "discover_tools", found).await;
            assert_eq!(found.contains("weather_tides"), sees, "{found}");
            let overview = ask(scopes, "discover_tools", json!({})).await;
            let tools = if sees {
                "weather: 3 tools"
            } else {
                "weather: 2 tools"
            };
            assert!(overview.contains(tools), "{overview}");
            let named = json!({"name": "weather_tides"});
            let schema = ask(scopes, "get_tool_schema", named.clone()).await;
            assert_eq!(schema.contains("When the sea is high"), sees, "{schema}");
            let ran = ask(scopes, "execute_tool", named).await;
            assert_eq!(ran.contains("\"high\""), sees, "{ran}");
            assert_eq!(ran.contains("there is no tool"), !sees, "{ran}");
        }
    }
}

/// An upstream that is there while it is let, and says too much when it is not.
struct Flaky(Server, Arc<std::sync::atomic::AtomicBool>);

impl Endpoint for Flaky {
    fn call(&self, call: Call) -> fmcp::BoxFuture<'_, fmcp::Result<Reply>> {
        if self.1.load(Ordering::SeqCst) {
            return self.0.call(call);
        }
        Box::pin(async { Err(Error::new(Kind::Unavailable, "not in /secret/path")) })
    }
}

/// An upstream that is down, or does not answer at all.
struct Dead(bool);

impl Endpoint for Dead {
    fn call(&self, _: Call) -> fmcp::BoxFuture<'_, fmcp::Result<Reply>> {
        let hangs = self.0;
        Box::pin(async move {
            if hangs {
                std::future::pending::<()>().await;
            }
            Err(Error::new(Kind::Unavailable, "nobody is there"))
        })
    }
}

#[tokio::test]
async fn headers_that_are_passed_on_come_through_and_repeated_arguments_do_not() {
    let schema = json!({"type": "object", "properties": {
        "region": {"type": "string", "x-mcp-header": "Region"},
    }});
    let shows = Tool::dynamic("headers", schema, |_: Value, ctx: Context| async move {
        let headers = ctx.call().headers().cloned().unwrap_or_default();
        format!(
            "tenant {}, region {}",
            headers.contains_key("x-tenant"),
            headers.contains_key("mcp-param-region")
        )
    });
    let server = Server::new("s").tool(shows);
    let front = Discovery::new().in_front_of(&server).unwrap();
    let params = json!({"name": "execute_tool", "arguments": {"name": "headers", "arguments": {"region": "north"}}});
    let mut headers = http::HeaderMap::new();
    headers.insert("x-tenant", "blue".parse().unwrap());
    headers.insert("mcp-param-region", "south".parse().unwrap());
    let call = Call::of(fmcp::Method::CallTool, &params).unwrap();
    let reply = front
        .call(call.with_headers(Arc::new(headers)))
        .await
        .unwrap();
    let said = format!("{reply:?}");
    assert!(said.contains("tenant true, region false"), "{said}");
}

#[tokio::test]
async fn whatever_changes_of_a_tool_is_shown() {
    let named = |title: &'static str| tool("one", "x").title(title).read_only(title == "new");
    let server = Server::new("s").tool(named("old"));
    let front = Discovery::new().in_front_of(&server).unwrap();
    let schema = async || says(&front, "get_tool_schema", json!({"name": "one"})).await;
    assert!(schema().await.contains("old"));
    assert!(server.remove(&fmcp::Key::new(fmcp::ComponentKind::Tool, "one")));
    server.add_tool(named("new")).unwrap();
    let schema = schema().await;
    assert!(
        schema.contains("new") && schema.contains("readOnlyHint"),
        "{schema}"
    );
}

#[tokio::test]
async fn why_an_upstream_is_down_is_not_for_callers() {
    let app = Server::new("app").layer(hooks(Hides));
    let awake = Arc::new(std::sync::atomic::AtomicBool::new(true));
    for (name, tool_name) in [("seen", "one"), ("unseen", "tides")] {
        let far = Flaky(
            Server::new("far").tool(tool(tool_name, "x")),
            Arc::clone(&awake),
        );
        let far = Arc::new(far) as Arc<dyn Endpoint>;
        let proxy = Proxy::builder(far).name(name).connect().await.unwrap();
        app.mount(name, &proxy).unwrap();
    }
    let never = Proxy::builder(Arc::new(Dead(false)) as Arc<dyn Endpoint>);
    app.mount("never", never.lazy(Duration::from_millis(100)).unwrap())
        .unwrap();
    awake.store(false, Ordering::SeqCst);
    let client = testing::connect(&app).await;
    for name in ["seen_one", "unseen_tides"] {
        client.call(name, ()).await.unwrap_err();
    }
    let front = Discovery::new().in_front_of(&app).unwrap();
    let overview = says(&front, "discover_tools", json!({})).await;
    assert_eq!(
        overview.lines().skip(1).collect::<Vec<_>>(),
        ["- never: 0 tools, down", "- seen: 1 tool, down"],
        "{overview}"
    );
    assert!(overview.starts_with("1 tool in 2 domains"), "{overview}");
}

#[tokio::test]
async fn domains_are_short_lines_and_an_overview_has_a_bound() {
    let of = |domain: String| {
        move |mut tool: Tool| {
            tool = tool.meta("fastmcp", json!({"domain": domain}));
            tool
        }
    };
    let odd = of("a\n- b: 9 tools\u{202e}\u{1b}[2J".to_owned() + &"x".repeat(99));
    let server = Server::new("s").tool(odd(tool("odd", "x")));
    let front = Discovery::new().in_front_of(&server).unwrap();
    let overview = says(&front, "discover_tools", json!({})).await;
    let line = overview.lines().nth(1).unwrap();
    assert!(line.starts_with("- a- b: 9 tools[2Jxxx"), "{overview}");
    assert_eq!(line.chars().count(), "- : 1 tool".len() + 64);
    let many = (0..250).fold(Server::new("many"), |server, n| {
        let domain = format!("{n:03}{}", "\u{20ac}".repeat(61));
        server.tool(of(domain)(tool(&format!("t{n}"), "x")))
    });
    let front = Discovery::new().in_front_of(&many).unwrap();
    let overview = says(&front, "discover_tools", json!({})).await;
    assert!(overview.len() < 13 * 1024, "{}", overview.len());
    let named = overview.matches(": 1 tool").count();
    let rest = format!("and {} more\n", 250 - named);
    assert!(overview.ends_with(&rest), "{overview}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_upstreams_of_two_hundred_tools_ten_of_them_dead_or_slow() {
    let app = Server::new("app");
    for n in 0..50 {
        let target = if n % 5 == 4 {
            (Arc::new(Dead(n % 2 == 0)) as Arc<dyn Endpoint>).into_target()
        } else {
            let many = (0..200).map(|tool| {
                Tool::new(format!("tool_{tool}"), move || async move {
                    format!("{n}/{tool}")
                })
                .description(format!("Does thing {tool} for team {n}, and nothing else"))
            });
            many.fold(Server::new("far"), Server::tool).into_target()
        };
        let wait = Duration::from_millis(800);
        let proxy = Proxy::builder(target)
            .name(format!("up{n}"))
            .lazy(wait)
            .unwrap();
        app.mount(format!("up{n}"), proxy).unwrap();
    }
    let front = Discovery::new().in_front_of(&app).unwrap();
    let began = Instant::now();
    front.start().await.unwrap();
    let took = began.elapsed();
    assert!(
        took < Duration::from_secs(20),
        "a debug build of it took {took:?}"
    );
    let client = testing::connect(&front).await;
    let listed = client.list_tools().await.unwrap();
    let bytes = serde_json::to_string(&listed).unwrap().len();
    assert!(bytes < 4096, "{bytes}");
    let overview = says(&front, "discover_tools", json!({})).await;
    assert!(overview.contains("8000 tools in 50 domains"), "{overview}");
    assert_eq!(
        overview.matches(": 0 tools, down\n").count(),
        10,
        "{overview}"
    );
    let found = says(
        &front,
        "discover_tools",
        json!({"query": "thing 77", "domain": "up3", "limit": 1}),
    )
    .await;
    assert!(found.starts_with("up3_tool_77("), "{found}");
    let ran = says(&front, "execute_tool", json!({"name": "up3_tool_77"})).await;
    assert_eq!(ran, "3/77");
    let _ = model::Tool::new("", json!({}));
}
