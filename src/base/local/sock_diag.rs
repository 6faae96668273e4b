//! The system's listening sockets, asked for by netlink (`sock_diag(7)`). An answer costs some
//! microseconds; the table in `/proc` walks over the slots of all connections that there could be.

use rustix::net::netlink::{SOCK_DIAG, SocketAddrNetlink};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, sendto, socket_with,
};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The kind of message that asks for the sockets of a family, and of each that answers.
const BY_FAMILY: u16 = 20;
/// Kinds of messages that end an answer.
const ERROR: u16 = 2;
const DONE: u16 = 3;
/// It asks, and for all that there are.
const REQUEST_OF_ALL: u16 = 0x301;

const IPV4: u8 = 2;
const IPV6: u8 = 10;
const TCP: u8 = 6;
/// Sockets in the state LISTEN alone.
const LISTENING: u32 = 1 << 10;

/// Of a message's own head.
const HEAD: usize = 16;
/// Of the question behind it.
const QUESTION: usize = 56;
/// As much as the system puts into one answer.
const ANSWER: usize = 32 * 1_024;

/// The addresses at which something listens on `port`.
pub(super) fn listeners(port: u16) -> io::Result<Vec<IpAddr>> {
    let socket = socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        Some(SOCK_DIAG),
    )?;
    let kernel = SocketAddrNetlink::new(0, 0);
    let mut found = vec![];
    let mut answer = vec![0; ANSWER];
    for family in [IPV4, IPV6] {
        sendto(
            &socket,
            &question(family, port),
            SendFlags::empty(),
            &kernel,
        )?;
        loop {
            // All of an answer is there, or the next part of it, when the question is taken.
            let (read, _) = recv(&socket, &mut answer[..], RecvFlags::DONTWAIT)?;
            if take(answer.get(..read).unwrap_or_default(), port, &mut found)? {
                break;
            }
        }
    }
    Ok(found)
}

fn question(family: u8, port: u16) -> [u8; HEAD + QUESTION] {
    let mut asked = [0; HEAD + QUESTION];
    let mut put = |at: usize, bytes: &[u8]| {
        for (to, from) in asked.iter_mut().skip(at).zip(bytes) {
            *to = *from;
        }
    };
    let length = u32::try_from(HEAD + QUESTION).unwrap_or(0);
    put(0, &length.to_ne_bytes());
    put(4, &BY_FAMILY.to_ne_bytes());
    put(6, &REQUEST_OF_ALL.to_ne_bytes());
    put(HEAD, &[family, TCP]);
    put(HEAD + 4, &LISTENING.to_ne_bytes());
    put(HEAD + 8, &port.to_be_bytes());
    asked
}

/// Takes the addresses out of a part of an answer; true at its end.
fn take(mut answer: &[u8], port: u16, found: &mut Vec<IpAddr>) -> io::Result<bool> {
    let garbled = || io::Error::from(io::ErrorKind::InvalidData);
    while !answer.is_empty() {
        let length = u32::from_ne_bytes(field(answer, 0).ok_or_else(garbled)?);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let kind = u16::from_ne_bytes(field(answer, 4).ok_or_else(garbled)?);
        let message = answer.get(HEAD..length).ok_or_else(garbled)?;
        match kind {
            DONE => return Ok(true),
            ERROR => {
                let code = i32::from_ne_bytes(field(message, 0).ok_or_else(garbled)?);
                return Err(io::Error::from_raw_os_error(code.wrapping_neg()));
            }
            BY_FAMILY => found.extend(listener(message, port)),
            _ => {}
        }
        // They begin at every fourth byte.
        answer = answer.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(false)
}

/// The address of a socket that listens on `port`.
fn listener(message: &[u8], port: u16) -> Option<IpAddr> {
    if u16::from_be_bytes(field(message, 4)?) != port {
        return None;
    }
    match *message.first()? {
        IPV4 => Some(Ipv4Addr::from(field::<4>(message, 8)?).into()),
        IPV6 => Some(Ipv6Addr::from(field::<16>(message, 8)?).into()),
        _ => None,
    }
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::TcpListener;

    #[test]
    fn the_system_names_who_listens_on_a_port_and_nobody_else() {
        let listener = TcpListener::bind("127.0.0.2:0").expect("a free port");
        let port = listener.local_addr().expect("it has one").port();
        let here = IpAddr::from([127, 0, 0, 2]);
        // Not every container may ask; then the table is read.
        if let Ok(found) = listeners(port) {
            assert_eq!(found, [here]);
        }
    }

    proptest! {
        #[test]
        fn any_answer_is_read_or_refused(answer in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut found = vec![];
            let _ = take(&answer, 80, &mut found);
        }
    }
}
