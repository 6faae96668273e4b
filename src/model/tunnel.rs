//! What the person has: tunnels and their ports.

use super::{
    AccountId, Chosen, HealthKey, HealthOverrides, HostHeader, PortNumber, ProviderId,
    ProxyVersion, Remote, TunnelId, UnixMillis,
};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// An inventory tells when a tunnel ends in whole days, or lets it slide: within one of them it is told as
/// before, else each look would change what is shown and kept.
const EXPIRY_GRAIN: Duration = Duration::from_hours(24);

/// What a port speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// HTTP/1.1 in the clear on the local side.
    Http,
    /// HTTP inside TLS on the local side; visitors are served as with `Http`.
    Https,
    /// Bytes: a public port of its own, nothing parsed.
    Tcp,
    /// HTTP, inside TLS when the local service turns out to speak it.
    #[default]
    Auto,
}

impl Protocol {
    /// All of them, in the order a person picks from.
    pub const ALL: [Self; 4] = [Self::Auto, Self::Http, Self::Https, Self::Tcp];

    /// The word for it in files, on the command line and on screen.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Tcp => "tcp",
            Self::Auto => "auto",
        }
    }

    /// Whether visitors come by host name over HTTP rather than by a public port.
    pub const fn is_web(self) -> bool {
        !matches!(self, Self::Tcp)
    }
}

impl FromStr for Protocol {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|protocol| protocol.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| format!("{text:?} is not a protocol: http, https, tcp or auto"))
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who may visit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Only this computer (the embedded relay on loopback), or only who signs in (at a provider).
    #[default]
    Private,
    /// Anyone who has the URL.
    Public,
}

/// Where a port's connections go on this side.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Target {
    /// `localhost` (tried as 127.0.0.1, then as `::1`), a name or an address.
    pub host: String,
    pub port: PortNumber,
}

impl Target {
    /// The host that stands for this computer.
    pub const LOCALHOST: &'static str = "localhost";

    /// Whether it stands for this computer by its name.
    pub fn is_localhost(&self) -> bool {
        self.host.eq_ignore_ascii_case(Self::LOCALHOST)
    }

    /// `port` on this computer.
    pub fn local(port: PortNumber) -> Self {
        Self {
            host: Self::LOCALHOST.to_owned(),
            port,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    /// Its number, unique in the tunnel.
    pub number: PortNumber,
    #[serde(default)]
    pub protocol: Protocol,
    /// Where its connections go; this computer, unless said otherwise.
    pub target: Target,
    /// The host-name label that visitors use (`web` in `http://web.localhost:7480/`). Kept for the
    /// port's life, so that removing its neighbour never changes its URL.
    pub label: TunnelId,
    /// The public TCP port that was asked for, for `tcp`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_port: Option<PortNumber>,
    /// What else may be chosen for it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub options: PortOptions,
}

/// What may be chosen for a port beside what it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "SavedPortOptions")]
pub struct PortOptions {
    /// How it is looked after, where that is set for itself.
    #[serde(skip_serializing_if = "HealthOverrides::is_empty")]
    pub health: HealthOverrides,
    /// Which certificate of a service on another machine is taken.
    #[serde(skip_serializing_if = "is_default")]
    pub certificate: CertificateCheck,
    /// Which name a web service is asked for.
    #[serde(skip_serializing_if = "is_default")]
    pub host_header: HostHeader,
    /// The service is told who a visitor is, by the PROXY protocol; nothing is said to it otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_protocol: Option<ProxyVersion>,
}

/// The same as files may have it: earlier versions wrote how often a port is probed as a value of its own.
#[derive(Default, Deserialize)]
#[serde(default)]
struct SavedPortOptions {
    probe: Option<ProbeRate>,
    health: HealthOverrides,
    certificate: CertificateCheck,
    host_header: HostHeader,
    proxy_protocol: Option<ProxyVersion>,
}

impl From<SavedPortOptions> for PortOptions {
    fn from(saved: SavedPortOptions) -> Self {
        let mut health = HealthOverrides::default();
        if let Some(rate) = saved.probe {
            rate.apply(&mut health);
        }
        health.lay(&saved.health);
        Self {
            health,
            certificate: saved.certificate,
            host_header: saved.host_header,
            proxy_protocol: saved.proxy_protocol,
        }
    }
}

impl Port {
    /// One that leads to `target`, with everything else as usual.
    pub fn new(target: Target, protocol: Protocol, label: TunnelId) -> Self {
        Self {
            number: target.port,
            protocol,
            target,
            label,
            public_port: None,
            options: PortOptions::default(),
        }
    }
}

/// What stands as it is by default need not be in a file.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// How often a port is probed, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeRate {
    /// As is set elsewhere.
    Usual,
    /// Never: the URL is not asked.
    Off,
    /// Each so many seconds, 1 to 3,600.
    Seconds(u16),
}

impl ProbeRate {
    /// Sets it.
    pub fn apply(self, health: &mut HealthOverrides) {
        let (probe, interval) = match self {
            Self::Usual => (None, None),
            Self::Off => (Some("off".to_owned()), None),
            Self::Seconds(seconds) => (Some("on".to_owned()), Some(format!("{seconds}s"))),
        };
        health.put(HealthKey::Probe, probe);
        health.put(HealthKey::Interval, interval);
    }
}

impl FromStr for ProbeRate {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text.eq_ignore_ascii_case("off") {
            return Ok(Self::Off);
        }
        match text.parse() {
            Ok(seconds @ 1..=3600) => Ok(Self::Seconds(seconds)),
            Ok(_) | Err(_) => Err("it takes off, or seconds from 1 to 3600".to_owned()),
        }
    }
}

/// Which certificate of a service that speaks TLS is taken. One on this computer may have any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CertificateCheck {
    /// One that the system trusts.
    #[default]
    Verified,
    /// The first that comes up, and from then on no other: devices of a network sign their own.
    FirstSeen,
}

/// A named thing at a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tunnel {
    /// Its id, unique on this computer.
    pub id: TunnelId,
    pub name: String,
    /// Who carries it.
    #[serde(default)]
    pub provider: ProviderId,
    /// What was chosen for it there.
    #[serde(default, skip_serializing_if = "Chosen::is_empty")]
    pub chosen: Chosen,
    /// Its ports, in the order they were added.
    pub ports: Vec<Port>,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When the provider lets it go; never, for our own relay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<UnixMillis>,
    /// What the provider's own inventory says of it; nothing, for our own relay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<Remote>,
}

/// What a tunnel is called that was given no name. At a relay that others use too (`shared`: this
/// installation's id) the beginning of the id makes it differ from theirs, and stay the same.
pub fn default_name(port: PortNumber, shared: Option<&str>) -> String {
    /// Characters of the id: enough for a team, short enough to be said.
    const OWN: usize = 4;
    match shared.and_then(|install| install.get(..OWN)) {
        Some(own) => format!("port-{port}-{own}"),
        None => format!("port-{port}"),
    }
}

impl Tunnel {
    pub fn account(&self) -> AccountId {
        AccountId {
            provider: self.provider,
            name: self.chosen.account.clone(),
        }
    }

    pub fn port(&self, number: PortNumber) -> Option<&Port> {
        self.ports.iter().find(|port| port.number == number)
    }

    /// Changes the port with this number, if there is one.
    pub(super) fn edit_port(&mut self, number: PortNumber, edit: impl FnOnce(&mut Port)) {
        if let Some(port) = self.ports.iter_mut().find(|port| port.number == number) {
            edit(port);
        }
    }

    /// Has a port lead elsewhere, unless another one leads there already.
    pub(super) fn lead(&mut self, number: PortNumber, target: &Target) {
        if target.port == number || self.port(target.port).is_none() {
            self.edit_port(number, |port| {
                port.number = target.port;
                port.target = target.clone();
            });
        }
    }

    /// What an inventory tells of a tunnel, and for the rest what only this computer knows: what it is
    /// called and since when, in which order its ports were added, where they lead.
    #[must_use]
    pub fn with_known(self, known: &Self) -> Self {
        let expires_at = match (known.expires_at, self.expires_at) {
            (Some(known), Some(told)) if told.since(known) < EXPIRY_GRAIN => Some(known.min(told)),
            (_, told) => told,
        };
        let place = |port: &Port| known.ports.iter().position(|at| at.number == port.number);
        let mut ports = self.ports;
        // Stable: new ones stay behind, in the inventory's order.
        ports.sort_by_key(|port| place(port).unwrap_or(usize::MAX));
        for port in &mut ports {
            if let Some(known) = known.port(port.number) {
                let told = std::mem::replace(port, known.clone());
                port.protocol = told.protocol;
                port.label = told.label;
            }
        }
        Self {
            id: self.id,
            provider: self.provider,
            ports,
            expires_at,
            remote: self.remote,
            ..known.clone()
        }
    }

    /// The label for a new port: the tunnel's own for the first, `ID-PORT` for the others.
    pub fn label_for(&self, number: PortNumber) -> TunnelId {
        let taken = self.ports.iter().any(|port| port.label == self.id);
        if !taken {
            return self.id.clone();
        }
        let numbered = self.id.with_suffix(&format!("-{number}"));
        numbered.unwrap_or_else(|| self.id.clone())
    }
}
