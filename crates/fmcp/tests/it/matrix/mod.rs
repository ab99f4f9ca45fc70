//! Every interaction, in every revision, on real transports: memory, a process on its standard streams, HTTP
//! and WebSocket. What a revision cannot say is refused in words that say so.

mod client;
mod server;

use fmcp::{IntoTarget as _, Revision, Target};

use crate::{
    carried::{Carried, Over},
    stdio::program,
};
use client::Stage;

/// What becomes of an interaction.
enum Expect {
    /// It ends with these words.
    Says(&'static str),
    /// It is refused, in words like these.
    Refused(&'static str),
}

use Expect::{Refused, Says};

/// From which revision on something can be said; else it is refused in these words.
fn since(first: Revision, revision: Revision, says: &'static str, refused: &'static str) -> Expect {
    let rank = |revision| Revision::ALL.iter().position(|known| *known == revision);
    if rank(revision) >= rank(first) {
        Says(says)
    } else {
        Refused(refused)
    }
}

/// The table: an interaction, and what becomes of it in a revision.
fn expected(interaction: &str, revision: Revision) -> Expect {
    use Revision as R;
    let form = |says| since(R::V2025_06_18, revision, says, "cannot be asked");
    match interaction {
        "form" | "form_resource" | "form_prompt" => form("3 nights in Rome"),
        "confirm" => form("true"),
        "choose" => form("large"),
        "all" => form("large true"),
        "url" => since(R::V2025_11_25, revision, "true", "cannot be asked"),
        "require_urls" => since(R::V2025_11_25, revision, "connected", "cannot be asked"),
        "sample" => Says("hello"),
        "sample_with_tools" => since(
            R::V2025_11_25,
            revision,
            "you have thrown 4",
            "cannot be asked",
        ),
        "roots" | "roots_resource" | "roots_prompt" => Says("file:///one"),
        "once" => Says("true"),
        // Words with progress came later.
        "progress" if revision == R::V2024_11_05 => Says("1/2, 2/2"),
        "progress" => Says("1/2 halfway, 2/2"),
        "log" => Says("beware"),
        "subscribe" => Says("r://followed"),
        "list_changes" => Says("few"),
        "cancel" | "cancel_question" => Says("cancelled, and dropped"),
        "task_form" => form("3 nights in Rome"),
        "task_sample" => since(R::V2025_11_25, revision, "hello", "takes tasks"),
        "task_hang" => since(
            R::V2025_11_25,
            revision,
            "cancelled, and dropped",
            "takes tasks",
        ),
        other => panic!("nobody knows {other}"),
    }
}

const INTERACTIONS: [&str; 23] = [
    "form",
    "form_resource",
    "form_prompt",
    "confirm",
    "choose",
    "all",
    "url",
    "require_urls",
    "sample",
    "sample_with_tools",
    "roots",
    "roots_resource",
    "roots_prompt",
    "once",
    "progress",
    "log",
    "subscribe",
    "list_changes",
    "cancel",
    "cancel_question",
    "task_form",
    "task_sample",
    "task_hang",
];

/// Goes through a row of the table, and tells all that is not as it should be.
async fn check(place: &str, target: Target, revision: Revision) {
    let mut faults = Vec::new();
    let stage = Stage::connect(target, revision).await;
    for interaction in INTERACTIONS {
        let said = stage.run(interaction).await;
        let is_right = match (&said, expected(interaction, revision)) {
            (Ok(said), Says(expect)) => said == expect,
            (Err(said), Refused(words)) => said.contains(words),
            _ => false,
        };
        if !is_right {
            faults.push(format!("{interaction}: {said:?}"));
        }
    }
    stage.close().await;
    assert!(
        faults.is_empty(),
        "{place}, {revision}:\n{}",
        faults.join("\n")
    );
}

async fn check_over(over: Over, revision: Revision) {
    let server = server::server();
    let carried = Carried::new(&server, over).await;
    check(&over.to_string(), carried.target.clone(), revision).await;
    carried.end().await;
}

async fn check_process(revision: Revision) {
    let program = program("matrix-under-test");
    let target = Target::command(program.display().to_string(), [""; 0]).into_target();
    check("stdio", target, revision).await;
}

macro_rules! matrix {
    ($($revision:ident: $memory:ident $stdio:ident $http:ident $websocket:ident;)*) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $memory() {
            check_over(Over::Memory, Revision::$revision).await;
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $stdio() {
            check_process(Revision::$revision).await;
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $http() {
            check_over(Over::Http, Revision::$revision).await;
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $websocket() {
            check_over(Over::WebSocket, Revision::$revision).await;
        }
    )* };
}

matrix! {
    V2024_11_05: memory_2024_11_05 stdio_2024_11_05 http_2024_11_05 websocket_2024_11_05;
    V2025_03_26: memory_2025_03_26 stdio_2025_03_26 http_2025_03_26 websocket_2025_03_26;
    V2025_06_18: memory_2025_06_18 stdio_2025_06_18 http_2025_06_18 websocket_2025_06_18;
    V2025_11_25: memory_2025_11_25 stdio_2025_11_25 http_2025_11_25 websocket_2025_11_25;
    V2026_07_28: memory_2026_07_28 stdio_2026_07_28 http_2026_07_28 websocket_2026_07_28;
}

/// The oldest revision on the transport that came with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sse_2024_11_05() {
    check_over(Over::Sse, Revision::V2024_11_05).await;
}
