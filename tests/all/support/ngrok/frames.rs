//! What goes over the edge's connections, and what a test slips in.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, split};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_rustls::server::TlsStream;

/// Carries bytes, and those of the edge's own mischief between them, until either end is over.
pub(super) async fn carry(
    stream: TlsStream<TcpStream>,
    far: DuplexStream,
    mut injected: mpsc::UnboundedReceiver<Option<Vec<u8>>>,
) {
    let (mut from_client, mut to_client) = split(stream);
    let (mut from_session, mut to_session) = split(far);
    let inward = tokio::io::copy(&mut from_client, &mut to_session);
    let outward = async {
        let mut bytes = vec![0; 64 * 1024];
        loop {
            let read = tokio::select! {
                // What is written at once is a frame, or all of several.
                biased;
                read = from_session.read(&mut bytes) => read.unwrap_or(0),
                Some(more) = injected.recv() => match more {
                    Some(more) => {
                        let sent = to_client.write_all(&more).await;
                        if sent.and(to_client.flush().await).is_err() {
                            return;
                        }
                        continue;
                    }
                    None => return,
                },
            };
            if read == 0 || to_client.write_all(&bytes[..read]).await.is_err() {
                return;
            }
            let _ = to_client.flush().await;
        }
    };
    tokio::select! {
        _ = inward => {}
        () = outward => {}
    }
}

/// A frame as the edge writes it.
pub fn frame(kind: u8, flags: u8, stream: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).expect("it is short");
    let head = length << 8 | u32::from(kind) << 4 | u32::from(flags);
    let mut frame = head.to_be_bytes().to_vec();
    frame.extend(stream.to_be_bytes());
    frame.extend(body);
    frame
}
