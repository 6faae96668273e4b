//! The PROXY protocol, versions 1 and 2 (haproxy's `proxy-protocol.txt`): who a connection is really
//! from, in the first bytes of it.
//!
//! A relay reads it from proxies that it trusts, a host writes it to services that ask for it. A
//! reader takes not one byte more than the header, so the stream behind it is as it was. It knows
//! neither relays nor hosts.

use crate::model::ProxyVersion;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// The longest header of version 1, line end included.
const MAX_V1: usize = 107;
/// The shortest one of either version: `PROXY UNKNOWN\r\n`.
const MIN: usize = 15;
/// How a header of version 2 begins.
const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// What stands before the addresses of version 2.
const FIXED_V2: usize = 16;
/// What may follow there: addresses, and what proxies add to them. The longest that are in use, with
/// a client's certificate, have some hundred bytes.
const MAX_V2: usize = 4096;

/// The two ends of a connection that a proxy passes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// Whose it is.
    pub visitor: SocketAddr,
    /// What the visitor connected to.
    pub reached: SocketAddr,
}

/// Reads a header off `stream`; `None` when the proxy speaks for itself (as its health checks do) or
/// does not say whose the connection is.
///
/// # Errors
/// The stream fails, ends before the header does, or begins with something else.
pub async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Option<Ends>> {
    let mut header = vec![0; MIN];
    stream.read_exact(&mut header).await?;
    if header.starts_with(&SIGNATURE) {
        read_v2(stream, &header).await
    } else {
        read_v1(stream, header).await
    }
}

async fn read_v1<S: AsyncRead + Unpin>(
    stream: &mut S,
    mut line: Vec<u8>,
) -> io::Result<Option<Ends>> {
    if !line.starts_with(b"PROXY ") {
        return Err(garbled());
    }
    while !line.ends_with(b"\r\n") {
        if line.len() == MAX_V1 {
            return Err(garbled());
        }
        line.push(stream.read_u8().await?);
    }
    let text = std::str::from_utf8(&line[..line.len() - 2]).map_err(|_| garbled())?;
    let mut words = text.split(' ').skip(1);
    let family = words.next();
    if family == Some("UNKNOWN") {
        return Ok(None);
    }
    let words: Vec<&str> = words.collect();
    let [source, target, source_port, target_port] = words[..] else {
        return Err(garbled());
    };
    let address = |ip: &str, port: &str| {
        let ip: IpAddr = ip.parse().ok()?;
        let digits = port.bytes().all(|b| b.is_ascii_digit());
        let fits = match family? {
            "TCP4" => ip.is_ipv4(),
            "TCP6" => ip.is_ipv6(),
            _ => false,
        };
        (fits && digits).then(|| Some(SocketAddr::new(ip, port.parse().ok()?)))?
    };
    let ends = address(source, source_port).zip(address(target, target_port));
    let ends = ends.map(|(visitor, reached)| Ends { visitor, reached });
    ends.map(Some).ok_or_else(garbled)
}

async fn read_v2<S: AsyncRead + Unpin>(stream: &mut S, begun: &[u8]) -> io::Result<Option<Ends>> {
    /// The version in the upper half, the command in the lower.
    const LOCAL: u8 = 0x20;
    const PROXY: u8 = 0x21;
    const TCP_OVER_IPV4: u8 = 0x11;
    const TCP_OVER_IPV6: u8 = 0x21;

    let (command, family) = (begun[12], begun[13]);
    let length = u16::from_be_bytes([begun[14], stream.read_u8().await?]);
    let length = usize::from(length);
    if length > MAX_V2 || !matches!(command, LOCAL | PROXY) {
        return Err(garbled());
    }
    let mut rest = vec![0; length];
    stream.read_exact(&mut rest).await?;
    if command == LOCAL {
        return Ok(None);
    }
    let ends = match family {
        TCP_OVER_IPV4 => ends::<4>(&rest),
        TCP_OVER_IPV6 => ends::<16>(&rest),
        // Local sockets and the like have no address that means anything here.
        _ => return Ok(None),
    };
    ends.map(Some).ok_or_else(garbled)
}

/// Two addresses of `N` bytes, and their ports.
fn ends<const N: usize>(bytes: &[u8]) -> Option<Ends>
where
    IpAddr: From<[u8; N]>,
{
    let (source, rest) = bytes.split_first_chunk::<N>()?;
    let (target, rest) = rest.split_first_chunk::<N>()?;
    let [high, low, to_high, to_low] = *rest.first_chunk()?;
    let address = |ip: [u8; N], port| SocketAddr::new(ip.into(), u16::from_be_bytes(port));
    Some(Ends {
        visitor: address(*source, [high, low]),
        reached: address(*target, [to_high, to_low]),
    })
}

fn garbled() -> io::Error {
    let kind = io::ErrorKind::InvalidData;
    io::Error::new(kind, "it begins with no header of the PROXY protocol")
}

/// The header for a connection from `visitor` to `service`; without a visitor, of one that the writer
/// makes for itself.
pub fn encode(version: ProxyVersion, visitor: Option<SocketAddr>, service: SocketAddr) -> Vec<u8> {
    let ends = visitor.map(|visitor| of_one_family(visitor, service));
    match version {
        ProxyVersion::V1 => encode_v1(ends),
        ProxyVersion::V2 => encode_v2(ends),
    }
}

fn encode_v1(ends: Option<(SocketAddr, SocketAddr)>) -> Vec<u8> {
    let Some((source, target)) = ends else {
        return b"PROXY UNKNOWN\r\n".to_vec();
    };
    let family = if source.is_ipv4() { "TCP4" } else { "TCP6" };
    let (from, to) = (source.ip(), target.ip());
    let (from_port, to_port) = (source.port(), target.port());
    format!("PROXY {family} {from} {to} {from_port} {to_port}\r\n").into_bytes()
}

fn encode_v2(ends: Option<(SocketAddr, SocketAddr)>) -> Vec<u8> {
    let mut header = SIGNATURE.to_vec();
    let (command, family, addresses) = match ends {
        None => (0x20, 0x00, Vec::new()),
        Some((source, target)) => {
            let family = if source.is_ipv4() { 0x11 } else { 0x21 };
            (0x21, family, addresses(source, target))
        }
    };
    header.extend_from_slice(&[command, family]);
    // 36 bytes at most.
    let length = u16::try_from(addresses.len()).unwrap_or_default();
    header.extend_from_slice(&length.to_be_bytes());
    header.extend_from_slice(&addresses);
    debug_assert!(header.len() >= FIXED_V2);
    header
}

fn addresses(source: SocketAddr, target: SocketAddr) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(36);
    for ip in [source.ip(), target.ip()] {
        match ip {
            IpAddr::V4(ip) => bytes.extend_from_slice(&ip.octets()),
            IpAddr::V6(ip) => bytes.extend_from_slice(&ip.octets()),
        }
    }
    for port in [source.port(), target.port()] {
        bytes.extend_from_slice(&port.to_be_bytes());
    }
    bytes
}

/// A header has two addresses of one family: an IPv4 one beside an IPv6 one is written as that.
fn of_one_family(one: SocketAddr, other: SocketAddr) -> (SocketAddr, SocketAddr) {
    let (one, other) = (canonical(one), canonical(other));
    if one.is_ipv4() == other.is_ipv4() {
        return (one, other);
    }
    (as_ipv6(one), as_ipv6(other))
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

fn as_ipv6(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) => Ipv4Addr::to_ipv6_mapped(&ip),
        IpAddr::V6(ip) => ip,
    };
    SocketAddr::new(IpAddr::V6(ip), address.port())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::ErrorKind::{InvalidData, UnexpectedEof};

    /// What is read of `bytes`, and how many are left.
    fn parse(mut bytes: &[u8]) -> (Result<Option<SocketAddr>, io::ErrorKind>, usize) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("it needs nothing");
        let read = runtime.block_on(read(&mut bytes));
        let visitor = read.map(|ends| ends.map(|ends| ends.visitor));
        (visitor.map_err(|error| error.kind()), bytes.len())
    }

    #[tokio::test]
    async fn both_ends_are_read() {
        for (visitor, service) in [
            (([203, 0, 113, 9], 4711), "192.0.2.1:443"),
            (([203, 0, 113, 9], 4711), "[2001:db8::1]:443"),
        ] {
            let (visitor, service) = (SocketAddr::from(visitor), service.parse());
            let service = service.expect("an address");
            for version in [ProxyVersion::V1, ProxyVersion::V2] {
                let header = encode(version, Some(visitor), service);
                let ends = read(&mut &header[..]).await.expect("it is one");
                let ends = ends.expect("it names both");
                let ends = (canonical(ends.visitor), canonical(ends.reached));
                assert_eq!(ends, (visitor, service));
            }
        }
    }

    fn v2(command: u8, family: u8, length: u16, rest: &[u8]) -> Vec<u8> {
        let mut bytes = SIGNATURE.to_vec();
        bytes.extend_from_slice(&[command, family]);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(rest);
        bytes
    }

    #[test]
    fn lines_as_the_specification_has_them() {
        let worst = "PROXY TCP6 ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n";
        let long = worst.replace("f...f", "ffff:ffff:ffff:ffff:ffff:ffff");
        for (line, expected) in [
            (
                "PROXY TCP4 203.0.113.9 192.0.2.1 56324 443\r\n",
                Some("203.0.113.9:56324"),
            ),
            (
                "PROXY TCP6 2001:db8::1 ::1 1 2\r\n",
                Some("[2001:db8::1]:1"),
            ),
            (
                &long,
                Some("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"),
            ),
            ("PROXY UNKNOWN\r\n", None),
            ("PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n", None),
        ] {
            let address = expected.map(|text| text.parse().expect("an address"));
            let bytes = format!("{line}GET /");
            assert_eq!(parse(bytes.as_bytes()), (Ok(address), 5), "{line}");
        }
    }

    #[test]
    fn binary_headers_as_the_specification_has_them() {
        let four = [203, 0, 113, 9, 192, 0, 2, 1, 0xdc, 0x04, 1, 0xbb];
        let visitor = Ok(Some(([203, 0, 113, 9], 56324).into()));
        let mut with_more = four.to_vec();
        with_more.extend_from_slice(&[0x04, 0, 2, 9, 9]);
        assert_eq!(
            parse(&v2(0x21, 0x11, 12, &[&four[..], b"data"].concat())),
            (visitor, 4)
        );
        assert_eq!(parse(&v2(0x21, 0x11, 17, &with_more)), (visitor, 0));
        // The proxy's own, in any family, and visitors without an address.
        assert_eq!(parse(&v2(0x20, 0x11, 12, &four)), (Ok(None), 0));
        assert_eq!(parse(&v2(0x20, 0x00, 0, b"data")), (Ok(None), 4));
        assert_eq!(parse(&v2(0x21, 0x00, 0, b"")), (Ok(None), 0));
        assert_eq!(parse(&v2(0x21, 0x31, 216, &[0; 216])), (Ok(None), 0));
    }

    #[test]
    fn what_is_none_is_refused_and_never_waited_for_without_end() {
        for bytes in [
            &b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..],
            b"PROXY TCP4 203.0.113.9 192.0.2.1 56324\r\n",
            b"PROXY TCP4 203.0.113.9 192.0.2.1 56324 443 1\r\n",
            b"PROXY TCP4 ::1 ::1 1 2\r\n",
            b"PROXY TCP6 203.0.113.9 192.0.2.1 1 2\r\n",
            b"PROXY TCP4 203.0.113.9 192.0.2.1 65536 443\r\n",
            b"PROXY TCP4 203.0.113.9 192.0.2.1 +1 443\r\n",
            b"PROXY  TCP4 203.0.113.9 192.0.2.1 1 443\r\n",
            b"PROXY UDP4 203.0.113.9 192.0.2.1 1 443\r\n",
            b"PROXY TCP4 \xff03.0.113.9 192.0.2.1 1 443\r\n",
            &[&b"PROXY UNKNOWN "[..], &[b'x'; 200]].concat(),
            &v2(0x11, 0x11, 12, &[0; 12]),
            &v2(0x22, 0x11, 12, &[0; 12]),
            &v2(0x21, 0x11, 11, &[0; 11]),
            &v2(0x21, 0x21, 35, &[0; 35]),
            &v2(0x21, 0x11, 4097, &[0; 4097]),
        ] {
            assert_eq!(parse(bytes).0, Err(InvalidData), "{}", bytes.escape_ascii());
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_and_nothing_beyond(
            first in any::<bool>(),
            visitor in proptest::option::of(any::<SocketAddr>()),
            service in any::<SocketAddr>(),
            behind in prop::collection::vec(any::<u8>(), 0..20),
        ) {
            let version = if first { ProxyVersion::V1 } else { ProxyVersion::V2 };
            let header = encode(version, visitor, service);
            let bytes = [&header[..], &behind].concat();
            let (read, left) = parse(&bytes);
            prop_assert_eq!(left, behind.len());
            let read = read.expect("it was written so").map(canonical);
            prop_assert_eq!(read, visitor.map(canonical));
            for cut in 0..header.len() {
                prop_assert_eq!(parse(&header[..cut]).0, Err(UnexpectedEof));
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused_within_the_bounds(
            start in prop_oneof![Just(&b"PROXY "[..]), Just(&SIGNATURE[..]), Just(&b""[..])],
            bytes in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let bytes = [start, &bytes].concat();
            let (_, left) = parse(&bytes);
            prop_assert!(bytes.len() - left <= FIXED_V2 + MAX_V2);
        }
    }
}
