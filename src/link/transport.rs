//! The seam between encryption and multiplexing: one duplex byte stream.
//!
//! It refuses to know what carries the bytes, so that a layer that survives a broken connection can
//! stand in for one connection.

use super::ReadAhead;
use std::io;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// A duplex byte stream that the multiplexer runs on.
pub trait Transport: AsyncRead + AsyncWrite + Send + Unpin + 'static {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Transport for T {}

/// The socket of a link.
#[cfg(target_os = "linux")]
pub type Socket = super::socket::LinkSocket;
/// The socket of a link.
#[cfg(not(target_os = "linux"))]
pub type Socket = TcpStream;

/// A socket made ready to carry a link: no delay for small packets, little in the kernel's queue, few
/// and large reads. Whether the other end still lives is the link's to find out: the kernel's own
/// `TCP_USER_TIMEOUT` also ends a connection that lives behind a slow proxy with a small window.
///
/// # Errors
/// When the socket is already broken.
pub fn prepare(socket: TcpStream) -> io::Result<ReadAhead<Socket>> {
    socket.set_nodelay(true)?;
    #[cfg(target_os = "linux")]
    let socket = Socket::new(socket)?;
    Ok(ReadAhead::new(socket))
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use super::*;
    use socket2::SockRef;
    use std::net::Ipv4Addr;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn the_kernel_gives_up_no_link_by_itself() {
        let any = (Ipv4Addr::LOCALHOST, 0);
        let listener = TcpListener::bind(any).await.expect("there is a port");
        let address = listener.local_addr().expect("it is bound");
        let socket = TcpStream::connect(address).await.expect("it listens");
        let prepared = prepare(socket).expect("it takes its options");
        let socket = SockRef::from(prepared.get_ref().get_ref());
        let limit = socket.tcp_user_timeout().expect("it is known");
        assert!(limit.is_none_or(|limit| limit.is_zero()), "{limit:?}");
    }
}
