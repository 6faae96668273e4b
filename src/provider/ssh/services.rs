//! The services that are made of an SSH server, as data: where they are, what is asked of them, and how
//! they say what they gave.

use super::address::Address;
use super::announce::{Form, Rule};

/// What a port is asked for by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A web port is asked for by this number and told from others by its name.
    Web(u32),
    /// Any port is to be given.
    Any,
    /// The first port is 1, the next one 2.
    Counted,
}

/// What is asked in the session beside the forwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// There is no session.
    Nothing,
    Shell,
    /// This command; for a port of bytes the other one.
    Exec(&'static str, &'static str),
}

/// A service.
#[derive(Debug, PartialEq, Eq)]
pub struct Service {
    pub key: &'static str,
    /// Where it is, unless that is everybody's own.
    pub host: Option<&'static str>,
    /// All its servers are in there.
    domain: &'static str,
    pub port: u16,
    /// Who one is there unless said; for a port of bytes the other one.
    pub user: Option<(&'static str, &'static str)>,
    pub web: Way,
    /// It carries bytes, at a port of its own.
    pub tcp: bool,
    pub ask: Ask,
    pub form: Form,
    /// The ends of the names that it gives.
    pub names: &'static [&'static str],
    /// It asks for a password and takes an empty one.
    pub blank_password: bool,
    /// The name is its choice; a person may ask for one.
    pub named: bool,
    /// How a line begins and ends that says that another host has the tunnel.
    pub taken: &'static [(&'static str, &'static str)],
    /// What is added to the user to take it from there.
    pub force: &'static str,
}

/// A server of one's own, which gives a port and says nothing.
pub const PLAIN: Service = Service {
    key: "server",
    host: None,
    domain: "",
    port: super::address::USUAL_PORT,
    user: None,
    web: Way::Any,
    tcp: true,
    ask: Ask::Nothing,
    form: Form::Text,
    names: &[],
    blank_password: false,
    named: false,
    taken: &[],
    force: "",
};

/// The services, the first of which is none.
pub static ALL: [&Service; 9] = [
    &PLAIN,
    &Service {
        key: "localhost.run",
        host: Some("localhost.run"),
        domain: "localhost.run",
        user: Some(("nokey", "nokey")),
        web: Way::Web(80),
        tcp: false,
        ask: Ask::Exec("--output json", ""),
        form: Form::Json,
        names: &[".lhr.life", ".lhr.rocks", ".lhr.pro", ".localhost.run"],
        named: true,
        ..PLAIN
    },
    &Service {
        key: "serveo",
        host: Some("serveo.net"),
        domain: "serveo.net",
        web: Way::Web(80),
        ask: Ask::Shell,
        names: &[".serveousercontent.com", ".serveo.net"],
        named: true,
        ..PLAIN
    },
    &Service {
        key: "pinggy",
        host: Some("a.pinggy.io"),
        domain: "pinggy.io",
        port: 443,
        user: Some(("http", "tcp")),
        web: Way::Web(0),
        ask: Ask::Shell,
        names: &[
            ".pinggy.link",
            ".pinggy.online",
            ".pinggy-free.link",
            ".free.pinggy.net",
        ],
        blank_password: true,
        taken: &[
            ("A tunnel with the same token ", " is already active"),
            (
                "Login is not allowed: A tunnel with the same token ",
                " is already active",
            ),
        ],
        force: "+force",
        ..PLAIN
    },
    &Service {
        key: "srv.us",
        host: Some("srv.us"),
        domain: "srv.us",
        web: Way::Counted,
        tcp: false,
        ask: Ask::Shell,
        form: Form::Numbered,
        names: &[".srv.us"],
        ..PLAIN
    },
    &Service {
        key: "tuns.sh",
        host: Some("tuns.sh"),
        domain: "tuns.sh",
        web: Way::Web(80),
        ask: Ask::Shell,
        names: &[".tuns.sh"],
        named: true,
        ..PLAIN
    },
    &Service {
        key: "sish",
        web: Way::Web(80),
        ask: Ask::Shell,
        named: true,
        ..PLAIN
    },
    &Service {
        key: "ngrok-ssh",
        host: Some("connect.ngrok-agent.com"),
        domain: "ngrok-agent.com",
        user: Some(("v2", "v2")),
        web: Way::Web(443),
        ask: Ask::Exec("http", "tcp"),
        names: &[
            ".ngrok-free.app",
            ".ngrok-free.dev",
            ".ngrok.app",
            ".ngrok.dev",
            ".ngrok.io",
            ".ngrok.pizza",
        ],
        named: true,
        ..PLAIN
    },
    &Service {
        key: "frps",
        port: 2200,
        user: Some(("v0", "v0")),
        web: Way::Web(80),
        ask: Ask::Exec("http", "tcp"),
        form: Form::Remote,
        ..PLAIN
    },
];

impl Service {
    /// The service of this key.
    pub fn find(key: &str) -> Option<&'static Self> {
        ALL.iter().find(|service| service.key == key).copied()
    }

    /// The service that is at this host, where nobody said which it is.
    pub fn at(host: &str) -> &'static Self {
        let host = host.to_ascii_lowercase();
        let is_there = |service: &&&Self| {
            let before = host.strip_suffix(service.domain);
            let is_within = |before: &str| before.is_empty() || before.ends_with('.');
            !service.domain.is_empty() && before.is_some_and(is_within)
        };
        ALL.iter().find(is_there).copied().unwrap_or(&PLAIN)
    }

    /// Where it is unless said otherwise.
    pub fn address(&self) -> Option<Address> {
        Some(Address {
            user: None,
            host: self.host?.to_owned(),
            port: self.port,
        })
    }

    /// Whether it says where it serves what it was asked for.
    pub fn announces(&self) -> bool {
        self.ask != Ask::Nothing
    }

    /// Whether this line of its own says that another host has the tunnel.
    pub fn is_taken(&self, line: &str) -> bool {
        let line = line.trim().trim_end_matches('.');
        let is_one = |(begin, end): &(&str, &str)| line.starts_with(begin) && line.ends_with(end);
        self.taken.iter().any(is_one)
    }

    /// What is an address of it, at this host.
    pub fn rule(&self, host: &str, domain: Option<&str>, tcp: bool) -> Rule {
        let mut names: Vec<String> = self.names.iter().map(|name| (*name).to_owned()).collect();
        if self.host.is_none() {
            names.push(format!(".{}", host.to_ascii_lowercase()));
        }
        if let Some(domain) = domain {
            names.push(format!(".{}", domain.to_ascii_lowercase()));
            names.push(domain.to_ascii_lowercase());
        }
        Rule {
            form: self.form,
            names,
            tcp,
            host: host.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_known_by_its_key_or_by_its_host() {
        for service in ALL {
            assert_eq!(Service::find(service.key), Some(service));
            if let Some(host) = service.host {
                assert_eq!(Service::at(host), service);
            }
        }
        for (host, key) in [
            ("connect.eu.ngrok-agent.com", "ngrok-ssh"),
            ("free.pinggy.io", "pinggy"),
            ("EU.tuns.sh", "tuns.sh"),
            ("nottuns.sh", "server"),
            ("a.example", "server"),
        ] {
            assert_eq!(Service::at(host).key, key, "{host}");
        }
    }
}
