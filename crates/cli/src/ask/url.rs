//! Questions that are answered at an address.

use fmcp::{Consent, UrlElicitation};

use crate::terminal::{Output, clean, style, wrap};

/// Shows who wants the user to go where, and asks whether they agree. Nothing is opened before.
pub(super) async fn ask(question: &UrlElicitation, out: &Output) -> Consent {
    let who = question
        .server()
        .map_or("The server", |server| server.name.as_str());
    let who = out.paint_note(style::HEADING, &clean(who));
    out.complain(&format!("\n{who} wants you to open a page:"));
    out.complain(wrap(&clean(question.message()), out.width(), "  ").trim_end());
    let host = out.paint_note(style::HEADING, &clean(question.host()));
    out.complain(&format!("  It is at {host}:\n  {}", clean(question.url())));
    for warning in question.warnings() {
        let label = out.paint_note(style::WARNING, "Careful:");
        out.complain(&format!("  {label} {}", clean(warning)));
    }
    loop {
        let Some(answer) = out.line("Open it in your browser? [y/N] ").await else {
            return Consent::Dismissed;
        };
        match answer.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" => break,
            "" | "n" | "no" => return Consent::Refused,
            _ => out.complain("Please answer y or n."),
        }
    }
    if fmcp::auth::consent::open(question.url()).await.is_err() {
        out.complain("No browser could be opened here; open the address yourself.");
    }
    Consent::Given
}
