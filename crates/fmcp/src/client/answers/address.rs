//! A question to the user that is answered at an address, out of sight of client and model.

use std::sync::Arc;

use fmcp_core::protocol::model::{ElicitUrlParams, Implementation};
use url::{Host, Url};

use super::{completions::Completions, handler::Trouble};

/// A question to the user that is answered at an address, out of sight of client and model.
///
/// Nothing is opened or fetched by this library. Show the user who asks, the whole address
/// ([`UrlElicitation::url`]), its host apart ([`UrlElicitation::host`]) and what is odd about it
/// ([`UrlElicitation::warnings`]); open it, in a browser of its own, only after a yes.
#[derive(Debug)]
pub struct UrlElicitation {
    params: ElicitUrlParams,
    url: Url,
    server: Option<Arc<Implementation>>,
    completions: Completions,
}

impl UrlElicitation {
    pub(super) fn new(
        params: ElicitUrlParams,
        server: Option<Arc<Implementation>>,
        completions: Completions,
    ) -> Result<Self, Trouble> {
        let url = Url::parse(&params.url).map_err(|why| {
            format!("the server wants the user to go to what is no address: {why}")
        })?;
        if !matches!(url.scheme(), "http" | "https") {
            let scheme: String = url.scheme().chars().take(40).collect();
            return Err(format!(
                "the server wants the user to go to a `{scheme}:` address; only http and https are shown"
            )
            .into());
        }
        Ok(Self {
            params,
            url,
            server,
            completions,
        })
    }

    /// Why the user should go there.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.params.message
    }

    /// Who asks, by its own account; `None` while the connection is being opened.
    #[must_use]
    pub fn server(&self) -> Option<&Implementation> {
        self.server.as_deref()
    }

    /// The whole address, as a browser understands it.
    #[must_use]
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// Where that is: what the user should look at first.
    #[must_use]
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// What is odd about the address, in words for the user.
    #[must_use]
    pub fn warnings(&self) -> Vec<&'static str> {
        let local = match self.url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        };
        let foreign = self
            .host()
            .split('.')
            .any(|label| label.starts_with("xn--"));
        let numeric = !matches!(self.url.host(), Some(Host::Domain(_)));
        let named = !self.url.username().is_empty() || self.url.password().is_some();
        let odd = [
            (
                self.url.scheme() == "http" && !local,
                "what is sent there is not encrypted",
            ),
            (
                foreign,
                "the host's name has letters of other alphabets, which may look like another name",
            ),
            (numeric && !local, "the host is a number, not a name"),
            (
                named,
                "there is a name before the host, which may look like the host",
            ),
        ];
        odd.into_iter()
            .filter(|(is, _)| *is)
            .map(|(_, words)| words)
            .collect()
    }

    /// Waits until the server says that the user is done there. Servers of revision 2025-11-25 may say so;
    /// others do not, and neither does every server of that one. Ask for it before consent is given, and
    /// put a limit on it.
    ///
    /// ```
    /// use std::time::Duration;
    /// use fmcp::{Client, Consent, Server, UrlElicitation};
    ///
    /// let builder = Client::builder(Server::new("s")).on_elicit_url(|question: UrlElicitation| async move {
    ///     let done = question.completed();
    ///     tokio::spawn(async move {
    ///         if tokio::time::timeout(Duration::from_secs(600), done).await.is_ok() {
    ///             println!("thank you");
    ///         }
    ///     });
    ///     Consent::Given
    /// });
    /// # drop(builder);
    /// ```
    pub fn completed(&self) -> impl Future<Output = ()> + Send + use<> {
        self.completions.wait(self.params.elicitation_id.as_deref())
    }

    /// The question as the protocol has it.
    #[must_use]
    pub fn params(&self) -> &ElicitUrlParams {
        &self.params
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> Result<UrlElicitation, String> {
        UrlElicitation::new(
            ElicitUrlParams::new("why", url),
            None,
            Completions::default(),
        )
        .map_err(|e| e.to_string())
    }

    #[test]
    fn only_pages_are_shown() {
        for (url, why) in [
            ("javascript:alert(1)", "`javascript:`"),
            ("file:///etc/passwd", "`file:`"),
            ("ms-settings:x", "`ms-settings:`"),
            ("/relative", "no address"),
            ("https://", "no address"),
        ] {
            assert!(address(url).unwrap_err().contains(why), "{url}");
        }
    }

    #[test]
    fn the_host_is_what_a_browser_takes_it_for() {
        for (url, host, odd) in [
            ("https://example.com/a?b", "example.com", ""),
            ("http://localhost:80/", "localhost", ""),
            ("http://[::1]/", "[::1]", ""),
            ("http://example.com/", "example.com", "not encrypted"),
            ("https://bank.com@evil.com/", "evil.com", "before the host"),
            (r"https://bank.com\@evil.com/", "bank.com", ""),
            (
                "https://ex\u{0430}mple.com/",
                "xn--exmple-4nf.com",
                "alphabets",
            ),
            ("https://0x7f.1/", "127.0.0.1", ""),
            ("https://10.0.0.1/", "10.0.0.1", "a number"),
        ] {
            let address = address(url).unwrap();
            assert_eq!(address.host(), host, "{url}");
            let words = address.warnings().join("; ");
            assert!(
                words.contains(odd) && odd.is_empty() == words.is_empty(),
                "{url}: {words}"
            );
        }
    }
}
