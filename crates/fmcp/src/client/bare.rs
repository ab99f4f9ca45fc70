//! Addresses without a scheme: what somebody may mean who types `localhost:8000`.

use std::net::IpAddr;

/// Endings of files, which are no hosts.
const FILES: [&str; 9] = ["json", "toml", "py", "js", "mjs", "cjs", "ts", "mts", "sh"];

/// The whole address, where `text` looks like one without its scheme.
pub(super) fn address(text: &str) -> Option<String> {
    let (authority, path) = match text.find('/') {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let (host, port) = split(authority)?;
    let is_file = FILES.iter().any(|ending| {
        text.rsplit_once('.')
            .is_some_and(|(_, last)| last == *ending)
    });
    if is_file && port.is_none() {
        return None;
    }
    let scheme = match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(ip) => is_near(ip),
        Err(_) => near_name(host, port.is_some())?,
    };
    let scheme = if scheme { "http" } else { "https" };
    let path = if path.len() > 1 { path } else { "/mcp" };
    Some(format!("{scheme}://{authority}{path}"))
}

/// The host, and the port if there is one.
fn split(authority: &str) -> Option<(&str, Option<u16>)> {
    // The colons of an address in brackets are its own.
    let end = authority.find(']').map_or(0, |at| at + 1);
    match authority[end..].find(':') {
        Some(at) => {
            let (host, port) = authority.split_at(end + at);
            Some((host, Some(port[1..].parse().ok()?)))
        }
        None => Some((authority, None)),
    }
}

/// Whether an IP address is of this machine, or of a network that is not the internet.
fn is_near(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_unspecified(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unspecified(),
    }
}

/// The same of a name, if it can be that of a host. One without a dot is, where a port says so.
fn near_name(host: &str, has_port: bool) -> Option<bool> {
    let is_label = |label: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
        !label.is_empty() && !label.starts_with('-') && label.chars().all(fits)
    };
    let labels: Vec<_> = host.split('.').collect();
    if !labels.iter().all(|label| is_label(label)) {
        return None;
    }
    match labels.as_slice() {
        [name] => (has_port || *name == "localhost").then_some(true),
        [.., last] => {
            let is_domain = last.len() > 1 && last.chars().any(|c| c.is_ascii_alphabetic());
            is_domain.then_some(["localhost", "local", "internal", "lan"].contains(last))
        }
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        assert_eq!(address(text).as_deref(), Some(expect), "{text}");
    }

    #[test]
    fn what_is_near_is_http_and_the_rest_is_https() {
        check("127.0.0.1:8100", "http://127.0.0.1:8100/mcp");
        check("localhost:8100/mcp", "http://localhost:8100/mcp");
        check("localhost:8100/", "http://localhost:8100/mcp");
        check("localhost", "http://localhost/mcp");
        check("[::1]:80/x", "http://[::1]:80/x");
        check("192.168.1.7:1", "http://192.168.1.7:1/mcp");
        check("tools:8000", "http://tools:8000/mcp");
        check("nas.local:8000", "http://nas.local:8000/mcp");
        check("example.com", "https://example.com/mcp");
        check("example.com:444/a/b", "https://example.com:444/a/b");
        check("8.8.8.8:80", "https://8.8.8.8:80/mcp");
    }

    #[test]
    fn what_is_a_path_is_no_address() {
        for text in [
            ".",
            "..",
            "./server",
            "../a.b",
            "/bin/srv",
            "~/x.y",
            "mcp.json",
            "server.py",
            "s.js",
            "s.ts",
            "a.b/server.py",
            "server",
            "dir/server",
            "a.1",
            "host:port",
            "c:\\x.exe",
            "",
            "a b.com",
            "x:99999",
        ] {
            assert_eq!(address(text), None, "{text}");
        }
    }
}
