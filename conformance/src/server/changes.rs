//! Tools that change what the server offers, for clients that listen for it.
//!
//! Each shows a guest and hides it again, so that the lists are in the end what they were.

use fmcp::{ComponentKind, Key, Prompt, Server, Tool, keyed, tool};

/// Goes by this name as a tool and as a prompt, and is hidden unless it has just been called for.
const GUEST: &str = "test_guest";

pub(super) fn add(server: Server) -> Server {
    let tool = Tool::new(GUEST, || async { "You have seen me." }).description("Stay for a moment.");
    let prompt = Prompt::new(GUEST, || async { "You have seen me." });
    server
        .tool(test_trigger_tool_change::tool())
        .tool(test_trigger_prompt_change::tool())
        .tool(tool.enabled(false))
        .prompt(prompt.description("Stay for a moment.").enabled(false))
}

/// Change the list of tools.
#[tool]
async fn test_trigger_tool_change(#[ctx] server: Server) -> &'static str {
    show_and_hide(&server, ComponentKind::Tool);
    "The list of tools has changed, and is again what it was."
}

/// Change the list of prompts.
#[tool]
async fn test_trigger_prompt_change(#[ctx] server: Server) -> &'static str {
    show_and_hide(&server, ComponentKind::Prompt);
    "The list of prompts has changed, and is again what it was."
}

fn show_and_hide(server: &Server, kind: ComponentKind) {
    server.enable(keyed(Key::new(kind, GUEST)));
    server.disable(keyed(Key::new(kind, GUEST)));
}
