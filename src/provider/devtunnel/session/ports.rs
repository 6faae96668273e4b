//! Keeps the ports of a session as they are wanted: makes those that the tunnel does not have, asks
//! the relay for them, one at a time, and takes back what is wanted no longer. What others have done to
//! the tunnel's ports meanwhile is found out when they are read again.

use crate::base::clock;
use crate::model::{
    Lacking, LivePort, Port, PortNumber, Protocol, Reason, Secret, Target, TunnelId,
};
use crate::provider::changes::Failure;
use crate::provider::devtunnel::cli::{client_command, protocol_of};
use crate::provider::devtunnel::management::{Endpoint, EndpointReply, Management, TunnelReply};
use crate::provider::devtunnel::socket::Version;
use crate::provider::devtunnel::ssh::{Outer, Refused};
use crate::provider::{ConnectError, Ended};
use std::collections::BTreeMap;
use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// What could not be done is tried again after so long, then after twice as long, and so on.
const FIRST_PAUSE: Duration = Duration::from_secs(5);

/// It is never longer.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// This host's place on the service's register.
pub struct Registration {
    pub management: Management,
    pub tunnel: TunnelId,
    pub endpoint: Endpoint,
    pub reply: EndpointReply,
    pub host_token: Secret,
    /// Makes ports; without it they must be there.
    pub ports_token: Option<Secret>,
    /// What was wanted at first is all that is, whatever else the tunnel has.
    pub fixed_ports: bool,
    /// What the tunnel had before.
    pub known: TunnelReply,
    /// What it has of what is wanted, and what could not be made.
    pub served: Vec<Port>,
    pub failed: Vec<Failure>,
}

impl Registration {
    /// Takes the place back.
    pub(super) async fn sign_off(&self) {
        let (management, token) = (&self.management, &self.host_token);
        let gone = management.delete_endpoint(&self.tunnel, &self.endpoint, token);
        if let Err(error) = gone.await {
            tracing::debug!(
                reason = error.reason.code(),
                detail = error.detail,
                "not signed off"
            );
        }
    }

    /// The ports of `wanted` that the tunnel has by now.
    async fn ensure(&self, wanted: &[Port]) -> Result<There, ConnectError> {
        let (management, tunnel) = (&self.management, &self.tunnel);
        let known = management.tunnel(tunnel, &self.host_token).await?;
        let token = self.ports_token.as_ref();
        let may_make = self.fixed_ports;
        let ensured = ensure(management, tunnel, token, &known, (wanted, may_make)).await;
        Ok((known, ensured))
    }

    /// The ports that the tunnel has now, others than we have wanted among them: those lead to this
    /// computer.
    async fn read_again(&self, wanted: &[Port]) -> Result<There, ConnectError> {
        let (management, token) = (&self.management, &self.host_token);
        let known = management.tunnel(&self.tunnel, token).await?;
        if !known.says_ports {
            let detail = "the service did not say which ports there are".to_owned();
            return Err(ConnectError::new(Reason::ProtocolFault { detail }));
        }
        let numbers = known.ports.iter();
        let ports = numbers.filter_map(|has| {
            let number = PortNumber::new(has.number)?;
            let ours = wanted.iter().find(|port| port.number == number);
            if self.fixed_ports && ours.is_none() {
                return None;
            }
            let protocol = has.protocol.as_deref().map(protocol_of);
            Some(ours.cloned().unwrap_or_else(|| {
                let protocol = protocol.unwrap_or(Protocol::Auto);
                Port::new(Target::local(number), protocol, self.tunnel.clone())
            }))
        });
        let there = ports.collect();
        let failed = Vec::new();
        Ok((known, Ensured { there, failed }))
    }

    /// Where visitors reach a port that speaks `protocol`, in the service's word.
    fn live(&self, number: PortNumber, protocol: Option<&str>) -> Option<LivePort> {
        if protocol.map(protocol_of) == Some(Protocol::Tcp) {
            // Its URL leads to a page that speaks HTTP to it, and to nothing.
            return Some(LivePort {
                number,
                url: client_command(&self.tunnel),
                lan_url: None,
                relays_own: false,
            });
        }
        let known = self.known.ports.iter();
        let mut known = known.filter(|port| port.number == number.get());
        let url = self
            .reply
            .url(number.get())
            .or_else(|| known.find_map(|port| port.uri.clone()));
        if url.is_none() {
            tracing::warn!(port = %number, "the service named no public URL");
        }
        Some(LivePort {
            number,
            url: url?,
            lan_url: None,
            relays_own: false,
        })
    }
}

/// Makes those of `wanted` that the tunnel does not have, where it may: what was typed here. Any others
/// were there once, and whoever took them away shall not find them again. Those that are there are
/// left as they are. Gives those that there are by now, and those that could not be made.
pub async fn ensure(
    management: &Management,
    tunnel: &TunnelId,
    token: Option<&Secret>,
    known: &TunnelReply,
    (wanted, may_make): (&[Port], bool),
) -> Ensured {
    let mut ensured = Ensured::default();
    if !may_make && !known.says_ports {
        // That is no proof that they are gone.
        ensured.there = wanted.to_vec();
        return ensured;
    }
    for port in wanted {
        let number = port.number.get();
        if let Some(has) = known.ports.iter().find(|has| has.number == number) {
            explain_protocol(port, has.protocol.as_deref());
            ensured.there.push(port.clone());
            continue;
        }
        if !may_make {
            tracing::info!(port = number, "the tunnel has a port no more");
            continue;
        }
        let made = match token {
            Some(token) => management.put_port(tunnel, port, token).await,
            None => Err(ConnectError::new(Reason::Refused {
                detail: format!("the tunnel has no port {number}"),
            })),
        };
        match made {
            Ok(()) => ensured.there.push(port.clone()),
            Err(error) => {
                tracing::warn!(
                    port = number,
                    reason = error.reason.code(),
                    detail = error.detail,
                    "a port could not be made"
                );
                ensured.failed.push((port.number, error));
            }
        }
    }
    ensured
}

/// What the tunnel has of what is wanted.
#[derive(Default)]
pub struct Ensured {
    pub there: Vec<Port>,
    pub failed: Vec<Failure>,
}

impl Ensured {
    /// The same, unless nothing is there and something should be.
    pub fn any(mut self) -> Result<Self, ConnectError> {
        match self.failed.pop() {
            Some((_, error)) if self.there.is_empty() => Err(error),
            last => {
                self.failed.extend(last);
                Ok(self)
            }
        }
    }
}

/// The service's word counts: it cannot be changed without another URL.
fn explain_protocol(port: &Port, has: Option<&str>) {
    let wanted = port.protocol.as_str();
    if let Some(has) = has.filter(|has| *has != wanted) {
        tracing::warn!(
            port = %port.number,
            wanted,
            has,
            "the service has another protocol for this port; to change it, delete the port and create it again"
        );
    }
}

type Change = Pin<Box<dyn Future<Output = (Numbers, Result<Served, Ended>)> + Send>>;

/// The ports that the relay has, with what the service said that they speak.
type Numbers = BTreeMap<PortNumber, Option<String>>;

/// What the service said, and what of that is to be served.
type There = (TunnelReply, Ensured);

/// What the relay serves after a change.
pub(super) struct Served {
    /// Where the visitors go.
    pub ports: Vec<Port>,
    /// Where they come from.
    pub live: Vec<LivePort>,
    /// What is wanted and cannot be had.
    pub lacking: Lacking,
}

/// What is to be done next.
enum Next {
    Want(Vec<Port>),
    /// Others may have changed what there is.
    ReadAgain,
}

/// The ports, and the change to them that is under way.
pub(super) struct Ports {
    version: Version,
    outer: Outer,
    registration: Arc<Registration>,
    numbers: Numbers,
    wanted: Vec<Port>,
    next: Option<Next>,
    change: Option<Change>,
    first: bool,
    /// The change brings what is wanted, and does not only read what there is.
    is_wanting: bool,
    /// When what is wanted and not there is tried again.
    again: Option<Instant>,
    pause: Duration,
}

impl Ports {
    pub(super) fn new(version: Version, outer: Outer, registration: Arc<Registration>) -> Self {
        Self {
            version,
            outer,
            registration,
            numbers: Numbers::new(),
            wanted: Vec::new(),
            next: None,
            change: None,
            first: true,
            is_wanting: false,
            again: None,
            pause: FIRST_PAUSE,
        }
    }

    pub(super) fn registration(&self) -> &Registration {
        &self.registration
    }

    /// These are wanted from now on. A change under way is finished first.
    pub(super) fn want(&mut self, ports: Vec<Port>) {
        self.next = Some(Next::Want(ports));
        self.again = None;
        self.pause = FIRST_PAUSE;
    }

    /// Something else is wanted by now than what was done last.
    pub(super) fn is_outdated(&self) -> bool {
        matches!(self.next, Some(Next::Want(_)))
    }

    /// Somebody may have changed the tunnel's ports: they are read, and served as they are. What is
    /// wanted comes first, and reads them too.
    pub(super) fn read_again(&mut self) {
        self.next.get_or_insert(Next::ReadAgain);
    }

    /// Waits for the end of a change. Nothing is lost when the wait is given up.
    pub(super) async fn changed(&mut self) -> Result<Served, Ended> {
        if self.change.is_none() {
            let next = match (self.next.take(), self.again) {
                (Some(next), _) => next,
                (None, Some(at)) => {
                    sleep_until(at).await;
                    self.again = None;
                    Next::Want(self.wanted.clone())
                }
                (None, None) => return pending().await,
            };
            self.change = Some(self.begin(next));
        }
        let Some(change) = &mut self.change else {
            return pending().await;
        };
        let (numbers, outcome) = change.await;
        self.change = None;
        self.numbers = numbers;
        if self.wants_more(&outcome) && !self.is_outdated() {
            self.again = Some(Instant::now() + quota_left(&outcome).unwrap_or(self.pause));
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        }
        outcome
    }

    /// What was to be done is not done, or in part.
    fn wants_more(&self, outcome: &Result<Served, Ended>) -> bool {
        let is_there = |port: &Port| self.numbers.contains_key(&port.number);
        let possible = match outcome {
            // What the tunnel does not have, and nobody typed here, is not to be had.
            Ok(served) if !self.registration.fixed_ports => &served.ports,
            Ok(_) => &self.wanted,
            Err(_) => return self.is_wanting,
        };
        self.is_wanting && !possible.iter().all(is_there)
    }

    /// What is wanted and not served, since nothing could be done for this reason.
    pub(super) fn unserved(&self, why: &Reason) -> Lacking {
        let is_there = |port: &&Port| self.numbers.contains_key(&port.number);
        let lack = self.wanted.iter().filter(|port| !is_there(port));
        let all = lack.map(|port| (port.number, why.clone()));
        all.filter(|_| self.is_wanting).collect()
    }

    fn begin(&mut self, next: Next) -> Change {
        let (outer, registration) = (self.outer.clone(), Arc::clone(&self.registration));
        let (version, mut numbers) = (self.version, self.numbers.clone());
        let is_first = std::mem::replace(&mut self.first, false);
        self.is_wanting = match &next {
            Next::Want(ports) => {
                self.wanted.clone_from(ports);
                true
            }
            Next::ReadAgain => false,
        };
        let wanted = self.wanted.clone();
        Box::pin(async move {
            let there = match next {
                // The first ones were made before there was a relay to ask.
                Next::Want(_) if is_first => {
                    let (there, failed) = (&registration.served, &registration.failed);
                    let (there, failed) = (there.clone(), failed.clone());
                    Ok((registration.known.clone(), Ensured { there, failed }))
                }
                Next::Want(_) => registration.ensure(&wanted).await,
                Next::ReadAgain => registration.read_again(&wanted).await,
            };
            let (known, Ensured { there, mut failed }) = match there {
                Ok(there) => there,
                Err(error) => return (numbers, Err(error)),
            };
            let token = &registration.host_token;
            failed.extend(serve(version, &outer, token, (&known, &there), &mut numbers).await);
            if is_first
                && numbers.is_empty()
                && let Some((_, error)) = failed.pop()
            {
                return (numbers, Err(error));
            }
            let live = |(number, word): (&PortNumber, &Option<String>)| {
                registration.live(*number, word.as_deref())
            };
            let lacking = failed.into_iter().map(|(port, error)| (port, error.reason));
            let served = Served {
                live: numbers.iter().filter_map(live).collect(),
                lacking: lacking.collect(),
                ports: there,
            };
            (numbers, Ok(served))
        })
    }
}

/// How long whoever has had enough wants to be left alone.
fn quota_left(outcome: &Result<Served, Ended>) -> Option<Duration> {
    let now = clock::now();
    match outcome {
        Ok(served) => served
            .lacking
            .values()
            .filter_map(|it| it.quota_left(now))
            .max(),
        Err(ended) => ended.reason.quota_left(now),
    }
}

/// Asks the relay for what is wanted, and gives what it does not serve. Its clients of the first version
/// are told by their own sessions.
async fn serve(
    version: Version,
    outer: &Outer,
    token: &Secret,
    (known, wanted): (&TunnelReply, &[Port]),
    served: &mut Numbers,
) -> Vec<Failure> {
    let is_wanted = |number: &PortNumber| wanted.iter().any(|port| port.number == *number);
    let is_same = |number: &PortNumber, was: &Option<String>| match (was, protocol(known, *number))
    {
        (Some(was), Some(is)) => *was == is,
        (None, _) | (_, None) => true,
    };
    // A port that was made anew to speak something else is another one to the relay.
    let gone = served
        .iter()
        .filter(|(n, was)| !is_wanted(n) || !is_same(n, was));
    let gone: Vec<PortNumber> = gone.map(|(number, _)| *number).collect();
    for number in gone {
        served.remove(&number);
        if version == Version::V2
            && let Err(refused) = outer.cancel_forward(number.get()).await
        {
            tracing::warn!(port = %number, %refused, "the relay keeps a port");
        }
    }
    let mut failed = Vec::new();
    for number in wanted.iter().map(|port| port.number) {
        if let Some(was) = served.get_mut(&number) {
            // Of one that was just made it is known by now.
            *was = was.take().or_else(|| protocol(known, number));
            continue;
        }
        let asked = match version {
            Version::V1 => Ok(()),
            Version::V2 => outer.forward(number.get(), token).await,
        };
        match asked {
            Ok(()) => {
                served.insert(number, protocol(known, number));
            }
            Err(refused) => {
                tracing::warn!(port = %number, %refused, "the relay does not serve a port");
                failed.push((number, map_refused(refused, number)));
            }
        }
    }
    failed
}

fn protocol(known: &TunnelReply, number: PortNumber) -> Option<String> {
    let mut known = known.ports.iter();
    let port = known.find(|port| port.number == number.get())?;
    port.protocol.clone()
}

fn map_refused(refused: Refused, number: PortNumber) -> ConnectError {
    let detail = format!("port {number}: {refused}");
    let reason = match refused {
        Refused::Denied => Reason::Refused {
            detail: detail.clone(),
        },
        Refused::NoAnswer => Reason::TimedOut,
        Refused::Busy | Refused::Ended => Reason::LinkLost,
    };
    ConnectError::with(reason, detail)
}
