//! Probes: which should run follows from the facts; what they saw becomes one.

use super::engine::{host_mut, push_transition};
use super::{Commands, inventory, tell};
use crate::app::event::Command;
use crate::app::state::State;
use crate::base::local::leads_to;
use crate::engine::{EngineCommand, Probe};
use crate::model::{
    Diagnosis, Health, Life, LocalAnswer, PortKey, PortNumber, ProbeFacts, ProbeRate, ProbeReport,
    Reason, Sample, ServiceFault, Traffic, Transition, TunnelId, UnixMillis, Unprobed, UrlFault,
};
use crate::probe::ProbePlan;
use std::collections::BTreeMap;
use std::time::Duration;

/// Samples that are kept for the charts.
const SAMPLES: usize = 120;

/// Starts the probes that should run and stops those that should not.
pub(super) fn follow_plans(state: &mut State) -> Commands {
    let plans = plans(state);
    let gone = state.plans.keys().filter(|key| !plans.contains_key(*key));
    let mut commands: Commands = gone.cloned().map(Command::StopProbe).collect();
    for (key, plan) in &plans {
        if state.plans.get(key) != Some(plan) {
            commands.push(Command::Probe(plan.clone()));
        }
    }
    state.plans = plans;
    commands
}

/// Every served port of every session that is established.
fn plans(state: &State) -> BTreeMap<PortKey, ProbePlan> {
    let timing = state.inputs.timing;
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
            if Unprobed::of(port.options.probe, live).is_some() {
                continue;
            }
            let offers = state.inputs.providers.of(tunnel.provider);
            let (usual, least) = (timing.probe_interval, offers.probe.least_interval());
            let interval = match port.options.probe {
                ProbeRate::Off | ProbeRate::Usual => usual.max(least),
                // It was said for this very port.
                ProbeRate::Seconds(seconds) => Duration::from_secs(seconds.into()),
            };
            let key = PortKey::new(id, live.number);
            let plan = ProbePlan {
                key: key.clone(),
                offers,
                session,
                target: port.target.clone(),
                protocol: port.protocol,
                options: port.options.clone(),
                url: live.url.clone(),
                loops: leads_to(&port.target, &live.url),
                interval,
                looks: (usual < interval && interval == least).then_some(usual),
                timeout: timing.probe_timeout,
            };
            plans.insert(key, plan);
        }
    }
    plans
}

/// Takes a report of a probe that still runs.
pub(super) fn handle(state: &mut State, at: UnixMillis, mut report: ProbeReport) -> Commands {
    let current = state.plans.get(&report.key).map(|plan| plan.session);
    if current != Some(report.session) || is_of_an_earlier_link(state, at, &report) {
        return vec![];
    }
    mark_busy(state, &mut report);
    let key = report.key.clone();
    settle_slow(state, &mut report);
    let before = state.inputs.probes.get(&key).and_then(|facts| {
        let last = facts.last.as_ref()?;
        (last.session == report.session).then_some(last.health())
    });
    let health = report.health();
    let is_news = match before {
        Some(before) => before != health,
        // Of a new session, that it works or does not route yet is no news.
        None => matches!(
            health,
            Health::ServiceDown | Health::Busy | Health::Full | Health::Slow
        ),
    };
    if is_news {
        add_line(state, at, &key, health);
    }
    let refused = report.diagnosis.service_fault() == Some(ServiceFault::NameRefused);
    let told = EngineCommand::Probe(Probe {
        port: key.port,
        session: report.session,
        diagnosis: report.diagnosis.clone(),
    });
    keep(
        state.inputs.probes.entry(key.clone()).or_default(),
        at,
        report,
    );
    let mut commands = tell(state, &key.tunnel, told);
    if refused {
        commands.extend(inventory::make_local(state, &key));
    }
    commands
}

/// A URL that never routed is not slow: it may be out of reach from here.
fn settle_slow(state: &mut State, report: &mut ProbeReport) {
    let facts = state.inputs.probes.entry(report.key.clone()).or_default();
    if report.diagnosis == Diagnosis::Slow && !facts.routed {
        report.diagnosis = Diagnosis::Down {
            cause: UrlFault::Failed(Reason::TimedOut),
            service: None,
            alive: true,
        };
    }
    facts.routed |= report.diagnosis.routes();
}

/// A service that accepts, and says nothing while others are connected to it, serves one after the
/// other: it is busy, not down.
fn mark_busy(state: &State, report: &mut ProbeReport) {
    let silent = Diagnosis::ServiceDown {
        fault: ServiceFault::NoAnswer,
        accepts: false,
    };
    let host = state.inputs.hosts.get(&report.key.tunnel);
    let traffic = host.and_then(|host| host.traffic.get(&report.key.port)?.back());
    let others = traffic.is_some_and(|traffic| traffic.open > 0);
    if report.diagnosis == silent && others {
        report.local = LocalAnswer::Failed(ServiceFault::Busy);
        report.diagnosis = Diagnosis::Busy;
    }
}

/// The ports that failed a visitor just now and seemed well: each is to be probed at once.
pub(super) fn check_failing(
    state: &State,
    tunnel: &TunnelId,
    traffic: &BTreeMap<PortNumber, Traffic>,
) -> Commands {
    let before = state.inputs.hosts.get(tunnel).map(|host| &host.traffic);
    let failed_before = |port| {
        let last = before.and_then(|before| before.get(port)?.back());
        last.map_or(0, |last| last.failed)
    };
    let failing = traffic
        .iter()
        .filter(|(port, now)| now.fault.is_some() && now.failed > failed_before(port));
    failing
        .map(|(port, _)| PortKey::new(tunnel, *port))
        .filter(|key| state.plans.contains_key(key) && seems_well(state, key))
        .map(Command::CheckNow)
        .collect()
}

fn seems_well(state: &State, key: &PortKey) -> bool {
    let last = state
        .inputs
        .probes
        .get(key)
        .and_then(|probe| probe.last.as_ref());
    last.is_some_and(|last| last.health() != Health::ServiceDown)
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

/// Forgets what the probes of a tunnel saw last: the charts keep it.
pub(super) fn forget_reports(state: &mut State, tunnel: &TunnelId) {
    let probes = state.inputs.probes.iter_mut();
    for (_, facts) in probes.filter(|(key, _)| key.tunnel == *tunnel) {
        facts.last = None;
        facts.downs = 0;
        facts.checking = false;
    }
}

fn add_line(state: &mut State, at: UnixMillis, key: &PortKey, health: Health) {
    let host = host_mut(state, &key.tunnel);
    let since = host.history.back().map_or(at, |last| last.at);
    let line = Transition {
        at,
        life: None,
        health: Some((key.port, health)),
        after_ms: at.0.saturating_sub(since.0),
    };
    push_transition(host, line);
}

fn keep(facts: &mut ProbeFacts, at: UnixMillis, report: ProbeReport) {
    let same_session = facts
        .last
        .as_ref()
        .is_some_and(|last| last.session == report.session);
    let before = if same_session { facts.downs } else { 0 };
    let is_down = report.health() == Health::Down;
    facts.downs = if is_down { before + 1 } else { 0 };
    facts.checking = false;
    facts.samples.push_back(Sample {
        at,
        latency_us: report.latency_us(),
        health: report.health(),
    });
    while facts.samples.len() > SAMPLES {
        facts.samples.pop_front();
    }
    facts.last = Some(report);
}

/// Probes a port now.
pub(super) fn check_now(state: &mut State, key: PortKey) -> Commands {
    if !state.plans.contains_key(&key) {
        return vec![];
    }
    state.inputs.probes.entry(key.clone()).or_default().checking = true;
    vec![Command::CheckNow(key)]
}
