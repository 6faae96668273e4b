//! One host's link, from the accepted socket to its end.

use super::door::Waiting;
use super::registry::{Registry, Seat, start_of};
use super::table::Claim;
use super::{Accounts, Limits};
use crate::link;
use crate::link::Transport;
use crate::link::frame::Frames;
use crate::link::heartbeat::{Beat, Heartbeat};
use crate::link::mux::{self, Incoming, LinkEnd, Mux, MuxStream, Role};
use crate::link::tls;
use crate::link::wire::{Hello, HostMessage, PortSpec, Refusal, RelayMessage, ServedPort, VERSION};
use crate::model::TunnelId;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// The last words to a host may take this long to go out.
const FAREWELL: Duration = Duration::from_secs(2);

/// An installation's or instance's id is no longer than this.
const MAX_ID: usize = 128;

/// What all sessions of a relay share.
pub(super) struct Common {
    pub(super) limits: Limits,
    pub(super) acceptor: TlsAcceptor,
    pub(super) accounts: Mutex<Accounts>,
    pub(super) registry: Arc<Registry>,
    pub(super) shutdown: CancellationToken,
}

/// An encrypted link whose host has not been admitted yet.
struct Greeted {
    line: Line,
    hello: Hello,
}

/// The link of one host.
struct Line {
    mux: Mux,
    incoming: Incoming,
    control: Frames<MuxStream>,
    driver: AbortOnDropHandle<LinkEnd>,
}

/// Why a session ended: for the log.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("it said goodbye")]
    Goodbye,
    #[error("another host took over")]
    Displaced,
    #[error("the relay goes down")]
    ShuttingDown,
    #[error("nothing came from it")]
    Silent,
    #[error("{0}")]
    Lost(String),
}

/// Serves one connection for as long as it lives.
pub(super) async fn serve(
    common: Arc<Common>,
    socket: TcpStream,
    peer: SocketAddr,
    waiting: Waiting,
) {
    let greeting = timeout(common.limits.handshake_timeout, greet(&common, socket));
    let greeted = tokio::select! {
        greeted = greeting => greeted.unwrap_or_else(|_| Err("it took too long".to_owned())),
        () = waiting.turned_away() => Err("too many connections wait".to_owned()),
        () = common.shutdown.cancelled() => return,
    };
    let Greeted { line, hello } = match greeted {
        Ok(greeted) => greeted,
        Err(error) => return tracing::debug!(%peer, error, "no host"),
    };
    let (tunnel, instance) = (hello.tunnel.clone(), hello.instance.clone());
    match admit(&common, &hello, &line.mux, waiting) {
        Ok((seat, ports)) => {
            tracing::info!(%peer, tunnel, instance, session = seat.session.0, "a host is here");
            let session = seat.session.0;
            let end = Session::new(&common, line, seat).run(ports).await;
            tracing::info!(%peer, tunnel, session, %end, "a host has left");
        }
        Err((reason, waiting)) => {
            // Anyone can be refused, as often as they like and with any name.
            let tunnel = start_of(&tunnel);
            tracing::debug!(%peer, tunnel, %reason, "a host is refused");
            let refused = RelayMessage::Refused { reason };
            tokio::select! {
                () = line.part_with(&refused) => {}
                () = waiting.turned_away() => {}
            }
        }
    }
}

/// From TLS to the host's first words.
async fn greet(common: &Common, socket: TcpStream) -> Result<Greeted, String> {
    let stream = tls::accept(&common.acceptor, socket)
        .await
        .map_err(|error| error.to_string())?;
    let transport: Box<dyn Transport> = Box::new(stream);
    let (mux, mut incoming, driver) = mux::start(transport, Role::Relay);
    let driver = AbortOnDropHandle::new(tokio::spawn(driver));
    let control = incoming.next().await.ok_or("the link ended")?;
    let mut control = Frames::new(control);
    let message = control.next().await.map_err(|error| error.to_string())?;
    let Some(HostMessage::Hello(hello)) = message else {
        return Err("it did not say hello".to_owned());
    };
    let line = Line {
        mux,
        incoming,
        control,
        driver,
    };
    Ok(Greeted { line, hello })
}

/// Gives a host its seat. Whoever is refused keeps its place before the door until it has gone.
fn admit(
    common: &Common,
    hello: &Hello,
    mux: &Mux,
    waiting: Waiting,
) -> Result<(Seat, Vec<ServedPort>), (Refusal, Waiting)> {
    match try_admit(common, hello, mux) {
        Ok(admitted) => Ok(admitted),
        Err(reason) => Err((reason, waiting)),
    }
}

fn try_admit(
    common: &Common,
    hello: &Hello,
    mux: &Mux,
) -> Result<(Seat, Vec<ServedPort>), Refusal> {
    if hello.version != VERSION {
        return Err(Refusal::Version { relay: VERSION });
    }
    let account = common
        .accounts
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .authenticate(&hello.token.0)
        .ok_or(Refusal::Token)?;
    let ids = [&hello.install, &hello.instance];
    if TunnelId::new(hello.tunnel.as_str()).is_err() || ids.iter().any(|id| id.len() > MAX_ID) {
        return Err(Refusal::Invalid {
            detail: "an id is too long or holds what it may not".to_owned(),
        });
    }
    let claim = Claim {
        account,
        tunnel: hello.tunnel.clone(),
        install: hello.install.clone(),
        take_over: hello.take_over,
    };
    common.registry.admit(&claim, &hello.ports, mux)
}

impl Line {
    async fn send(&mut self, message: &RelayMessage) -> Result<(), End> {
        match timeout(link::SEND_TIMEOUT, self.control.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(End::Lost(error.to_string())),
            Err(_) => Err(End::Silent),
        }
    }

    /// Says a last word and closes the link.
    async fn part_with(mut self, message: &RelayMessage) {
        let parting = async {
            if self.send(message).await.is_ok() {
                self.mux.close();
                let _ = (&mut self.driver).await;
            }
        };
        let _ = timeout(FAREWELL, parting).await;
    }
}

struct Session<'a> {
    common: &'a Common,
    line: Line,
    seat: Seat,
    heart: Heartbeat,
}

impl<'a> Session<'a> {
    fn new(common: &'a Common, line: Line, seat: Seat) -> Self {
        Self {
            common,
            line,
            seat,
            heart: Heartbeat::new(common.limits.pace, Instant::now()),
        }
    }

    async fn run(mut self, ports: Vec<ServedPort>) -> End {
        let welcome = RelayMessage::Welcome {
            session: self.seat.session.0,
            ports,
        };
        let end = match self.line.send(&welcome).await {
            Ok(()) => self.attend().await,
            Err(end) => end,
        };
        // The place is free before the host hears of the end.
        drop(self.seat);
        match end {
            End::Displaced => self.line.part_with(&RelayMessage::Displaced).await,
            End::ShuttingDown => self.line.part_with(&RelayMessage::ShuttingDown).await,
            End::Goodbye | End::Silent | End::Lost(_) => {}
        }
        end
    }

    async fn attend(&mut self) -> End {
        loop {
            let next_beat = match self.beat().await {
                Ok(next_beat) => next_beat,
                Err(end) => return end,
            };
            let handled = tokio::select! {
                biased;
                () = self.common.shutdown.cancelled() => return End::ShuttingDown,
                () = self.seat.displaced.cancelled() => return End::Displaced,
                end = &mut self.line.driver => return End::Lost(match end {
                    Ok(LinkEnd::Closed) => "the link was closed".to_owned(),
                    Ok(LinkEnd::Broken(error)) => error,
                    Err(error) => error.to_string(),
                }),
                message = self.line.control.next() => match message {
                    Ok(Some(message)) => self.handle_message(message).await,
                    Ok(None) => return End::Goodbye,
                    Err(error) => return End::Lost(error.to_string()),
                },
                streams = self.line.mux.abandoned() => {
                    self.line.send(&RelayMessage::Abandon { streams }).await
                }
                // A host has no more than its control stream; whatever comes is dropped.
                Some(_) = self.line.incoming.next() => Ok(()),
                () = sleep_until(next_beat) => Ok(()),
            };
            if let Err(end) = handled {
                return end;
            }
        }
    }

    /// Pings when it is time: when to look again.
    async fn beat(&mut self) -> Result<Instant, End> {
        loop {
            self.heart.heard(self.line.mux.heard_at());
            match self.heart.beat(Instant::now()) {
                Beat::Ping(number) => self.line.send(&RelayMessage::Ping { number }).await?,
                Beat::Dead => return Err(End::Silent),
                Beat::WaitUntil(then) => return Ok(then),
            }
        }
    }

    async fn handle_message(&mut self, message: HostMessage) -> Result<(), End> {
        match message {
            HostMessage::Ping { number } => self.line.send(&RelayMessage::Pong { number }).await,
            HostMessage::Pong { number } => {
                self.heart.handle_pong(number, Instant::now());
                Ok(())
            }
            HostMessage::SetPorts { ports } => self.set_ports(&ports).await,
            HostMessage::Abandon { streams } => {
                self.line.mux.reset(&streams);
                Ok(())
            }
            HostMessage::Goodbye => Err(End::Goodbye),
            HostMessage::Hello(_) => Err(End::Lost("a second hello".to_owned())),
            HostMessage::Unknown => Ok(()),
        }
    }

    async fn set_ports(&mut self, ports: &[PortSpec]) -> Result<(), End> {
        let (registry, session) = (&self.common.registry, self.seat.session);
        let answer = match registry.set_ports(session, ports, &self.line.mux) {
            Ok(ports) => RelayMessage::Ports { ports },
            Err(reason) => RelayMessage::PortsRefused { reason },
        };
        self.line.send(&answer).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::tls::Identity;
    use crate::link::wire::Token;
    use crate::relay::Visitors;
    use crate::relay::door::Door;
    use crate::relay::public_ports::PublicPorts;
    use crate::relay::registry::Naming;
    use std::net::Ipv4Addr;
    use std::path::Path;

    fn common(dir: &Path) -> Common {
        let (certificate, key) = Identity::generate().expect("it is made");
        let identity = Identity::from_pem(&certificate, &key).expect("it is a pair");
        let ip = Ipv4Addr::LOCALHOST.into();
        let naming = Naming {
            domain: "localhost".to_owned(),
            http: SocketAddr::new(ip, 80),
            by_port: false,
        };
        let ports = PublicPorts::new(ip, None, Arc::new(Visitors::new("localhost")));
        let limits = Limits::default();
        Common {
            limits,
            acceptor: identity.acceptor().expect("it is a pair"),
            accounts: Mutex::new(Accounts::open(dir).expect("it opens")),
            registry: Arc::new(Registry::new(limits, naming, ports)),
            shutdown: CancellationToken::new(),
        }
    }

    fn hello(token: &str) -> Hello {
        Hello {
            version: VERSION,
            token: Token(token.to_owned()),
            tunnel: "a".to_owned(),
            install: "i".to_owned(),
            instance: "j".to_owned(),
            take_over: false,
            ports: Vec::new(),
        }
    }

    #[tokio::test]
    async fn only_an_admitted_host_gives_up_its_place_before_the_door() {
        let dir = tempfile::tempdir().expect("there is room");
        let common = common(dir.path());
        let (near, _far) = tokio::io::duplex(1024);
        let (mux, ..) = mux::start(near, Role::Relay);
        let door = Arc::new(Door::new(1));
        let refused = admit(&common, &hello("wrong"), &mux, door.enter(1));
        let Err((Refusal::Token, refused)) = refused else {
            panic!("the token is wrong");
        };
        let next = door.enter(2);
        // It still counted, so it was the oldest of too many.
        refused.turned_away().await;
        let owner = {
            let accounts = common.accounts.lock().expect("nobody panicked");
            accounts.owner_token().expose().to_owned()
        };
        let admitted = admit(&common, &hello(&owner), &mux, next);
        assert!(admitted.is_ok());
        let last = door.enter(3);
        let turned_away = timeout(Duration::ZERO, last.turned_away()).await;
        assert!(turned_away.is_err(), "there is room");
    }
}
