//! The local services: connects to them, in TLS where they speak it. It knows no provider.

mod detect;

use crate::model::{Port, Protocol, Target};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_platform_verifier::Verifier;
use socket2::SockRef;
use std::io;
use std::mem::MaybeUninit;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;

/// A local service that has not accepted by then does not.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// A connection to a local service.
pub(super) type LocalStream = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// Why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LocalError {
    Refused,
    TimedOut,
}

/// One local port.
#[derive(Debug)]
pub(super) struct LocalPort {
    pub(super) port: Port,
    /// What an `auto` port turned out to speak, while it works.
    speaks_tls: Mutex<Option<bool>>,
    /// Held while that is found out, so that it is asked once.
    asking: tokio::sync::Mutex<()>,
    /// For this computer's own services: takes any certificate.
    unverified: OnceLock<Arc<ClientConfig>>,
    /// For those of other machines.
    verified: OnceLock<Arc<ClientConfig>>,
}

impl LocalPort {
    pub(super) fn new(port: Port) -> Self {
        Self {
            port,
            speaks_tls: Mutex::new(None),
            asking: tokio::sync::Mutex::new(()),
            unverified: OnceLock::new(),
            verified: OnceLock::new(),
        }
    }

    /// Connects to the service.
    pub(super) async fn connect(&self) -> Result<LocalStream, LocalError> {
        let connected = match timeout(CONNECT_WITHIN, self.try_connect()).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) if error.kind() == io::ErrorKind::TimedOut => Err(LocalError::TimedOut),
            Ok(Err(error)) => {
                tracing::debug!(port = %self.port.number, %error, "the local service is not there");
                Err(LocalError::Refused)
            }
            Err(_) => Err(LocalError::TimedOut),
        };
        if connected.is_err() {
            self.forget();
        }
        connected
    }

    /// What an `auto` port speaks may have changed: find it out again.
    pub(super) fn forget(&self) {
        *self.known() = None;
    }

    async fn try_connect(&self) -> io::Result<LocalStream> {
        let in_tls = match self.port.protocol {
            Protocol::Http | Protocol::Tcp => false,
            Protocol::Https => true,
            Protocol::Auto => self.find_out().await?,
        };
        let socket = connect(&self.port.target).await?;
        if !in_tls {
            return Ok(Either::Left(socket));
        }
        let (config, name) = self.tls(&socket)?;
        let stream = TlsConnector::from(config).connect(name, socket).await?;
        Ok(Either::Right(Box::new(stream)))
    }

    async fn find_out(&self) -> io::Result<bool> {
        if let Some(known) = *self.known() {
            return Ok(known);
        }
        let _asking = self.asking.lock().await;
        if let Some(known) = *self.known() {
            return Ok(known);
        }
        let socket = connect(&self.port.target).await?;
        let (config, name) = self.tls(&socket)?;
        let found = detect::speaks_tls(socket, config, name).await;
        tracing::debug!(port = %self.port.number, tls = found, "found out what a port speaks");
        *self.known() = Some(found);
        Ok(found)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Option<bool>> {
        self.speaks_tls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Nobody gives this computer's own services certificates that anyone would trust; any other
    /// machine's is verified as the platform does it.
    fn tls(&self, socket: &TcpStream) -> io::Result<(Arc<ClientConfig>, ServerName<'static>)> {
        let loopback = socket.peer_addr()?.ip().is_loopback();
        let name = if loopback {
            Target::LOCALHOST.to_owned()
        } else {
            self.port.target.host.clone()
        };
        let name = ServerName::try_from(name).map_err(io::Error::other)?;
        Ok((self.config(loopback)?, name))
    }

    /// A name may lead to loopback once and elsewhere the next time, so each connection asks anew.
    fn config(&self, loopback: bool) -> io::Result<Arc<ClientConfig>> {
        let made = if loopback {
            &self.unverified
        } else {
            &self.verified
        };
        if let Some(config) = made.get() {
            return Ok(Arc::clone(config));
        }
        let config = Arc::new(config(loopback).map_err(io::Error::other)?);
        Ok(Arc::clone(made.get_or_init(|| config)))
    }
}

/// Whether a service's connection is open and has nothing to read, as the system knows it now.
pub(super) fn is_silent(service: &LocalStream) -> bool {
    let mut byte = [MaybeUninit::uninit()];
    let peeked = SockRef::from(socket_of(service)).peek(&mut byte);
    matches!(peeked, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
}

/// Makes the coming close of a service's connection a reset.
pub(super) fn reset(service: &LocalStream) {
    if let Err(error) = socket_of(service).set_zero_linger() {
        tracing::debug!(%error, "a service's connection cannot be reset");
    }
}

fn socket_of(service: &LocalStream) -> &TcpStream {
    match service {
        Either::Left(socket) => socket,
        Either::Right(tls) => tls.get_ref().0,
    }
}

/// Connects to a service, whatever it speaks.
#[cfg(feature = "devtunnel")]
pub(super) async fn reach(target: &Target) -> Result<TcpStream, LocalError> {
    match timeout(CONNECT_WITHIN, connect(target)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) if error.kind() == io::ErrorKind::TimedOut => Err(LocalError::TimedOut),
        Ok(Err(error)) => {
            tracing::debug!(%target, %error, "the local service is not there");
            Err(LocalError::Refused)
        }
        Err(_) => Err(LocalError::TimedOut),
    }
}

async fn connect(target: &Target) -> io::Result<TcpStream> {
    let port = target.port.get();
    let mut failed = io::Error::from(io::ErrorKind::NotFound);
    for address in addresses(&target.host, port).await? {
        match TcpStream::connect(address).await {
            Ok(socket) => {
                socket.set_nodelay(true)?;
                return Ok(socket);
            }
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

async fn addresses(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    if host.eq_ignore_ascii_case(Target::LOCALHOST) {
        let (v4, v6) = (Ipv4Addr::LOCALHOST, Ipv6Addr::LOCALHOST);
        let both = [IpAddr::V4(v4), IpAddr::V6(v6)];
        return Ok(both.map(|ip| SocketAddr::new(ip, port)).to_vec());
    }
    Ok(tokio::net::lookup_host((host, port)).await?.collect())
}

/// TLS with any certificate, of this computer's own services alone, or as the system verifies it.
pub(super) fn config(loopback: bool) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(ring::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = if loopback {
        Arc::new(Unverified(Arc::clone(&provider)))
    } else {
        Arc::new(Verifier::new(Arc::clone(&provider))?)
    };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    // Visitors are served HTTP/1.1, so the service must not choose HTTP/2.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Takes any certificate: of this computer's own services only.
#[derive(Debug)]
struct Unverified(Arc<CryptoProvider>);

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{PortNumber, TunnelId};

    #[test]
    fn what_is_taken_on_loopback_is_not_taken_elsewhere() {
        let number = PortNumber::new(443).expect("it is not 0");
        let port = LocalPort::new(Port {
            number,
            protocol: Protocol::Https,
            target: Target::local(number),
            label: TunnelId::new("a").expect("it is an id"),
            public_port: None,
        });
        let own = port.config(true).expect("it needs nothing");
        let again = port.config(true).expect("it needs nothing");
        assert!(Arc::ptr_eq(&own, &again), "it is made once");
        // Where the system trusts nobody there is none.
        if let Ok(other) = port.config(false) {
            assert!(!Arc::ptr_eq(&own, &other));
        }
        assert!(Arc::ptr_eq(&own, &port.config(true).expect("it is there")));
    }
}
