//! Whose certificate is accepted in TLS: the boilerplate of a rustls verifier, once, around a rule
//! that says yes or no.
//!
//! It knows no connection. Signatures are checked in one way for every rule; a rule that takes any
//! certificate asks for none.

use super::digest::sha256;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};
use std::fmt::Debug;
use std::sync::Arc;

/// What a server shows of itself, and when.
#[derive(Debug)]
pub struct Shown<'a> {
    pub certificate: &'a CertificateDer<'a>,
    /// Those that lead to an authority.
    pub intermediates: &'a [CertificateDer<'a>],
    /// The name that it was asked for.
    pub name: &'a ServerName<'a>,
    /// What its authority says of the certificate (RFC 6960).
    pub ocsp: &'a [u8],
    pub now: UnixTime,
}

/// Which servers are accepted.
pub trait Rule: Debug + Send + Sync {
    /// Whether this one is.
    fn check(&self, shown: &Shown<'_>) -> Result<(), Error>;

    /// Whether a server must prove that it has its certificate's key.
    fn wants_proof(&self) -> bool {
        true
    }
}

/// Any: of this computer's own services, and where another TLS inside has the pin.
#[derive(Debug)]
pub struct Unverified;

impl Rule for Unverified {
    fn check(&self, _: &Shown<'_>) -> Result<(), Error> {
        Ok(())
    }

    fn wants_proof(&self) -> bool {
        false
    }
}

/// The one whose certificate has this SHA-256.
#[derive(Debug)]
pub struct Pinned(pub [u8; 32]);

impl Rule for Pinned {
    fn check(&self, shown: &Shown<'_>) -> Result<(), Error> {
        let is_it = sha256(shown.certificate) == self.0;
        is_it
            .then_some(())
            .ok_or_else(|| CertificateError::ApplicationVerificationFailure.into())
    }
}

/// A verifier that goes by `rule`, with the algorithms of `provider`.
pub fn verifier(
    provider: &Arc<CryptoProvider>,
    rule: impl Rule + 'static,
) -> Arc<dyn ServerCertVerifier> {
    let provider = Arc::clone(provider);
    Arc::new(ByRule { provider, rule })
}

#[derive(Debug)]
struct ByRule<R> {
    provider: Arc<CryptoProvider>,
    rule: R,
}

impl<R: Rule> ServerCertVerifier for ByRule<R> {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let shown = Shown {
            certificate,
            intermediates,
            name,
            ocsp,
            now,
        };
        self.rule.check(&shown)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if !self.rule.wants_proof() {
            return Ok(HandshakeSignatureValid::assertion());
        }
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if !self.rule.wants_proof() {
            return Ok(HandshakeSignatureValid::assertion());
        }
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}
