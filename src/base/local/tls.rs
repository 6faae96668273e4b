//! TLS to a local service: whose certificate is taken, and what a failed handshake means.

use super::{CertificateMemory, TlsService};
use crate::base::digest::sha256;
use crate::base::tls::{Rule, Shown, Unverified, verifier};
use crate::model::{CertificateCheck, Fingerprint, ServiceFault, Target};
use parking_lot::Mutex;
use rustls::client::Resumption;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::ServerName;
use rustls::{CertificateError, ClientConfig, Error};
use rustls_platform_verifier::Verifier;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// A service that has not answered a `ClientHello` by then does not speak TLS: those that do answer
/// at once.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(4);

/// Makes a connection to `target` one in TLS. Nobody gives this computer's own services certificates
/// that anyone would trust, so none is looked at there; any other machine's is.
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
    static SYSTEM: OnceLock<Option<Arc<Verifier>>> = OnceLock::new();
    let base = if let Some(config) = UNVERIFIED.get() {
        Arc::clone(config)
    } else {
        let made = Arc::new(config(true).map_err(|_| ServiceFault::Other)?);
        Arc::clone(UNVERIFIED.get_or_init(|| made))
    };
    if peer.to_canonical().is_loopback() {
        return Ok(base);
    }
    let provider = base.crypto_provider();
    let trust = match check {
        CertificateCheck::Verified => {
            Trust::System(SYSTEM.get_or_init(|| system(provider)).clone())
        }
        CertificateCheck::FirstSeen => Trust::FirstSeen(Arc::clone(memory)),
    };
    let seen = Arc::clone(seen);
    let rule = verifier(provider, Noted { seen, trust });
    let mut config = ClientConfig::clone(&base);
    // What was verified by another rule is not resumed by this one.
    config.resumption = Resumption::disabled();
    config.dangerous().set_certificate_verifier(rule);
    Ok(Arc::new(config))
}

/// The system's own list of whom it trusts, if it has one.
fn system(provider: &Arc<CryptoProvider>) -> Option<Arc<Verifier>> {
    let verifier = Verifier::new(Arc::clone(provider));
    verifier
        .inspect_err(|error| tracing::warn!(%error, "this system trusts no certificate at all"))
        .ok()
        .map(Arc::new)
}

/// TLS with any certificate, of this computer's own services alone, or as the system verifies it.
pub fn config(loopback: bool) -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = if loopback {
        verifier(&provider, Unverified)
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
        *self.0.lock()
    }
}

/// Whose certificate a port takes.
#[derive(Debug)]
enum Trust {
    /// Whomever the system trusts. Where it has no list of them, it trusts nobody.
    System(Option<Arc<Verifier>>),
    /// The first one that comes up, and no other after it.
    FirstSeen(Arc<CertificateMemory>),
}

/// Notes which certificate came up before it is taken or not.
#[derive(Debug)]
struct Noted {
    seen: Arc<Seen>,
    trust: Trust,
}

impl Rule for Noted {
    fn check(&self, shown: &Shown<'_>) -> Result<(), Error> {
        let fingerprint = Fingerprint(sha256(shown.certificate));
        *self.seen.0.lock() = Some(fingerprint);
        let error = match &self.trust {
            Trust::System(Some(verifier)) => {
                let Shown {
                    certificate,
                    intermediates,
                    name,
                    ocsp,
                    now,
                } = *shown;
                let trusted =
                    verifier.verify_server_cert(certificate, intermediates, name, ocsp, now);
                return trusted.map(drop);
            }
            Trust::System(None) => CertificateError::UnknownIssuer,
            Trust::FirstSeen(memory) if memory.accepts(fingerprint) => return Ok(()),
            // No rule of the system says this: it tells a changed certificate from an untrusted one.
            Trust::FirstSeen(_) => CertificateError::ApplicationVerificationFailure,
        };
        Err(Error::InvalidCertificate(error))
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
