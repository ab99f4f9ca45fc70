//! Tools as servers have them, and ten tasks for the first five of them.

use fmcp::{Context, Server, Tool};
use serde_json::{Value, json};

/// Something that a user wants.
pub(crate) struct Task {
    /// What the user says.
    pub(crate) asked: &'static str,
    /// What a model looks for.
    pub(crate) query: &'static str,
    pub(crate) tool: &'static str,
    pub(crate) arguments: Value,
    /// Whether its one-line signature leaves something open, so that the schema is read.
    pub(crate) needs_schema: bool,
}

fn task(asked: &'static str, query: &'static str, tool: &'static str, arguments: Value) -> Task {
    let needs_schema = tool == "add_event";
    Task {
        asked,
        query,
        tool,
        arguments,
        needs_schema,
    }
}

/// The ten tasks, two for each of five tools.
pub(crate) fn tasks() -> Vec<Task> {
    vec![
        task(
            "The export of reports hangs when a report has no rows. File that against acme/reports, it is urgent.",
            "open an issue in a repository",
            "create_issue",
            json!({"repository": "acme/reports", "title": "Export hangs on reports without rows",
                "body": "The export never ends when a report has no rows.", "priority": "urgent"}),
        ),
        task(
            "What did Ada write about the release in the channel of the team since Monday?",
            "search chat messages",
            "search_messages",
            json!({"words": "release", "channel": "team", "sender": "ada", "after": "2026-11-23"}),
        ),
        task(
            "Put a review with Ada and Bob into my calendar, Thursday from ten to eleven, room 4.",
            "add an event to the calendar",
            "add_event",
            json!({"title": "Review", "start": "2026-12-03T10:00:00+01:00", "end": "2026-12-03T11:00:00+01:00",
                "attendees": [{"email": "ada@example.com"}, {"email": "bob@example.com"}], "location": "Room 4"}),
        ),
        task(
            "How many orders came in last week, by day?",
            "run a query on the database",
            "run_query",
            json!({"database": "shop", "query": "SELECT date(placed) AS day, count(*) FROM orders \
                WHERE placed >= '2026-11-16' AND placed < '2026-11-23' GROUP BY day ORDER BY day"}),
        ),
        task(
            "Do I need an umbrella in Oslo tomorrow?",
            "weather forecast",
            "get_forecast",
            json!({"city": "Oslo", "days": 2}),
        ),
        task(
            "Open a ticket in acme/site: the imprint is out of date.",
            "create a ticket",
            "create_issue",
            json!({"repository": "acme/site", "title": "The imprint is out of date"}),
        ),
        task(
            "Has anybody mentioned the outage in the channel operations?",
            "find messages in a channel",
            "search_messages",
            json!({"words": "outage", "channel": "operations"}),
        ),
        task(
            "Block tomorrow afternoon for me, I am at the doctor's.",
            "create a calendar event",
            "add_event",
            json!({"title": "Away", "start": "2026-11-29T13:00:00+01:00", "end": "2026-11-29T18:00:00+01:00"}),
        ),
        task(
            "Which ten customers have the most open invoices?",
            "SQL query",
            "run_query",
            json!({"database": "shop", "query": "SELECT customer, count(*) AS open FROM invoices \
                WHERE paid IS NULL GROUP BY customer ORDER BY open DESC", "limit": 10}),
        ),
        task(
            "What will the weather in Rome be like at the weekend, in Fahrenheit?",
            "forecast of the weather for a city",
            "get_forecast",
            json!({"city": "Rome", "days": 7, "units": "imperial"}),
        ),
    ]
}

/// A server with this many tools; the tasks are for the first five.
pub(crate) fn server(tools: usize) -> Server {
    let first = named().into_iter().take(tools);
    let further = (0..tools.saturating_sub(5)).map(further);
    first
        .chain(further)
        .fold(Server::new("corpus"), Server::tool)
}

fn tool(name: &str, description: &str, schema: Value, says: &'static str) -> Tool {
    let handler = move |_: Value, _: Context| async move { says };
    Tool::dynamic(name, schema, handler).description(description)
}

fn named() -> [Tool; 5] {
    let text = |description: &str| json!({"type": "string", "description": description});
    [
        tool(
            "create_issue",
            "Open a new issue in a repository. Gives back its number and address. Issues cannot be deleted, only closed.",
            json!({"type": "object", "required": ["repository", "title"], "properties": {
                "repository": text("Owner and name, such as acme/site"),
                "title": text("One line that says what is wrong"),
                "body": text("What happens, what should happen, and how to see it; Markdown"),
                "labels": {"type": "array", "items": {"type": "string"}, "description": "Labels that exist in the repository"},
                "assignee": text("The login of whoever is to look at it"),
                "priority": {"enum": ["low", "normal", "urgent"], "default": "normal"},
            }}),
            r#"{"number": 4812, "url": "https://git.example.com/issues/4812", "state": "open", "created": "2026-11-28T09:12:44Z"}"#,
        ),
        tool(
            "search_messages",
            "Search messages of a chat by words, sender, channel and date. The newest come first.",
            json!({"type": "object", "required": ["words"], "properties": {
                "words": text("Words that must be in the message"),
                "channel": text("Only this channel, by its name without #"),
                "sender": text("Only messages of this person"),
                "after": {"type": "string", "format": "date", "description": "Only messages since this day"},
                "limit": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
            }}),
            r#"[{"from": "ada", "at": "2026-11-26T14:03:00Z", "text": "The release is cut, tests are green. Bob looks at the notes."}, {"from": "ada", "at": "2026-11-24T08:40:00Z", "text": "Release on Thursday, unless the export still hangs."}]"#,
        ),
        tool(
            "add_event",
            "Add an event to the user's calendar and invite people to it. Times have a zone.",
            json!({"type": "object", "required": ["title", "start", "end"], "properties": {
                "title": text("What it is called"),
                "start": {"type": "string", "format": "date-time", "description": "When it begins, with its zone"},
                "end": {"type": "string", "format": "date-time", "description": "When it ends, with its zone"},
                "attendees": {"type": "array", "description": "Who is invited", "items": {"type": "object", "required": ["email"],
                    "properties": {"email": text("The address that the invitation goes to"),
                        "optional": {"type": "boolean", "default": false, "description": "Whether it goes on without them"}}}},
                "location": text("A room or an address"),
                "reminder_minutes": {"type": "integer", "default": 10, "description": "How long before it the user is reminded"},
            }}),
            r#"{"id": "evt_9f2c71", "link": "https://calendar.example.com/evt_9f2c71", "conflicts": []}"#,
        ),
        tool(
            "run_query",
            "Run a query on a database and give back its rows. It may only read; a query may take thirty seconds.",
            json!({"type": "object", "required": ["database", "query"], "properties": {
                "database": text("The database's name"),
                "query": text("One statement of SQL, in the dialect of PostgreSQL"),
                "limit": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100, "description": "How many rows at most"},
            }}),
            r#"{"columns": ["day", "count"], "rows": [["2026-11-16", 311], ["2026-11-17", 287], ["2026-11-18", 302], ["2026-11-19", 344], ["2026-11-20", 410], ["2026-11-21", 522], ["2026-11-22", 498]]}"#,
        ),
        tool(
            "get_forecast",
            "What the weather will be like in a city, day by day.",
            json!({"type": "object", "required": ["city"], "properties": {
                "city": text("The city, with its country where there are several"),
                "days": {"type": "integer", "minimum": 1, "maximum": 14, "default": 3},
                "units": {"enum": ["metric", "imperial"], "default": "metric"},
            }}),
            r#"[{"day": "2026-11-28", "low": -2, "high": 3, "rain_mm": 0, "sky": "clear"}, {"day": "2026-11-29", "low": 1, "high": 4, "rain_mm": 7.5, "sky": "rain"}]"#,
        ),
    ]
}

const SYSTEMS: [&str; 10] = [
    "crm",
    "billing",
    "warehouse",
    "payroll",
    "fleet",
    "helpdesk",
    "library",
    "clinic",
    "school",
    "studio",
];
const VERBS: [&str; 25] = [
    "list",
    "get",
    "update",
    "delete",
    "archive",
    "export",
    "share",
    "tag",
    "merge",
    "assign",
    "approve",
    "restore",
    "copy",
    "move",
    "validate",
    "lock",
    "compare",
    "count",
    "import",
    "publish",
    "subscribe",
    "review",
    "convert",
    "print",
    "reject",
];
const NOUNS: [&str; 40] = [
    "customer",
    "invoice",
    "contract",
    "parcel",
    "vehicle",
    "employee",
    "shift",
    "payment",
    "refund",
    "quote",
    "lead",
    "product",
    "supplier",
    "discount",
    "account",
    "address",
    "form",
    "template",
    "photo",
    "recording",
    "lesson",
    "patient",
    "visit",
    "permit",
    "budget",
    "asset",
    "room",
    "key",
    "badge",
    "survey",
    "campaign",
    "coupon",
    "route",
    "driver",
    "license",
    "dataset",
    "dashboard",
    "alert",
    "policy",
    "audit",
];

/// One of 10,000 further tools.
fn further(n: usize) -> Tool {
    let verb = VERBS[n % VERBS.len()];
    let noun = NOUNS[n / VERBS.len() % NOUNS.len()];
    let system = SYSTEMS[n / (VERBS.len() * NOUNS.len()) % SYSTEMS.len()];
    let mut properties = json!({
        format!("{noun}_id"): {"type": "string", "description": format!("The {noun}'s identifier, as list and get give it")},
        "fields": {"type": "array", "items": {"type": "string"}, "description": format!("Which fields of the {noun} are given back; all, if none is named")},
        "dry_run": {"type": "boolean", "default": false, "description": "Says what would happen and changes nothing"},
    });
    let further = match n % 3 {
        0 => (
            "filter",
            json!({"type": "string", "description": "An expression over its fields, such as status = 'open'"}),
        ),
        1 => (
            "reason",
            json!({"type": "string", "description": format!("Why, for the history of the {noun}")}),
        ),
        _ => (
            "format",
            json!({"enum": ["json", "csv", "pdf"], "default": "json", "description": "How the result is written"}),
        ),
    };
    properties[further.0] = further.1;
    let schema =
        json!({"type": "object", "required": [format!("{noun}_id")], "properties": properties});
    let words = format!(
        "To {verb} a {noun} of the {system}. The caller must have the right to {verb} it; what is done stands in the history of the {noun}."
    );
    tool(&format!("{system}_{verb}_{noun}"), &words, schema, "done")
}
