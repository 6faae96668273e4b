//! The local services: connects to them, in TLS where they speak it, and says what stood in the way.
//!
//! It knows no provider. What it finds out of a service it keeps for as long as its owner keeps the
//! [`Memories`]: a new session asks nothing again.

mod address;
mod detect;
mod here;
mod listening;
#[cfg(target_os = "linux")]
mod sock_diag;
mod tls;
mod tls_service;

pub use address::{reach, reach_for};
pub use here::{is_here, is_localhost, leads_to};
pub use listening::listens;
pub use tls::config;
pub use tls_service::TlsService;

use crate::base::own::{self, Dialled};
use crate::model::{Fingerprint, Port, PortOptions, Protocol, ServiceFault, Target};
use detect::Spoken;
use parking_lot::Mutex;
use socket2::SockRef;
use std::collections::HashMap;
use std::io;
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_util::either::Either;

/// Sent with each request of our own, so that a service's log can leave them out.
pub const USER_AGENT: &str = concat!("underpass-probe/", env!("CARGO_PKG_VERSION"));

/// What was found out of a service is not doubted for so long.
const STANDS_FOR: Duration = Duration::from_secs(10);

/// A connection to a local service.
pub type LocalStream = Either<TcpStream, Box<TlsService>>;

/// What is known of the services of one tunnel, by where they are.
#[derive(Debug, Default)]
pub struct Memories(Mutex<HashMap<Target, Arc<Memory>>>);

impl Memories {
    /// The ports of this tunnel, and no others, are known from now on.
    pub fn retain(&self, ports: &[Port]) {
        self.0
            .lock()
            .retain(|target, _| ports.iter().any(|port| port.target == *target));
    }

    fn of(&self, target: &Target) -> Arc<Memory> {
        Arc::clone(self.0.lock().entry(target.clone()).or_default())
    }
}

/// What is known of one service.
#[derive(Debug, Default)]
struct Memory {
    /// What an `auto` port turned out to speak, while it works.
    spoken: Mutex<Option<(Spoken, Instant)>>,
    /// Held while that is found out, so that it is asked once.
    asking: tokio::sync::Mutex<()>,
    certificate: Arc<CertificateMemory>,
}

/// The certificate that was accepted first.
#[derive(Debug, Default)]
pub struct CertificateMemory(Mutex<Option<Fingerprint>>);

impl CertificateMemory {
    /// Whether this certificate is the one that was accepted, or the first that asks to be.
    fn accepts(&self, certificate: Fingerprint) -> bool {
        *self.0.lock().get_or_insert(certificate) == certificate
    }

    /// The one that was accepted.
    pub fn accepted(&self) -> Option<Fingerprint> {
        *self.0.lock()
    }
}

#[derive(Debug)]
pub struct LocalPort {
    /// As it is configured.
    pub port: Port,
    memory: Arc<Memory>,
}

impl LocalPort {
    /// A port of which what `memories` has is known already.
    pub fn new(port: Port, memories: &Memories) -> Self {
        let memory = memories.of(&port.target);
        Self { port, memory }
    }

    /// Connects to the service, for a visitor; what comes with the connection is kept as long.
    pub async fn connect(
        &self,
        visitor: SocketAddr,
    ) -> Result<(LocalStream, Dialled), ServiceFault> {
        let connected = self.try_connect(visitor).await;
        if connected.is_err() {
            self.forget();
        }
        connected
    }

    /// What an `auto` port speaks may have changed: find it out again.
    fn forget(&self) {
        *self.memory.spoken.lock() = None;
    }

    /// The service gave a visitor no answer: it may speak something else now. What was just found
    /// out stands: a service that never answers is not asked for each visitor.
    pub fn doubt(&self) {
        let is_old = |(_, found): &mut (Spoken, Instant)| found.elapsed() >= STANDS_FOR;
        let _ = self.memory.spoken.lock().take_if(is_old);
    }

    /// The certificate that was accepted because it came first.
    pub fn accepted(&self) -> Option<Fingerprint> {
        self.memory.certificate.accepted()
    }

    async fn try_connect(
        &self,
        visitor: SocketAddr,
    ) -> Result<(LocalStream, Dialled), ServiceFault> {
        let target = &self.port.target;
        let in_tls = match self.port.protocol {
            Protocol::Http | Protocol::Tcp => false,
            Protocol::Https => true,
            Protocol::Auto => self.find_out().await? == Spoken::Tls,
        };
        let proxy = self.port.options.proxy_protocol;
        let socket = reach_for(Some(visitor), target, proxy).await?;
        let dialled = own::dialled(&socket);
        if !in_tls {
            return Ok((Either::Left(socket), dialled));
        }
        let check = self.port.options.certificate;
        let secured = tls::handshake(target, check, &self.memory.certificate, socket).await?;
        Ok((Either::Right(secured), dialled))
    }

    async fn find_out(&self) -> Result<Spoken, ServiceFault> {
        let known = || self.memory.spoken.lock().map(|(spoken, _)| spoken);
        if let Some(known) = known() {
            return Ok(known);
        }
        let _asking = self.memory.asking.lock().await;
        if let Some(known) = known() {
            return Ok(known);
        }
        let found = detect::detect(&self.port.target, self.port.options.proxy_protocol).await?;
        tracing::debug!(port = %self.port.number, ?found, "found out what a port speaks");
        *self.memory.spoken.lock() = Some((found, Instant::now()));
        Ok(found)
    }
}

/// Looks at a service without serving anybody: connects, and makes TLS where it is https.
pub async fn look(
    target: &Target,
    protocol: Protocol,
    options: &PortOptions,
) -> Result<(), ServiceFault> {
    let opened = open_as(target, protocol == Protocol::Https, options).await;
    opened.map(drop)
}

/// Connects to a service to ask it something, as a visitor's stream would.
pub async fn open(
    target: &Target,
    protocol: Protocol,
    options: &PortOptions,
) -> Result<LocalStream, ServiceFault> {
    let in_tls = match protocol {
        Protocol::Http | Protocol::Tcp => false,
        Protocol::Https => true,
        Protocol::Auto => detect::detect(target, options.proxy_protocol).await? == Spoken::Tls,
    };
    open_as(target, in_tls, options).await
}

async fn open_as(
    target: &Target,
    in_tls: bool,
    options: &PortOptions,
) -> Result<LocalStream, ServiceFault> {
    let socket = reach_for(None, target, options.proxy_protocol).await?;
    if !in_tls {
        return Ok(Either::Left(socket));
    }
    let memory = Arc::new(CertificateMemory::default());
    let secured = tls::handshake(target, options.certificate, &memory, socket).await?;
    Ok(Either::Right(secured))
}

/// Whether a service's connection is open and has nothing to read, as the system knows it now.
pub fn is_silent(service: &LocalStream) -> bool {
    let mut byte = [MaybeUninit::uninit()];
    let peeked = SockRef::from(socket_of(service)).peek(&mut byte);
    matches!(peeked, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
}

/// Makes the coming close of a service's connection a reset.
pub fn reset(service: &LocalStream) {
    if let Err(error) = socket_of(service).set_zero_linger() {
        tracing::debug!(%error, "a service's connection cannot be reset");
    }
}

fn socket_of(service: &LocalStream) -> &TcpStream {
    match service {
        Either::Left(socket) => socket,
        Either::Right(tls) => tls.socket(),
    }
}

#[cfg(test)]
mod tests;
