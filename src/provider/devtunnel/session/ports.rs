//! Keeps the ports of a session as they are wanted: makes those that the tunnel does not have, asks
//! the relay for them, one at a time, and takes back what is wanted no longer.

use crate::model::{LivePort, Port, PortNumber, Reason, Secret, TunnelId};
use crate::provider::devtunnel::management::{Endpoint, EndpointReply, Management, TunnelReply};
use crate::provider::devtunnel::socket::Version;
use crate::provider::devtunnel::ssh::{Outer, Refused};
use crate::provider::{ConnectError, Ended};
use std::collections::BTreeSet;
use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;

/// This host's place on the service's register.
pub(in crate::provider::devtunnel) struct Registration {
    pub management: Management,
    pub tunnel: TunnelId,
    pub endpoint: Endpoint,
    pub reply: EndpointReply,
    pub host_token: Secret,
    /// Makes ports; without it they must be there.
    pub ports_token: Option<Secret>,
    /// What the tunnel had before.
    pub known: TunnelReply,
    /// What it has of what is wanted.
    pub served: Vec<Port>,
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
    async fn ensure(&self, wanted: &[Port]) -> Result<Vec<Port>, ConnectError> {
        let known = self
            .management
            .tunnel(&self.tunnel, &self.host_token)
            .await?;
        ensure(
            &self.management,
            &self.tunnel,
            self.ports_token.as_ref(),
            &known,
            wanted,
        )
        .await
    }

    fn live(&self, number: PortNumber) -> Option<LivePort> {
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
        })
    }
}

/// Makes those of `wanted` that the tunnel does not have; the others are left as they are. Gives those
/// that it has by now; an error when it has none of them.
pub(in crate::provider::devtunnel) async fn ensure(
    management: &Management,
    tunnel: &TunnelId,
    token: Option<&Secret>,
    known: &TunnelReply,
    wanted: &[Port],
) -> Result<Vec<Port>, ConnectError> {
    let mut there = Vec::new();
    let mut failed = None;
    for port in wanted {
        let number = port.number.get();
        if let Some(has) = known.ports.iter().find(|has| has.number == number) {
            explain_protocol(port, has.protocol.as_deref());
            there.push(port.clone());
            continue;
        }
        let made = match token {
            Some(token) => management.put_port(tunnel, port, token).await,
            None => Err(ConnectError::new(Reason::Refused {
                detail: format!("the tunnel has no port {number}"),
            })),
        };
        match made {
            Ok(()) => there.push(port.clone()),
            Err(error) => {
                tracing::warn!(
                    port = number,
                    reason = error.reason.code(),
                    detail = error.detail,
                    "a port could not be made"
                );
                failed = Some(error);
            }
        }
    }
    match failed {
        Some(error) if there.is_empty() => Err(error),
        Some(_) | None => Ok(there),
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
            "the service keeps another protocol for this port; to change it, delete the port and make it anew"
        );
    }
}

type Change = Pin<Box<dyn Future<Output = (Served, Result<Vec<LivePort>, Ended>)> + Send>>;

/// What the relay serves.
type Served = BTreeSet<PortNumber>;

/// The ports, and the change to them that is under way.
pub(super) struct Ports {
    version: Version,
    outer: Outer,
    registration: Arc<Registration>,
    served: Served,
    next: Option<Vec<Port>>,
    change: Option<Change>,
    first: bool,
}

impl Ports {
    pub(super) fn new(version: Version, outer: Outer, registration: Arc<Registration>) -> Self {
        Self {
            version,
            outer,
            registration,
            served: Served::new(),
            next: None,
            change: None,
            first: true,
        }
    }

    pub(super) fn registration(&self) -> &Registration {
        &self.registration
    }

    /// These are wanted from now on. A change under way is finished first.
    pub(super) fn want(&mut self, ports: Vec<Port>) {
        self.next = Some(ports);
    }

    /// Waits for the end of a change. Nothing is lost when the wait is given up.
    pub(super) async fn changed(&mut self) -> Result<Vec<LivePort>, Ended> {
        if self.change.is_none() {
            match self.next.take() {
                Some(wanted) => self.change = Some(self.begin(wanted)),
                None => return pending().await,
            }
        }
        let Some(change) = &mut self.change else {
            return pending().await;
        };
        let (served, outcome) = change.await;
        self.change = None;
        self.served = served;
        outcome
    }

    fn begin(&mut self, wanted: Vec<Port>) -> Change {
        let (outer, registration) = (self.outer.clone(), Arc::clone(&self.registration));
        let (version, mut served) = (self.version, self.served.clone());
        let is_first = std::mem::replace(&mut self.first, false);
        Box::pin(async move {
            // The first ones were made before there was a relay to ask.
            let there = if is_first {
                Ok(wanted)
            } else {
                registration.ensure(&wanted).await
            };
            let outcome = match there {
                Ok(there) => {
                    serve(
                        version,
                        &outer,
                        &registration.host_token,
                        &there,
                        &mut served,
                    )
                    .await
                }
                Err(error) => Err(error),
            };
            let live = outcome.map(|()| {
                let numbers = served.iter();
                numbers
                    .filter_map(|number| registration.live(*number))
                    .collect()
            });
            (served, live)
        })
    }
}

/// Asks the relay for what is wanted. Its clients of the first version are told by their own sessions.
async fn serve(
    version: Version,
    outer: &Outer,
    token: &Secret,
    wanted: &[Port],
    served: &mut Served,
) -> Result<(), Ended> {
    let is_wanted = |number: &PortNumber| wanted.iter().any(|port| port.number == *number);
    let gone: Vec<PortNumber> = served.iter().filter(|n| !is_wanted(n)).copied().collect();
    for number in gone {
        served.remove(&number);
        if version == Version::V2
            && let Err(refused) = outer.cancel_forward(number.get()).await
        {
            tracing::warn!(port = %number, %refused, "the relay keeps a port");
        }
    }
    let mut failed = None;
    for number in wanted.iter().map(|port| port.number) {
        if served.contains(&number) {
            continue;
        }
        let asked = match version {
            Version::V1 => Ok(()),
            Version::V2 => outer.forward(number.get(), token).await,
        };
        match asked {
            Ok(()) => {
                served.insert(number);
            }
            Err(refused) => {
                tracing::warn!(port = %number, %refused, "the relay does not serve a port");
                failed = Some(map_refused(refused, number));
            }
        }
    }
    match failed {
        Some(error) if served.is_empty() => Err(error),
        Some(_) | None => Ok(()),
    }
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
