//! One session with a relay: attends to the control stream, and has the visitors' streams served.

use super::handshake::{self, Shaken, lost};
use super::link::Link;
use super::refusal::map_refusal;
use super::served;
use super::visitors::{self, LocalPorts};
use crate::base::local::Memories;
use crate::link::SEND_TIMEOUT;
use crate::link::control::{HostMessage, RelayMessage, ServedPort};
use crate::link::frame::Frames;
use crate::link::mux::{Incoming, LinkEnd, Mux, MuxStream};
use crate::link::outbox::{Outbox, OutboxError};
use crate::link::resume::{ResumeRefusal, SessionEnd as LinkOver};
use crate::model::{Port, Reason};
use crate::provider::attended::{Order, TaskEnd, ends};
use crate::provider::{ConnectError, Ended, ProbeMarks, Session, SessionEvent, TrafficBoard};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{ReadHalf, WriteHalf};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

/// Saying goodbye takes this long at most.
const GOODBYE_WITHIN: Duration = Duration::from_secs(2);

/// How attending ends.
enum End {
    /// The session is over: the engine is told.
    Over(Ended),
    /// The engine closed it: nobody is told, but for whoever waits for it.
    Closed(oneshot::Sender<()>),
}

/// Starts a session on a link that the relay has welcomed.
pub(super) fn start(
    shaken: Shaken,
    ports: Vec<Port>,
    memories: Arc<Memories>,
    probes: Option<ProbeMarks>,
) -> Session {
    let (session, engine) = ends();
    let traffic = Arc::new(TrafficBoard::over(shaken.link.silence()));
    let live = shaken.ports.clone();
    let (control, outbox) = shaken.control.split();
    let host = Host {
        link: shaken.link,
        parked: false,
        mux: shaken.mux,
        incoming: shaken.incoming,
        control,
        outbox,
        driver: shaken.driver,
        established: false,
        going_down: false,
        local: Arc::new(LocalPorts::new(memories)),
        wanted: ports,
        probes,
        relay: shaken.relay,
        visitors: JoinSet::new(),
        traffic: Arc::clone(&traffic),
        engine,
    };
    host.local.set(&host.wanted);
    host.local.serve_at(&live);
    let task = AbortOnDropHandle::new(tokio::spawn(host.run()));
    session.session(task, live, traffic, GOODBYE_WITHIN)
}

struct Host {
    link: Link,
    /// The engine knows that the link is parked.
    parked: bool,
    mux: Mux,
    incoming: Incoming,
    control: Frames<ReadHalf<MuxStream>>,
    outbox: Outbox<WriteHalf<MuxStream>>,
    driver: AbortOnDropHandle<LinkEnd>,
    established: bool,
    going_down: bool,
    local: Arc<LocalPorts>,
    wanted: Vec<Port>,
    probes: Option<ProbeMarks>,
    relay: String,
    visitors: JoinSet<()>,
    traffic: Arc<TrafficBoard>,
    engine: TaskEnd,
}

impl Host {
    async fn run(mut self) {
        match self.attend().await {
            End::Over(ended) => {
                let event = match self.link.end() {
                    Some(LinkOver::CannotResume(ResumeRefusal::Unknown)) => {
                        SessionEvent::Lapsed(ended)
                    }
                    _ => SessionEvent::Ended(ended),
                };
                // The link goes before the engine hears of it.
                drop((self.visitors, self.driver, self.link));
                self.engine.end(event).await;
            }
            End::Closed(done) => {
                self.say_goodbye().await;
                let _ = done.send(());
            }
        }
    }

    async fn say_goodbye(&mut self) {
        let goodbye = async {
            self.outbox.push(&HostMessage::Goodbye)?;
            self.outbox.drain(GOODBYE_WITHIN).await?;
            self.mux.close();
            let _ = (&mut self.driver).await;
            Ok::<_, OutboxError>(())
        };
        let _ = timeout(GOODBYE_WITHIN, goodbye).await;
    }

    async fn attend(&mut self) -> End {
        // Its answer shows that the way there and back is open; the link watches over itself.
        let mut handled = self.send(&HostMessage::Ping { number: 1 });
        loop {
            if let Err(ended) = handled {
                return End::Over(self.last_words(ended).await);
            }
            handled = tokio::select! {
                order = self.engine.orders.recv() => match order {
                    Some(Order::Close(done)) => return End::Closed(done),
                    None => Err(ConnectError::new(Reason::LinkLost)),
                    Some(Order::Drop) => {
                        self.link.disconnect();
                        Ok(())
                    }
                    Some(Order::Check) => {
                        self.link.check();
                        Ok(())
                    }
                    Some(Order::SetPorts(ports)) => self.ask_for(ports),
                },
                message = self.control.next() => match message {
                    Ok(Some(message)) => self.handle_message(message),
                    Ok(None) => Err(ConnectError::new(Reason::LinkLost)),
                    Err(error) => Err(lost(error)),
                },
                Some(stream) = self.incoming.next() => {
                    let (local, traffic) = (Arc::clone(&self.local), Arc::clone(&self.traffic));
                    self.visitors.spawn(visitors::serve(stream, local, traffic, self.probes.clone()));
                    Ok(())
                }
                Some(_) = self.visitors.join_next() => Ok(()),
                sent = self.outbox.drain(SEND_TIMEOUT), if !self.outbox.is_empty() => {
                    sent.or_else(|error| self.handle_stuck(error))
                }
                () = self.link.changed() => {
                    self.follow_link();
                    Ok(())
                }
                end = &mut self.driver => Err(ConnectError::with(Reason::LinkLost, match end {
                    Ok(LinkEnd::Closed) => "the relay closed the link".to_owned(),
                    Ok(LinkEnd::Broken(error)) => error,
                    Err(error) => error.to_string(),
                })),
            };
        }
    }

    /// Tells the engine that the link is parked, or goes on.
    fn follow_link(&mut self) {
        let parked = self.link.is_parked();
        if parked == self.parked || self.link.end().is_some() {
            return;
        }
        self.parked = parked;
        self.outbox.restart();
        if self.going_down {
            return;
        }
        self.engine.tell(if parked {
            let left = self.link.retention();
            SessionEvent::Parked { left }
        } else {
            SessionEvent::Resumed
        });
    }

    /// The link may have broken right behind a last word that says why.
    async fn last_words(&mut self, ended: Ended) -> Ended {
        /// Whatever was said before the end is here already.
        const AT_ONCE: Duration = Duration::ZERO;
        if ended.reason != Reason::LinkLost {
            return ended;
        }
        if self.going_down {
            return ConnectError::with(Reason::RelayShutDown, ended.detail);
        }
        // In all: a relay that never stops talking is not listened to for ever.
        let reason = timeout(AT_ONCE, self.last_reason()).await.ok().flatten();
        reason.map_or(ended, ConnectError::new)
    }

    async fn last_reason(&mut self) -> Option<Reason> {
        while let Ok(Some(message)) = self.control.next().await {
            match message {
                RelayMessage::Displaced => return Some(Reason::TakenOver),
                RelayMessage::Revoked => return Some(Reason::TokenRefused),
                RelayMessage::ShuttingDown => return Some(Reason::RelayShutDown),
                RelayMessage::Welcome { .. }
                | RelayMessage::Refused { .. }
                | RelayMessage::Pong { .. }
                | RelayMessage::Ports { .. }
                | RelayMessage::PortsRefused { .. }
                | RelayMessage::Abandon { .. }
                | RelayMessage::Unknown => {}
            }
        }
        None
    }

    fn handle_message(&mut self, message: RelayMessage) -> Result<(), Ended> {
        match message {
            RelayMessage::Pong { .. } => {
                self.handle_pong();
                Ok(())
            }
            RelayMessage::Ports { ports } => self.handle_ports(ports),
            // The next session would be refused for the same reason: the person must know.
            RelayMessage::PortsRefused { reason } => Err(map_refusal(reason)),
            RelayMessage::Abandon { streams } => {
                self.mux.stop(&streams);
                Ok(())
            }
            RelayMessage::Displaced => Err(ConnectError::new(Reason::TakenOver)),
            RelayMessage::Revoked => Err(ConnectError::new(Reason::TokenRefused)),
            RelayMessage::ShuttingDown => {
                self.going_down = true;
                self.engine.tell(SessionEvent::GoingDown);
                Ok(())
            }
            RelayMessage::Welcome { .. } | RelayMessage::Refused { .. } => Err(ConnectError::with(
                Reason::LinkLost,
                "the relay answered the hello twice",
            )),
            RelayMessage::Unknown => Ok(()),
        }
    }

    fn handle_pong(&mut self) {
        if !self.established {
            self.established = true;
            self.engine.tell(SessionEvent::Established);
        }
    }

    fn handle_ports(&mut self, ports: Vec<ServedPort>) -> Result<(), Ended> {
        let live = served::live(ports, &self.relay)?;
        self.local.set(&self.wanted);
        self.local.serve_at(&live);
        self.engine.tell(SessionEvent::Ports(live));
        Ok(())
    }

    fn ask_for(&mut self, ports: Vec<Port>) -> Result<(), Ended> {
        self.local.add(&ports);
        self.wanted = ports;
        let ports = handshake::specs(&self.wanted);
        self.send(&HostMessage::SetPorts { ports })
    }

    fn send(&mut self, message: &HostMessage) -> Result<(), Ended> {
        let queued = self.outbox.push(message);
        queued.map_err(|error| ConnectError::with(Reason::LinkLost, error))
    }

    fn handle_stuck(&self, error: OutboxError) -> Result<(), Ended> {
        match error {
            // It goes as soon as there is a link again.
            OutboxError::Stuck if self.link.is_parked() => Ok(()),
            OutboxError::Stuck => Err(ConnectError::new(Reason::LinkSilent)),
            error => Err(ConnectError::with(Reason::LinkLost, error)),
        }
    }
}
