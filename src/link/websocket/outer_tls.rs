//! The outer TLS of a link that goes as a WebSocket, as the host begins it: what any browser would speak, and it takes
//! any certificate. A box on the way or a proxy before the relay may end it; the inner TLS has the
//! pin, and nothing secret is said outside of it.

use super::ALPN;
use crate::base::tls::{Unverified, verifier};
use crate::link::Transport;
use crate::link::tls::{TlsFault, classify};
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use std::sync::Arc;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Makes a TLS connection with whatever answers for `host`.
///
/// # Errors
/// It speaks no TLS, or the connection broke.
pub async fn connect_outer_tls<S: Transport>(
    transport: S,
    host: &str,
) -> Result<TlsStream<S>, TlsFault> {
    let config = config().map_err(TlsFault::Setup)?;
    let name = ServerName::try_from(host.to_owned())
        .map_err(|error| TlsFault::Setup(rustls::Error::General(error.to_string())))?;
    TlsConnector::from(Arc::new(config))
        .connect(name, transport)
        .await
        .map_err(classify)
}

/// TLS 1.2 too: a proxy before the relay may know no other.
fn config() -> Result<rustls::ClientConfig, rustls::Error> {
    let provider = Arc::new(ring::default_provider());
    let verifier = verifier(&provider, Unverified);
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.resumption = rustls::client::Resumption::disabled();
    Ok(config)
}
