//! Which way this computer's packets go out.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};

/// TEST-NET-1 (RFC 5737): no machine has it.
const FAR: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 1), 9);

/// The address that connections to the world would come from; `None` without a network. It changes
/// with the Wi-Fi, the cable and the VPN. Nothing is sent: a UDP socket only looks up its route.
pub fn outbound_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect(FAR).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outbound_address_is_this_computer_s_and_stays_while_nothing_changes() {
        let first = outbound_address();
        assert!(first.is_none_or(|ip| UdpSocket::bind((ip, 0)).is_ok()));
        assert_eq!(outbound_address(), first);
    }
}
