//! The first bytes of a data stream: for which port and visitor, and the host's one-byte answers.
//!
//! After the answer the stream belongs to the visitor and the local service, byte for byte.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// No opening is longer than this behind its length.
const MAX_LEN: usize = 1024;

/// Says for whom a stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The local port.
    pub port: u16,
    /// The visitor.
    pub visitor: SocketAddr,
    /// It is the host's own probe: no visitor, so in no count of visitors.
    pub probe: bool,
}

/// In the flags of an opening: it is a probe.
const PROBE: u8 = 1;

/// What became of it at the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is under way, and another answer follows. An unanswered stream counts against the 256
    /// that yamux lets be, so a slow service would keep visitors from all others.
    Trying,
    /// The local service is connected; what follows is its bytes.
    Connected,
    /// It refuses connections.
    Refused,
    /// It does not accept in time.
    TimedOut,
    /// The host does not serve that port.
    UnknownPort,
}

impl Opening {
    /// A 2-byte length (big endian), the port, 4 or 6, the visitor's address and port, a byte of
    /// flags. A reader takes flags that are absent for none, and skips whatever a newer writer puts
    /// behind them.
    #[must_use]
    pub fn encode(self) -> Vec<u8> {
        let mut body = self.port.to_be_bytes().to_vec();
        match self.visitor.ip() {
            IpAddr::V4(ip) => {
                body.push(4);
                body.extend_from_slice(&ip.octets());
            }
            IpAddr::V6(ip) => {
                body.push(6);
                body.extend_from_slice(&ip.octets());
            }
        }
        body.extend_from_slice(&self.visitor.port().to_be_bytes());
        body.push(if self.probe { PROBE } else { 0 });
        let len = u16::try_from(body.len()).unwrap_or(u16::MAX);
        let mut bytes = len.to_be_bytes().to_vec();
        bytes.append(&mut body);
        bytes
    }

    /// Reads what stands behind the length.
    fn decode(body: &[u8]) -> Option<Self> {
        let (port, rest) = body.split_first_chunk::<2>()?;
        let (family, rest) = rest.split_first()?;
        let (ip, rest) = match family {
            4 => {
                let (ip, rest) = rest.split_first_chunk::<4>()?;
                (IpAddr::V4(Ipv4Addr::from(*ip)), rest)
            }
            6 => {
                let (ip, rest) = rest.split_first_chunk::<16>()?;
                (IpAddr::V6(Ipv6Addr::from(*ip)), rest)
            }
            _ => return None,
        };
        let (visitor, rest) = rest.split_first_chunk::<2>()?;
        let flags = rest.first().copied().unwrap_or_default();
        Some(Self {
            port: u16::from_be_bytes(*port),
            visitor: SocketAddr::new(ip, u16::from_be_bytes(*visitor)),
            probe: flags & PROBE != 0,
        })
    }

    /// Reads an opening off a stream.
    ///
    /// # Errors
    /// When the stream fails or what comes is none.
    pub async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Self> {
        let len = usize::from(stream.read_u16().await?);
        if len > MAX_LEN {
            return Err(io::Error::other("a stream's opening is too long"));
        }
        let mut body = [0; MAX_LEN];
        stream.read_exact(&mut body[..len]).await?;
        Self::decode(&body[..len]).ok_or_else(|| io::Error::other("a stream's opening is garbled"))
    }
}

impl Answer {
    const ALL: [Self; 5] = [
        Self::Connected,
        Self::Refused,
        Self::TimedOut,
        Self::UnknownPort,
        Self::Trying,
    ];

    const fn byte(self) -> u8 {
        match self {
            Self::Connected => 0,
            Self::Refused => 1,
            Self::TimedOut => 2,
            Self::UnknownPort => 3,
            Self::Trying => 4,
        }
    }

    /// Writes the answer to a stream.
    ///
    /// # Errors
    /// When the stream fails.
    pub async fn write<S: AsyncWrite + Unpin>(self, stream: &mut S) -> io::Result<()> {
        stream.write_all(&[self.byte()]).await?;
        stream.flush().await
    }

    /// Reads an answer off a stream.
    ///
    /// # Errors
    /// When the stream fails or the byte is no answer.
    pub async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Self> {
        let byte = stream.read_u8().await?;
        Self::ALL
            .into_iter()
            .find(|answer| answer.byte() == byte)
            .ok_or_else(|| io::Error::other("a stream's answer is garbled"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[tokio::test]
    async fn a_longer_opening_of_a_newer_relay_is_read() {
        let opening = Opening {
            port: 3000,
            visitor: ([203, 0, 113, 9], 4711).into(),
            probe: true,
        };
        let mut bytes = opening.encode();
        bytes[1] += 3;
        bytes.extend_from_slice(b"newdata");
        let mut stream = bytes.as_slice();
        assert_eq!(
            Opening::read(&mut stream).await.expect("it is read"),
            opening
        );
        assert_eq!(stream, b"data");
    }

    #[tokio::test]
    async fn every_answer_comes_back_as_itself() {
        for answer in Answer::ALL {
            let mut bytes = Vec::new();
            answer.write(&mut bytes).await.expect("it goes");
            assert_eq!(
                Answer::read(&mut bytes.as_slice())
                    .await
                    .expect("it is read"),
                answer
            );
        }
        assert!(Answer::read(&mut [9_u8].as_slice()).await.is_err());
    }

    proptest! {
        #[test]
        fn garbage_is_refused_and_what_is_written_is_read(
            garbage in prop::collection::vec(any::<u8>(), 0..40),
            port in any::<u16>(),
            visitor in any::<SocketAddr>(),
            probe in any::<bool>(),
        ) {
            let _ = Opening::decode(&garbage);
            // A scope and a flow are of this machine alone, and do not travel.
            let visitor = SocketAddr::new(visitor.ip(), visitor.port());
            let opening = Opening { port, visitor, probe };
            let bytes = opening.encode();
            prop_assert_eq!(Opening::decode(&bytes[2..]), Some(opening));
            let flags = bytes.len() - 1;
            for cut in 2..flags {
                prop_assert_eq!(Opening::decode(&bytes[2..cut]), None);
            }
            let older = Opening { probe: false, ..opening };
            prop_assert_eq!(Opening::decode(&bytes[2..flags]), Some(older));
        }
    }
}
