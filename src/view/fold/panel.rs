//! The detail panel: everything that is known of one port.

use super::amount::{ago, attempt, countdown, latency, left, size, span};
use super::scene::{Group, Scene, Slot};
use super::status::{Status, current_report};
use super::{button, chart, remedy, sentence, timeline};
use crate::model::{
    Action, Life, LocalAnswer, Metrics, ProbeReport, PublicAnswer, ServiceFault, UnixMillis,
};
use crate::view::{Button, Msg, Panel, TimelineEntry, messages as m};
use std::collections::VecDeque;

/// The panel of the selected port; none when there is no such port any more.
pub(super) fn fold(scene: &Scene) -> Option<Panel> {
    let (group, slot) = scene.selected()?;
    let badge = slot.status.badge();
    let probe = scene.inputs.probes.get(&slot.key);
    let samples = group.host.and_then(|host| host.traffic.get(&slot.key.port));
    let (latency, latency_max) = probe
        .map(|probe| chart::latencies(&probe.samples))
        .unwrap_or_default();
    let counted = metrics(scene, group, slot);
    let (traffic, traffic_max) = samples
        .map(chart::traffic)
        .or_else(|| counted.map(chart::rates))
        .unwrap_or_default();
    Some(Panel {
        key: slot.key.clone(),
        title: format!(
            "{} : {}",
            super::name::in_window(group.tunnel),
            slot.port_text()
        ),
        badge,
        word: sentence::full_word(badge),
        sentence: sentence::why(scene, group, slot),
        remedy: remedy::of(scene, group, slot),
        url: slot.url().map(str::to_owned),
        reach: super::reach::beside_url(scene, group, slot),
        widen: super::reach::widen(scene, group, slot),
        lan_url: slot.live.and_then(|live| live.lan_url.clone()),
        url_buttons: vec![
            button::copy(slot),
            button::open(slot),
            button::qr_code(slot),
        ],
        facts: facts(scene, group, slot),
        latency,
        latency_max,
        traffic,
        traffic_max,
        uptime: probe.and_then(chart::uptime),
        timeline: story(scene, group, slot),
        buttons: buttons(group, slot),
        close: Action::Deselect,
    })
}

/// What happened to it, in this run and before.
fn story(scene: &Scene, group: &Group, slot: &Slot) -> Vec<TimelineEntry> {
    let past = scene.inputs.past.as_ref();
    let past = past.filter(|past| past.tunnel == slot.key.tunnel);
    let records = past.into_iter().flat_map(|past| &past.events);
    timeline::fold(group.host, records, slot.key.port, scene.now)
}

fn buttons(group: &Group, slot: &Slot) -> Vec<Button> {
    let mut buttons = vec![button::health(slot)];
    if group.wanted() {
        buttons.push(button::reconnect(group));
    }
    buttons.push(button::host_or_stop(group));
    buttons
}

fn facts(scene: &Scene, group: &Group, slot: &Slot) -> Vec<(Msg, Msg)> {
    let mut facts = Vec::new();
    let is_idle = match slot.status {
        Status::Creating | Status::Stopped => true,
        status => status == Status::Elsewhere && !group.wanted(),
    };
    if is_idle {
        facts.extend(counted(scene, group, slot));
        return facts;
    }
    let probe = scene.inputs.probes.get(&slot.key);
    if let Some(report) = current_report(group.host, probe) {
        if !matches!(slot.status, Status::Unprobed(_)) {
            facts.push((m::fact_last_check(), last_check(report, scene.now)));
        }
        facts.push((m::fact_local(), local(report, slot)));
    }
    facts.extend(state_fact(group, scene.now));
    facts.extend(traffic_facts(group, slot));
    facts.extend(counted(scene, group, slot));
    facts
}

fn metrics<'s>(scene: &Scene<'s>, group: &Group, slot: &Slot) -> Option<&'s VecDeque<Metrics>> {
    scene
        .inputs
        .account(&group.account()?)
        .metrics
        .get(&slot.key)
}

/// What the provider counts, whoever hosts it.
fn counted(scene: &Scene, group: &Group, slot: &Slot) -> Vec<(Msg, Msg)> {
    let samples = metrics(scene, group, slot);
    let Some(last) = samples.and_then(|samples| samples.back()) else {
        return Vec::new();
    };
    let both = |a: Option<u64>, b: Option<u64>| {
        (a.is_some() || b.is_some()).then(|| (a.unwrap_or(0), b.unwrap_or(0)))
    };
    let rates = both(last.download_rate, last.upload_rate).map(|(received, sent)| {
        let rate = |bytes| m::size_rate(size(bytes));
        (
            m::fact_remote_rate(group.offers.name),
            m::data_amount(rate(received), rate(sent)),
        )
    });
    let totals = both(last.download_total, last.upload_total).map(|(received, sent)| {
        let amount = m::data_amount(size(received), size(sent));
        (m::fact_remote_data(group.offers.name), amount)
    });
    let clients = last.connections.map(|count| {
        (
            m::fact_remote_clients(group.offers.name),
            m::clients_amount(count),
        )
    });
    [rates, totals, clients].into_iter().flatten().collect()
}

fn last_check(report: &ProbeReport, now: UnixMillis) -> Msg {
    let ago = ago(now, report.at);
    match &report.public {
        PublicAnswer::Status {
            code,
            latency_us,
            verdict,
            ..
        } => {
            let (latency, status) = (latency(*latency_us), code.to_string());
            match verdict {
                Some(_) => m::check_relay_status(ago, latency, status),
                None => m::check_status(ago, latency, status),
            }
        }
        PublicAnswer::Accepted { latency_us } => m::check_accepted(ago, latency(*latency_us)),
        PublicAnswer::NotAsked => m::check_not_asked(ago),
        PublicAnswer::Failed { reason } => m::check_failed(ago, sentence::cause(reason)),
    }
}

fn local(report: &ProbeReport, slot: &Slot) -> Msg {
    let target = slot.port.target.to_string();
    match report.local {
        LocalAnswer::Accepts => m::local_accepts(target),
        LocalAnswer::NotAsked => m::local_not_asked(target),
        LocalAnswer::Failed(ServiceFault::Refused) => m::local_refused(target),
        LocalAnswer::Failed(ServiceFault::TimedOut | ServiceFault::NoAnswer) => {
            m::local_silent(target)
        }
        LocalAnswer::Failed(_) => m::local_failed(target),
    }
}

/// How long it is hosted or will be held, or when the next attempt begins.
fn state_fact(group: &Group, now: UnixMillis) -> Option<(Msg, Msg)> {
    let life = &group.host?.life;
    if let Some((number, next_at)) = life.retry() {
        let number = attempt(number);
        let text = match next_at.and_then(|at| left(now, at)) {
            Some(span) => m::try_in(number, span),
            None => m::try_now(number),
        };
        return Some((m::fact_next_try(), text));
    }
    match life {
        Life::Up { since, .. } => {
            let name = match group.offers.watches {
                Some(_) => m::fact_watched_for(),
                None => m::fact_hosted_for(),
            };
            Some((name, span(now.since(*since))))
        }
        Life::Parked { until, .. } => Some((m::fact_held_for(), countdown(now, *until)?)),
        Life::Quota { next_at, .. } => Some((m::fact_next_try(), m::moment(*next_at))),
        _ => None,
    }
}

fn traffic_facts(group: &Group, slot: &Slot) -> Vec<(Msg, Msg)> {
    let samples = group.host.and_then(|host| host.traffic.get(&slot.key.port));
    let Some(last) = samples.and_then(|samples| samples.back()) else {
        return Vec::new();
    };
    let certificate = last.certificate.map(|fingerprint| {
        let shown = fingerprint.to_string();
        (m::fact_certificate(), m::certificate_accepted(shown))
    });
    let counts = [
        (
            m::fact_connections(),
            m::connections_amount(last.open, last.total),
        ),
        (
            m::fact_data(),
            m::data_amount(size(last.bytes_in), size(last.bytes_out)),
        ),
    ];
    counts.into_iter().chain(certificate).collect()
}
