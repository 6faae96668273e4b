//! Where a server is: `ssh://USER@HOST:PORT`, or less of it.

use std::fmt;

/// Where an SSH server listens unless said otherwise.
pub const USUAL_PORT: u16 = 22;

/// A server, and who one is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Whoever runs this program, unless said.
    pub user: Option<String>,
    pub host: String,
    pub port: u16,
}

impl Address {
    /// What it takes, for whoever typed something else.
    pub const TAKES: &'static str = "ssh://USER@HOST:PORT";

    /// Reads what was typed.
    ///
    /// # Errors
    /// What it takes.
    pub fn parse(typed: &str) -> Result<Self, String> {
        let refused = || format!("it takes {}", Self::TAKES);
        let typed = typed.trim();
        let rest = typed.strip_prefix("ssh://").unwrap_or(typed);
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        // A user may hold an @; a host does not.
        let (user, place) = match rest.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, rest),
        };
        if user.is_some_and(|user| user.contains(':')) {
            return Err("it takes no password: set that by itself".to_owned());
        }
        let (host, port) = split(place).ok_or_else(refused)?;
        let user = user.map(str::to_owned);
        let is_user = |user: &String| {
            !user.is_empty()
                && user.len() <= 255
                && user
                    .chars()
                    .all(|c| !c.is_control() && c != '/' && c != ' ')
        };
        if user.as_ref().is_some_and(|user| !is_user(user)) || !is_host(host) {
            return Err(refused());
        }
        Ok(Self {
            user,
            host: host.to_owned(),
            port,
        })
    }

    /// `HOST:PORT`.
    pub fn place(&self) -> String {
        format!("{}:{}", bracketed(&self.host), self.port)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ssh://")?;
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        f.write_str(&self.place())
    }
}

/// A host as it stands before a port.
pub(super) fn bracketed(host: &str) -> String {
    if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    }
}

fn split(place: &str) -> Option<(&str, u16)> {
    if let Some(rest) = place.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        return match rest.strip_prefix(':') {
            Some(port) => Some((host, port_number(port)?)),
            None => rest.is_empty().then_some((host, USUAL_PORT)),
        };
    }
    match place.split_once(':') {
        // An address of IPv6 without brackets has no port.
        Some((_, rest)) if rest.contains(':') => Some((place, USUAL_PORT)),
        Some((host, port)) => Some((host, port_number(port)?)),
        None => Some((place, USUAL_PORT)),
    }
}

fn port_number(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port > 0)
}

fn is_host(host: &str) -> bool {
    let is_taken = |c: char| c.is_alphanumeric() || ".-_:%".contains(c);
    (1..=253).contains(&host.len()) && !host.starts_with('-') && host.chars().all(is_taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_however_much_of_it_there_is() {
        for (typed, user, host, port) in [
            ("ssh://anna@a.example:2222", Some("anna"), "a.example", 2222),
            ("ssh://a.example/", None, "a.example", 22),
            ("anna@a.example", Some("anna"), "a.example", 22),
            (" a.example:2222 ", None, "a.example", 2222),
            (
                "ssh://TOKEN+http@a.pinggy.io:443",
                Some("TOKEN+http"),
                "a.pinggy.io",
                443,
            ),
            ("anna@corp@a.example", Some("anna@corp"), "a.example", 22),
            ("ssh://[2001:db8::1]:2222", None, "2001:db8::1", 2222),
            ("::1", None, "::1", 22),
            ("192.0.2.1", None, "192.0.2.1", 22),
        ] {
            let read = Address::parse(typed).expect(typed);
            assert_eq!(
                (read.user.as_deref(), &*read.host, read.port),
                (user, host, port)
            );
            assert_eq!(Address::parse(&read.to_string()), Ok(read), "{typed}");
        }
        for bad in [
            "",
            "ssh://",
            "@a.example",
            "a.example:0",
            "a.example:70000",
            "a b",
            "a/b",
            "[::1",
            "[::1]x",
            "http://a.example",
            "anna:secret@a.example",
            "-oProxyCommand=x",
            "a\u{7}",
        ] {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
    }
}
