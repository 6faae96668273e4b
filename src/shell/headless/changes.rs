//! What changed between two looks at the facts: pure, without words.

use crate::model::{
    Fingerprint, Health, Inputs, Life, Phase, PortKey, ProbeReport, Protocol, Reach, Reason,
    SessionNumber, StatusRanges, TunnelId, Unprobed,
};
use std::collections::BTreeMap;

/// One line's worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// A tunnel's life is another one.
    Life {
        tunnel: TunnelId,
        life: Life,
        /// Somebody else serves its URL.
        watched: bool,
    },
    /// An attempt entered a phase.
    Progress { tunnel: TunnelId, phase: Phase },
    /// A URL routes, or will not be seen to: for the first time in this session, or it is another
    /// one.
    Url {
        key: PortKey,
        target: String,
        given: Given,
    },
    /// A port cannot be served beside the others of its tunnel.
    Lacking {
        key: PortKey,
        target: String,
        reason: Reason,
    },
    /// A port is served and will not be checked.
    Unchecked { key: PortKey, why: Unprobed },
    /// A service's certificate was accepted because it came first.
    Certificate {
        key: PortKey,
        target: String,
        fingerprint: Fingerprint,
    },
    /// A port's health or the status behind it is another one.
    Health {
        target: String,
        protocol: Protocol,
        /// The answers that are right.
        expected: StatusRanges,
        report: ProbeReport,
        /// The URL of this session was told just now.
        first: bool,
    },
}

/// Where visitors find a port, and who they can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) url: String,
    /// The URL for other machines of this network.
    pub(super) lan_url: Option<String>,
    /// Who can open it, where that is known.
    pub(super) reach: Option<Reach>,
    /// They have to sign in.
    pub(super) private: bool,
    /// `--reach` leads further.
    pub(super) widens: bool,
}

impl Given {
    fn of(inputs: &Inputs, key: &PortKey, url: &str) -> Self {
        Self {
            url: url.to_owned(),
            lan_url: inputs.lan_url(key).map(str::to_owned),
            reach: inputs.reach(key),
            private: inputs.is_private(key),
            widens: inputs.offers(&key.tunnel).joins && inputs.relay.joined.is_none(),
        }
    }
}

/// What was told.
#[derive(Debug, Default)]
pub(super) struct Seen {
    tunnels: BTreeMap<TunnelId, SeenTunnel>,
    ports: BTreeMap<PortKey, SeenPort>,
    lacking: BTreeMap<PortKey, Reason>,
    certificates: BTreeMap<PortKey, Fingerprint>,
}

#[derive(Debug, Default)]
struct SeenTunnel {
    life: Life,
    phase: Option<Phase>,
}

#[derive(Debug, Default)]
struct SeenPort {
    session: SessionNumber,
    url: Option<String>,
    health: Option<(Health, Option<u16>, Option<&'static str>)>,
}

impl Seen {
    /// What is new since the last call, in the order in which it is told.
    pub(super) fn changes(&mut self, inputs: &Inputs) -> Vec<Change> {
        let mut changes = vec![];
        for (tunnel, host) in &inputs.hosts {
            let seen = self.tunnels.entry(tunnel.clone()).or_default();
            let tunnel = || tunnel.clone();
            if let Some(life) = seen.see_life(&host.life) {
                let tunnel = tunnel();
                let watched = inputs.watched_url(&tunnel).is_some();
                changes.push(Change::Life {
                    tunnel,
                    life,
                    watched,
                });
            }
            if let Some(phase) = seen.see_phase(&host.life) {
                let tunnel = tunnel();
                changes.push(Change::Progress { tunnel, phase });
            }
        }
        self.forget_held(inputs);
        for (key, facts) in &inputs.probes {
            let host = inputs.hosts.get(&key.tunnel);
            let session = host.and_then(|host| host.life.serving());
            let report = facts.last.as_ref();
            if let Some(report) = report.filter(|report| session == Some(report.session)) {
                let seen = self.ports.entry(key.clone()).or_default();
                changes.extend(seen.see(inputs, report, facts.downs));
            }
        }
        self.see_lacking(inputs, &mut changes);
        self.see_unchecked(inputs, &mut changes);
        self.see_certificates(inputs, &mut changes);
        self.forget_gone(inputs);
        changes
    }

    fn see_lacking(&mut self, inputs: &Inputs, changes: &mut Vec<Change>) {
        let mut lacking = BTreeMap::new();
        for (tunnel, host) in &inputs.hosts {
            for (number, reason) in &host.lacking {
                let key = PortKey::new(tunnel, *number);
                if self.lacking.get(&key) != Some(reason) {
                    let port = inputs.tunnel(tunnel).and_then(|t| t.port(*number));
                    changes.push(Change::Lacking {
                        key: key.clone(),
                        target: port.map_or_else(String::new, |port| port.target.to_string()),
                        reason: reason.clone(),
                    });
                }
                lacking.insert(key, reason.clone());
            }
        }
        self.lacking = lacking;
    }

    fn see_certificates(&mut self, inputs: &Inputs, changes: &mut Vec<Change>) {
        for (tunnel, host) in &inputs.hosts {
            for (number, samples) in &host.traffic {
                let Some(fingerprint) = samples.back().and_then(|last| last.certificate) else {
                    continue;
                };
                let key = PortKey::new(tunnel, *number);
                if self.certificates.insert(key.clone(), fingerprint) == Some(fingerprint) {
                    continue;
                }
                let port = inputs.tunnel(tunnel).and_then(|t| t.port(*number));
                changes.push(Change::Certificate {
                    key,
                    target: port.map_or_else(String::new, |port| port.target.to_string()),
                    fingerprint,
                });
            }
        }
    }

    /// No probe says of these that they are served.
    fn see_unchecked(&mut self, inputs: &Inputs, changes: &mut Vec<Change>) {
        for (tunnel, host) in &inputs.hosts {
            let Life::Up {
                session,
                proven: true,
                ..
            } = host.life
            else {
                continue;
            };
            for live in &host.live {
                let port = inputs.tunnel(tunnel).and_then(|t| t.port(live.number));
                let of = inputs.tunnel(tunnel);
                let probes = of.is_none_or(|tunnel| inputs.health(tunnel, port).policy.probes);
                let Some(why) = Unprobed::of(probes, live) else {
                    continue;
                };
                let key = PortKey::new(tunnel, live.number);
                let seen = self.ports.entry(key.clone()).or_default();
                if seen.session == session && seen.url.as_deref() == Some(&live.url) {
                    continue;
                }
                *seen = SeenPort {
                    session,
                    url: Some(live.url.clone()),
                    health: None,
                };
                changes.push(Change::Url {
                    key: key.clone(),
                    given: Given::of(inputs, &key, &live.url),
                    target: port.map_or_else(String::new, |port| port.target.to_string()),
                });
                changes.push(Change::Unchecked { key, why });
            }
        }
    }

    /// What was told of a link that is down is told anew of the next one.
    fn forget_held(&mut self, inputs: &Inputs) {
        self.ports.retain(|key, _| {
            let host = inputs.hosts.get(&key.tunnel);
            !host.is_some_and(|host| matches!(host.life, Life::Parked { .. }))
        });
    }

    fn forget_gone(&mut self, inputs: &Inputs) {
        self.tunnels
            .retain(|tunnel, _| inputs.hosts.contains_key(tunnel));
        self.ports
            .retain(|key, _| inputs.probes.contains_key(key) || inputs.url(key).is_some());
    }
}

impl SeenTunnel {
    /// That the wait before an attempt is over makes it no other one: the attempt's phases tell it.
    fn see_life(&mut self, life: &Life) -> Option<Life> {
        let mark = |life: &Life| (life.kind(), life.retry().map(|(attempt, _)| attempt));
        let changed = mark(&self.life) != mark(life);
        self.life = life.clone();
        changed.then(|| life.clone())
    }

    fn see_phase(&mut self, life: &Life) -> Option<Phase> {
        let phase = match life {
            Life::Connecting { phase, .. } => Some(*phase),
            _ => None,
        };
        let changed = phase != self.phase;
        self.phase = phase;
        phase.filter(|_| changed)
    }
}

impl SeenPort {
    fn see(&mut self, inputs: &Inputs, report: &ProbeReport, downs: u32) -> Vec<Change> {
        if report.session != self.session {
            *self = Self {
                session: report.session,
                ..Self::default()
            };
        }
        let key = &report.key;
        let tunnel = inputs.tunnel(&key.tunnel);
        let port = tunnel.and_then(|t| t.port(key.port));
        let policy = tunnel.map(|tunnel| inputs.health(tunnel, port).policy);
        let policy = policy.unwrap_or_default();
        let target = port.map_or_else(String::new, |port| port.target.to_string());
        if !policy.probes && report.health() == Health::Unchecked {
            // That it is served and not checked is told for itself, once.
            let was_told = self.health.take().is_some();
            let why = Unprobed::Off;
            let told = || Change::Unchecked {
                key: key.clone(),
                why,
            };
            return was_told.then(told).into_iter().collect();
        }
        let mut changes = vec![];
        // Before this many a URL that has not routed yet is only not ready.
        // One that cannot be checked from here may work for visitors all the same.
        let health = report.health();
        let told = health.routes() || health == Health::Unchecked || downs >= policy.dead_after;
        let url = inputs.url(key).filter(|_| told);
        let new_url = url.filter(|url| self.url.as_deref() != Some(url));
        if let Some(url) = new_url.map(str::to_owned) {
            self.url = Some(url.clone());
            changes.push(Change::Url {
                key: key.clone(),
                given: Given::of(inputs, key, &url),
                target: target.clone(),
            });
        }
        let not_ready = self.url.is_none() && downs < policy.dead_after;
        let health = (health, report.status(), report.diagnosis.reason_code());
        if !not_ready && self.health != Some(health) {
            self.health = Some(health);
            changes.push(Change::Health {
                target,
                protocol: port.map_or_else(Protocol::default, |port| port.protocol),
                expected: policy.request.expected,
                report: report.clone(),
                first: !changes.is_empty(),
            });
        }
        changes
    }
}
