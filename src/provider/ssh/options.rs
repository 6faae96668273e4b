//! What may be chosen for a tunnel over SSH: as it is typed, and checked before any server is asked.

use super::address::Address;
use super::services::{PLAIN, Service, Way};
use crate::model::{Port, Secret};
use crate::provider::Rejected;
use std::fmt;
use std::path::PathBuf;

/// So many servers may be gone through.
const MOST_JUMPS: usize = 5;

/// The fingerprint of a key, as OpenSSH writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin(String);

impl Pin {
    fn parse(typed: &str) -> Result<Self, String> {
        let refused = || "it takes a fingerprint, as in SHA256:… of 43 characters".to_owned();
        let digits = typed.trim().strip_prefix("SHA256:").ok_or_else(refused)?;
        let digits = digits.trim_end_matches('=');
        let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || b"+/".contains(&byte);
        if digits.len() == 43 && digits.bytes().all(is_digit) {
            Ok(Self(format!("SHA256:{digits}")))
        } else {
            Err(refused())
        }
    }

    /// Whether a key has this fingerprint.
    pub fn is(&self, fingerprint: &str) -> bool {
        self.0 == fingerprint
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What was chosen for a tunnel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Which service it is; by its host unless chosen.
    service: Option<&'static str>,
    server: Option<Address>,
    /// The servers that it is reached through, in order.
    pub jumps: Vec<Address>,
    /// The only key that is shown.
    pub identity: Option<PathBuf>,
    pub passphrase: Option<Secret>,
    pub password: Option<Secret>,
    /// The only keys that the servers may have.
    pub pins: Vec<Pin>,
    /// Keys that a person has accepted, each of the server at this `HOST:PORT`.
    pub accepted: Vec<(String, Pin)>,
    /// What is read in the place of the person's own.
    pub known_hosts: Option<PathBuf>,
    /// The port that is asked for.
    pub remote_port: Option<u16>,
    /// The address that the server is to listen at, or the name that is asked for.
    pub name: Option<String>,
    /// The socket that the server is to make, in the place of a port.
    pub socket: Option<String>,
    /// What is asked in the session.
    pub command: Option<String>,
    /// Stands in the command for what nobody may see.
    pub token: Option<Secret>,
    /// The names that a server of one's own gives are in this domain.
    pub domain: Option<String>,
}

impl Options {
    /// Reads what was typed, by its keys.
    ///
    /// # Errors
    /// The first that is wrong.
    pub fn parse<'a>(
        chosen: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Rejected> {
        let mut options = Self::default();
        for (key, value) in chosen {
            options.set(key, value.trim())?;
        }
        options.check()?;
        Ok(options)
    }

    /// Chooses one more.
    pub(super) fn set(&mut self, key: &str, value: &str) -> Result<(), Rejected> {
        let bad = |why: String| Rejected::new(key, why);
        match key {
            "service" => {
                let service = Service::find(value);
                self.service = Some(
                    service
                        .ok_or_else(|| bad("there is none such".to_owned()))?
                        .key,
                );
            }
            "server" => self.server = Some(Address::parse(value).map_err(bad)?),
            "jump" => self.jumps = jumps(value).map_err(bad)?,
            "identity" => self.identity = Some(PathBuf::from(value)),
            "passphrase" => self.passphrase = Some(Secret::new(value)),
            "password" => self.password = Some(Secret::new(value)),
            "host-key" => self.pins = pins(value).map_err(bad)?,
            "accepted" => self.accepted = accepted(value).map_err(bad)?,
            "known-hosts" => self.known_hosts = Some(PathBuf::from(value)),
            "remote-port" => {
                let port = value.parse().ok().filter(|port| *port > 0);
                self.remote_port = Some(port.ok_or_else(|| bad("it takes 1-65535".to_owned()))?);
            }
            "name" => self.name = Some(plain(value).map_err(bad)?),
            "socket" => self.socket = Some(socket(value).map_err(bad)?),
            "command" => self.command = Some(plain(value).map_err(bad)?),
            "token" => self.token = Some(Secret::new(value)),
            "domain" => self.domain = Some(domain(value).map_err(bad)?),
            _ => return Err(Rejected::new(key, "there is no such option")),
        }
        Ok(())
    }

    /// Whether what was chosen goes together.
    pub(super) fn check(&self) -> Result<(), Rejected> {
        self.address()?;
        let takes = self.command.as_deref().is_some_and(|it| it.contains(TOKEN));
        if takes != self.token.is_some() {
            let why = format!("it stands for {TOKEN} in command: set both or neither");
            return Err(Rejected::new("token", why));
        }
        if self.socket.is_some() && (self.remote_port.is_some() || self.service().announces()) {
            return Err(Rejected::new(
                "socket",
                "a server of one's own alone makes one, and in the place of a port",
            ));
        }
        Ok(())
    }

    /// Whether they can be had by these ports together.
    pub(super) fn check_ports(&self, ports: &[Port]) -> Result<(), Rejected> {
        let service = self.service();
        let is_alone = service.announces() && service.web != Way::Counted;
        if is_alone && ports.len() > 1 {
            let why = format!("{} carries one port in a tunnel", service.key);
            return Err(Rejected::new("service", why));
        }
        if !service.tcp && ports.iter().any(|port| !port.protocol.is_web()) {
            let why = format!("{} carries the Web only", service.key);
            return Err(Rejected::new("service", why));
        }
        if ports.len() > 1 && self.remote_port.is_some() {
            return Err(Rejected::new("remote-port", "only one port can have it"));
        }
        if ports.len() > 1 && self.socket.is_some() {
            return Err(Rejected::new("socket", "only one port can have it"));
        }
        Ok(())
    }

    /// What the server is.
    pub fn service(&self) -> &'static Service {
        let chosen = self.service.and_then(Service::find);
        let by_host = || {
            let host = self.server.as_ref().map_or("", |server| &server.host);
            Service::at(host)
        };
        match chosen {
            // Chosen or not, the first of the list says nothing.
            Some(service) if *service != PLAIN || self.server.is_none() => service,
            Some(_) | None => by_host(),
        }
    }

    /// Where the server is.
    pub(super) fn address(&self) -> Result<Address, Rejected> {
        let own = self.server.clone().or_else(|| self.service().address());
        own.ok_or_else(|| {
            Rejected::new(
                "server",
                "it takes ssh://USER@HOST:PORT, or a service is chosen",
            )
        })
    }

    /// What is asked in the session, with all that is secret in it.
    pub(super) fn filled_command(&self) -> Option<String> {
        let command = self.command.as_ref()?;
        Some(match &self.token {
            Some(token) => command.replace(TOKEN, token.expose()),
            None => command.clone(),
        })
    }
}

/// Stands for the token in a command.
pub(super) const TOKEN: &str = "{token}";

fn jumps(value: &str) -> Result<Vec<Address>, String> {
    let jumps: Vec<Address> = value
        .split(',')
        .map(Address::parse)
        .collect::<Result<_, _>>()?;
    if jumps.len() > MOST_JUMPS {
        return Err(format!("there may be {MOST_JUMPS} of them"));
    }
    Ok(jumps)
}

fn pins(value: &str) -> Result<Vec<Pin>, String> {
    value.split(',').map(Pin::parse).collect()
}

fn accepted(value: &str) -> Result<Vec<(String, Pin)>, String> {
    let read = |entry: &str| {
        let (place, pin) = entry
            .trim()
            .split_once(' ')
            .ok_or_else(|| "it takes HOST:PORT SHA256:… with commas between".to_owned())?;
        Ok((place.to_ascii_lowercase(), Pin::parse(pin)?))
    };
    let entries = value.split(',').filter(|entry| !entry.trim().is_empty());
    entries.map(read).collect()
}

fn plain(value: &str) -> Result<String, String> {
    let fits = (1..=1024).contains(&value.len()) && !value.chars().any(char::is_control);
    fits.then(|| value.to_owned())
        .ok_or_else(|| "it takes a line of text".to_owned())
}

fn socket(value: &str) -> Result<String, String> {
    let fits = value.starts_with('/') && value.len() <= 104 && !value.chars().any(char::is_control);
    fits.then(|| value.to_owned())
        .ok_or_else(|| "it takes the path of a socket, as in /run/user/1000/web.sock".to_owned())
}

fn domain(value: &str) -> Result<String, String> {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let fits = value.len() <= 253 && value.contains('.') && value.split('.').all(label);
    fits.then(|| value.to_ascii_lowercase())
        .ok_or_else(|| "it takes a name, as in example.org".to_owned())
}

/// Whether `value` is one for the option `key`.
fn takes(key: &str, value: &str) -> bool {
    Options::default().set(key, value.trim()).is_ok()
}

pub(super) fn is_server(value: &str) -> bool {
    takes("server", value)
}

pub(super) fn are_jumps(value: &str) -> bool {
    takes("jump", value)
}

pub(super) fn are_pins(value: &str) -> bool {
    takes("host-key", value)
}

pub(super) fn are_accepted(value: &str) -> bool {
    takes("accepted", value)
}

pub(super) fn is_plain(value: &str) -> bool {
    takes("name", value)
}

pub(super) fn is_socket(value: &str) -> bool {
    takes("socket", value)
}

pub(super) fn is_domain(value: &str) -> bool {
    takes("domain", value)
}

/// Whether it is a word or a sentence that nobody may see.
pub(super) fn is_secret(value: &str) -> bool {
    let value = value.trim();
    !value.is_empty() && !value.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(chosen: &[(&str, &str)]) -> Result<Options, Rejected> {
        Options::parse(chosen.iter().copied())
    }

    #[test]
    fn a_server_or_a_service_is_needed_and_either_says_the_other() {
        assert!(parse(&[]).is_err());
        assert!(
            parse(&[("service", "sish")]).is_err(),
            "it is everybody's own"
        );
        assert!(parse(&[("service", "server")]).is_err());
        let run = parse(&[("service", "localhost.run")]).expect("it is one");
        assert_eq!(run.address().expect("known").place(), "localhost.run:22");
        let pinggy = parse(&[("server", "token@eu.a.pinggy.io:443")]).expect("it is one");
        assert_eq!(pinggy.service().key, "pinggy");
        let own = [("server", "ssh.example.org"), ("service", "sish")];
        assert_eq!(parse(&own).expect("they go together").service().key, "sish");
        let own = [("server", "ssh.example.org"), ("service", "server")];
        assert_eq!(parse(&own).expect("they go together").service(), &PLAIN);
    }

    #[test]
    fn what_does_not_go_together_is_told_before_anything_is_asked() {
        let server = ("server", "a.example");
        for (chosen, key) in [
            (&[server, ("token", "x")][..], "token"),
            (&[server, ("command", "tcp --token {token}")], "token"),
            (&[server, ("socket", "/a"), ("remote-port", "1")], "socket"),
            (&[("service", "serveo"), ("socket", "/a")], "socket"),
            (&[server, ("remote-port", "0")], "remote-port"),
            (&[server, ("host-key", "SHA256:abc")], "host-key"),
            (&[server, ("host-key", "MD5:00:11")], "host-key"),
            (&[server, ("jump", "a,b,c,d,e,f")], "jump"),
            (&[server, ("later", "x")], "later"),
        ] {
            assert_eq!(parse(chosen).expect_err(key).key, key);
        }
        let whole = [
            server,
            ("command", "tcp --token {token}"),
            ("token", "s3cret"),
        ];
        let options = parse(&whole).expect("they go together");
        assert_eq!(
            options.filled_command().as_deref(),
            Some("tcp --token s3cret")
        );
        assert!(!format!("{options:?}").contains("s3cret"));
    }
}
