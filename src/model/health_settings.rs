//! How what is hosted is looked after: what may be set for all tunnels, for a provider, for a tunnel and
//! for a port. It is text by keys here; [`resolve`] makes of it what the program runs with.

use super::{
    HealthPolicy, Port, PortKey, PortNumber, ProviderId, ResolvedHealth, StatusRanges, Timing,
    Tunnel, TunnelId, resolve,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// One of what can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HealthKey {
    /// Whether the public URL is probed.
    Probe,
    /// Between two probes.
    Interval,
    /// When a probe is given up.
    Timeout,
    /// What a web service is asked by.
    Method,
    /// What a web service is asked for.
    Path,
    /// The answers that are taken for right.
    Expect,
    /// So many `Down` probes in a row, and the session is replaced.
    Watchdog,
    /// The wait before the second attempt.
    BackoffInitial,
    /// The longest wait between attempts.
    BackoffCap,
}

impl HealthKey {
    pub const ALL: [Self; 9] = [
        Self::Probe,
        Self::Interval,
        Self::Timeout,
        Self::Method,
        Self::Path,
        Self::Expect,
        Self::Watchdog,
        Self::BackoffInitial,
        Self::BackoffCap,
    ];

    /// Its name in files and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Probe => "probe",
            Self::Interval => "interval",
            Self::Timeout => "timeout",
            Self::Method => "method",
            Self::Path => "path",
            Self::Expect => "expect",
            Self::Watchdog => "watchdog",
            Self::BackoffInitial => "backoff-initial",
            Self::BackoffCap => "backoff-cap",
        }
    }

    /// What it takes, in words that are the same in every language.
    pub const fn takes(self) -> &'static str {
        match self {
            Self::Probe => "on, off",
            Self::Interval | Self::Timeout | Self::BackoffInitial | Self::BackoffCap => {
                "1ms-24h (500ms, 30s, 5m)"
            }
            Self::Method => "HEAD, GET, OPTIONS",
            Self::Path => "/healthz?full=1",
            Self::Expect => StatusRanges::TAKES,
            Self::Watchdog => "1-100",
        }
    }

    /// Whether a port can have its own: the waits are those of the tunnel's one connection, which all of
    /// its ports share, while each port's URL is probed and counted by itself.
    pub const fn is_of_port(self) -> bool {
        !matches!(self, Self::BackoffInitial | Self::BackoffCap)
    }

    /// Whether only a web service can be asked so.
    pub const fn is_of_web(self) -> bool {
        matches!(self, Self::Method | Self::Path | Self::Expect)
    }

    /// What was typed, as it is kept; `None` where it cannot be taken.
    pub fn read(self, typed: &str) -> Option<String> {
        let mut policy = HealthPolicy::default();
        policy.set(self, typed)?;
        Some(policy.text(self))
    }
}

impl fmt::Display for HealthKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for HealthKey {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let found = Self::ALL.into_iter().find(|key| key.as_str() == text);
        found.ok_or(())
    }
}

/// What is set in one place, by its keys. A file may hold anything here: what cannot be used is told and
/// left as it is, and so is what a later version has written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Value")]
pub struct HealthOverrides(pub(super) BTreeMap<String, String>);

impl From<Value> for HealthOverrides {
    fn from(value: Value) -> Self {
        let text = |value| match value {
            Value::String(text) => text,
            // Who writes a number by hand means it.
            other => other.to_string(),
        };
        match value {
            Value::Object(set) => Self(set.into_iter().map(|(k, v)| (k, text(v))).collect()),
            _ => Self::default(),
        }
    }
}

impl HealthOverrides {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn get(&self, key: HealthKey) -> Option<&str> {
        self.0.get(key.as_str()).map(String::as_str)
    }

    /// Sets it, or has what is set elsewhere hold again.
    pub fn put(&mut self, key: HealthKey, value: Option<String>) {
        match value {
            Some(value) => self.0.insert(key.as_str().to_owned(), value),
            None => self.0.remove(key.as_str()),
        };
    }

    /// These, and what is set in the others over them.
    pub fn lay(&mut self, over: &Self) {
        self.0.extend(over.0.clone());
    }
}

/// What is set beyond single tunnels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HealthSettings {
    #[serde(skip_serializing_if = "HealthOverrides::is_empty")]
    pub all: HealthOverrides,
    /// By the providers' ids.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub providers: BTreeMap<String, HealthOverrides>,
}

impl HealthSettings {
    pub fn is_empty(&self) -> bool {
        self.all.is_empty() && self.providers.is_empty()
    }

    pub fn of(&self, provider: ProviderId) -> Option<&HealthOverrides> {
        self.providers.get(provider.as_str())
    }

    /// What holds for a tunnel, or for a port of it.
    pub fn resolve(&self, base: Timing, tunnel: &Tunnel, port: Option<&Port>) -> ResolvedHealth {
        let own = [(HealthPlace::Tunnel, &tunnel.chosen.health)];
        let of_port = port.map(|port| (HealthPlace::Port(port.number), &port.options.health));
        let beneath = self.layers(Some(tunnel.provider));
        resolve(base, beneath.chain(own).chain(of_port))
    }

    /// The layers beneath those of a tunnel at `provider`.
    pub fn layers(&self, provider: Option<ProviderId>) -> impl Iterator<Item = Layer<'_>> {
        let of = provider.and_then(|id| Some((HealthPlace::Provider(id), self.of(id)?)));
        [(HealthPlace::All, &self.all)].into_iter().chain(of)
    }
}

/// What something is set for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HealthScope {
    All,
    Provider(ProviderId),
    Tunnel(TunnelId),
    Port(PortKey),
}

/// Where something is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HealthPlace {
    /// Nowhere: it comes with the program.
    Default,
    All,
    Provider(ProviderId),
    Tunnel,
    Port(PortNumber),
}

impl HealthPlace {
    /// Its word for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::All => "all",
            Self::Provider(_) => "provider",
            Self::Tunnel => "tunnel",
            Self::Port(_) => "port",
        }
    }
}

impl fmt::Display for HealthPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("by default"),
            Self::All => f.write_str("set for all tunnels"),
            Self::Provider(id) => write!(f, "set for {id}"),
            Self::Tunnel => f.write_str("set for the tunnel"),
            Self::Port(port) => write!(f, "set for port {port}"),
        }
    }
}

/// A place and what is set there.
pub type Layer<'a> = (HealthPlace, &'a HealthOverrides);
