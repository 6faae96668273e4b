//! How a provider's public URLs are asked, and what its own answers mean. Pure: headers in, a verdict
//! out.

use super::RelayVerdict;
use std::fmt::Debug;
use std::time::Duration;

/// A header of an answer by its name, which is written in lower case.
pub type Header<'a> = &'a dyn Fn(&str) -> Option<&'a str>;

/// See the module. Each provider has one.
pub trait ProbeDialect: Debug + Sync {
    /// What a probe sends so that it is taken for one.
    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// Whether probes show the session's key: then they are no visits, and have a place kept for them.
    fn shows_key(&self) -> bool {
        false
    }

    /// What the provider says of the tunnel; `None` for an answer of the service itself.
    fn verdict(&self, status: u16, header: Header<'_>) -> Option<RelayVerdict>;

    /// Whether a redirect to `place`, a host and a path, asks a visitor to sign in at the provider.
    fn is_sign_in(&self, _place: &str) -> bool {
        false
    }

    /// Whether the URL of a TCP port is an address that can be asked.
    fn asks_tcp(&self) -> bool {
        true
    }

    /// The least that lies between two probes which nobody asked for, where each costs something of
    /// what an account may have.
    fn least_interval(&self) -> Duration {
        Duration::ZERO
    }

    /// How many requests a month an account has for nothing, where each probe is one of them.
    fn requests_a_month(&self) -> Option<u64> {
        None
    }

    /// Whether an answer of this status says that probes come too often: 429, where the provider counts
    /// them and not the service.
    fn is_limit(&self, _status: u16) -> bool {
        false
    }
}

/// How many probes there are in a month of 30 days, one each `interval`.
pub fn probes_a_month(interval: Duration) -> u64 {
    const MONTH: u128 = 30 * 24 * 60 * 60 * 1_000;
    let probes = MONTH / interval.as_millis().max(1);
    u64::try_from(probes).unwrap_or(u64::MAX)
}

/// The dialect of a provider that only carries bytes: what is said of the service stands in the page that
/// the host itself sends.
#[derive(Debug)]
pub struct PageDialect;

impl ProbeDialect for PageDialect {
    fn verdict(&self, _: u16, header: Header<'_>) -> Option<RelayVerdict> {
        header(RelayVerdict::HEADER).and_then(RelayVerdict::parse)
    }
}

/// The dialect of our own relay, which names itself in each of its pages.
#[derive(Debug)]
pub struct OwnDialect;

impl ProbeDialect for OwnDialect {
    fn shows_key(&self) -> bool {
        true
    }

    fn verdict(&self, _: u16, header: Header<'_>) -> Option<RelayVerdict> {
        header(RelayVerdict::HEADER).and_then(RelayVerdict::parse)
    }
}
