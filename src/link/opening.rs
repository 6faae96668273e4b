//! The first bytes of a data stream: for which port and visitor, and the host's one-byte answers.
//!
//! After the answer the stream belongs to the visitor and the local service, byte for byte.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// No opening is longer than this behind its length.
const MAX_LEN: usize = 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The local port, which names the service at the host.
    pub port: u16,
    /// The visitor's address, as the relay knows it.
    pub visitor: SocketAddr,
    /// What the visitor has connected to. An older relay does not say it.
    pub reached: Option<SocketAddr>,
    pub kind: Kind,
    /// It is the host's own probe: no visitor, so in no count of visitors.
    pub probe: bool,
}

/// What goes over a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Bytes, from the first to the last.
    Bytes,
    /// Requests, each with a record before it: see [`exchange`](super::exchange).
    Requests,
}

/// In the flags of an opening: it is a probe.
const PROBE: u8 = 1;
/// In the flags of an opening: requests go over it, each with a record before it.
const REQUESTS: u8 = 2;

/// What became of it at the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is under way, and another answer follows. An unanswered stream counts against the 256 that an
    /// older relay lets be, so a slow service would keep visitors from all others.
    Trying,
    /// The local service is connected; what follows is its bytes.
    Connected,
    /// The host does not serve that port.
    UnknownPort,
    /// The local service was not reached.
    Failed(Failure),
}

/// Why a host does not reach its local service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It refuses connections.
    Refused,
    /// It does not accept in time.
    TimedOut,
    /// Its name does not resolve.
    UnknownName,
    /// There is no way to it.
    Unreachable,
    /// The host does not trust its certificate, whose SHA-256 this is.
    UntrustedCertificate([u8; 32]),
    /// Its certificate is another one than before; this is the new one's SHA-256.
    ChangedCertificate([u8; 32]),
    /// It does not speak TLS.
    NotTls,
    /// It refuses to speak TLS with the host.
    TlsRefused,
    /// The host is out of descriptors.
    HostFull,
    /// The host's system does not permit it.
    NotPermitted,
    /// It is a listener of the tunnel itself.
    Loop,
    /// Anything else, and whatever a newer host says.
    Other,
}

impl Opening {
    /// A 2-byte length (big endian), the port, 4 or 6, the visitor's address and port, a byte of
    /// flags, 4 or 6 with what the visitor has connected to, or a 0. A reader takes flags that are
    /// absent for none, as it does such an address, and skips whatever a newer writer puts behind.
    pub fn encode(self) -> Vec<u8> {
        let mut body = self.port.to_be_bytes().to_vec();
        encode_address(&mut body, self.visitor);
        let probe = if self.probe { PROBE } else { 0 };
        let requests = match self.kind {
            Kind::Bytes => 0,
            Kind::Requests => REQUESTS,
        };
        body.push(probe | requests);
        match self.reached {
            Some(reached) => encode_address(&mut body, reached),
            None => body.push(0),
        }
        let len = u16::try_from(body.len()).unwrap_or(u16::MAX);
        let mut bytes = len.to_be_bytes().to_vec();
        bytes.append(&mut body);
        bytes
    }

    /// Reads what stands behind the length.
    fn decode(body: &[u8]) -> Option<Self> {
        let (port, rest) = body.split_first_chunk::<2>()?;
        let (visitor, rest) = decode_address(rest)?;
        let (flags, rest) = match rest {
            [flags, rest @ ..] => (*flags, rest),
            [] => (0, rest),
        };
        Some(Self {
            port: u16::from_be_bytes(*port),
            visitor,
            reached: decode_address(rest).map(|(reached, _)| reached),
            kind: if flags & REQUESTS == 0 {
                Kind::Bytes
            } else {
                Kind::Requests
            },
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
        // On the heap: the tasks that read one would be larger by the longest.
        let mut body = vec![0; len];
        stream.read_exact(&mut body).await?;
        Self::decode(&body).ok_or_else(|| io::Error::other("a stream's opening is garbled"))
    }
}

/// 4 or 6, the address, the port.
fn encode_address(bytes: &mut Vec<u8>, address: SocketAddr) {
    match address.ip() {
        IpAddr::V4(ip) => {
            bytes.push(4);
            bytes.extend_from_slice(&ip.octets());
        }
        IpAddr::V6(ip) => {
            bytes.push(6);
            bytes.extend_from_slice(&ip.octets());
        }
    }
    bytes.extend_from_slice(&address.port().to_be_bytes());
}

/// An address, and what is behind it.
fn decode_address(bytes: &[u8]) -> Option<(SocketAddr, &[u8])> {
    let (family, rest) = bytes.split_first()?;
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
    let (port, rest) = rest.split_first_chunk::<2>()?;
    Some((SocketAddr::new(ip, u16::from_be_bytes(*port)), rest))
}

/// The first code that has a length and a detail behind it, so that one which is not known yet can
/// be read over.
const DETAILED: u8 = 5;

impl Answer {
    /// The answer's code, and the detail behind it.
    const fn code(self) -> (u8, Option<[u8; 32]>) {
        match self {
            Self::Connected => (0, None),
            Self::Failed(Failure::Refused) => (1, None),
            Self::Failed(Failure::TimedOut) => (2, None),
            Self::UnknownPort => (3, None),
            Self::Trying => (4, None),
            Self::Failed(Failure::UnknownName) => (5, None),
            Self::Failed(Failure::Unreachable) => (6, None),
            Self::Failed(Failure::UntrustedCertificate(sha256)) => (7, Some(sha256)),
            Self::Failed(Failure::ChangedCertificate(sha256)) => (8, Some(sha256)),
            Self::Failed(Failure::NotTls) => (9, None),
            Self::Failed(Failure::TlsRefused) => (10, None),
            Self::Failed(Failure::HostFull) => (11, None),
            Self::Failed(Failure::NotPermitted) => (12, None),
            Self::Failed(Failure::Loop) => (13, None),
            Self::Failed(Failure::Other) => (255, None),
        }
    }

    fn decode(code: u8, detail: &[u8]) -> Self {
        let sha256 = |make: fn([u8; 32]) -> Failure| {
            detail.first_chunk().copied().map_or(Failure::Other, make)
        };
        Self::Failed(match code {
            0 => return Self::Connected,
            3 => return Self::UnknownPort,
            4 => return Self::Trying,
            1 => Failure::Refused,
            2 => Failure::TimedOut,
            5 => Failure::UnknownName,
            6 => Failure::Unreachable,
            7 => sha256(Failure::UntrustedCertificate),
            8 => sha256(Failure::ChangedCertificate),
            9 => Failure::NotTls,
            10 => Failure::TlsRefused,
            11 => Failure::HostFull,
            12 => Failure::NotPermitted,
            13 => Failure::Loop,
            _ => Failure::Other,
        })
    }

    /// A byte, and behind the later codes the length of a detail and the detail.
    fn encode(self) -> Vec<u8> {
        let (code, detail) = self.code();
        let detail = detail.as_ref().map_or(&[][..], |sha256| sha256);
        let mut bytes = vec![code];
        if code >= DETAILED {
            bytes.push(u8::try_from(detail.len()).unwrap_or(u8::MAX));
            bytes.extend_from_slice(detail);
        }
        bytes
    }

    pub async fn write<S: AsyncWrite + Unpin>(self, stream: &mut S) -> io::Result<()> {
        stream.write_all(&self.encode()).await?;
        stream.flush().await
    }

    pub async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Self> {
        let code = stream.read_u8().await?;
        let mut detail = [0; 255];
        let mut len = 0;
        if code >= DETAILED {
            len = usize::from(stream.read_u8().await?);
            stream.read_exact(&mut detail[..len]).await?;
        }
        Ok(Self::decode(code, &detail[..len]))
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
            reached: None,
            kind: Kind::Requests,
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

    const SHA256: [u8; 32] = [7; 32];

    const ALL: [Answer; 15] = [
        Answer::Connected,
        Answer::UnknownPort,
        Answer::Trying,
        Answer::Failed(Failure::Refused),
        Answer::Failed(Failure::TimedOut),
        Answer::Failed(Failure::UnknownName),
        Answer::Failed(Failure::Unreachable),
        Answer::Failed(Failure::UntrustedCertificate(SHA256)),
        Answer::Failed(Failure::ChangedCertificate(SHA256)),
        Answer::Failed(Failure::NotTls),
        Answer::Failed(Failure::TlsRefused),
        Answer::Failed(Failure::HostFull),
        Answer::Failed(Failure::NotPermitted),
        Answer::Failed(Failure::Loop),
        Answer::Failed(Failure::Other),
    ];

    async fn read(mut bytes: &[u8]) -> (io::Result<Answer>, usize) {
        let answer = Answer::read(&mut bytes).await;
        (answer, bytes.len())
    }

    #[tokio::test]
    async fn every_answer_comes_back_as_itself_and_leaves_what_follows() {
        for answer in ALL {
            let mut bytes = answer.encode();
            bytes.extend_from_slice(b"data");
            let (read, left) = read(&bytes).await;
            assert_eq!((read.expect("it is read"), left), (answer, 4));
        }
    }

    #[tokio::test]
    async fn an_answer_of_a_newer_host_is_a_failure_like_another() {
        let (answer, left) = read(&[200, 3, 1, 2, 3, 9]).await;
        let other = Answer::Failed(Failure::Other);
        assert_eq!((answer.expect("it is read"), left), (other, 1));
        assert!(read(&[200, 3, 1]).await.0.is_err(), "it is cut off");
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_answer_or_are_cut_off(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("it is made");
            let (answer, left) = runtime.block_on(read(&bytes));
            if let Ok(answer) = answer {
                let taken = bytes.len() - left;
                let expected = if bytes[0] < DETAILED { 1 } else { 2 + usize::from(bytes[1]) };
                prop_assert_eq!(taken, expected);
                let again = runtime.block_on(read(&answer.encode())).0;
                prop_assert_eq!(again.ok(), Some(answer));
            }
        }

        #[test]
        fn garbage_is_refused_and_what_is_written_is_read(
            garbage in prop::collection::vec(any::<u8>(), 0..40),
            port in any::<u16>(),
            visitor in any::<SocketAddr>(),
            reached in prop::option::of(any::<SocketAddr>()),
            kind in prop_oneof![Just(Kind::Bytes), Just(Kind::Requests)],
            probe in any::<bool>(),
        ) {
            let _ = Opening::decode(&garbage);
            // A scope and a flow are of this machine alone, and do not travel.
            let plain = |address: SocketAddr| SocketAddr::new(address.ip(), address.port());
            let (visitor, reached) = (plain(visitor), reached.map(plain));
            let opening = Opening { port, visitor, reached, kind, probe };
            let bytes = opening.encode();
            prop_assert_eq!(Opening::decode(&bytes[2..]), Some(opening));
            let behind = reached.map_or(1, |reached| if reached.is_ipv4() { 7 } else { 19 });
            let flags = bytes.len() - 1 - behind;
            for cut in 2..flags {
                prop_assert_eq!(Opening::decode(&bytes[2..cut]), None);
            }
            let older = Opening { reached: None, ..opening };
            for cut in flags + 1..bytes.len() {
                prop_assert_eq!(Opening::decode(&bytes[2..cut]), Some(older));
            }
            let oldest = Opening { kind: Kind::Bytes, probe: false, ..older };
            prop_assert_eq!(Opening::decode(&bytes[2..flags]), Some(oldest));
        }
    }
}
