//! A tool that changes flags, and a resource that shows them.

use std::sync::Arc;

use fmcp_core::{ComponentKind, Context, Error, Flag, Flags, HandlerError, Kind};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::{Input, Json, Resource, Server, State, Tool};

/// Where the flags are shown.
pub const URI: &str = "config://feature_flags";

/// What is changed.
#[derive(Deserialize, JsonSchema)]
struct Change {
    /// Which flag
    name: String,
    /// What it is to be from now on. Without it, the flag is removed, and is off for everybody.
    flag: Option<Flag>,
}

/// A tool, `set_feature_flag`, that changes the server's flags for callers of whom `may` says that they
/// may. Whoever follows the flags' resource or the lists of components hears of it.
pub fn tool(may: impl Fn(&Context) -> bool + Send + Sync + 'static) -> Tool {
    let may = Arc::new(may);
    let change = move |Input(change): Input<Change>,
                       flags: State<Flags>,
                       server: Server,
                       ctx: Context| {
        let may = Arc::clone(&may);
        async move {
            if !may(&ctx) {
                return Err(Error::new(Kind::Forbidden, "you may not change feature flags").into());
            }
            let Change { name, flag } = change;
            match flag {
                Some(flag) => flags.set(&name, flag).await?,
                None => drop(flags.remove(&name).await?),
            }
            server.notify_updated(URI);
            // What is behind a flag is listed for those alone for whom it is on.
            server.tell(ComponentKind::ALL.to_vec());
            Ok::<_, HandlerError>(Json(json!({"flag": name, "is": flags.all().get(&*name)})))
        }
    };
    Tool::new("set_feature_flag", change)
        .description("Change a feature flag, or remove it")
        .destructive(true)
        .idempotent(true)
}

/// A resource that shows the server's flags, at [`URI`].
#[must_use]
pub fn resource() -> Resource {
    let show = |flags: State<Flags>| async move { Json(flags.all()) };
    Resource::new(URI, show).description("What is on for whom")
}
