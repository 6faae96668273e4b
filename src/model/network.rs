//! A range of addresses, as operators write it.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// `ADDRESS/PREFIX` (RFC 4632), or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    /// The first address of it.
    address: IpAddr,
    /// How many leading bits its addresses have in common: at most 32, or 128 for IPv6.
    prefix: u8,
}

/// What was given is no range of addresses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} isn't a network: use ADDRESS/PREFIX, such as 10.0.0.0/8 or fd00::/8, or one address"
)]
pub struct InvalidNetwork(pub String);

impl Network {
    /// Whether `address` is in it. An IPv4 address counts as itself also where the system gives it as
    /// an IPv6 one.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.address.is_ipv4()
            && masked(address, self.prefix) == masked(self.address, self.prefix)
    }
}

/// The leading bits of an address, the others 0.
fn masked(address: IpAddr, prefix: u8) -> u128 {
    let (bits, width) = match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    let rest = u32::from(width - prefix);
    bits.checked_shr(rest).map_or(0, |bits| bits << rest)
}

impl FromStr for Network {
    type Err = InvalidNetwork;
    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let read = || {
            let (address, prefix) = match text.split_once('/') {
                Some((address, prefix)) => (address, Some(prefix)),
                None => (text, None),
            };
            let address: IpAddr = address.parse().ok()?;
            let width = if address.is_ipv4() { 32 } else { 128 };
            let digits = |prefix: &&str| prefix.bytes().all(|b| b.is_ascii_digit());
            let prefix = match prefix {
                None => width,
                Some(prefix) => Some(prefix).filter(digits)?.parse().ok()?,
            };
            let network = match address {
                // The same address in IPv6's clothes.
                IpAddr::V6(address) if prefix >= 96 && address.to_ipv4_mapped().is_some() => Self {
                    address: IpAddr::V6(address).to_canonical(),
                    prefix: prefix - 96,
                },
                address => Self { address, prefix },
            };
            (prefix <= width).then_some(network)
        };
        read().ok_or_else(|| InvalidNetwork(text.to_owned()))
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = masked(self.address, self.prefix);
        let first = match self.address {
            // An IPv4 address has 32 bits.
            IpAddr::V4(address) => IpAddr::V4(u32::try_from(bits).map_or(address, Into::into)),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from_bits(bits)),
        };
        write!(f, "{first}/{}", self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn network(text: &str) -> Network {
        text.parse().expect("it is one")
    }

    #[test]
    fn an_address_is_in_its_network_and_in_no_other() {
        for (text, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("10.1.2.3/8", "10.0.0.0", "9.255.255.255"),
            ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
            ("0.0.0.0/0", "203.0.113.9", "::1"),
            ("::/0", "::1", "0.0.0.0"),
            ("fd00::/8", "fdff::1", "fe80::1"),
            ("::1", "::1", "::2"),
            ("127.0.0.0/8", "::ffff:127.0.0.1", "::7f00:1"),
            ("::ffff:10.0.0.0/104", "10.9.9.9", "11.0.0.0"),
        ] {
            let network = network(text);
            let contains = |address: &str| network.contains(address.parse().expect("an address"));
            assert!(contains(inside) && !contains(outside), "{text}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "/",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/-1",
            "10.0.0.0/+8",
            "::/129",
            "10/8",
            "example.org",
            "10.0.0.0/8/8",
            " 10.0.0.0/8",
        ] {
            assert!(text.parse::<Network>().is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(address in any::<IpAddr>(), prefix in 0_u8..=128) {
            let text = format!("{address}/{prefix}");
            if let Ok(network) = text.parse::<Network>() {
                // One address of IPv4 in IPv6's clothes is no network of those.
                let dressed = address.is_ipv6() && address.to_canonical().is_ipv4();
                prop_assert!(network.contains(address) || (dressed && prefix < 96));
                let again: Network = network.to_string().parse().expect("it was written so");
                prop_assert_eq!(again.contains(address), network.contains(address));
                prop_assert_eq!(again.to_string(), network.to_string());
            }
        }
    }
}
