//! Who can open a URL: pure, by what is known of its host and of the way that carries it.
//!
//! What is not known is not said: a reach that is too small would let somebody share what they keep
//! for themselves, one that is too large would send a visitor to nothing.

use super::{Access, Inputs, Offers, PortKey, ProviderOptions, RelayFacts, TunnelId};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Who can open a URL. Only the last is called *public*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// This computer alone.
    Here,
    /// Whoever is in the network of this computer.
    Network,
    /// Whoever is on the internet.
    Internet,
}

/// What tells who can open a provider's URLs, before there are any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReachBy {
    /// Our own relay: the embedded one, or the one that was joined.
    Relay,
    /// The provider is on the internet.
    Internet,
    /// Where the server is that this option names, as `HOST[:PORT]` or a URL.
    Server(&'static str),
    /// Its URLs alone.
    Url,
}

/// The ends of names that are resolved in a network alone: RFC 6762, RFC 8375, and what routers use.
const OF_NETWORK: [&str; 4] = ["local", "home.arpa", "lan", "home"];

/// The ends of names of which nobody knows where they lead: RFC 2606, RFC 6761, RFC 7686, RFC 9476, and
/// `internal`, which is a network's at one place and a provider's at another.
const OF_NOBODY: [&str; 8] = [
    "test", "example", "invalid", "onion", "alt", "internal", "arpa", "corp",
];

impl Reach {
    pub const ALL: [Self; 3] = [Self::Here, Self::Network, Self::Internet];

    /// Its word in files, on the command line and in the lines for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Here => "here",
            Self::Network => "network",
            Self::Internet => "internet",
        }
    }

    /// Who can reach a host by this name or address.
    pub fn of_host(host: &str) -> Option<Self> {
        let host = host.trim_matches(['[', ']']);
        // A link-local address may name the interface behind it.
        let address = host.split('%').next().unwrap_or(host);
        if let Ok(address) = address.parse::<IpAddr>() {
            return match address.to_canonical() {
                IpAddr::V4(address) => of_v4(address),
                IpAddr::V6(address) => of_v6(address),
            };
        }
        of_name(&host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase())
    }

    /// Who can reach the host of a URL, or of `HOST:PORT`.
    pub fn of_place(place: &str) -> Option<Self> {
        Self::of_host(host_of(place.trim()))
    }

    /// Who can open a URL that is carried on a way which those can reach. Where the two do not agree
    /// there is something between them that we do not know.
    pub fn of_url(url: &str, way: Option<Self>) -> Option<Self> {
        let own = Self::of_place(url)?;
        match (own, way) {
            (own, None) => Some(own),
            (own, Some(way)) if own == way => Some(own),
            // A listener on all addresses serves the names of this computer, too.
            (Self::Here, Some(Self::Network)) | (Self::Network, Some(Self::Here)) => {
                Some(Self::Network)
            }
            _ => None,
        }
    }

    /// Who can reach what carries the tunnels of a provider with these options.
    pub fn of_way(offers: &Offers, options: &ProviderOptions, relay: &RelayFacts) -> Option<Self> {
        // A server of this computer that is not ours may listen for others, too.
        let is_beyond = |reach: &Self| *reach != Self::Here;
        match (offers.reach, &relay.joined) {
            (ReachBy::Internet, _) => Some(Self::Internet),
            (ReachBy::Server(key), _) => {
                Self::of_place(options.get(offers.option(key)?)).filter(is_beyond)
            }
            (ReachBy::Url, _) => None,
            (ReachBy::Relay, Some(joined)) => Self::of_place(joined).filter(is_beyond),
            (ReachBy::Relay, None) if relay.lan => Some(Self::Network),
            (ReachBy::Relay, None) => Some(Self::Here),
        }
    }
}

/// What was typed is no reach.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{typed:?} is no reach: it takes here, network or internet")]
pub struct InvalidReach {
    typed: String,
}

impl FromStr for Reach {
    type Err = InvalidReach;
    fn from_str(typed: &str) -> Result<Self, InvalidReach> {
        let mut all = Self::ALL.into_iter();
        let found = all.find(|reach| reach.as_str() == typed);
        found.ok_or_else(|| InvalidReach {
            typed: typed.to_owned(),
        })
    }
}

impl Inputs {
    /// Who can open the URL of a port; `None` where it has none, or where that is not known.
    pub fn reach(&self, key: &PortKey) -> Option<Reach> {
        let live = self.live_port(key)?;
        if live.relays_own {
            // It is for the relay's own computer, which is another one.
            return None;
        }
        let way = match &live.lan_url {
            Some(_) => Some(Reach::Network),
            None => self.way(&key.tunnel),
        };
        // A server of this computer that is not ours may listen for others, too.
        let is_known = way.is_some() || self.offers(&key.tunnel).reach == ReachBy::Url;
        let reach = Reach::of_url(&live.url, way);
        reach.filter(|reach| is_known || *reach != Reach::Here)
    }

    /// Who can reach what carries a tunnel, hosted or not.
    pub fn way(&self, id: &TunnelId) -> Option<Reach> {
        let offers = self.offers(id);
        let chosen = self.tunnel(id).map(|tunnel| &tunnel.chosen);
        let options = chosen.map_or_else(ProviderOptions::default, |chosen| {
            ProviderOptions::default().with(chosen)
        });
        Reach::of_way(offers, &options, &self.relay)
    }

    /// Whether those who reach the URLs of a tunnel have to sign in first.
    pub fn is_private(&self, key: &PortKey) -> bool {
        let remote = self
            .tunnel(&key.tunnel)
            .and_then(|tunnel| tunnel.remote.as_ref());
        remote.is_some_and(|remote| remote.access == Access::Private)
    }
}

fn of_v4(address: Ipv4Addr) -> Option<Reach> {
    let [a, b, ..] = address.octets();
    let is_shared = a == 100 && b & 0b1100_0000 == 64;
    let is_benchmark = a == 198 && b & 0b1111_1110 == 18;
    let is_nobodys = a == 0 || a >= 224 || is_benchmark || address.is_documentation();
    if address.is_loopback() {
        Some(Reach::Here)
    } else if address.is_private() || address.is_link_local() || is_shared {
        Some(Reach::Network)
    } else {
        (!is_nobodys).then_some(Reach::Internet)
    }
}

fn of_v6(address: Ipv6Addr) -> Option<Reach> {
    let [a, b, ..] = address.segments();
    let is_documentation = a == 0x2001 && b == 0xdb8 || a == 0x3fff && b < 0x1000;
    if address.is_loopback() {
        Some(Reach::Here)
    } else if address.is_unique_local() || address.is_unicast_link_local() {
        Some(Reach::Network)
    } else {
        // Addresses of the internet are given out of 2000::/3 alone.
        (a & 0xe000 == 0x2000 && !is_documentation).then_some(Reach::Internet)
    }
}

/// A name in lower case, without a dot at its end.
fn of_name(name: &str) -> Option<Reach> {
    let is_below = |end: &&str| {
        let before = name.strip_suffix(*end);
        before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    let is_label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        !label.is_empty() && label.bytes().all(inner)
    };
    if !name.split('.').all(is_label) {
        return None;
    }
    if is_below(&"localhost") {
        return Some(Reach::Here);
    }
    if OF_NETWORK.iter().any(|end| is_below(end) && name != *end) {
        return Some(Reach::Network);
    }
    // A name of one label means what the search list, the hosts file or a program's own settings say.
    let last = name.rsplit('.').next().unwrap_or(name);
    let is_known = name.contains('.') && last.bytes().any(|byte| !byte.is_ascii_digit());
    (is_known && !OF_NOBODY.iter().any(is_below)).then_some(Reach::Internet)
}

/// What stands in `SCHEME://USER@HOST:PORT/PATH`, most of which may be left out.
fn host_of(place: &str) -> &str {
    let rest = place.split_once("://").map_or(place, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or(rest);
    let host = authority.rsplit('@').next().unwrap_or(authority);
    if let Some(bracketed) = host.strip_prefix('[') {
        return bracketed.split(']').next().unwrap_or(bracketed);
    }
    match host.split_once(':') {
        // An IPv6 address without brackets.
        Some((_, rest)) if rest.contains(':') => host,
        Some((host, _)) => host,
        None => host,
    }
}

#[cfg(test)]
#[path = "reach_tests.rs"]
mod tests;
