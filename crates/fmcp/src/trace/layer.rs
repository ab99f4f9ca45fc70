//! A layer that tells clients what their calls say to `tracing`.

use std::sync::{Arc, Weak};

use fmcp_core::{
    Context, Due, Outbox, Raw,
    protocol::model::{LogLevel, LogMessageParams},
};
use serde_json::{Map, Value, json};
use tokio::time::Instant;
use tracing::{
    Event, Level, Metadata, Subscriber,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer, filter,
    layer::Context as Spans,
    registry::{LookupSpan, SpanRef},
};

use super::fields::Fields;

/// How many of the spans around an event are told.
const MAX_SPANS: usize = 16;

/// Our own crates. Never told: what they say is for the operator (the words that clients do not read, for
/// one), and telling would go round in circles.
const OURS: [&str; 6] = [
    "fmcp",
    "fmcp_core",
    "fmcp_transport",
    "fmcp_auth",
    "fmcp_macros",
    "fmcp_openapi",
];

/// Sends what a handler says to `tracing` to the handler's client, if that wants log messages of the
/// level: events at once, spans when they end, with how long they took.
///
/// It is told which crates (or modules) it may tell of: yours. Nothing of libraries goes out, and nothing
/// of another call. An event belongs to the call in whose handler it comes, through await points, functions
/// that [block](crate::blocking) and what is left [running](crate::Context::spawn); in a task that the
/// handler has spawned by itself, if the task is in one of the handler's spans
/// (`tracing::Instrument::in_current_span`). Where nobody asks, an event costs a look at a thread's own
/// variable.
///
/// Whatever those crates log, clients may read: a field with a secret does not belong into a log.
///
/// ```
/// use fmcp::{Server, tool, trace::ClientLayer};
/// use tracing_subscriber::prelude::*;
///
/// /// Import some rows.
/// #[tool]
/// #[tracing::instrument]
/// async fn import(rows: u32) {
///     tracing::info!(rows, "importing"); // {"message": "importing", "rows": 3, "spans": [{"name": "import", …}]}
/// }
///
/// # fn main() {
/// tracing_subscriber::registry()
///     .with(ClientLayer::new([env!("CARGO_CRATE_NAME")]).layer())
///     .with(tracing_subscriber::fmt::layer())
///     .init();
/// let server = Server::new("crm").tool(import::tool());
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ClientLayer {
    targets: Vec<Box<str>>,
    level: Level,
    spans: bool,
}

impl ClientLayer {
    /// Tells of these crates and modules (`crm`, `crm::import`), and what is in them.
    pub fn new<S: Into<Box<str>>>(targets: impl IntoIterator<Item = S>) -> Self {
        Self {
            targets: targets.into_iter().map(Into::into).collect(),
            level: Level::DEBUG,
            spans: true,
        }
    }

    /// Sets up to which level anything is told. Without it, `DEBUG`: clients have no word for `TRACE`, and
    /// read it as `debug` where it is told.
    #[must_use]
    pub fn max_level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// Whether it is told that spans end. Without it, yes.
    #[must_use]
    pub fn spans(mut self, told: bool) -> Self {
        self.spans = told;
        self
    }

    /// The layer, for a [`Registry`](tracing_subscriber::Registry). It does not change what other layers
    /// see.
    pub fn layer<S>(self) -> impl Layer<S> + Send + Sync + 'static
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let (targets, level) = (self.targets, self.level);
        let tells = move |of: &Metadata<'_>| *of.level() <= level && is_told(&targets, of.target());
        Teller { spans: self.spans }
            .with_filter(filter::filter_fn(tells).with_max_level_hint(level))
    }
}

/// Whether what comes from `target` is told.
fn is_told(targets: &[Box<str>], target: &str) -> bool {
    let within = |whole: &str| {
        let rest = target.strip_prefix(whole);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    targets.iter().any(|whole| within(whole)) && !OURS.iter().any(|ours| within(ours))
}

/// What tells.
struct Teller {
    spans: bool,
}

/// What is known of a span of a call that is listened to.
struct Known {
    outbox: Weak<Outbox>,
    fields: Fields,
    began: Instant,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Teller {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, spans: Spans<'_, S>) {
        let Some(span) = spans.span(id) else { return };
        let Some(outbox) = listens(span.parent()) else {
            return;
        };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        span.extensions_mut().insert(Known {
            outbox: Arc::downgrade(&outbox),
            fields,
            began: Instant::now(),
        });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, spans: Spans<'_, S>) {
        if let Some(span) = spans.span(id)
            && let Some(known) = span.extensions_mut().get_mut::<Known>()
        {
            values.record(&mut known.fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, spans: Spans<'_, S>) {
        let Some(outbox) = listens(spans.event_span(event)) else {
            return;
        };
        let about = event.metadata();
        if !outbox.wants(level(*about.level()), Some(about.target())) {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        let around = spans.event_scope(event).into_iter().flatten();
        put_spans(&mut fields.0, around, &outbox);
        tell(&outbox, about, fields.0);
    }

    fn on_close(&self, id: Id, spans: Spans<'_, S>) {
        let Some(span) = spans.span(&id).filter(|_| self.spans) else {
            return;
        };
        let known = span.extensions_mut().remove::<Known>();
        let Some(known) = known else { return };
        let (Some(outbox), about) = (known.outbox.upgrade(), span.metadata()) else {
            return;
        };
        if !outbox.wants(level(*about.level()), Some(about.target())) {
            return;
        }
        let ms = (known.began.elapsed().as_secs_f64() * 1e6).round() / 1e3;
        let mut data = Map::new();
        data.insert("span".to_owned(), about.name().into());
        data.insert("ms".to_owned(), json!(ms));
        data.extend(known.fields.0);
        put_spans(&mut data, span.scope().skip(1), &outbox);
        tell(&outbox, about, data);
    }
}

/// Where the messages of the call go that is running, if its caller wants any: by the handler that this
/// is in, or, outside of every handler, by the span.
fn listens<'a, S: LookupSpan<'a> + 'a>(span: Option<SpanRef<'a, S>>) -> Option<Arc<Outbox>> {
    if let Some(running) = Context::current_outbox() {
        return running;
    }
    span?.scope().find_map(|span| {
        let extensions = span.extensions();
        extensions
            .get::<Known>()
            .and_then(|known| known.outbox.upgrade())
    })
}

/// Puts in which spans of the same call something is, the outermost first.
fn put_spans<'a, S: LookupSpan<'a> + 'a>(
    data: &mut Map<String, Value>,
    around: impl Iterator<Item = SpanRef<'a, S>>,
    outbox: &Arc<Outbox>,
) {
    let mut all = Vec::new();
    for span in around.take(MAX_SPANS) {
        let extensions = span.extensions();
        let known = extensions.get::<Known>();
        if let Some(known) = known.filter(|known| known.outbox.as_ptr() == Arc::as_ptr(outbox)) {
            let mut one = Map::new();
            one.insert("name".to_owned(), span.name().into());
            one.extend(known.fields.0.clone());
            all.push(Value::Object(one));
        }
    }
    if !all.is_empty() {
        all.reverse();
        data.insert("spans".to_owned(), all.into());
    }
}

fn tell(outbox: &Outbox, about: &Metadata<'_>, data: Map<String, Value>) {
    let data = Raw::from(Value::Object(data));
    let message = LogMessageParams::new(level(*about.level()), data);
    outbox.push(message.logger(about.target()), Due::Now);
}

/// The level as clients know it.
fn level(level: Level) -> LogLevel {
    match level {
        Level::ERROR => LogLevel::Error,
        Level::WARN => LogLevel::Warning,
        Level::INFO => LogLevel::Info,
        _ => LogLevel::Debug,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_named_is_told_and_never_what_is_ours() {
        let targets = [
            "crm".into(),
            "lib::db".into(),
            "fmcp".into(),
            "fmcp_extras".into(),
        ];
        for (target, told) in [
            ("crm", true),
            ("crm::import::rows", true),
            ("crm_other", false),
            ("lib", false),
            ("lib::db", true),
            ("lib::dbx", false),
            ("hyper", false),
            ("fmcp", false),
            ("fmcp::server", false),
            ("fmcp_core::call", false),
            ("fmcp_extras", true),
        ] {
            assert_eq!(is_told(&targets, target), told, "{target}");
        }
    }
}
