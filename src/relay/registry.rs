//! The live sessions and their ports: admits hosts, answers the ingress.
//!
//! The rules are the table's, the listeners are the public ports'; this holds both under one lock,
//! so that a tunnel changes hands at once.

use super::accounts::Credential;
use super::names::{Changes, Names};
use super::numbers::PublicKey;
use super::public_ports::{Kind, PublicPorts, Reserved};
use super::returning::Returning;
use super::table::{HostClaim, RegistrationId, Table};
use super::upstream::{AskedAs, HostRoute, PortUpstream};
use super::{
    Backend, HostUpgrades, IngressGuard, Limits, Lookup, ReservedNames, Upstream, Waiting,
};
use crate::base::clock;
use crate::base::network::outbound_address;
use crate::link::control::{PortSpec, Protocol, Refusal, ServedPort};
use crate::model::{PublicUrl, TunnelId, UnixMillis};
use parking_lot::RwLock;
use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How public URLs are made.
#[derive(Clone, Debug)]
pub(super) struct Naming {
    /// Where visitors find tunnels.
    pub(super) public: PublicUrl,
    /// Where visitors connect.
    pub(super) http: SocketAddr,
    /// Each web port has a listener of its own, and URLs for other machines of the network.
    pub(super) by_port: bool,
    /// Labels that nobody gets.
    pub(super) reserved: ReservedNames,
}

pub(super) struct Registry {
    limits: Limits,
    naming: Naming,
    /// Never held across a wait.
    state: RwLock<Tables>,
    returning: Returning,
    changed: Notify,
    upgrades: Option<HostUpgrades>,
}

struct Tables {
    table: Table<Arc<PortUpstream>>,
    ports: PublicPorts,
    registrations: HashMap<RegistrationId, EndSignals>,
    next: u64,
}

/// How a session is told that it is over.
struct EndSignals {
    shown: Credential,
    displaced: CancellationToken,
    revoked: CancellationToken,
}

/// A session's entry in the registry; dropping it takes the session out.
pub(super) struct Registration {
    pub(super) session: RegistrationId,
    /// Cancelled when another host takes the tunnel.
    pub(super) displaced: CancellationToken,
    /// Cancelled when the account is gone or has another token.
    pub(super) revoked: CancellationToken,
    /// The account, and the token that was shown for it.
    pub(super) shown: Credential,
    registry: Arc<Registry>,
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.registry.leave(self.session);
    }
}

impl Registry {
    /// A registry that goes on from what the last one left.
    pub(super) fn new(
        limits: &Limits,
        naming: Naming,
        mut ports: PublicPorts,
        left: &Names,
    ) -> Self {
        let (mut table, now) = (Table::new(limits), Instant::now());
        let mut hosted = HashSet::new();
        for remembered in left.labels(clock::wall()) {
            table.remember(&remembered, now);
            if remembered.left.is_none() {
                hosted.insert(remembered.label);
            }
        }
        for port in left.ports(clock::wall()) {
            ports.remember(&port, now);
        }
        Self {
            limits: *limits,
            naming,
            state: RwLock::new(Tables {
                table,
                ports,
                registrations: HashMap::new(),
                next: 1,
            }),
            returning: Returning::new(hosted, now + limits.return_within),
            changed: Notify::new(),
            upgrades: None,
        }
    }

    /// The same, where hosts get in that come where visitors come.
    pub(super) fn with_upgrades(self, upgrades: HostUpgrades) -> Self {
        Self {
            upgrades: Some(upgrades),
            ..self
        }
    }

    /// What the next relay is to know.
    pub(super) fn names(&self, wall: UnixMillis) -> Names {
        let (state, now) = (self.state.read(), Instant::now());
        let labels = state.table.remembered(now);
        Names::new(labels, state.ports.numbers().remembered(now), wall)
    }

    /// What of it has changed since this was asked for last.
    pub(super) fn take_changes(&self) -> Changes {
        let (mut state, now) = (self.state.write(), Instant::now());
        Changes {
            labels: state.table.take_changes(now),
            ports: state.ports.take_changes(now),
        }
    }

    /// Keeps nothing for these accounts any more: they are gone.
    pub(super) fn forget_accounts<'a>(&self, gone: impl Iterator<Item = &'a str>) {
        let mut state = self.state.write();
        for account in gone {
            state.table.forget_account(account);
            state.ports.forget_account(account);
        }
        self.changed.notify_one();
    }

    /// Waits until the names are others than they were when it was last waited for.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Lets go of the public ports, for the next relay to go on with: the guards of what is served.
    pub(super) fn hand_over(&self) -> Vec<IngressGuard> {
        self.state.write().ports.hand_over()
    }

    /// Closes what the last relay left open and nobody has claimed.
    pub(super) fn drop_unclaimed(&self) {
        self.state.write().ports.drop_unclaimed();
    }

    /// Makes a session of a claim, and displaces whoever hosted the tunnel.
    pub(super) fn admit(
        self: &Arc<Self>,
        claim: &HostClaim,
        shown: &Credential,
        specs: &[PortSpec],
        route: &HostRoute,
    ) -> Result<(Registration, Vec<ServedPort>), Refusal> {
        let mut state = self.state.write();
        let session = RegistrationId(state.next);
        let (old, served) = self.serve(&mut state, session, claim, specs, route)?;
        state.next += 1;
        if let Some(old) = old.and_then(|old| state.registrations.remove(&old)) {
            old.displaced.cancel();
        }
        let signals = EndSignals {
            shown: shown.clone(),
            displaced: CancellationToken::new(),
            revoked: CancellationToken::new(),
        };
        let registration = Registration {
            session,
            displaced: signals.displaced.clone(),
            revoked: signals.revoked.clone(),
            shown: shown.clone(),
            registry: Arc::clone(self),
        };
        state.registrations.insert(session, signals);
        drop(state);
        Ok((registration, served))
    }

    /// Ends the sessions of these credentials.
    pub(super) fn revoke(&self, is_void: impl Fn(&Credential) -> bool) {
        let state = self.state.read();
        let mut known: HashMap<&Credential, bool> = HashMap::new();
        for EndSignals { shown, revoked, .. } in state.registrations.values() {
            if *known.entry(shown).or_insert_with(|| is_void(shown)) {
                revoked.cancel();
            }
        }
    }

    /// Serves other ports for a session. When that is refused, it serves what it did.
    pub(super) fn set_ports(
        &self,
        session: RegistrationId,
        specs: &[PortSpec],
        route: &HostRoute,
    ) -> Result<Vec<ServedPort>, Refusal> {
        let mut state = self.state.write();
        let Some(claim) = state.table.claim(session).cloned() else {
            return Err(Refusal::HostedElsewhere);
        };
        let (_, served) = self.serve(&mut state, session, &claim, specs, route)?;
        Ok(served)
    }

    fn leave(&self, session: RegistrationId) {
        let mut state = self.state.write();
        state.table.leave(session, Instant::now());
        state.ports.close(session, &[]);
        state.registrations.remove(&session);
        self.changed.notify_one();
    }

    /// Checks and reserves everything first, so that a refusal changes nothing.
    fn serve(
        &self,
        state: &mut Tables,
        session: RegistrationId,
        claim: &HostClaim,
        specs: &[PortSpec],
        route: &HostRoute,
    ) -> Result<(Option<RegistrationId>, Vec<ServedPort>), Refusal> {
        self.check_specs(specs)?;
        let labels: Vec<&str> = specs.iter().map(|spec| spec.label.as_str()).collect();
        let old = state.table.check(claim, &labels, Instant::now())?;
        let public = specs.iter().filter(|spec| self.is_public(spec)).count();
        state.ports.check(&claim.account, old, public)?;
        let mut planned = Vec::with_capacity(specs.len());
        for spec in specs {
            let reserved = self.reserve(&state.ports, claim, spec)?;
            let upstream = (old == Some(session))
                .then(|| existing(&state.table, spec))
                .flatten()
                .unwrap_or_else(|| self.upstream(spec, route));
            planned.push((spec, reserved, upstream));
        }
        let keep: Vec<PublicKey> = planned
            .iter()
            .filter(|(_, reserved, _)| reserved.is_some())
            .map(|(spec, ..)| public_key(claim, spec))
            .collect();
        let live = planned
            .iter()
            .map(|(spec, _, upstream)| (spec.label.clone(), Arc::clone(upstream)));
        state
            .table
            .settle(session, claim, live.collect(), Instant::now());
        if let Some(old) = old {
            state.ports.close(old, &keep);
        }
        self.changed.notify_one();
        self.returning.come(labels.into_iter());
        let by_port = self.naming.by_port;
        let lan = by_port.then(|| reachable(self.naming.http.ip())).flatten();
        let served = planned.into_iter().map(|(spec, reserved, upstream)| {
            let number = open(&mut state.ports, session, reserved, &upstream);
            self.served(spec, number, lan)
        });
        Ok((old, served.collect()))
    }

    fn check_specs(&self, specs: &[PortSpec]) -> Result<(), Refusal> {
        let invalid = |detail: String| Err(Refusal::Invalid { detail });
        if specs.len() > self.limits.ports_per_tunnel {
            let limit = self.limits.ports_per_tunnel;
            return invalid(format!("a tunnel has {limit} ports at most"));
        }
        let (mut labels, mut numbers) = (HashSet::new(), HashSet::new());
        for spec in specs {
            if TunnelId::label(spec.label.as_str()).is_err() {
                return invalid(format!("{:?} is no label", start_of(&spec.label)));
            }
            if self.naming.reserved.contains(&spec.label) {
                return Err(Refusal::NameReserved {
                    label: spec.label.clone(),
                });
            }
            if AskedAs::of(spec).is_none() {
                let name = spec.local_name.as_deref().unwrap_or_default();
                return invalid(format!("{:?} is no name of a service", start_of(name)));
            }
            if !labels.insert(&spec.label) || !numbers.insert(spec.number) {
                return invalid("two ports have the same number or label".to_owned());
            }
        }
        Ok(())
    }

    /// Whether it gets a listener of its own.
    fn is_public(&self, spec: &PortSpec) -> bool {
        match spec.protocol {
            Protocol::Tcp => true,
            Protocol::Http | Protocol::Https | Protocol::Auto => self.naming.by_port,
        }
    }

    /// A raw TCP port needs a public one. A web port's own is a convenience: it may be missing.
    fn reserve(
        &self,
        ports: &PublicPorts,
        claim: &HostClaim,
        spec: &PortSpec,
    ) -> Result<Option<Reserved>, Refusal> {
        let key = public_key(claim, spec);
        match spec.protocol {
            Protocol::Tcp => ports.reserve(key, Kind::Tcp, spec.public_port).map(Some),
            Protocol::Http | Protocol::Https | Protocol::Auto if self.naming.by_port => {
                Ok(ports.reserve(key, Kind::Web, None).ok())
            }
            Protocol::Http | Protocol::Https | Protocol::Auto => Ok(None),
        }
    }

    fn upstream(&self, spec: &PortSpec, route: &HostRoute) -> Arc<PortUpstream> {
        let patience = self.limits.open_timeout;
        let share = self.limits.visitors.stream_share();
        // It was checked.
        let asked_as = AskedAs::of(spec).unwrap_or_default();
        let (number, route) = (spec.number, route.clone());
        Arc::new(PortUpstream::new(number, asked_as, route, patience, share))
    }

    fn served(&self, spec: &PortSpec, public: Option<u16>, lan: Option<IpAddr>) -> ServedPort {
        let public_url = &self.naming.public;
        let lan = lan.zip(public).map(SocketAddr::from);
        let (url, lan_url) = match spec.protocol {
            Protocol::Tcp => (
                format!("tcp://{}:{}", public_url.domain, public.unwrap_or_default()),
                lan.map(|address| format!("tcp://{address}")),
            ),
            Protocol::Http | Protocol::Https | Protocol::Auto => {
                let url = public_url.of_tunnel(&spec.label);
                (url, lan.map(|address| format!("http://{address}/")))
            }
        };
        ServedPort {
            number: spec.number,
            url,
            lan_url,
        }
    }
}

impl Backend for Registry {
    fn find(&self, label: &str) -> Lookup {
        match self.state.read().table.find(label) {
            Lookup::Unknown => Lookup::Unknown,
            Lookup::NoHost => Lookup::NoHost,
            Lookup::Live(upstream) => Lookup::Live(upstream as Arc<dyn Upstream>),
        }
    }

    fn host_upgrades(&self) -> Option<HostUpgrades> {
        self.upgrades.clone()
    }

    fn returning<'a>(&'a self, label: &'a str) -> Option<Waiting<'a>> {
        self.returning.wait(label)
    }
}

/// As much of what a host sent as may be logged or sent back before it is checked: escaped, a whole
/// hello would not fit the frame that refuses it.
pub(super) fn start_of(text: &str) -> String {
    const MAX_CHARS: usize = 64;
    text.chars().take(MAX_CHARS).collect()
}

fn public_key(claim: &HostClaim, spec: &PortSpec) -> PublicKey {
    PublicKey {
        account: Arc::clone(&claim.account),
        tunnel: claim.tunnel.clone(),
        number: spec.number,
    }
}

/// A port that stays keeps its upstream, and with it the connections that are pooled for it.
fn existing(table: &Table<Arc<PortUpstream>>, spec: &PortSpec) -> Option<Arc<PortUpstream>> {
    match table.find(&spec.label) {
        Lookup::Live(upstream) => Some(upstream).filter(|live| {
            live.number() == spec.number && AskedAs::of(spec).as_ref() == Some(live.asked_as())
        }),
        Lookup::NoHost | Lookup::Unknown => None,
    }
}

/// Opens a reserved port: its public number.
fn open(
    ports: &mut PublicPorts,
    session: RegistrationId,
    reserved: Option<Reserved>,
    upstream: &Arc<PortUpstream>,
) -> Option<u16> {
    let reserved = reserved?;
    let number = reserved.number;
    match ports.serve(session, reserved, upstream) {
        Ok(()) => Some(number),
        Err(error) => {
            tracing::warn!(%error, number, "a public port cannot be served");
            None
        }
    }
}

/// Where others reach what listens on `ip`: a wildcard is no address to connect to.
pub(super) fn reachable(ip: IpAddr) -> Option<IpAddr> {
    if ip.is_unspecified() {
        outbound_address().filter(|ip| !ip.is_loopback())
    } else {
        Some(ip)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::control::RelayMessage;
    use crate::link::frame;
    use crate::relay::Visitors;
    use std::net::Ipv4Addr;
    use std::num::NonZeroU16;

    #[test]
    fn the_refusal_of_the_longest_label_fits_a_frame() {
        let ip = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let naming = Naming {
            public: "http://localhost".parse().expect("it is one"),
            http: SocketAddr::new(ip, 80),
            by_port: false,
            reserved: ReservedNames::default(),
        };
        let limits = Limits::default();
        let visitors = Arc::new(Visitors::new("localhost"));
        let ports = PublicPorts::new(ip, None, &limits, visitors);
        let registry = Registry::new(&limits, naming, ports, &Names::default());
        let spec = PortSpec {
            number: NonZeroU16::MIN,
            protocol: Protocol::Http,
            label: "\u{7f}".repeat(frame::MAX_LEN - 1024),
            public_port: None,
            local_name: None,
            per_visitor: false,
        };
        let reason = registry.check_specs(&[spec]).expect_err("it is no label");
        let message = RelayMessage::PortsRefused { reason };
        frame::encode(&message, &mut Vec::new()).expect("it fits");
        assert_eq!(start_of(&"é".repeat(100)), "é".repeat(64));
    }
}
