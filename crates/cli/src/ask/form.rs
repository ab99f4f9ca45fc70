//! Questions with a form, field by field.

use fmcp::{Answer, Elicitation};
use serde_json::{Map, Value};

use super::field::{self, Read};
use crate::terminal::{Output, clean, style, wrap};

/// Asks for every field, shows what will be sent, and sends it only after a yes.
pub(super) async fn ask(question: &Elicitation, out: &Output) -> Answer {
    let who = question
        .server()
        .map_or("The server", |server| server.name.as_str());
    let who = out.paint_note(style::HEADING, &clean(who));
    out.complain(&format!("\n{who} asks:"));
    out.complain(wrap(&clean(question.message()), out.width(), "  ").trim_end());
    let hint = "Enter takes what is in brackets; !no declines, Ctrl-D leaves without an answer.";
    out.complain(&out.paint_note(style::DIM, hint));
    let mut content = Map::new();
    loop {
        match fields(question, &mut content, out).await {
            Step::Done => {}
            Step::Declined => return Answer::decline(),
            Step::Left => return Answer::cancel(),
        }
        if let Err(why) = question.check(&content) {
            out.complain(&out.paint_note(style::ERROR, &clean(&why.to_string())));
            // Where nothing is asked, asking again changes nothing.
            if question.fields().next().is_none() {
                return Answer::cancel();
            }
            continue;
        }
        match confirm(&content, out).await {
            Some('y') => return Answer::accept(content),
            Some('n') => return Answer::decline(),
            Some(_) => {}
            None => return Answer::cancel(),
        }
    }
}

enum Step {
    Done,
    Declined,
    Left,
}

/// Asks for every field; what was answered before is in brackets.
async fn fields(question: &Elicitation, content: &mut Map<String, Value>, out: &Output) -> Step {
    for field in question.fields() {
        let before = content.get(field.name).cloned();
        let before = before.or_else(|| field.default().map(|raw| raw.to_value()));
        for line in field::explain(&field) {
            out.complain(&format!("  {}", clean(&line)));
        }
        loop {
            let prompt = field::prompt(&field, before.as_ref());
            let Some(typed) = out.line(&format!("  {}", clean(&prompt))).await else {
                return Step::Left;
            };
            match field::read(&field, before.as_ref(), &typed) {
                Read::Value(value) => {
                    content.insert(field.name.to_owned(), value);
                    break;
                }
                Read::Nothing => {
                    content.remove(field.name);
                    break;
                }
                Read::Declined => return Step::Declined,
                Read::Wrong(why) => {
                    let why = out.paint_note(style::ERROR, &clean(&why));
                    out.complain(&format!("  {why}"));
                }
            }
        }
    }
    Step::Done
}

/// What the user says to what will be sent: `y`, `n`, or `e` to change it.
async fn confirm(content: &Map<String, Value>, out: &Output) -> Option<char> {
    if !content.is_empty() {
        let shown = serde_json::to_string(content).unwrap_or_default();
        out.complain(&format!("  To be sent: {}", clean(&shown)));
    }
    loop {
        let answer = out.line("  Send it? [Y/n/edit] ").await?;
        match answer.trim().to_ascii_lowercase().as_str() {
            "" | "y" | "yes" => return Some('y'),
            "n" | "no" | "!no" => return Some('n'),
            "e" | "edit" => return Some('e'),
            _ => out.complain("  Please answer y, n or edit."),
        }
    }
}
