//! Opens the user's browser.

use std::{process::Stdio, time::Duration};

use fmcp_core::{Error, Kind, Result};
use tokio::{process::Command, time::timeout};

/// How long a command may take to say that it has failed. Some stay as long as the browser is open.
const WITHIN: Duration = Duration::from_secs(3);

/// What opens an address, in the order in which to try.
fn openers() -> &'static [&'static [&'static str]] {
    if cfg!(target_os = "macos") {
        &[&["/usr/bin/open"]]
    } else if cfg!(windows) {
        // Not `start`: to cmd, the & in an address ends the command.
        &[&["rundll32.exe", "url.dll,FileProtocolHandler"]]
    } else {
        &[&["xdg-open"], &["gio", "open"], &["wslview"]]
    }
}

/// Opens `url` in the user's browser: one that the user has agreed to, with everything else that may be
/// behind an address.
///
/// # Errors
/// When there is none, so far as one can see.
pub async fn open(url: &str) -> Result<()> {
    if !has_display(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty())) {
        return Err(no_browser("this machine has no display"));
    }
    for opener in openers() {
        if run(opener, url).await {
            return Ok(());
        }
    }
    Err(no_browser("no command of this machine opened one"))
}

/// Whether a browser could be seen. Without a display some commands start one in the terminal.
fn has_display(is_set: impl Fn(&str) -> bool) -> bool {
    let needs_none = cfg!(any(windows, target_os = "macos"));
    needs_none
        || ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"]
            .into_iter()
            .any(is_set)
}

async fn run(opener: &[&str], url: &str) -> bool {
    let [program, arguments @ ..] = opener else {
        return false;
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // It is the user's browser by then: it is not for us to end it.
    let Ok(mut child) = command.spawn() else {
        return false;
    };
    match timeout(WITHIN, child.wait()).await {
        Ok(Ok(status)) => status.success(),
        Ok(Err(_)) => false,
        Err(_) => true,
    }
}

fn no_browser(why: &str) -> Error {
    let words = format!(
        "no browser could be opened for the sign-in: {why}; let the user paste the answer instead"
    );
    Error::new(Kind::Unavailable, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_command_opens_an_address_unless_it_fails_or_is_not_there() {
        assert!(run(&["true"], "https://a/").await);
        assert!(!run(&["false"], "https://a/").await);
        assert!(!run(&["no-such-command-as-this"], "https://a/").await);
        assert!(!run(&[], "https://a/").await);
    }
}
