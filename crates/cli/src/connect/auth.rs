//! How servers are proved who is calling.

use fmcp::{
    ClientBuilder, Error, Kind,
    auth::{
        Bearer, OAuth,
        consent::{Browser, Paste},
    },
};

use crate::terminal::{Output, clean, style};

/// Adds what the setting `auth` says: `none`, `oauth`, or a token.
pub(super) fn prove(
    builder: ClientBuilder,
    how: &str,
    out: &Output,
) -> anyhow::Result<ClientBuilder> {
    Ok(match how {
        "" | "none" => builder,
        "oauth" => builder.auth(oauth(out)),
        token => builder.auth(Bearer::new(token.trim_start_matches("Bearer ").to_owned())),
    })
}

/// The user signs in with a browser; on a terminal without one, by pasting.
pub(crate) fn oauth(out: &Output) -> OAuth {
    let browser = Browser::new();
    if !out.may_ask() {
        return OAuth::new(browser).client_name("fmcp");
    }
    let out = out.clone();
    let paste = Paste::new(move |url: String| {
        let out = out.clone();
        async move {
            let shown = out.paint_note(style::NAME, &clean(&url));
            out.complain(&format!("To sign in, open\n  {shown}"));
            out.without_bars(out.line("and paste the address that you end at: "))
                .await
                .ok_or_else(|| Error::new(Kind::Cancelled, "nobody has signed in"))
        }
    });
    OAuth::new(browser.or(paste)).client_name("fmcp")
}
