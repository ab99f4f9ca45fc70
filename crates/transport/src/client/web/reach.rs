//! Where requests may go.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    task::{Context, Poll},
    vec,
};

use fmcp_core::{BoxFuture, Error, Kind, Result};
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tower_service::Service;

/// Where requests may go.
///
/// It is looked at when a name has become addresses, and only those addresses are used: a name cannot
/// mean one address when it is checked, and another afterwards. Where a proxy makes the connections, it
/// decides what a name means; only what is an address already, or becomes one here, is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reach {
    /// Wherever they are sent.
    #[default]
    Anywhere,
    /// Only to addresses of the public internet: for addresses that somebody else has named.
    Public,
}

impl Reach {
    /// Whether `address` may be connected to.
    #[must_use]
    pub fn allows(self, address: IpAddr) -> bool {
        self == Self::Anywhere || is_public(address)
    }

    /// The addresses of `found`, which is what `host` stands for, that may be connected to.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn among(
        self,
        host: &str,
        found: impl Iterator<Item = SocketAddr>,
    ) -> Result<Vec<SocketAddr>> {
        let (allowed, refused): (Vec<_>, Vec<_>) =
            found.partition(|address| self.allows(address.ip()));
        match (allowed.is_empty(), refused.first()) {
            (false, _) => Ok(allowed),
            (true, Some(address)) => Err(out_of_reach(host, address.ip())),
            (true, None) => {
                let words = format!("the name {host} has no address");
                Err(Error::new(Kind::Unavailable, words))
            }
        }
    }
}

pub(super) fn out_of_reach(host: &str, address: IpAddr) -> Error {
    let words = format!(
        "{host} is at {address}, which is not an address of the public internet; this client may not \
         connect to it"
    );
    Error::new(Kind::Forbidden, words)
}

/// Looks up names; gives only addresses that may be connected to.
#[derive(Clone)]
pub(super) struct Resolver {
    reach: Reach,
    system: GaiResolver,
}

impl Resolver {
    pub(super) fn new(reach: Reach) -> Self {
        Self {
            reach,
            system: GaiResolver::new(),
        }
    }
}

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = Error;
    type Future = BoxFuture<'static, Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let reach = self.reach;
        let looking = self.system.call(name.clone());
        Box::pin(async move {
            let found = looking.await.map_err(|e| {
                let words =
                    format!("there is no address for the name {name}; is it spelled right?");
                Error::new(Kind::Unavailable, words).caused_by(e)
            })?;
            Ok(reach.among(name.as_str(), found)?.into_iter())
        })
    }
}

/// Whether an address is one of the public internet, by the registries of special addresses.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match embedded(address) {
            Some(inner) => is_public_v4(inner),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    match address.octets() {
        // This network, private ones, those of carriers, loopback, link-local.
        [0 | 10 | 127, ..] | [172, 16..=31, ..] | [192, 168, ..] => false,
        [100, 64..=127, ..] | [169, 254, ..] => false,
        // Protocol assignments, documentation, the former 6to4 relays, benchmarks.
        [192, 0, 0 | 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => false,
        [192, 88, 99, _] | [198, 18..=19, ..] => false,
        // Multicast, reserved, broadcast.
        [224..=255, ..] => false,
        _ => true,
    }
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // Teredo, benchmarks, ORCHID and the rest of the protocol assignments; documentation.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => false,
        // Only this is handed out: neither loopback, link-local, unique-local nor multicast.
        [0x2000..=0x3fff, ..] => true,
        _ => false,
    }
}

/// The address of the older internet that one of the newer stands for: mapped, translated, 6to4.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let of = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] => Some(of(high, low)),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(of(high, low)),
        [0x2002, high, low, ..] => Some(of(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_public_internet_is_public() {
        for public in [
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
            "64:ff9b::1.1.1.1",
            "2002:101:101::1",
        ] {
            assert!(Reach::Public.allows(public.parse().unwrap()), "{public}");
        }
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.170",
            "192.0.2.1",
            "192.168.0.1",
            "192.88.99.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:a9fe:a9fe::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!Reach::Public.allows(private.parse().unwrap()), "{private}");
            assert!(
                Reach::Anywhere.allows(private.parse().unwrap()),
                "{private}"
            );
        }
    }

    #[test]
    fn a_name_that_means_several_addresses_is_reached_at_the_public_ones() {
        let found = ["10.0.0.1:80", "1.1.1.1:80"].map(|text| text.parse().unwrap());
        let among = |found: &[SocketAddr]| Reach::Public.among("a.example", found.iter().copied());
        assert_eq!(among(&found).unwrap(), found[1..]);
        let error = among(&found[..1]).unwrap_err();
        assert!(
            error.message().contains("a.example is at 10.0.0.1"),
            "{error}"
        );
        assert_eq!(error.kind(), Kind::Forbidden);
        assert!(among(&[]).unwrap_err().message().contains("has no address"));
    }
}
