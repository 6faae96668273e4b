//! The edge's door: visitors come by HTTP, as browsers and probes do.

use super::Shared;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What the real one says of an endpoint that nobody hosts.
const OFFLINE: &[u8] = b"HTTP/1.1 404 Not Found\r\nngrok-error-code: ERR_NGROK_3200\r\n\
    content-length: 0\r\nconnection: close\r\n\r\n";

pub(super) async fn let_in(listener: TcpListener, shared: Arc<Shared>) {
    let mut open = tokio::task::JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        open.spawn(async move {
            let _ = bring(socket, &shared).await;
        });
    }
}

/// Brings a visitor to the endpoint that the first label of the host's name says.
async fn bring(mut socket: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await?);
    }
    let text = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let host = text.split_once("\r\nhost:").map_or("", |(_, rest)| rest);
    let endpoint = host.trim_start().split('.').next().unwrap_or_default();
    let session = shared.lock().sessions.last().cloned();
    let Some(session) = session else {
        return socket.write_all(OFFLINE).await;
    };
    let mut visitor = session.visit(endpoint).await;
    visitor.stream.write_all(&head).await?;
    tokio::io::copy_bidirectional(&mut socket, &mut *visitor.stream).await?;
    Ok(())
}
