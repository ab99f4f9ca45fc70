//! What servers tell while they work.

use fmcp::{ClientBuilder, LogLevel, model::LogMessageParams};

use crate::{
    app::App,
    terminal::{Output, clean, style},
};

/// Shows what the server logs.
pub(super) fn logs(builder: ClientBuilder, app: &App) -> ClientBuilder {
    let level = match app.settings.is_verbose {
        true => LogLevel::Debug,
        false => LogLevel::Info,
    };
    let out = app.out.clone();
    builder
        .log_level(level)
        .on_log(move |message: LogMessageParams| out.note(&line(&out, &message)))
}

/// One message as one line, or as many as it has.
pub(crate) fn line(out: &Output, message: &LogMessageParams) -> String {
    let style = match message.level {
        LogLevel::Debug | LogLevel::Info | LogLevel::Notice => style::DIM,
        LogLevel::Warning => style::WARNING,
        _ => style::ERROR,
    };
    let text = match message.data.to_value() {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    let logger = message.logger.as_deref().map(|name| format!(" {name}"));
    let label = format!("{}{}:", message.level, logger.unwrap_or_default());
    format!(
        "{} {}",
        out.paint_note(style, &clean(&label)),
        clean(text.trim_end())
    )
}
