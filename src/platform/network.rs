//! Which way this computer's packets go out.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};

/// An address that belongs to documents alone (RFC 5737): nobody is there.
const FAR: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 1), 9);

/// The address that connections to the world would come from; `None` without a network. It changes
/// with the Wi-Fi, the cable and the VPN. Nothing is sent: a UDP socket only looks up its route.
#[must_use]
pub fn way_out() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect(FAR).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_out_is_an_address_of_this_computer_and_stays_while_nothing_changes() {
        let first = way_out();
        assert!(first.is_none_or(|ip| UdpSocket::bind((ip, 0)).is_ok()));
        assert_eq!(way_out(), first);
    }
}
