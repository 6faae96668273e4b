//! What the control channel is answered: the facts as they are shown, and the actions that a click would
//! be. What is waited for is waited for on the channel's own thread.

use super::run::Mailbox;
use super::state::State;
use crate::base::clock::{self, rfc3339};
use crate::base::json_words::{HealthWords, StateWords};
use crate::control::{
    Answer, HolderStatus, Lacking, PortStatus, ProcessStatus, Refusal, Request, Server,
    TunnelStatus,
};
use crate::model::{
    Action, ClockShift, Holder, Inputs, JoinLink, Life, PortKey, PortNumber, Protocol, Reason,
    Secret, Setting, Target, TunnelId, UnixMillis,
};
use crate::store::Home;
use crate::view::fold::{PortHealth, PortReport, TunnelReport, report};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::timeout;

/// How long a tunnel may take to say goodbye before whoever asked is told that it is late.
const STOPPED_WITHIN: Duration = Duration::from_secs(10);

/// How long a tunnel may take to work before whoever asked is told that it is late.
const HOSTED_WITHIN: Duration = Duration::from_secs(30);

/// How long a setting may take: a keychain may ask the person.
const DONE_WITHIN: Duration = Duration::from_secs(30);

/// How long what a tunnel came to earlier may be taken for what it comes to now: until its engine has
/// heard that it is to try again.
const HEARD_WITHIN: Duration = Duration::from_secs(1);

/// Answers in this home for the app behind the mailbox, as long as what is returned lives. A program
/// works without it, too.
pub fn answer_in(home: &Home, mailbox: Mailbox, by: Holder) -> Option<Server> {
    let desk = Arc::new(Desk {
        mailbox,
        looking: Mutex::default(),
        holder: HolderStatus {
            by: by.as_str().into(),
            pid: std::process::id(),
            running_since: rfc3339(clock::wall()),
        },
    });
    let handler = Arc::new(
        move |request| -> std::pin::Pin<Box<dyn Future<Output = Answer> + Send>> {
            let desk = Arc::clone(&desk);
            Box::pin(async move { desk.answer(request).await })
        },
    );
    let started = Server::start(home.path(), handler);
    let started = started.inspect_err(|error| tracing::warn!(%error, "no control channel"));
    started.ok()
}

/// Answers for one app.
struct Desk {
    mailbox: Mailbox,
    /// Whoever asks without end has the app look at one question at a time, between its events.
    looking: Mutex<()>,
    holder: HolderStatus,
}

impl Desk {
    /// Reads the facts; `None` where the app ends before.
    async fn look<T: Send + 'static>(
        &self,
        read: impl FnOnce(&State, UnixMillis) -> T + Send + 'static,
    ) -> Option<T> {
        let _turn = self.looking.lock().await;
        self.mailbox.look(read).await
    }

    async fn answer(&self, request: Request) -> Answer {
        let is_desktop = self.holder.by == Holder::Desktop.as_str();
        match request {
            // The settings of a run in a terminal are what was typed there, and are kept nowhere.
            Request::Join { .. }
            | Request::Leave
            | Request::Set { .. }
            | Request::Rename { .. }
            | Request::ChangeProtocol { .. }
            | Request::ChangeTarget { .. }
                if !is_desktop =>
            {
                refused(Refusal::NotHere)
            }
            Request::Status => self.status().await,
            Request::Start { tunnel } => self.start(tunnel).await,
            Request::Stop { tunnel } => self.stop(tunnel).await,
            Request::Rename { tunnel, name } => self.rename(tunnel, name).await,
            Request::ChangeProtocol {
                tunnel,
                port,
                protocol,
            } => self.change_protocol(tunnel, port, protocol).await,
            Request::ChangeTarget {
                tunnel,
                port,
                target,
            } => self.change_target(tunnel, port, target).await,
            Request::Join { link } => self.join(link).await,
            Request::Leave => self.leave().await,
            Request::Set { setting } => self.set(setting).await,
        }
    }

    async fn status(&self) -> Answer {
        let tunnels = self.look(|state, at| all(&state.inputs, at)).await;
        tunnels.map_or(refused(Refusal::Ending), |tunnels| {
            Answer::Status(ProcessStatus {
                holder: self.holder.clone(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                tunnels,
            })
        })
    }

    async fn start(&self, tunnel: TunnelId) -> Answer {
        let id = tunnel.clone();
        let ports = move |state: &State, _| state.inputs.tunnel(&id).map(|t| t.ports.len());
        match self.look(ports).await {
            None => return refused(Refusal::Ending),
            Some(None) => return refused(Refusal::UnknownTunnel),
            Some(Some(0)) => return refused(Refusal::NoPorts),
            Some(Some(_)) => {}
        }
        self.mailbox.act(Action::Host {
            tunnel: tunnel.clone(),
        });
        let tries =
            |state: &State, tunnel: &TunnelId| !is_settled(state, tunnel) || is_up(state, tunnel);
        self.once(HEARD_WITHIN, tunnel.clone(), tries).await;
        self.once(HOSTED_WITHIN, tunnel, is_settled).await
    }

    async fn stop(&self, tunnel: TunnelId) -> Answer {
        let id = tunnel.clone();
        let known = move |state: &State, at| one(&state.inputs, &id, at);
        let before = match self.look(known).await {
            None => return refused(Refusal::Ending),
            Some(None) => return refused(Refusal::UnknownTunnel),
            Some(Some(before)) => before,
        };
        self.mailbox.act(Action::Stop {
            tunnel: tunnel.clone(),
        });
        match self.once(STOPPED_WITHIN, tunnel, State::is_gone).await {
            // A program without another tunnel ends with this one, and all of its goodbyes are said.
            Answer::Refused {
                why: Refusal::Ending,
            } => Answer::Tunnel(before.stopped()),
            answer => answer,
        }
    }

    async fn rename(&self, tunnel: TunnelId, name: String) -> Answer {
        self.mailbox.act(Action::Rename {
            tunnel: tunnel.clone(),
            name: name.clone(),
        });
        self.done(move |inputs| inputs.tunnel(&tunnel).is_some_and(|t| t.name == name))
            .await
    }

    async fn change_protocol(
        &self,
        tunnel: TunnelId,
        port: PortNumber,
        protocol: Protocol,
    ) -> Answer {
        let key = PortKey::new(&tunnel, port);
        self.mailbox.act(Action::ChangeProtocol { key, protocol });
        self.done(move |inputs| {
            let port = inputs.tunnel(&tunnel).and_then(|t| t.port(port));
            port.is_some_and(|port| port.protocol == protocol)
        })
        .await
    }

    async fn change_target(&self, tunnel: TunnelId, port: PortNumber, target: Target) -> Answer {
        self.mailbox.act(Action::ChangeTarget {
            key: PortKey::new(&tunnel, port),
            target: target.clone(),
        });
        self.done(move |inputs| {
            let port = inputs.tunnel(&tunnel).and_then(|t| t.port(target.port));
            port.is_some_and(|port| port.target == target)
        })
        .await
    }

    async fn join(&self, link: Secret) -> Answer {
        let Ok(parsed) = link.expose().parse::<JoinLink>() else {
            return refused(Refusal::Malformed);
        };
        let address = Some(parsed.without_token());
        self.mailbox.act(Action::JoinRelay { link });
        self.done(move |inputs| inputs.settings.relay.joined == address)
            .await
    }

    async fn leave(&self) -> Answer {
        self.mailbox.act(Action::LeaveRelay);
        self.done(|inputs| inputs.settings.relay.joined.is_none())
            .await
    }

    async fn set(&self, setting: Setting) -> Answer {
        self.mailbox.act(Action::Set { setting });
        self.done(move |inputs| {
            let mut set = inputs.settings.clone();
            set.set(setting);
            set == inputs.settings
        })
        .await
    }

    /// Waits until what was asked for stands in the facts.
    async fn done(&self, stands: impl Fn(&Inputs) -> bool + Clone + Send + 'static) -> Answer {
        let seen = move |state: &State, _| stands(&state.inputs).then_some(Answer::Done);
        let done = self.until(DONE_WITHIN, seen).await;
        done.unwrap_or_else(refused)
    }

    /// The tunnel as it is once that holds.
    async fn once(
        &self,
        within: Duration,
        tunnel: TunnelId,
        holds: fn(&State, &TunnelId) -> bool,
    ) -> Answer {
        let seen =
            move |state: &State, at| holds(state, &tunnel).then(|| one(&state.inputs, &tunnel, at));
        match self.until(within, seen).await {
            Ok(Some(now)) => Answer::Tunnel(now),
            Ok(None) => refused(Refusal::UnknownTunnel),
            Err(why) => refused(why),
        }
    }

    /// What is seen in the facts, once it is there.
    async fn until<T: Send + 'static>(
        &self,
        within: Duration,
        seen: impl Fn(&State, UnixMillis) -> Option<T> + Clone + Send + 'static,
    ) -> Result<T, Refusal> {
        let mut changes = self.mailbox.changes();
        let wait = async {
            loop {
                // Before the look: what changes after it is not missed.
                changes.mark_unchanged();
                if let Some(seen) = self.look(seen.clone()).await.ok_or(Refusal::Ending)? {
                    return Ok(seen);
                }
                changes.changed().await.map_err(|_| Refusal::Ending)?;
            }
        };
        let waited = timeout(within, wait).await;
        waited.unwrap_or(Err(Refusal::TimedOut))
    }
}

const fn refused(why: Refusal) -> Answer {
    Answer::Refused { why }
}

/// It works, or nothing but a person helps.
fn is_settled(state: &State, tunnel: &TunnelId) -> bool {
    let host = state.inputs.hosts.get(tunnel);
    host.is_some_and(|host| match &host.life {
        Life::Up { .. } => is_up(state, tunnel),
        Life::SignIn(_) | Life::Displaced(_) | Life::Failed(_) | Life::Quota { .. } => true,
        Life::Stopped | Life::Connecting { .. } | Life::Parked { .. } | Life::Waiting { .. } => {
            false
        }
    })
}

fn is_up(state: &State, tunnel: &TunnelId) -> bool {
    let host = state.inputs.hosts.get(tunnel);
    host.is_some_and(|host| {
        matches!(host.life, Life::Up { proven: true, .. }) && !host.live.is_empty()
    })
}

/// Every tunnel as it is shown at `at`.
fn all(inputs: &Inputs, at: UnixMillis) -> Vec<TunnelStatus> {
    let shift = inputs.appearance.clock_shift;
    let shown = report(inputs, at);
    shown.iter().map(|shown| status(shown, at, shift)).collect()
}

fn one(inputs: &Inputs, id: &TunnelId, at: UnixMillis) -> Option<TunnelStatus> {
    let shown = report(inputs, at);
    let shown = shown.iter().find(|shown| shown.tunnel.id == *id)?;
    Some(status(shown, at, inputs.appearance.clock_shift))
}

fn status(shown: &TunnelReport<'_>, at: UnixMillis, shift: ClockShift) -> TunnelStatus {
    TunnelStatus {
        tunnel: shown.tunnel.id.to_string(),
        name: shown.tunnel.name.clone(),
        provider: shown.tunnel.provider.to_string(),
        state: StateWords::of(shown.life, shown.watched, at, shift),
        since: since(shown.life).map(|since| rfc3339(shift.apply(since))),
        ports: shown.ports.iter().map(port_status).collect(),
    }
}

fn since(life: &Life) -> Option<UnixMillis> {
    match life {
        Life::Up { since, .. } | Life::Parked { since, .. } => Some(*since),
        life => life.outage().map(|outage| outage.since),
    }
}

fn port_status(port: &PortReport<'_>) -> PortStatus {
    let (health, lacking) = match port.health {
        PortHealth::Unknown => (None, None),
        PortHealth::Lacking(reason) => (None, Some(lacking(reason))),
        PortHealth::Unchecked(why) => (Some(HealthWords::unchecked(why)), None),
        PortHealth::Probed(report) => (Some(HealthWords::of(report)), None),
    };
    PortStatus {
        port: port.number.get(),
        target: port.target.to_string(),
        protocol: port.protocol.as_str().into(),
        url: port.live.map(|live| live.url.clone()),
        reach: port.reach.map(|reach| reach.as_str().into()),
        lan_url: port.live.and_then(|live| live.lan_url.clone()),
        health,
        lacking,
    }
}

fn lacking(reason: &Reason) -> Lacking {
    Lacking {
        reason: reason.code().into(),
        detail: reason.detail().map(str::to_owned),
    }
}

#[cfg(test)]
#[path = "answers_tests.rs"]
mod tests;
