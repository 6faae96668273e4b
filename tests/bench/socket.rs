//! As much of WebSocket as an echo needs: messages of eight bytes, one after the other, each in a frame
//! of its own.

use anyhow::ensure;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What a visitor asks with. The key is the example of RFC 6455: nobody here needs another.
pub const FIELDS: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// What belongs to that key.
const ANSWER: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// A whole binary message.
const BINARY: u8 = 0x82;
const LENGTH: u8 = 8;
const MASKED: u8 = 0x80;

/// Any: nothing between here and there is fooled by it.
const MASK: u32 = 0x37fa_213d;

/// Sends back all messages, until the visitor leaves.
pub async fn echo(stream: &mut TcpStream) -> anyhow::Result<()> {
    stream.write_all(ANSWER.as_bytes()).await?;
    loop {
        ensure!(
            stream.read_u16().await? == begin(MASKED | LENGTH),
            "another kind of frame"
        );
        let mask = stream.read_u32().await?;
        let message = stream.read_u64().await? ^ doubled(mask);
        let mut frame = begin(LENGTH).to_be_bytes().to_vec();
        frame.extend(message.to_be_bytes());
        stream.write_all(&frame).await?;
    }
}

/// Sends a message and reads it again.
pub async fn exchange(stream: &mut TcpStream, message: u64) -> anyhow::Result<()> {
    let mut frame = begin(MASKED | LENGTH).to_be_bytes().to_vec();
    frame.extend(MASK.to_be_bytes());
    frame.extend((message ^ doubled(MASK)).to_be_bytes());
    stream.write_all(&frame).await?;
    ensure!(
        stream.read_u16().await? == begin(LENGTH),
        "another kind of frame"
    );
    ensure!(stream.read_u64().await? == message, "another message");
    Ok(())
}

/// How a frame with this length begins.
fn begin(length: u8) -> u16 {
    u16::from_be_bytes([BINARY, length])
}

/// The mask of a whole message.
fn doubled(mask: u32) -> u64 {
    u64::from(mask) << 32 | u64::from(mask)
}
