//! What is shown, for a program that asks: the same tunnels, lives and statuses as in the window, before
//! they have words.

use super::scene::{Group, Scene, Slot};
use super::status::Status;
use crate::model::{
    Inputs, Life, LivePort, PortNumber, ProbeReport, Protocol, Reach, Reason, Target, Tunnel,
    UnixMillis, Unprobed,
};

/// A tunnel that is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct TunnelReport<'a> {
    pub tunnel: &'a Tunnel,
    pub life: &'a Life,
    /// Somebody else serves its URL.
    pub watched: bool,
    pub ports: Vec<PortReport<'a>>,
}

/// A port of it.
#[derive(Clone, Debug, PartialEq)]
pub struct PortReport<'a> {
    pub number: PortNumber,
    pub target: &'a Target,
    pub protocol: Protocol,
    /// Where it is served by the session there is.
    pub live: Option<&'a LivePort>,
    /// Who can open its URL, where that is known.
    pub reach: Option<Reach>,
    pub health: PortHealth<'a>,
}

/// What is known of a port by itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PortHealth<'a> {
    /// Nothing, or nothing yet.
    Unknown,
    /// The session cannot serve it.
    Lacking(&'a Reason),
    /// It is served, and its URL is not probed.
    Unchecked(Unprobed),
    Probed(&'a ProbeReport),
}

/// Every tunnel that is shown, as it is at `now`.
pub fn report(inputs: &Inputs, now: UnixMillis) -> Vec<TunnelReport<'_>> {
    let scene = Scene::new(inputs, now);
    let groups = scene.groups.iter();
    groups.map(|group| of_tunnel(inputs, group)).collect()
}

fn of_tunnel<'a>(inputs: &Inputs, group: &Group<'a>) -> TunnelReport<'a> {
    static STOPPED: Life = Life::Stopped;
    let life = group.host.map_or(&STOPPED, |host| &host.life);
    let is_served = life.session().is_some();
    TunnelReport {
        tunnel: group.tunnel,
        life,
        watched: inputs.watched_url(&group.tunnel.id).is_some(),
        ports: group
            .slots
            .iter()
            .map(|slot| of_port(inputs, slot, is_served))
            .collect(),
    }
}

fn of_port<'a>(inputs: &Inputs, slot: &Slot<'a>, is_served: bool) -> PortReport<'a> {
    let live = slot.live.filter(|live| is_served && !live.url.is_empty());
    PortReport {
        number: slot.key.port,
        target: &slot.port.target,
        protocol: slot.protocol,
        // The row keeps the URL after the end, so that it stays on screen: nobody serves it then.
        live,
        reach: live.and_then(|_| inputs.reach(&slot.key)),
        health: match slot.status {
            Status::Probed(probed) => PortHealth::Probed(probed.report),
            Status::Unprobed(why) => PortHealth::Unchecked(why),
            Status::PortLacking(reason) => PortHealth::Lacking(reason),
            Status::Creating
            | Status::Stopped
            | Status::Elsewhere
            | Status::PortAwaited
            | Status::Life(_) => PortHealth::Unknown,
        },
    }
}
