//! Labels that a relay gives to nobody: programs look for something else behind them, people take them
//! for the operator's, or the relay itself is there.

use std::collections::HashSet;

/// The Web's own and the mail's; what browsers and mail programs ask for their settings by themselves
/// (WPAD, autodiscover, MTA-STS, WKD); what must never leave a machine (RFC 6761, RFC 6762).
const USUAL: &[&str] = &[
    "autoconfig",
    "autodiscover",
    "broadcasthost",
    "ftp",
    "imap",
    "isatap",
    "local",
    "localdomain",
    "localhost",
    "mail",
    "mta-sts",
    "mx",
    "ns",
    "openpgpkey",
    "pop",
    "pop3",
    "smtp",
    "wpad",
    "www",
];

/// Those of them that are also reserved with a number behind: `ns1`.
const NUMBERED: &[&str] = &["mail", "mx", "ns", "www"];

/// The labels; as a default none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReservedNames {
    labels: HashSet<String>,
    prefixes: Vec<String>,
    numbered: bool,
}

impl ReservedNames {
    /// Those that no public relay should give away.
    pub fn usual() -> Self {
        Self {
            labels: USUAL.iter().map(|label| (*label).to_owned()).collect(),
            prefixes: Vec::new(),
            numbered: true,
        }
    }

    /// Also this one: a label, or the beginning of labels and a `*`.
    pub fn add(&mut self, pattern: &str) {
        let pattern = pattern.to_ascii_lowercase();
        match pattern.strip_suffix('*') {
            Some(prefix) => self.prefixes.push(prefix.to_owned()),
            None => drop(self.labels.insert(pattern)),
        }
    }

    /// Also the label that leads to the relay itself, if its name is below `domain`.
    pub fn add_own(&mut self, name: &str, domain: &str) {
        let (name, domain) = (name.to_ascii_lowercase(), domain.to_ascii_lowercase());
        let below = name
            .trim_end_matches('.')
            .strip_suffix(domain.trim_end_matches('.'));
        let below = below.and_then(|below| below.strip_suffix('.'));
        let label = below.and_then(|below| below.rsplit('.').next());
        if let Some(label) = label.filter(|label| !label.is_empty()) {
            self.labels.insert(label.to_owned());
        }
    }

    /// Whether nobody gets it.
    pub fn contains(&self, label: &str) -> bool {
        let stem = label.trim_end_matches(|c: char| c.is_ascii_digit());
        self.labels.contains(label)
            || (self.numbered && NUMBERED.contains(&stem))
            || self
                .prefixes
                .iter()
                .any(|prefix| label.starts_with(&**prefix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_ones_the_relays_own_and_what_was_added_are_nobodys() {
        let mut reserved = ReservedNames::usual();
        reserved.add("Status");
        reserved.add("corp-*");
        reserved.add_own("Relay.Tunnels.example.org.", "tunnels.example.org");
        for label in [
            "www",
            "www2",
            "mail",
            "wpad",
            "autodiscover",
            "localhost",
            "ns",
            "ns1",
            "ns42",
            "mx10",
            "status",
            "corp-",
            "corp-web",
            "relay",
        ] {
            assert!(reserved.contains(label), "{label}");
        }
        for label in [
            "web",
            "shop",
            "nsfw",
            "ns1a",
            "api",
            "corp",
            "port-3000",
            "tunnels",
            "imap4",
        ] {
            assert!(!reserved.contains(label), "{label}");
        }
        assert!(!ReservedNames::default().contains("www"));
    }

    #[test]
    fn only_a_name_below_the_domain_is_the_relays_own() {
        for (name, domain, own) in [
            ("a.b.example.org", "example.org", Some("b")),
            ("example.org", "example.org", None),
            ("relay.example.org", "tunnels.example.org", None),
            ("badexample.org", "example.org", None),
            ("192.0.2.1", "localhost", None),
        ] {
            let mut reserved = ReservedNames::default();
            reserved.add_own(name, domain);
            let only = reserved.labels.iter().map(String::as_str).next();
            assert_eq!(only, own, "{name}");
        }
    }
}
