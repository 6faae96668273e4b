//! The seam between encryption and multiplexing: one duplex byte stream.
//!
//! It refuses to know what carries the bytes, so that a layer that survives a broken connection can
//! stand in for one connection.

use super::ReadAhead;
#[cfg(target_os = "linux")]
use socket2::SockRef;
use std::io;
#[cfg(target_os = "linux")]
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// A duplex byte stream that the multiplexer runs on.
pub trait Transport: AsyncRead + AsyncWrite + Send + Unpin + 'static {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Transport for T {}

/// The kernel takes no more than this ahead of what the network takes. More would sit before every
/// later byte: interactive streams would wait behind a bulk one.
#[cfg(target_os = "linux")]
const NOT_SENT: u32 = 128 * 1024;

/// A socket whose bytes nobody acknowledges for so long is dead.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(15);

/// A socket made ready to carry a link: no delay for small packets, little in the kernel's queue,
/// few and large reads, and an end to it when nobody acknowledges.
///
/// # Errors
/// When the socket is already broken.
pub fn prepare(socket: TcpStream) -> io::Result<ReadAhead<TcpStream>> {
    socket.set_nodelay(true)?;
    #[cfg(target_os = "linux")]
    {
        let socket = SockRef::from(&socket);
        socket.set_tcp_notsent_lowat(NOT_SENT)?;
        socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED))?;
    }
    Ok(ReadAhead::new(socket))
}
