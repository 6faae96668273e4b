//! What may be chosen for a tunnel at ngrok: as it is typed, and checked before ngrok is asked.
//!
//! The crate panics on a binding that it does not know, and ngrok says of most mistakes only that
//! something is wrong: both are found here.

use super::server::Server;
use crate::model::{Port, Protocol, Secret};
use crate::provider::Rejected;
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::net::IpAddr;
use std::path::Path;

/// The longest policy, in bytes.
const LONGEST_POLICY: usize = 64 * 1024;

/// How long ngrok wants a password to be, in characters.
const PASSWORD: std::ops::RangeInclusive<usize> = 8..=128;

/// So many rules of one kind.
const MOST_RULES: usize = 100;

/// What visitors speak to the edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// HTTP, in TLS that ends at the edge.
    Http,
    /// Bytes, at a port of the edge's.
    Tcp,
    /// TLS that ends at the service.
    Tls,
}

impl Endpoint {
    /// The words for them, each with the text that names it.
    pub(super) const CHOICES: [(&'static str, &'static str); 3] = [
        ("http", "ngrok-protocol-http"),
        ("tcp", "ngrok-protocol-tcp"),
        ("tls", "ngrok-protocol-tls"),
    ];

    const ALL: [(&'static str, Self); 3] =
        [("http", Self::Http), ("tcp", Self::Tcp), ("tls", Self::Tls)];

    /// What a port has unless it is chosen.
    pub const fn of(protocol: Protocol) -> Self {
        if protocol.is_web() {
            Self::Http
        } else {
            Self::Tcp
        }
    }
}

/// Who can reach an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// Everybody.
    Public,
    /// The account's own endpoints.
    Internal,
    /// The account's own clusters.
    Kubernetes,
}

impl Binding {
    /// The words for them, each with the text that names it.
    pub(super) const CHOICES: [(&'static str, &'static str); 3] = [
        ("public", "ngrok-binding-public"),
        ("internal", "ngrok-binding-internal"),
        ("kubernetes", "ngrok-binding-kubernetes"),
    ];

    const ALL: [(&'static str, Self); 3] = [
        ("public", Self::Public),
        ("internal", Self::Internal),
        ("kubernetes", Self::Kubernetes),
    ];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Kubernetes => "kubernetes",
        }
    }
}

/// Where visitors sign in first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OAuth {
    Amazon,
    Facebook,
    GitHub,
    GitLab,
    Google,
    LinkedIn,
    Microsoft,
    Twitch,
}

impl OAuth {
    /// The words for them, each with the text that names it.
    pub(super) const CHOICES: [(&'static str, &'static str); 8] = [
        ("amazon", "ngrok-oauth-amazon"),
        ("facebook", "ngrok-oauth-facebook"),
        ("github", "ngrok-oauth-github"),
        ("gitlab", "ngrok-oauth-gitlab"),
        ("google", "ngrok-oauth-google"),
        ("linkedin", "ngrok-oauth-linkedin"),
        ("microsoft", "ngrok-oauth-microsoft"),
        ("twitch", "ngrok-oauth-twitch"),
    ];

    const ALL: [(&'static str, Self); 8] = [
        ("amazon", Self::Amazon),
        ("facebook", Self::Facebook),
        ("github", Self::GitHub),
        ("gitlab", Self::GitLab),
        ("google", Self::Google),
        ("linkedin", Self::LinkedIn),
        ("microsoft", Self::Microsoft),
        ("twitch", Self::Twitch),
    ];

    pub(super) fn as_str(self) -> &'static str {
        let own = Self::ALL.into_iter().find(|(_, it)| *it == self);
        own.map_or("", |(word, _)| word)
    }
}

/// A name and a password that a visitor must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The name.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// What was chosen for a tunnel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// What visitors speak; as each port says unless chosen.
    pub endpoint: Option<Endpoint>,
    /// The name to be reached under; ngrok chooses one otherwise.
    pub domain: Option<String>,
    /// The reserved `HOST:PORT` of a TCP endpoint.
    pub address: Option<String>,
    /// Who may visit, by password.
    pub basic_auth: Vec<Credentials>,
    /// The only networks that visitors may come from.
    pub allow: Vec<String>,
    /// Networks that they may not come from.
    pub deny: Vec<String>,
    /// Where visitors sign in.
    pub oauth: Option<OAuth>,
    /// A policy of one's own, in the place of what is written from the others.
    pub policy: Option<String>,
    /// Other agents may have the same endpoint, and share its visitors.
    pub pooling: bool,
    /// Who can reach it; everybody unless chosen.
    pub binding: Option<Binding>,
    /// Which edge; the nearest unless chosen.
    pub server: Option<Server>,
}

impl Options {
    /// Reads what was typed, `KEY=VALUE` each. A list is several of one key, or one with commas between
    /// networks, or lines of credentials.
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
    ///
    /// # Errors
    /// What it takes.
    pub(super) fn set(&mut self, key: &str, value: &str) -> Result<(), Rejected> {
        let bad = |why: String| Rejected::new(key, why);
        match key {
            "protocol" => self.endpoint = Some(one_of(&Endpoint::ALL, value).map_err(bad)?),
            "domain" => self.domain = Some(domain(value).map_err(bad)?),
            "address" => self.address = Some(address(value).map_err(bad)?),
            "basic-auth" => self
                .basic_auth
                .extend(list(value, '\n', credentials).map_err(bad)?),
            "allow" => self.allow.extend(list(value, ',', network).map_err(bad)?),
            "deny" => self.deny.extend(list(value, ',', network).map_err(bad)?),
            "oauth" => self.oauth = Some(one_of(&OAuth::ALL, value).map_err(bad)?),
            "policy" => self.policy = Some(policy(value).map_err(bad)?),
            "pooling" => {
                let words = [
                    ("on", true),
                    ("off", false),
                    ("true", true),
                    ("false", false),
                ];
                self.pooling = one_of(&words, value).map_err(bad)?;
            }
            "binding" => self.binding = Some(one_of(&Binding::ALL, value).map_err(bad)?),
            "server" => self.server = Some(Server::parse(value).map_err(bad)?),
            _ => {
                return Err(Rejected::new(key, "there is no such option"));
            }
        }
        Ok(())
    }

    /// Whether anything of it is not to be read by others.
    pub(super) fn hold_secrets(&self) -> bool {
        !self.basic_auth.is_empty() || self.policy.is_some()
    }

    /// Whether what was chosen goes together.
    ///
    /// # Errors
    /// What does not.
    pub fn check(&self) -> Result<(), Rejected> {
        let rules = self.allow.len() + self.deny.len() + self.basic_auth.len();
        if rules > MOST_RULES {
            return Err(Rejected::new(
                "allow",
                format!("there may be {MOST_RULES} rules"),
            ));
        }
        let written = rules > 0 || self.oauth.is_some();
        if self.policy.is_some() && written {
            let why =
                "a policy of your own says all of it: leave basic-auth, allow, deny and oauth out";
            return Err(Rejected::new("policy", why));
        }
        match self.endpoint {
            Some(Endpoint::Tcp | Endpoint::Tls) => self.check_bytes()?,
            Some(Endpoint::Http) | None => {}
        }
        if self.address.is_some() && !matches!(self.endpoint, None | Some(Endpoint::Tcp)) {
            return Err(Rejected::new(
                "address",
                "only protocol tcp has one; use domain",
            ));
        }
        if self.domain.is_some() && self.endpoint == Some(Endpoint::Tcp) {
            return Err(Rejected::new(
                "domain",
                "protocol tcp has none; use address",
            ));
        }
        Ok(())
    }

    /// What the edge does not understand it can check no visitor in.
    fn check_bytes(&self) -> Result<(), Rejected> {
        let why = "the edge sees no HTTP in protocol tcp and tls";
        if !self.basic_auth.is_empty() {
            return Err(Rejected::new("basic-auth", why));
        }
        if self.oauth.is_some() {
            return Err(Rejected::new("oauth", why));
        }
        Ok(())
    }

    /// Whether they can be had by these ports together.
    ///
    /// # Errors
    /// What cannot.
    pub fn check_ports(&self, ports: &[Port]) -> Result<(), Rejected> {
        let of = |port: &Port| self.endpoint_of(port);
        let tcp = ports
            .iter()
            .filter(|port| of(port) == Endpoint::Tcp)
            .count();
        let named = ports.len() - tcp;
        if self.address.is_some() && tcp == 0 {
            return Err(Rejected::new(
                "address",
                "only protocol tcp has one; use domain",
            ));
        }
        if self.domain.is_some() && named == 0 {
            return Err(Rejected::new(
                "domain",
                "protocol tcp has none; use address",
            ));
        }
        if self.domain.is_some() && named > 1 && !self.pooling {
            return Err(Rejected::new("domain", "only one port can have it"));
        }
        if self.address.is_some() && tcp > 1 && !self.pooling {
            return Err(Rejected::new("address", "only one port can have it"));
        }
        if ports.iter().any(|port| of(port) != Endpoint::Http) {
            self.check_bytes()?;
        }
        Ok(())
    }

    /// What visitors of this port speak.
    pub fn endpoint_of(&self, port: &Port) -> Endpoint {
        self.endpoint.unwrap_or(Endpoint::of(port.protocol))
    }
}

fn one_of<T: Copy>(words: &[(&str, T)], value: &str) -> Result<T, String> {
    let lower = value.to_ascii_lowercase();
    let found = words.iter().find(|(word, _)| *word == lower);
    found.map(|(_, it)| *it).ok_or_else(|| {
        let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        format!("it takes {}", words.join(", "))
    })
}

fn list<T>(
    text: &str,
    between: char,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    text.split(between).map(|part| read(part.trim())).collect()
}

fn domain(value: &str) -> Result<String, String> {
    let name = value.strip_prefix("https://").unwrap_or(value);
    let name = name.strip_suffix('/').unwrap_or(name).to_ascii_lowercase();
    let (rest, is_wild) = match name.strip_prefix("*.") {
        Some(rest) => (rest, true),
        None => (name.as_str(), false),
    };
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let is_name = name.len() <= 253 && rest.contains('.') && rest.split('.').all(label);
    if is_name && rest.parse::<IpAddr>().is_err() && (!is_wild || rest.matches('.').count() > 0) {
        Ok(name)
    } else {
        Err("it takes a name, as in app.example.org".to_owned())
    }
}

fn address(value: &str) -> Result<String, String> {
    let place = value.strip_prefix("tcp://").unwrap_or(value);
    let is_place = place.rsplit_once(':').is_some_and(|(host, port)| {
        domain(host).is_ok() && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    if is_place {
        Ok(place.to_ascii_lowercase())
    } else {
        Err("it takes HOST:PORT, as in 1.tcp.eu.ngrok.io:20001".to_owned())
    }
}

fn credentials(value: &str) -> Result<Credentials, String> {
    let (user, password) = value.split_once(':').unwrap_or((value, ""));
    let is_text = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
    if !is_text(user) || !is_text(password) || !PASSWORD.contains(&password.chars().count()) {
        // What was typed is a secret: it is not repeated.
        return Err("it takes USER:PASSWORD, the password of 8 to 128 characters".to_owned());
    }
    Ok(Credentials {
        user: user.to_owned(),
        password: Secret::new(password),
    })
}

fn network(value: &str) -> Result<String, String> {
    let (address, length) = match value.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (value, None),
    };
    let parsed = address.parse::<IpAddr>().ok().and_then(|address| {
        let whole: u8 = if address.is_ipv4() { 32 } else { 128 };
        let length = match length {
            Some(length) => length.parse().ok().filter(|length| *length <= whole)?,
            None => whole,
        };
        Some(format!("{address}/{length}"))
    });
    parsed.ok_or_else(|| "it takes an address or a network, as in 192.0.2.0/24".to_owned())
}

/// The text of a file with a policy.
pub(super) fn read_policy(path: &Path) -> io::Result<String> {
    let limit = u64::try_from(LONGEST_POLICY).unwrap_or(u64::MAX);
    let mut text = String::new();
    // One byte more than it may have says that it is too long.
    File::open(path)?
        .take(limit + 1)
        .read_to_string(&mut text)?;
    Ok(text)
}

/// Whether it is a name to be reached under.
pub(super) fn is_domain(value: &str) -> bool {
    domain(value.trim()).is_ok()
}

/// Whether it is a `HOST:PORT` of ngrok's.
pub(super) fn is_address(value: &str) -> bool {
    address(value.trim()).is_ok()
}

/// Whether it is addresses and networks with commas between them.
pub(super) fn are_networks(value: &str) -> bool {
    list(value, ',', network).is_ok()
}

/// Whether it is lines of names and passwords.
pub(super) fn are_credentials(value: &str) -> bool {
    list(value, '\n', credentials).is_ok()
}

/// Whether it is a region or the place of an edge.
pub(super) fn is_server(value: &str) -> bool {
    Server::parse(value.trim()).is_ok()
}

fn policy(text: &str) -> Result<String, String> {
    if text.is_empty() || text.len() > LONGEST_POLICY || text.contains('\0') {
        return Err(format!("a policy has 1 to {LONGEST_POLICY} bytes of text"));
    }
    if text.starts_with('{')
        && let Err(error) = serde_json::from_str::<serde_json::Value>(text)
    {
        return Err(format!("the policy is no JSON: {error}"));
    }
    Ok(text.to_owned())
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
        })
    }
}

#[cfg(test)]
mod tests;
