//! The page that users see when they come back from the authorization server.

use base64::{Engine as _, prelude::BASE64_STANDARD as BASE64};
use ring::digest::{SHA256, digest};

/// What a user who comes back is told. Nothing of what the server sent is repeated: it has not been checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    /// All is well as far as one can see.
    Done,
    /// The authorization server said no.
    Failed,
    /// Nobody has been waiting for this.
    Stray,
}

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1d2129;--soft:#5b6472;--ground:#f5f6f8;--card:#fff;--edge:#e3e6eb}\
@media(prefers-color-scheme:dark){:root{--ink:#e8eaee;--soft:#a0a8b5;--ground:#14161a;--card:#1d2026;\
--edge:#2c3038}}\
*{box-sizing:border-box}\
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--ground);\
color:var(--ink);font:1rem/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}\
main{max-width:26rem;padding:2.5rem 2rem;text-align:center;background:var(--card);border:1px solid \
var(--edge);border-radius:1rem}\
.mark{display:grid;place-items:center;width:3.5rem;height:3.5rem;margin:0 auto 1.25rem;border-radius:50%;\
color:#fff;font-size:1.75rem;line-height:1}\
.done{background:#1f8a54}.failed{background:#c0392b}.stray{background:#8a6d1f}\
h1{margin:0 0 .5rem;font-size:1.35rem;font-weight:600}\
p{margin:0;color:var(--soft)}";

impl Page {
    /// Its class, its mark, its title, its text.
    fn words(self) -> [&'static str; 4] {
        match self {
            Self::Done => [
                "done",
                "✓",
                "Back to your application",
                "The sign-in is being completed there. You can close this page.",
            ],
            Self::Failed => [
                "failed",
                "✕",
                "Not signed in",
                "The sign-in was refused or did not work. Your application says more; you can close this page.",
            ],
            Self::Stray => [
                "stray",
                "?",
                "Nothing to do here",
                "This page belongs to another sign-in, or to none. Begin again in your application.",
            ],
        }
    }

    fn html(self) -> String {
        let [class, mark, title, text] = self.words();
        format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
             <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
             <link rel=\"icon\" href=\"data:,\"><style>{STYLE}</style></head>\
             <body><main><div class=\"mark {class}\" aria-hidden=\"true\">{mark}</div>\
             <h1>{title}</h1><p>{text}</p></main></body></html>\n"
        )
    }

    /// The whole response. The browser may load nothing, run nothing and keep nothing of it.
    pub(super) fn response(self, status: &str) -> String {
        let body = self.html();
        let style = BASE64.encode(digest(&SHA256, STYLE.as_bytes()));
        format!(
            "HTTP/1.1 {status}\r\n\
             Content-Type: text/html; charset=utf-8\r\n\
             Content-Length: {}\r\n\
             Content-Security-Policy: default-src 'none'; style-src 'sha256-{style}'; img-src data:; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n\
             Cache-Control: no-store\r\n\
             Referrer-Policy: no-referrer\r\n\
             X-Content-Type-Options: nosniff\r\n\
             Connection: close\r\n\r\n{body}",
            body.len()
        )
    }
}
