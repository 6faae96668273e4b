//! The seam between encryption and multiplexing: one duplex byte stream.
//!
//! It refuses to know what carries the bytes, so that a layer that survives a broken connection can
//! stand in for one connection.

use std::io;
use tokio::io::{AsyncRead, AsyncWrite, BufReader};
use tokio::net::TcpStream;

/// A duplex byte stream that the multiplexer runs on.
pub trait Transport: AsyncRead + AsyncWrite + Send + Unpin + 'static {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Transport for T {}

/// How much is read from a socket at once. rustls by itself asks for 4 KiB a call, which costs a
/// system call for each quarter of a TLS record.
const READ_AHEAD: usize = 128 * 1024;

/// A socket made ready to carry TLS: no delay for small packets, few and large reads.
///
/// # Errors
/// When the socket is already broken.
pub fn prepare(socket: TcpStream) -> io::Result<BufReader<TcpStream>> {
    socket.set_nodelay(true)?;
    Ok(BufReader::with_capacity(READ_AHEAD, socket))
}
