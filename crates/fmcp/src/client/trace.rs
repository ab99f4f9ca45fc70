//! The trace that calls belong to.

use std::sync::Arc;

use fmcp_core::{Error, Result, protocol::model::Meta};
use http::{HeaderMap, HeaderName, HeaderValue};

/// How long a `tracestate` may be.
const STATE_BYTES: usize = 512;

/// How long `baggage` may be.
const BAGGAGE_BYTES: usize = 8192;

/// Who knows which trace a call belongs to.
pub(super) type Tracer = dyn Fn() -> Option<TraceContext> + Send + Sync;

/// The trace that a call belongs to, as W3C Trace Context and W3C Baggage write it: passed on in the
/// request's metadata, and over HTTP in its headers.
///
/// ```
/// use fmcp::{CallOptions, TraceContext};
///
/// let trace = TraceContext::new("00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01")?
///     .tracestate("vendor=1")
///     .baggage("user=alice");
/// let options = CallOptions::new().trace(trace);
/// # drop(options);
/// # Ok::<(), fmcp::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    parent: Arc<str>,
    state: Option<Arc<str>>,
    baggage: Option<Arc<str>>,
}

impl TraceContext {
    /// The trace, and the part of it that makes the call: `version-trace-span-flags`, in hexadecimal.
    ///
    /// # Errors
    /// When it is not written like that.
    pub fn new(traceparent: impl AsRef<str>) -> Result<Self> {
        let text = traceparent.as_ref();
        if !is_parent(text) {
            return Err(Error::invalid_params(
                "a `traceparent` is written `00-<32 hexadecimal digits>-<16>-<2>`",
            ));
        }
        Ok(Self {
            parent: text.into(),
            state: None,
            baggage: None,
        })
    }

    /// What tracing systems add to the trace. One that cannot stand in a header, or is too long, is left
    /// out, as the standard has it.
    #[must_use]
    pub fn tracestate(mut self, state: impl AsRef<str>) -> Self {
        self.state = fit(state.as_ref(), STATE_BYTES);
        self
    }

    /// What travels along the trace. The server reads it: no place for secrets. What cannot stand in a
    /// header, or is too long, is left out.
    #[must_use]
    pub fn baggage(mut self, baggage: impl AsRef<str>) -> Self {
        self.baggage = fit(baggage.as_ref(), BAGGAGE_BYTES);
        self
    }

    /// The metadata of a request that has `own` besides. What it says itself counts.
    pub(super) fn beside(&self, own: &Meta) -> Meta {
        let mut meta = own.clone();
        for (key, value) in self.fields() {
            if own.get(key).is_none() {
                meta.insert(key, serde_json::Value::from(value));
            }
        }
        meta
    }

    /// The headers of a request that has `own` besides.
    pub(super) fn with_headers(&self, own: Option<&Arc<HeaderMap>>) -> HeaderMap {
        let mut headers = own.map(|own| HeaderMap::clone(own)).unwrap_or_default();
        for (key, value) in self.fields() {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(HeaderName::from_static(key), value);
            }
        }
        headers
    }

    fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let fields = [
            (Meta::TRACEPARENT, Some(&self.parent)),
            (Meta::TRACESTATE, self.state.as_ref()),
            (Meta::BAGGAGE, self.baggage.as_ref()),
        ];
        fields
            .into_iter()
            .filter_map(|(key, value)| Some((key, &**value?)))
    }
}

fn fit(text: &str, most: usize) -> Option<Arc<str>> {
    let fits = !text.is_empty() && text.len() <= most;
    let plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    (fits && plain).then(|| text.into())
}

fn is_parent(text: &str) -> bool {
    let hex = |part: &str, digits: usize| {
        part.len() == digits && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    let some = |part: &str| part.bytes().any(|b| b != b'0');
    let mut parts = text.split('-');
    let mut next = || parts.next().unwrap_or_default();
    let (version, trace, span, flags) = (next(), next(), next(), next());
    hex(version, 2)
        && version != "ff"
        && hex(trace, 32)
        && some(trace)
        && hex(span, 16)
        && some(span)
        && hex(flags, 2)
        // Later versions may say more behind that.
        && (version != "00" || parts.next().is_none())
        && fit(text, STATE_BYTES).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";

    #[test]
    fn a_parent_is_written_as_the_standard_has_it() {
        for good in [
            PARENT,
            "01-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01-more",
        ] {
            assert!(TraceContext::new(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7",
            "00-0AF7651916CD43DD8448EB211C80319C-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "ff-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01",
            "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01-more",
            "01-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01-\r\nx: y",
        ] {
            assert!(TraceContext::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_cannot_stand_in_a_header_is_left_out() {
        let trace = TraceContext::new(PARENT).unwrap();
        let trace = trace
            .tracestate("a=1\r\nx: y")
            .baggage("k=v".repeat(10_000));
        assert_eq!(trace.with_headers(None).len(), 1);
        let own = Meta::new().with("tracestate", serde_json::json!("mine"));
        let meta = trace.tracestate("a=1").beside(&own);
        assert_eq!(meta.iter().count(), 2);
        assert_eq!(meta.get("tracestate"), own.get("tracestate"));
    }
}
