//! The names by which a relay's own computer is known to whoever means it.
//!
//! A browser can be made to think that an address of this network belongs to any name (DNS
//! rebinding); a page of that name could then read what is served here. So a listener that serves
//! whatever host is asked for answers for these names alone.

use super::route::{self, Site};

/// What follows a machine's name in networks that have no domain of their own. Nobody can register a
/// name under one of these.
const LOCAL_SUFFIXES: [&str; 6] = [
    "home",
    "home.arpa",
    "internal",
    "lan",
    "local",
    "localdomain",
];

/// The names of one relay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OwnNames {
    /// Names under it are tunnels.
    domain: String,
    /// In lower case.
    others: Vec<String>,
}

impl OwnNames {
    /// Those of a relay of `domain` on the machine called `machine`, which tells its hosts these
    /// `others` too.
    pub(super) fn new(domain: &str, machine: Option<&str>, others: &[String]) -> Self {
        let mut names: Vec<String> = others.iter().map(|n| route::normal_domain(n)).collect();
        if let Some(machine) = machine.map(route::normal_domain) {
            if !machine.contains('.') {
                let suffixed = LOCAL_SUFFIXES.iter().map(|end| format!("{machine}.{end}"));
                names.extend(suffixed);
            }
            names.push(machine);
        }
        names.retain(|name| !name.is_empty());
        Self {
            domain: route::normal_domain(domain),
            others: names,
        }
    }

    /// Whether `authority` names the relay itself: its domain, an address, or another name of it.
    pub(super) fn is_relay(&self, authority: &str) -> bool {
        self.is_other(authority) || matches!(route::site(authority, &self.domain), Ok(Site::Relay))
    }

    /// Whether `authority` names this computer, or a tunnel of the relay.
    pub(super) fn is_here(&self, authority: &str) -> bool {
        let here = || matches!(route::site(authority, &self.domain), Ok(Site::Tunnel(_)));
        let localhost =
            || matches!(route::site(authority, "localhost"), Ok(site) if site != Site::Foreign);
        self.is_relay(authority) || here() || localhost()
    }

    fn is_other(&self, authority: &str) -> bool {
        let name = route::own_host(authority, None);
        self.others.contains(&name)
    }
}

/// What this machine is called by those who run it, where the system says so.
pub(super) fn machine() -> Option<String> {
    #[cfg(unix)]
    let name = rustix::system::uname()
        .nodename()
        .to_str()
        .ok()
        .map(str::to_owned);
    #[cfg(not(unix))]
    let name = std::env::var("COMPUTERNAME").ok();
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> OwnNames {
        let advertised = ["Relay.Example.org".to_owned()];
        OwnNames::new("tunnels.example.net", Some("Laptop"), &advertised)
    }

    #[test]
    fn this_computer_is_known_by_address_and_by_its_own_names() {
        for authority in [
            "192.168.1.2:7481",
            "[fe80::1]",
            "localhost:7480",
            "shop.localhost",
            "laptop",
            "LAPTOP.local.:7481",
            "laptop.lan",
            "laptop.home.arpa",
            "relay.example.org:443",
            "tunnels.example.net",
            "shop.tunnels.example.net",
        ] {
            assert!(names().is_here(authority), "{authority}");
        }
    }

    #[test]
    fn no_other_name_is_this_computer() {
        for authority in [
            "evil.example",
            "laptop.evil.example",
            "192.168.1.2.evil.example",
            "other",
            "other.lan",
            "laptop.example.org",
            "localhost.evil.example",
            "",
            "a b",
        ] {
            assert!(!names().is_here(authority), "{authority}");
        }
        let nameless = OwnNames::new("localhost", None, &[]);
        assert!(!nameless.is_here("laptop") && nameless.is_here("127.0.0.1"));
        let qualified = OwnNames::new("localhost", Some("db.example.org"), &[]);
        assert!(qualified.is_here("db.example.org") && !qualified.is_here("db.lan"));
    }

    #[test]
    fn only_its_own_names_are_the_relay_itself() {
        for authority in ["relay.example.org", "tunnels.example.net:80", "127.0.0.1"] {
            assert!(names().is_relay(authority), "{authority}");
        }
        for authority in ["shop.tunnels.example.net", "evil.example", "localhost"] {
            assert!(!names().is_relay(authority), "{authority}");
        }
    }
}
