//! TLS to a local service: whose certificate is taken, and what a failed handshake means.

use super::{CertificateMemory, TlsService};
use crate::model::{CertificateCheck, Fingerprint, ServiceFault, Target};
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use rustls_platform_verifier::Verifier;
use sha2::{Digest as _, Sha256};
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// A service that has not answered a `ClientHello` by then does not speak TLS: those that do answer
/// at once.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(4);

/// Makes a connection to `target` one in TLS. Nobody gives this computer's own services certificates
/// that anyone would trust, so none is looked at there; any other machine's is.
///
/// # Errors
/// What stood in the way.
pub(super) async fn handshake(
    target: &Target,
    check: CertificateCheck,
    memory: &Arc<CertificateMemory>,
    socket: TcpStream,
) -> Result<Box<TlsService>, ServiceFault> {
    let peer = socket.peer_addr().map_err(|_| ServiceFault::Refused)?.ip();
    handshake_with(target, check, memory, socket, peer).await
}

/// The same with a service that is at `peer`.
async fn handshake_with(
    target: &Target,
    check: CertificateCheck,
    memory: &Arc<CertificateMemory>,
    socket: TcpStream,
    peer: IpAddr,
) -> Result<Box<TlsService>, ServiceFault> {
    let seen = Arc::new(Seen::default());
    let config = config_for(peer, check, memory, &seen)?;
    let connecting = TlsConnector::from(config).connect(server_name(target, peer), socket);
    match timeout(HANDSHAKE_WITHIN, connecting).await {
        Ok(Ok(stream)) => Ok(Box::new(TlsService::new(stream))),
        Ok(Err(error)) => {
            tracing::debug!(%target, %error, "no TLS with the local service");
            Err(classify(&error, &seen))
        }
        Err(_) => Err(ServiceFault::NotTls),
    }
}

/// The name that was typed is the one that is asked for (RFC 6066 3); an address is none.
fn server_name(target: &Target, peer: IpAddr) -> ServerName<'static> {
    ServerName::try_from(target.host.clone()).unwrap_or(ServerName::IpAddress(peer.into()))
}

/// A name may lead to loopback once and elsewhere the next time, so each connection asks anew.
fn config_for(
    peer: IpAddr,
    check: CertificateCheck,
    memory: &Arc<CertificateMemory>,
    seen: &Arc<Seen>,
) -> Result<Arc<ClientConfig>, ServiceFault> {
    static UNVERIFIED: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    static SYSTEM: OnceLock<Arc<dyn ServerCertVerifier>> = OnceLock::new();
    let base = if let Some(config) = UNVERIFIED.get() {
        Arc::clone(config)
    } else {
        let made = Arc::new(config(true).map_err(|_| ServiceFault::Other)?);
        Arc::clone(UNVERIFIED.get_or_init(|| made))
    };
    if peer.to_canonical().is_loopback() {
        return Ok(base);
    }
    let provider = Arc::clone(base.crypto_provider());
    let rule = match check {
        CertificateCheck::Verified => Arc::clone(SYSTEM.get_or_init(|| system_rule(provider))),
        CertificateCheck::FirstSeen => Arc::new(Rule(provider, Pinned(Arc::clone(memory)))),
    };
    let mut config = ClientConfig::clone(&base);
    // What was verified by another rule is not resumed by this one.
    config.resumption = Resumption::disabled();
    let seen = Arc::clone(seen);
    config
        .dangerous()
        .set_certificate_verifier(Arc::new(Watched { rule, seen }));
    Ok(Arc::new(config))
}

/// Where the system has no list of whom it trusts, it trusts nobody.
fn system_rule(provider: Arc<CryptoProvider>) -> Arc<dyn ServerCertVerifier> {
    match Verifier::new(Arc::clone(&provider)) {
        Ok(verifier) => Arc::new(verifier),
        Err(error) => {
            tracing::warn!(%error, "this system trusts no certificate at all");
            Arc::new(Rule(provider, Nobody))
        }
    }
}

/// TLS with any certificate, of this computer's own services alone, or as the system verifies it.
///
/// # Errors
/// The TLS library cannot be set up.
pub fn config(loopback: bool) -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = if loopback {
        Arc::new(Rule(Arc::clone(&provider), Anyone))
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

/// What a failed handshake means.
fn classify(error: &io::Error, seen: &Seen) -> ServiceFault {
    let Some(error) = error.get_ref().and_then(|e| e.downcast_ref::<Error>()) else {
        // It hung up on the first bytes of TLS.
        return ServiceFault::NotTls;
    };
    match (error, seen.certificate()) {
        (
            Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure),
            Some(fingerprint),
        ) => ServiceFault::ChangedCertificate { fingerprint },
        (Error::InvalidCertificate(_), Some(fingerprint)) => {
            ServiceFault::UntrustedCertificate { fingerprint }
        }
        (Error::InvalidMessage(_) | Error::PeerSentOversizedRecord, None) => ServiceFault::NotTls,
        _ => ServiceFault::TlsRefused,
    }
}

/// The certificate that came up in one handshake.
#[derive(Debug, Default)]
struct Seen(Mutex<Option<Fingerprint>>);

impl Seen {
    fn certificate(&self) -> Option<Fingerprint> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn fingerprint(certificate: &CertificateDer<'_>) -> Fingerprint {
    Fingerprint(Sha256::digest(certificate).into())
}

/// Notes which certificate came up, and lets `rule` decide.
#[derive(Debug)]
struct Watched {
    rule: Arc<dyn ServerCertVerifier>,
    seen: Arc<Seen>,
}

impl ServerCertVerifier for Watched {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        *self.seen.0.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(fingerprint(certificate));
        self.rule
            .verify_server_cert(certificate, intermediates, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.rule
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.rule
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.rule.supported_verify_schemes()
    }
}

/// Whom a rule of ours takes: its signatures are checked as anybody's.
trait Takes: std::fmt::Debug + Send + Sync {
    fn takes(&self, certificate: &CertificateDer<'_>) -> Result<(), CertificateError>;
}

/// Takes the first certificate that comes up, and no other after it.
#[derive(Debug)]
struct Pinned(Arc<CertificateMemory>);

impl Takes for Pinned {
    fn takes(&self, certificate: &CertificateDer<'_>) -> Result<(), CertificateError> {
        let known = self.0.accepts(fingerprint(certificate));
        // No rule of the system says this: it tells a changed certificate from an untrusted one.
        known
            .then_some(())
            .ok_or(CertificateError::ApplicationVerificationFailure)
    }
}

/// Takes any certificate: of this computer's own services only.
#[derive(Debug)]
struct Anyone;

impl Takes for Anyone {
    fn takes(&self, _: &CertificateDer<'_>) -> Result<(), CertificateError> {
        Ok(())
    }
}

/// Takes none.
#[derive(Debug)]
struct Nobody;

impl Takes for Nobody {
    fn takes(&self, _: &CertificateDer<'_>) -> Result<(), CertificateError> {
        Err(CertificateError::UnknownIssuer)
    }
}

#[derive(Debug)]
struct Rule<T>(Arc<CryptoProvider>, T);

impl<T: Takes> ServerCertVerifier for Rule<T> {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let taken = self.1.takes(certificate);
        taken.map_err(Error::InvalidCertificate)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
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
    use crate::base::local::tests::{Identity, plain_service, tls_service};
    use crate::model::PortNumber;

    /// Not this computer.
    const ELSEWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7));

    fn target(host: &str) -> Target {
        Target {
            host: host.to_owned(),
            port: PortNumber::new(443).expect("it is a port"),
        }
    }

    async fn shake(
        identity: &Identity,
        check: CertificateCheck,
        memory: &Arc<CertificateMemory>,
        peer: IpAddr,
    ) -> Result<(), ServiceFault> {
        let service = tls_service(identity).await;
        let socket = TcpStream::connect(service).await.expect("it listens");
        let shaken = handshake_with(&target("nas.test"), check, memory, socket, peer).await;
        shaken.map(drop)
    }

    #[test]
    fn the_typed_name_is_asked_for_and_an_address_is_none() {
        let peer = ELSEWHERE;
        let name = |host| server_name(&target(host), peer);
        for host in ["myapp.test", "localhost"] {
            assert!(matches!(name(host), ServerName::DnsName(_)), "{host}");
        }
        for host in ["192.0.2.9", "::1", "no name at all"] {
            assert!(matches!(name(host), ServerName::IpAddress(_)), "{host}");
        }
    }

    #[tokio::test]
    async fn another_machine_s_certificate_is_trusted_or_pinned_and_this_one_s_is_taken() {
        let (first, second) = (Identity::new(), Identity::new());
        let memory = Arc::new(CertificateMemory::default());
        let here = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
        let verified = CertificateCheck::Verified;
        assert_eq!(shake(&first, verified, &memory, here).await, Ok(()));
        let fingerprint = first.fingerprint();
        assert_eq!(
            shake(&first, verified, &memory, ELSEWHERE).await,
            Err(ServiceFault::UntrustedCertificate { fingerprint })
        );
        let pinned = CertificateCheck::FirstSeen;
        assert_eq!(shake(&first, pinned, &memory, ELSEWHERE).await, Ok(()));
        assert_eq!(memory.accepted(), Some(fingerprint));
        let fingerprint = second.fingerprint();
        assert_eq!(
            shake(&second, pinned, &memory, ELSEWHERE).await,
            Err(ServiceFault::ChangedCertificate { fingerprint })
        );
        assert_eq!(shake(&first, pinned, &memory, ELSEWHERE).await, Ok(()));
    }

    #[tokio::test]
    async fn a_service_in_plain_http_is_told_from_one_with_a_bad_certificate() {
        let (service, _) = plain_service(b"HTTP/1.0 400 Bad Request\r\n\r\n").await;
        let socket = TcpStream::connect(service).await.expect("it listens");
        let memory = Arc::new(CertificateMemory::default());
        let target = target("nas.test");
        let shaken = handshake(&target, CertificateCheck::Verified, &memory, socket).await;
        assert_eq!(shaken.err(), Some(ServiceFault::NotTls));
    }
}
