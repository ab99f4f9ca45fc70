//! Where the two halves of HTTP+SSE are.

/// Where clients of HTTP+SSE, the transport of revision 2024-11-05, find their stream, and where they post
/// their messages.
///
/// ```
/// use fmcp_transport::http::Sse2024;
///
/// let paths = Sse2024::new().stream("/v1/sse").messages("/v1/messages");
/// assert_eq!(paths.stream_path(), "/v1/sse");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sse2024 {
    stream: String,
    messages: String,
}

impl Default for Sse2024 {
    fn default() -> Self {
        Self {
            stream: "/sse".to_owned(),
            messages: "/messages".to_owned(),
        }
    }
}

impl Sse2024 {
    /// `/sse` and `/messages`, as most have it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets where streams are opened: what clients are configured with.
    #[must_use]
    pub fn stream(mut self, path: impl Into<String>) -> Self {
        self.stream = path.into();
        self
    }

    /// Sets where messages are posted: what clients are told when their stream opens.
    #[must_use]
    pub fn messages(mut self, path: impl Into<String>) -> Self {
        self.messages = path.into();
        self
    }

    /// Where streams are opened.
    #[must_use]
    pub fn stream_path(&self) -> &str {
        &self.stream
    }

    /// Where messages are posted.
    #[must_use]
    pub fn messages_path(&self) -> &str {
        &self.messages
    }

    /// The methods that something is done by at a path; none where it is not about this.
    pub(super) fn methods(&self, path: &str) -> Option<&'static str> {
        match (path == self.stream, path == self.messages) {
            (true, true) => Some("GET, POST"),
            (true, false) => Some("GET"),
            (false, true) => Some("POST"),
            (false, false) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_has_its_method() {
        let (apart, one) = (Sse2024::new(), Sse2024::new().messages("/sse"));
        for (paths, path, expect) in [
            (&apart, "/sse", Some("GET")),
            (&apart, "/messages", Some("POST")),
            (&apart, "/messages/", None),
            (&apart, "/mcp", None),
            (&one, "/sse", Some("GET, POST")),
            (&one, "/messages", None),
        ] {
            assert_eq!(paths.methods(path), expect, "{path}");
        }
    }
}
