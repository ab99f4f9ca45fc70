//! What is tried: who, over what, in which revision.

use super::{
    peer::Peer,
    sdk::{MODERN, Sdk},
};

/// What the client in front of the proxy speaks: one revision of each era.
const FRONTS: [&str; 2] = ["2025-11-25", MODERN];

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Transport {
    Stdio,
    Http,
    /// HTTP+SSE, of the first revision.
    Sse,
}

impl Transport {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Stdio => "stdio",
            Self::Http => "http",
            Self::Sse => "sse",
        }
    }
}

/// Who meets us.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Other {
    /// A client of our server.
    Client(Sdk),
    /// A server of our client.
    Server(Peer),
    /// A server behind our proxy, in front of which is our client.
    Upstream(Peer),
}

impl Other {
    /// Which side they are, and who.
    pub(super) fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::Client(sdk) => ("clients", sdk.name()),
            Self::Server(peer) => ("servers", peer.name()),
            Self::Upstream(peer) => ("upstreams", peer.name()),
        }
    }

    /// The newest revision that they speak over this transport.
    pub(super) fn newest(self, transport: Transport) -> Option<&'static str> {
        match self {
            Self::Client(sdk) => sdk.revisions().last().copied(),
            Self::Server(peer) => peer.revisions(transport).last().copied(),
            // The proxy speaks all, whatever they speak.
            Self::Upstream(_) => Some(MODERN),
        }
    }
}

/// One thing to try.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Combination {
    pub(super) other: Other,
    pub(super) transport: Transport,
    pub(super) revision: &'static str,
}

impl Combination {
    pub(super) fn all() -> Vec<Self> {
        let mut all = Vec::new();
        let mut add = |other, transport, revisions: &[&'static str]| {
            let of = |&revision| Self {
                other,
                transport,
                revision,
            };
            all.extend(revisions.iter().map(of));
        };
        for sdk in Sdk::ALL {
            for transport in [Transport::Stdio, Transport::Http] {
                add(Other::Client(sdk), transport, sdk.revisions());
            }
        }
        for peer in Peer::ALL {
            for &transport in peer.transports() {
                add(Other::Server(peer), transport, peer.revisions(transport));
            }
        }
        for peer in Peer::SDKS {
            for transport in [Transport::Stdio, Transport::Http] {
                add(Other::Upstream(peer), transport, &FRONTS);
            }
        }
        all
    }

    pub(super) fn name(&self) -> String {
        let (side, who) = self.other.name();
        format!("{side} {who} {} {}", self.transport.name(), self.revision)
    }

    /// Whether its name has all these words in it.
    pub(super) fn fits(&self, words: &[&str]) -> bool {
        words.iter().all(|word| self.name().contains(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_tried_over_all_their_transports_in_all_their_revisions() {
        let all = Combination::all();
        let clients = 2 * (4 + 5 + 5 + 5);
        let servers = 2 * (5 + 4 + 5 + 5 + 5 + 5 + 4) + 3 + 1 + 1 + 2;
        let upstreams = 2 * 4 * 2;
        assert_eq!(all.len(), clients + servers + upstreams);
        assert_eq!(all[0].name(), "clients typescript-1 stdio 2024-11-05");
    }

    #[test]
    fn words_choose() {
        let chosen = |words: &[&str]| {
            let all = Combination::all();
            all.iter().filter(|one| one.fits(words)).count()
        };
        assert_eq!(chosen(&["clients", "typescript"]), 18);
        assert_eq!(chosen(&["servers", "typescript-1"]), 8);
        assert_eq!(chosen(&["clients", "rust", "http"]), 5);
        assert_eq!(chosen(&["clients", "python", "http", MODERN]), 1);
        assert_eq!(chosen(&["sse"]), 1);
        assert_eq!(chosen(&["upstreams", "stdio"]), 8);
    }
}
