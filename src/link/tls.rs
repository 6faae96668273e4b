//! TLS 1.3 between host and relay: no authority, the host pins the relay's very certificate.
//!
//! It knows certificates and handshakes; who may host is the token's business.

use super::resume::Binding;
use super::{Transport, websocket};
use crate::base::digest::sha256;
use crate::base::tls::{Pinned, verifier};
use rustls::CipherSuite;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use std::io;
use std::sync::Arc;
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// What both ends must agree to speak inside TLS: the greeting of the resumable link, then its
/// frames.
pub const ALPN: &[u8] = b"underpass/3";

/// What the exporter of a connection is asked for (RFC 8446, section 7.5).
const EXPORTER: &[u8] = b"EXPORTER-underpass-resume";

/// A TLS connection whose other end is known: by the pin at the host, by a token later at the relay.
pub struct Secured {
    /// What is written here goes encrypted.
    pub stream: Box<dyn Transport>,
    /// Its exporter: what ties a handshake inside to this very connection.
    pub binding: Binding,
}

impl std::fmt::Debug for Secured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secured").finish_non_exhaustive()
    }
}

/// What a relay's handshake led to.
#[derive(Debug)]
pub enum Accepted {
    Link(Secured),
    /// HTTP, with nobody authenticated: a link may come inside it, as a WebSocket.
    OuterTls(OuterTls),
}

/// An encrypted connection in which HTTP is spoken.
pub struct OuterTls(pub Box<dyn Transport>);

impl std::fmt::Debug for OuterTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OuterTls")
    }
}

#[derive(Debug, thiserror::Error)]
pub enum TlsFault {
    #[error("the certificate is not the pinned one")]
    CertificateMismatch,
    /// The other end is no relay: it speaks no TLS 1.3, or not our protocol in it.
    #[error("the other end is no relay: {0}")]
    NotARelay(String),
    #[error("the connection broke during the handshake: {0}")]
    Broken(io::Error),
    #[error("TLS cannot be set up: {0}")]
    Setup(rustls::Error),
}

/// A relay's key and certificate.
#[derive(Debug)]
pub struct Identity {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// None could be made.
    #[error("no certificate could be made: {0}")]
    Generate(#[from] rcgen::Error),
    #[error("it is not in PEM form: {0}")]
    Pem(#[from] rustls::pki_types::pem::Error),
}

impl Identity {
    /// Makes a new ECDSA P-256 key and its self-signed certificate: (certificate, key), in PEM.
    pub fn generate() -> Result<(String, String), IdentityError> {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
        let params = rcgen::CertificateParams::new(vec![SERVER_NAME.to_owned()])?;
        Ok((params.self_signed(&key)?.pem(), key.serialize_pem()))
    }

    /// Reads what [`Identity::generate`] made.
    pub fn from_pem(certificate: &str, key: &str) -> Result<Self, IdentityError> {
        Ok(Self {
            certificate: CertificateDer::from_pem_slice(certificate.as_bytes())?,
            key: PrivateKeyDer::from_pem_slice(key.as_bytes())?,
        })
    }

    /// SHA-256 of the certificate: what a host pins.
    pub fn fingerprint(&self) -> [u8; 32] {
        sha256(&self.certificate)
    }

    /// What the relay accepts connections with.
    ///
    /// # Errors
    /// When key and certificate do not belong together.
    pub fn acceptor(&self) -> Result<TlsAcceptor, rustls::Error> {
        let mut config = rustls::ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.clone()], self.key.clone_key())?;
        config.alpn_protocols = vec![ALPN.to_vec(), websocket::ALPN.to_vec()];
        // Nothing resumes a TLS session, so tickets would be bytes for nothing.
        config.send_tls13_tickets = 0;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

/// The name in the certificate; the pin decides, so no name is ever sent or checked.
const SERVER_NAME: &str = "relay.underpass.internal";

/// The provider, passed explicitly: a process-wide default is not ours to set. AES-128 goes first,
/// it is the fastest where AES is in hardware.
fn provider() -> Arc<CryptoProvider> {
    let mut provider = ring::default_provider();
    provider
        .cipher_suites
        .sort_by_key(|suite| suite.suite() != CipherSuite::TLS13_AES_128_GCM_SHA256);
    Arc::new(provider)
}

/// Makes the TLS handshake with the relay whose certificate has this SHA-256. See
/// [`transport::prepare`](super::transport::prepare) for what to do to a socket before.
pub async fn connect(transport: impl Transport, pin: [u8; 32]) -> Result<Secured, TlsFault> {
    let config = client_config(pin).map_err(TlsFault::Setup)?;
    let name = ServerName::try_from(SERVER_NAME)
        .map_err(|error| TlsFault::Setup(rustls::Error::General(error.to_string())))?;
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, transport)
        .await
        .map_err(classify)?;
    let binding = {
        let (_, connection) = stream.get_ref();
        check_alpn(connection.alpn_protocol())?;
        connection.export_keying_material([0; 32], EXPORTER, None)
    };
    Ok(Secured {
        stream: Box::new(stream),
        binding: binding.map(Binding).map_err(TlsFault::Setup)?,
    })
}

/// Makes the TLS handshake with a host, inner or outer.
///
/// # Errors
/// See [`TlsFault`]; `NotARelay` then says that the other end is no host.
pub async fn accept(
    acceptor: &TlsAcceptor,
    transport: impl Transport,
) -> Result<Accepted, TlsFault> {
    let stream = acceptor.accept(transport).await.map_err(classify)?;
    let (_, connection) = stream.get_ref();
    if connection.alpn_protocol() == Some(websocket::ALPN) {
        return Ok(Accepted::OuterTls(OuterTls(Box::new(stream))));
    }
    check_alpn(connection.alpn_protocol())?;
    let binding = connection.export_keying_material([0; 32], EXPORTER, None);
    Ok(Accepted::Link(Secured {
        stream: Box::new(stream),
        binding: binding.map(Binding).map_err(TlsFault::Setup)?,
    }))
}

fn check_alpn(agreed: Option<&[u8]>) -> Result<(), TlsFault> {
    match agreed {
        Some(ALPN) => Ok(()),
        _ => Err(TlsFault::NotARelay("it agreed to no protocol".to_owned())),
    }
}

fn client_config(pin: [u8; 32]) -> Result<rustls::ClientConfig, rustls::Error> {
    let provider = provider();
    let verifier = verifier(&provider, Pinned(pin));
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.enable_sni = false;
    config.resumption = rustls::client::Resumption::disabled();
    Ok(config)
}

pub(super) fn classify(error: io::Error) -> TlsFault {
    let tls = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(rustls::Error::InvalidCertificate(_)) => TlsFault::CertificateMismatch,
        Some(other) => TlsFault::NotARelay(other.to_string()),
        None => TlsFault::Broken(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    fn identity() -> Identity {
        let (certificate, key) = Identity::generate().expect("there is randomness");
        Identity::from_pem(&certificate, &key).expect("it is PEM")
    }

    /// What a host sees that pins `pin` of a relay with this identity.
    async fn handshake(pin: [u8; 32], identity: Identity) -> Result<(), TlsFault> {
        let acceptor = identity.acceptor().expect("it fits");
        let (near, far) = duplex(4096);
        let relay = tokio::spawn(async move {
            let Accepted::Link(mut secured) = accept(&acceptor, far).await? else {
                panic!("it is no HTTP");
            };
            let mut word = [0; 2];
            let read = secured.stream.read_exact(&mut word).await;
            read.map_err(TlsFault::Broken)?;
            Ok::<_, TlsFault>((word, secured.binding))
        });
        let mut secured = connect(near, pin).await?;
        secured.stream.write_all(b"hi").await.expect("it goes");
        secured.stream.flush().await.expect("it goes");
        let (word, binding) = relay.await.expect("it ends").expect("it came");
        assert_eq!(word, *b"hi");
        assert!(binding == secured.binding && binding != Binding([0; 32]));
        Ok(())
    }

    #[tokio::test]
    async fn the_pinned_certificate_is_trusted_and_no_other() {
        let relay = identity();
        handshake(relay.fingerprint(), relay)
            .await
            .expect("it is the one");
        let refused = handshake(identity().fingerprint(), identity()).await;
        assert!(matches!(refused, Err(TlsFault::CertificateMismatch)));
    }

    #[test]
    fn a_certificate_without_its_key_is_of_no_use() {
        let (certificate, _) = Identity::generate().expect("there is randomness");
        let (_, key) = Identity::generate().expect("there is randomness");
        let stolen = Identity::from_pem(&certificate, &key).expect("it is PEM");
        assert!(stolen.acceptor().is_err());
    }

    #[test]
    fn what_is_no_pem_is_said_to_be_none() {
        assert!(Identity::from_pem("", "garbage").is_err());
    }
}
