//! The addresses that a relay gives: checked before anybody sees, probes or saves them.
//!
//! A relay is a stranger: an address of its making may hold what a terminal would obey, a password,
//! or the way to a service of this computer that the next probe would then ask.

use crate::link::control::ServedPort;
use crate::model::{LivePort, PortNumber, Reason};
use crate::provider::ConnectError;
use crate::provider::dial::is_here;
use std::net::{IpAddr, Ipv6Addr, UdpSocket};

/// The longest address that is taken, in bytes.
const LONGEST: usize = 400;

/// The ports as the program has them.
///
/// # Errors
/// One of them has an address that is none.
pub(super) fn live(ports: Vec<ServedPort>, relay: &str) -> Result<Vec<LivePort>, ConnectError> {
    ports
        .into_iter()
        .filter_map(|port| Some((PortNumber::new(port.number.get())?, port)))
        .map(|(number, port)| {
            let host = host_of(&port.url).ok_or_else(|| garbled(&port.url))?;
            let lan_url = port.lan_url.as_deref();
            if let Some(url) = lan_url.filter(|url| host_of(url).is_none()) {
                return Err(garbled(url));
            }
            Ok(LivePort {
                number,
                relays_own: is_here(host) && !is_this_computer(relay),
                url: port.url,
                lan_url: port.lan_url,
            })
        })
        .collect()
}

fn garbled(url: &str) -> ConnectError {
    let shown: String = url.chars().take(100).collect();
    let detail = format!("the relay gives {shown:?} as an address");
    ConnectError::with(
        Reason::ProtocolFault {
            detail: detail.clone(),
        },
        detail,
    )
}

/// The host of an address of the only form there is: `SCHEME://HOST[:PORT][/]`.
fn host_of(url: &str) -> Option<&str> {
    if url.len() > LONGEST {
        return None;
    }
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    let (host, port) = match authority
        .rsplit_once(':')
        .filter(|_| !authority.ends_with(']'))
    {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let digits = |port: &str| port.parse::<PortNumber>().is_ok();
    let port_is_right = match scheme {
        "http" | "https" => port.is_none_or(digits),
        "tcp" => port.is_some_and(digits),
        _ => false,
    };
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let host_is_right = match bare {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.bytes().all(is_of_a_name),
    };
    (port_is_right && host_is_right).then_some(bare.unwrap_or(host))
}

fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".-_".contains(&byte)
}

/// Whether a relay is on this computer: its address is one of ours. One that is known by its name is
/// taken for another machine's.
fn is_this_computer(relay: &str) -> bool {
    let own = |address: IpAddr| UdpSocket::bind((address, 0)).is_ok();
    is_here(relay) || relay.parse().is_ok_and(own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::num::NonZeroU16;

    fn served(url: &str, relay: &str) -> Result<LivePort, ConnectError> {
        let port = ServedPort {
            number: NonZeroU16::MIN,
            url: url.to_owned(),
            lan_url: None,
        };
        let mut live = live(vec![port], relay)?;
        Ok(live.pop().expect("there is one"))
    }

    #[test]
    fn an_address_is_a_scheme_a_host_and_a_port() {
        for url in [
            "http://web.localhost:7480/",
            "https://web.example.org/",
            "https://web.example.org",
            "tcp://[2001:db8::1]:7500",
            "http://[::1]/",
        ] {
            assert!(served(url, "relay.example").is_ok(), "{url}");
        }
        for url in [
            "",
            "web.example",
            "http://",
            "ftp://web.example/",
            "http://user:pw@127.0.0.1:8080/",
            "http://web.example/admin/delete",
            "http://web.example/?q",
            "http://web.example:0/",
            "http://web.example:80:80/",
            "tcp://web.example",
            "http://web.example\u{1b}[2J/",
            "http://web.exam\u{202e}ple/",
            "http://w\u{e9}b.example/",
        ] {
            let refused = served(url, "relay.example").expect_err(url);
            assert!(
                matches!(refused.reason, Reason::ProtocolFault { .. }),
                "{url}"
            );
            assert!(!refused.detail.contains('\u{1b}'), "{refused:?}");
        }
        let long = format!("http://{}/", "a".repeat(500));
        assert!(served(&long, "relay.example").is_err());
    }

    #[test]
    fn only_a_relay_of_this_computer_leads_to_this_computer() {
        let own = |url, relay| served(url, relay).expect("it is right").relays_own;
        for url in [
            "http://web.localhost:7480/",
            "tcp://127.0.0.1:22",
            "http://[::1]:80/",
        ] {
            assert!(own(url, "relay.example"), "{url}");
            assert!(own(url, "192.0.2.7"), "{url}");
            assert!(!own(url, "127.0.0.1") && !own(url, "localhost"), "{url}");
        }
        assert!(!own("http://web.example/", "192.0.2.7"));
    }

    proptest! {
        #[test]
        fn whatever_is_taken_is_printable_and_has_no_user(url in "(http|tcp|https)://.{0,40}") {
            if host_of(&url).is_some() {
                prop_assert!(url.bytes().all(|b| b.is_ascii_graphic()));
                prop_assert!(!url.contains('@') && url.matches('/').count() <= 3);
            }
        }
    }
}
