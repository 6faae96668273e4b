//! Whether something listens at a local service, seen from outside: no connection is made, so nothing
//! is used up, logged or counted at the service.

#[cfg(target_os = "linux")]
use super::sock_diag;
use crate::model::Target;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether something listens at `target`; `None` where that cannot be seen: at another machine, and
/// on systems that do not show it.
pub fn listens(target: &Target) -> Option<bool> {
    if target.is_localhost() {
        return seen(
            &[Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
            target,
        );
    }
    let address: IpAddr = target.host.parse().ok()?;
    if !address.is_loopback() {
        return None;
    }
    seen(&[address], target)
}

#[cfg(not(target_os = "linux"))]
fn seen(_: &[IpAddr], _: &Target) -> Option<bool> {
    None
}

/// Whether something listens at one of the addresses.
#[cfg(target_os = "linux")]
fn seen(addresses: &[IpAddr], target: &Target) -> Option<bool> {
    let port = target.port.get();
    let reached = |at: IpAddr| at.is_unspecified() || addresses.contains(&at);
    if let Ok(listeners) = sock_diag::listeners(port) {
        let mut at = listeners.into_iter().map(|at| at.to_canonical());
        return Some(at.any(reached));
    }
    let table = |path| std::fs::read_to_string(path);
    let v4 = table("/proc/net/tcp").ok()?;
    // It is not there where IPv6 is switched off.
    let v6 = table("/proc/net/tcp6").unwrap_or_default();
    let mut sockets = v4.lines().chain(v6.lines()).filter_map(listener);
    Some(sockets.any(|(at, of)| of == port && reached(at.to_canonical())))
}

/// The state of a socket that listens.
#[cfg(target_os = "linux")]
const LISTEN: &str = "0A";

/// The address and port of a line of the system's table, where it is of a socket that listens.
#[cfg(target_os = "linux")]
fn listener(line: &str) -> Option<(IpAddr, u16)> {
    let mut fields = line.split_ascii_whitespace().skip(1);
    let (address, port) = fields.next()?.split_once(':')?;
    (fields.nth(1)? == LISTEN).then_some(())?;
    let port = u16::from_str_radix(port, 16).ok()?;
    // Words of 32 bits in this computer's own order.
    let word = |digits: &str| Some(u32::from_str_radix(digits, 16).ok()?.to_ne_bytes());
    let address = match address.len() {
        8 => IpAddr::from(word(address)?),
        32 => {
            let mut bytes = [0; 16];
            for (part, at) in bytes.chunks_exact_mut(4).zip((0..32).step_by(8)) {
                part.copy_from_slice(&word(address.get(at..at + 8)?)?);
            }
            IpAddr::from(bytes)
        }
        _ => return None,
    };
    Some((address, port))
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PortNumber;
    use proptest::prelude::*;
    use std::net::TcpListener;

    fn target(host: &str, port: u16) -> Target {
        Target {
            host: host.to_owned(),
            port: PortNumber::new(port).expect("it is a port"),
        }
    }

    #[test]
    fn a_listener_is_seen_and_never_notices() {
        for address in ["127.0.0.1", "127.0.0.2", "0.0.0.0"] {
            let listener = TcpListener::bind((address, 0)).expect("a free port");
            let port = listener.local_addr().expect("it has one").port();
            let at = |host| listens(&target(host, port));
            assert_eq!(at("localhost"), Some(address != "127.0.0.2"), "{address}");
            assert_eq!(at("127.0.0.2"), Some(address != "127.0.0.1"), "{address}");
            assert_eq!(at("nas.lan"), None);
            assert_eq!(at("192.0.2.7"), None);
            listener.set_nonblocking(true).expect("it can be");
            assert!(listener.accept().is_err(), "nobody came");
            drop(listener);
            assert_eq!(at("localhost"), Some(false), "{address}");
        }
    }

    #[test]
    fn the_system_s_lines_are_read() {
        let line = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 0 1000 0 1";
        assert_eq!(listener(line), Some((Ipv4Addr::LOCALHOST.into(), 8080)));
        let line =
            "  1: 00000000000000000000000001000000:0BB8 00000000000000000000000000000000:0000 0A";
        assert_eq!(listener(line), Some((Ipv6Addr::LOCALHOST.into(), 3000)));
        assert_eq!(listener("  sl  local_address rem_address   st"), None);
        let connected = "   0: 0100007F:1F90 0100007F:C350 01 00000000:00000000";
        assert_eq!(listener(connected), None);
    }

    proptest! {
        #[test]
        fn any_line_is_read_or_not(line in "[ 0-9A-F:\\PC]{0,120}") {
            let _ = listener(&line);
        }
    }
}
