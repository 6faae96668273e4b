//! Who is at the other end of a connection that a trusted proxy passes on as bytes: it says so by the
//! PROXY protocol.
//!
//! From anybody else such a header is what it looks like: bytes for the service, or no HTTP.

use super::accept::Stop;
use super::forwarding::Approach;
use crate::base::proxy_protocol;
use crate::relay::Permit;
use crate::relay::limits::PROXY_HEADER_TIMEOUT;
use std::net::SocketAddr;
use tokio::io::AsyncRead;
use tokio::time::timeout;

/// Whose a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) peer: SocketAddr,
    /// What it was made to, where that is known.
    pub(super) reached: Option<SocketAddr>,
    /// A proxy passes it on that does not say for whom: the address is the proxy's, and what comes
    /// over it need not be.
    pub(super) is_unnamed: bool,
}

#[cfg(test)]
impl Caller {
    /// One that comes straight from `peer`.
    pub(super) fn plain(peer: SocketAddr) -> Self {
        Self {
            peer,
            reached: None,
            is_unnamed: false,
        }
    }
}

/// The same for as long as the connection may last: `None` also when the relay closes it, or somebody
/// else wants its place.
pub(super) async fn introduced<S: AsyncRead + Unpin>(
    stream: &mut S,
    peer: SocketAddr,
    reached: Option<SocketAddr>,
    approach: &Approach,
    permit: &Permit,
    stop: &Stop,
) -> Option<Caller> {
    tokio::select! {
        biased;
        visitor = visitor(stream, peer, reached, approach) => visitor,
        () = stop.close.cancelled() => None,
        () = permit.evicted() => None,
    }
}

/// The visitor of a connection that comes from `peer` and was made to `reached`. `None` when the proxy
/// there does not say who it is as it must, or not in time: the connection is then worth nothing.
pub(super) async fn visitor<S: AsyncRead + Unpin>(
    stream: &mut S,
    peer: SocketAddr,
    reached: Option<SocketAddr>,
    approach: &Approach,
) -> Option<Caller> {
    let own = Caller {
        peer,
        reached,
        is_unnamed: false,
    };
    if !approach.proxy_protocol || !approach.trusts(peer.ip()) {
        return Some(own);
    }
    match timeout(PROXY_HEADER_TIMEOUT, proxy_protocol::read(stream)).await {
        Ok(Ok(Some(ends))) => Some(Caller {
            peer: ends.visitor,
            reached: Some(ends.reached),
            ..own
        }),
        Ok(Ok(None)) => Some(Caller {
            is_unnamed: true,
            ..own
        }),
        Ok(Err(error)) => {
            tracing::debug!(%peer, %error, "a proxy does not say who its visitor is");
            None
        }
        Err(_) => {
            tracing::debug!(%peer, "a proxy does not say in time who its visitor is");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    const PROXY: SocketAddr =
        SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9);
    const RELAY: SocketAddr =
        SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 7480);

    fn approach(trusted: &str, proxy_protocol: bool) -> Approach {
        Approach {
            trusted: Arc::new([trusted.parse().expect("a network")]),
            proxy_protocol,
            ..Approach::default()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn only_a_trusted_proxys_header_is_read_and_the_rest_is_left() {
        let line = b"PROXY TCP4 203.0.113.9 192.0.2.1 4711 443\r\nGET /";
        let said = Caller {
            peer: ([203, 0, 113, 9], 4711).into(),
            reached: Some(([192, 0, 2, 1], 443).into()),
            is_unnamed: false,
        };
        let plain = Caller {
            peer: PROXY,
            reached: Some(RELAY),
            is_unnamed: false,
        };
        for (approach, expected, left) in [
            (approach("127.0.0.0/8", true), said, &b"GET /"[..]),
            (approach("10.0.0.0/8", true), plain, line),
            (approach("127.0.0.0/8", false), plain, line),
        ] {
            let mut stream = &line[..];
            let visitor = visitor(&mut stream, PROXY, Some(RELAY), &approach).await;
            assert_eq!((visitor, stream), (Some(expected), left));
        }
        let trusted = approach("127.0.0.1", true);
        let unnamed = Caller {
            is_unnamed: true,
            ..plain
        };
        let local = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";
        for mut own in [&b"PROXY UNKNOWN\r\n"[..], local] {
            let visitor = visitor(&mut own, PROXY, Some(RELAY), &trusted).await;
            assert_eq!(visitor, Some(unnamed));
        }
        let mut other = &b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..];
        assert_eq!(visitor(&mut other, PROXY, None, &trusted).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_proxy_that_says_nothing_is_not_waited_for_without_end() {
        let (mut near, mut far) = tokio::io::duplex(64);
        let trusted = approach("127.0.0.1", true);
        far.write_all(b"PROXY TCP4 203").await.expect("it fits");
        let waiting = visitor(&mut near, PROXY, None, &trusted);
        let waited = timeout(2 * PROXY_HEADER_TIMEOUT, waiting).await;
        assert_eq!(waited.expect("it gives up by itself"), None);
        drop(near);
        assert_eq!(far.read(&mut [0; 8]).await.expect("it ends"), 0);
    }
}
