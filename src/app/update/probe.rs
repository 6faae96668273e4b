//! Probes: which should run follows from the facts; what they saw becomes one.

use super::Update;
use crate::app::event::Command;
use crate::app::state::State;
use crate::base::local::leads_to;
use crate::engine::{EngineCommand, Probe};
use crate::model::{
    DEAD_AFTER_DOWNS, Diagnosis, Health, Life, LivePort, Port, PortKey, PortNumber, ProbeFacts,
    ProbeReport, Reason, Sample, ServiceFault, SessionNumber, Traffic, Tunnel, TunnelId,
    UnixMillis, Unprobed, UrlFault,
};
use crate::probe::ProbePlan;
use std::collections::BTreeMap;

/// Samples that are kept for the charts.
const SAMPLES: usize = 120;

impl Update<'_> {
    /// Starts the probes that should run and stops those that should not.
    pub(super) fn follow_plans(&mut self) {
        let plans = plans(self.state);
        let old = std::mem::take(&mut self.state.plans);
        let gone = old.keys().filter(|key| !plans.contains_key(*key));
        self.commands.extend(gone.cloned().map(Command::StopProbe));
        let new = plans
            .iter()
            .filter(|(key, plan)| old.get(*key) != Some(*plan));
        self.commands
            .extend(new.map(|(_, plan)| Command::Probe(plan.clone())));
        self.state.plans = plans;
    }

    /// Takes a report of a probe that still runs.
    pub(super) fn handle_probed(&mut self, mut report: ProbeReport) {
        let current = self.state.plans.get(&report.key);
        let current = current.filter(|plan| plan.session == report.session);
        let is_old = is_of_an_earlier_link(self.state, self.at, &report);
        let Some(is_public) = current.map(|plan| plan.public).filter(|_| !is_old) else {
            return;
        };
        let key = report.key.clone();
        let facts = self.state.inputs.probes.entry(key.clone()).or_default();
        settle_slow(facts, &mut report, is_public);
        let last = facts.last.as_ref();
        let before = last.filter(|last| last.session == report.session);
        let health = report.health();
        let is_news = match before.map(ProbeReport::health) {
            Some(before) => before != health,
            // Of a new session, that it works or does not route yet is no news.
            None => matches!(
                health,
                Health::ServiceDown | Health::Busy | Health::Full | Health::Slow
            ),
        };
        let (session, diagnosis) = (report.session, report.diagnosis.clone());
        let refused = diagnosis.service_fault() == Some(ServiceFault::NameRefused);
        keep(facts, self.at, report, is_public);
        if is_news {
            self.add_line(&key.tunnel, None, Some((key.port, health)));
        }
        let told = Probe {
            port: key.port,
            session,
            diagnosis,
            dead_after: self.dead_after(&key),
        };
        // A look at the service alone says nothing of the URL.
        if is_public {
            self.tell(&key.tunnel, EngineCommand::Probe(told));
        }
        if refused {
            self.make_local(&key);
        }
    }

    /// The ports that failed a visitor just now and seemed well: each is to be probed at once.
    pub(super) fn check_failing(
        &mut self,
        tunnel: &TunnelId,
        traffic: &BTreeMap<PortNumber, Traffic>,
    ) {
        let state = &*self.state;
        let before = state.inputs.hosts.get(tunnel).map(|host| &host.traffic);
        let failed_before = |port| {
            let last = before.and_then(|before| before.get(port)?.back());
            last.map_or(0, |last| last.failed)
        };
        let failing = traffic
            .iter()
            // Fewer than before are those of a new engine.
            .filter(|(port, now)| now.fault.is_some() && now.failed != failed_before(port));
        let checks = failing
            .map(|(port, _)| PortKey::new(tunnel, *port))
            .filter(|key| state.plans.contains_key(key) && seems_well(state, key))
            .map(Command::CheckNow);
        self.commands.extend(checks);
    }

    /// Forgets what the probes of a tunnel saw last: the charts keep it.
    pub(super) fn forget_reports(&mut self, tunnel: &TunnelId) {
        let probes = self.state.inputs.probes.iter_mut();
        for (_, facts) in probes.filter(|(key, _)| key.tunnel == *tunnel) {
            facts.last = None;
            facts.downs = 0;
            facts.checking = false;
        }
    }

    /// So many `Down` probes in a row, and the port's URL counts as dead.
    fn dead_after(&self, key: &PortKey) -> u32 {
        let inputs = &self.state.inputs;
        let tunnel = inputs.tunnel(&key.tunnel);
        let port = tunnel.and_then(|tunnel| tunnel.port(key.port));
        tunnel.map_or(DEAD_AFTER_DOWNS, |tunnel| {
            inputs.health(tunnel, port).policy.dead_after
        })
    }

    pub(super) fn check_now(&mut self, key: PortKey) {
        if self.state.plans.contains_key(&key) {
            let facts = self.state.inputs.probes.entry(key.clone()).or_default();
            facts.checking = true;
            self.commands.push(Command::CheckNow(key));
        }
    }
}

/// Every served port of every session that is established.
fn plans(state: &State) -> BTreeMap<PortKey, ProbePlan> {
    let mut plans = BTreeMap::new();
    for (id, host) in &state.inputs.hosts {
        let Life::Up {
            session,
            proven: true,
            ..
        } = host.life
        else {
            continue;
        };
        let Some(tunnel) = state.inputs.tunnel(id) else {
            continue;
        };
        for live in &host.live {
            let Some(port) = tunnel.port(live.number) else {
                continue;
            };
            plans.extend(plan(state, tunnel, port, (session, live)));
        }
    }
    plans
}

/// How a port is probed that is served; `None` where nothing of it can be asked. Where probes are off, its
/// service is looked at all the same.
fn plan(
    state: &State,
    tunnel: &Tunnel,
    port: &Port,
    (session, live): (SessionNumber, &LivePort),
) -> Option<(PortKey, ProbePlan)> {
    let health = state.inputs.health(tunnel, Some(port));
    let unprobed = Unprobed::of(health.policy.probes, live);
    if unprobed == Some(Unprobed::RelaysOwn) {
        return None;
    }
    let offers = state.inputs.providers.of(tunnel.provider);
    let itself = leads_to(&port.target, &live.url);
    let key = PortKey::new(&tunnel.id, live.number);
    let plan = ProbePlan {
        key: key.clone(),
        offers,
        session,
        target: port.target.clone(),
        protocol: port.protocol,
        options: port.options.clone(),
        url: live.url.clone(),
        // The URL itself stands for a service that is not here.
        loops: offers.watches.is_none() && itself,
        local: offers.watches.is_none() || !itself,
        public: unprobed.is_none(),
        interval: health.interval(offers),
        timeout: health.policy.timing.probe_timeout,
        request: health.policy.request,
    };
    Some((key, plan))
}

/// A URL that never routed is not slow: it may be out of reach from here. Where the service alone was
/// looked at, nothing is known of it.
fn settle_slow(facts: &mut ProbeFacts, report: &mut ProbeReport, is_public: bool) {
    if report.diagnosis == Diagnosis::Slow && !facts.routed {
        report.diagnosis = Diagnosis::Down {
            cause: UrlFault::Failed(Reason::TimedOut),
            service: None,
            alive: true,
        };
    }
    facts.routed |= is_public && report.diagnosis.routes();
}

fn seems_well(state: &State, key: &PortKey) -> bool {
    let last = state
        .inputs
        .probes
        .get(key)
        .and_then(|probe| probe.last.as_ref());
    last.is_some_and(|last| last.health() != Health::ServiceDown && last.local.fault().is_none())
}

/// Whether it ended before the session had the link that it has now. A clock that was set back says
/// nothing of that.
fn is_of_an_earlier_link(state: &State, at: UnixMillis, report: &ProbeReport) -> bool {
    let host = state.inputs.hosts.get(&report.key.tunnel);
    match host.map(|host| &host.life) {
        Some(Life::Up { since, .. }) => report.at < *since && *since <= at,
        _ => false,
    }
}

/// One that did not ask the public URL is no sample of it.
fn keep(facts: &mut ProbeFacts, at: UnixMillis, report: ProbeReport, is_sample: bool) {
    let same_session = facts
        .last
        .as_ref()
        .is_some_and(|last| last.session == report.session);
    let before = if same_session { facts.downs } else { 0 };
    let is_down = report.health() == Health::Down;
    facts.downs = if is_down { before + 1 } else { 0 };
    facts.checking = false;
    facts.samples.extend(is_sample.then(|| Sample {
        at,
        latency_us: report.latency_us(),
        health: report.health(),
    }));
    while facts.samples.len() > SAMPLES {
        facts.samples.pop_front();
    }
    facts.last = Some(report);
}
