//! How each tunnel is for somebody who does not look, by the same status as its badge.

use super::scene::{Group, Scene, Slot};
use super::status::Status;
use crate::model::{
    AlertKind, Cause, Class, Diagnosis, Inputs, Life, Outage, Reason, ServedUrl, Stance, Standing,
    Trouble, UnixMillis, UrlFault,
};

/// Every tunnel, and how it is at `now`.
pub fn stances(inputs: &Inputs, now: UnixMillis) -> Vec<Stance> {
    let scene = Scene::new(inputs, now);
    let stance = |group: &Group<'_>| Stance {
        tunnel: group.tunnel.id.clone(),
        standing: standing(group),
        urls: urls(group),
    };
    scene.groups.iter().map(stance).collect()
}

fn standing(group: &Group<'_>) -> Standing {
    let Some(host) = group.host.filter(|host| host.wanted) else {
        return Standing::Idle;
    };
    match &host.life {
        Life::Stopped | Life::Connecting { outage: None, .. } => Standing::Starting,
        Life::Connecting {
            outage: Some(outage),
            ..
        }
        | Life::Waiting { outage, .. } => match outage.reason.class() {
            // It tries again now and then, and is still at its limit.
            Class::Quota => bad(AlertKind::Quota, true, outage),
            _ => bad(AlertKind::Down, false, outage),
        },
        Life::Parked { .. } => Standing::Bad(Trouble {
            kind: AlertKind::Down,
            stays: false,
            port: None,
            why: Cause::Held,
        }),
        Life::SignIn(outage) => bad(AlertKind::SignIn, true, outage),
        Life::Displaced(outage) => match outage.reason {
            Reason::HostedHere { .. } => bad(AlertKind::Down, true, outage),
            _ => bad(AlertKind::TakenOver, true, outage),
        },
        Life::Quota { outage, .. } => bad(AlertKind::Quota, true, outage),
        Life::Failed(outage) => bad(AlertKind::Down, true, outage),
        Life::Up { .. } => worst(group),
    }
}

fn bad(kind: AlertKind, stays: bool, outage: &Outage) -> Standing {
    Standing::Bad(Trouble {
        kind,
        stays,
        port: None,
        why: Cause::Reason(outage.reason.clone()),
    })
}

/// One port that visitors do not get to is news, whatever the others do.
fn worst(group: &Group<'_>) -> Standing {
    let all: Vec<Standing> = group.slots.iter().map(of_port).collect();
    let is = |which: fn(&Standing) -> bool| all.iter().find(|standing| which(standing)).cloned();
    is(|standing| matches!(standing, Standing::Bad(_)))
        .or_else(|| is(|standing| *standing == Standing::Unsure))
        .or_else(|| is(|standing| *standing == Standing::Unasked))
        .unwrap_or(Standing::Well)
}

fn of_port(slot: &Slot<'_>) -> Standing {
    let why = match slot.status {
        Status::Probed(probed) => match &probed.report.diagnosis {
            diagnosis if diagnosis.is_offline() => Cause::Reason(Reason::Offline),
            Diagnosis::ServiceDown { fault, accepts } => Cause::Service {
                fault: *fault,
                accepts: *accepts,
            },
            Diagnosis::Unexpected { status } => Cause::Answer { status: *status },
            Diagnosis::Down {
                service: Some(fault),
                ..
            } => Cause::Service {
                fault: *fault,
                accepts: false,
            },
            // It may be out of reach from here alone: visitors may be luckier.
            Diagnosis::Down {
                cause: UrlFault::Failed(_),
                ..
            } if !probed.ever_routed => return Standing::Unsure,
            Diagnosis::Down { .. } => Cause::Url,
            Diagnosis::Works
            | Diagnosis::Private
            | Diagnosis::UnknownName { .. }
            | Diagnosis::NotAsked
            | Diagnosis::Busy
            | Diagnosis::Full
            | Diagnosis::Slow => return Standing::Well,
        },
        Status::PortLacking(reason) => Cause::Reason(reason.clone()),
        Status::Unprobed(_) => return Standing::Unasked,
        Status::Creating
        | Status::Stopped
        | Status::Elsewhere
        | Status::PortAwaited
        | Status::Life(_) => return Standing::Unsure,
    };
    Standing::Bad(Trouble {
        kind: AlertKind::Down,
        stays: false,
        port: Some(slot.key.port),
        why,
    })
}

/// Of a session that has proven itself: before that they may be those of an earlier run.
fn urls(group: &Group<'_>) -> Vec<ServedUrl> {
    let life = group.host.map(|host| &host.life);
    if !matches!(life, Some(Life::Up { proven: true, .. })) {
        return Vec::new();
    }
    let served = group.slots.iter().filter_map(|slot| {
        Some(ServedUrl {
            port: slot.key.port,
            protocol: slot.protocol,
            url: slot.url()?.to_owned(),
        })
    });
    served.collect()
}
