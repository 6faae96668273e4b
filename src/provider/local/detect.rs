//! Whether a local service speaks TLS: asked once, on a connection of its own.
//!
//! It sends a `ClientHello` and ends its side: a TLS server answers with a TLS record; any other
//! server sees the end of a request it does not understand, and does not wait for more of it.

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A service that says nothing for this long does not speak TLS: a TLS server answers at once.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// The type of a TLS record that carries an alert.
const ALERT: u8 = 21;

/// The type of a TLS record that carries a handshake message.
const HANDSHAKE: u8 = 22;

/// The type of the handshake message that a server begins with. An echo begins with another.
const SERVER_HELLO: u8 = 2;

/// The first byte of every TLS version number.
const TLS_MAJOR: u8 = 3;

pub(super) async fn speaks_tls(
    mut service: TcpStream,
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
) -> bool {
    let asking = async {
        let mut hello = Vec::new();
        let mut tls = rustls::ClientConnection::new(config, name).ok()?;
        tls.write_tls(&mut hello).ok()?;
        service.write_all(&hello).await.ok()?;
        service.shutdown().await.ok()?;
        let mut head = [0; 6];
        service.read_exact(&mut head).await.ok()?;
        Some(head)
    };
    match timeout(ANSWER_WITHIN, asking).await {
        Ok(Some([HANDSHAKE, TLS_MAJOR, _, _, _, message])) => message == SERVER_HELLO,
        Ok(Some([ALERT, TLS_MAJOR, ..])) => true,
        Ok(Some(_) | None) | Err(_) => false,
    }
}
