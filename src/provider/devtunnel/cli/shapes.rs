//! The shapes of the program's JSON, read leniently: what is missing is empty, what is more is
//! ignored. It knows no command.

use super::{measures, walk};
use crate::model::{Metrics, PortNumber, Protocol, Secret, UnixMillis};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

/// A tunnel in `list`: without its ports and without who may visit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listed {
    /// Its id, as it was said.
    pub id: String,
    /// A name, if it has one.
    pub name: String,
    /// What was written about it.
    pub description: String,
    pub hosts: u32,
    /// How many visitors' clients are connected, if it was said.
    pub visitors: Option<u32>,
    /// How many ports it has, if it was said.
    pub port_count: Option<u32>,
    /// When it expires, as it was said.
    pub expiration: String,
}

/// A tunnel in `show`, `create` and `update`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// What a list says of it too.
    pub listed: Listed,
    pub ports: Vec<PortTold>,
    /// Who may visit; `None` when it was not said.
    pub access: Option<Vec<Entry>>,
    /// What was counted of the whole.
    pub metrics: Metrics,
}

/// A port in `show` and `port create`.
#[derive(Clone, Debug, PartialEq)]
pub struct PortTold {
    pub number: PortNumber,
    pub protocol: Protocol,
    /// Its URL, when it was hosted before.
    pub url: Option<String>,
    /// What was counted of it.
    pub metrics: Metrics,
    /// Who may visit it; `None` when it was not said.
    pub access: Option<Vec<Entry>>,
}

/// Who may do what, or may not.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// `Anonymous`, `Users`, `Organizations` …
    pub kind: String,
    pub deny: bool,
    /// Whether a port has it from its tunnel.
    pub inherited: bool,
    /// Who, when the kind does not say it.
    pub subjects: BTreeSet<String>,
    /// What: `connect` and the like.
    pub scopes: BTreeSet<String>,
}

impl Entry {
    /// Whether it is about everybody, and about visiting.
    pub fn is_anonymous(&self) -> bool {
        self.kind.eq_ignore_ascii_case("anonymous")
            && (self.scopes.is_empty() || self.scopes.contains("connect"))
    }

    /// Whether it is exactly what `access create --anonymous` makes.
    pub fn can_be_made(&self) -> bool {
        self.is_anonymous() && self.subjects.is_empty() && self.scopes.len() <= 1
    }
}

/// Whether these let everybody in: what forbids wins.
pub fn is_public(entries: &[Entry]) -> bool {
    let mut anonymous = entries.iter().filter(|entry| entry.is_anonymous());
    let denied = anonymous.clone().any(|entry| entry.deny);
    !denied && anonymous.any(|entry| !entry.deny)
}

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub signed_in: bool,
    pub name: String,
    /// Through whom.
    pub via: String,
}

/// `list`: every tunnel.
pub(super) fn listing(text: &str) -> Option<Vec<Listed>> {
    walk::find(text, |object| {
        object.get("tunnels")?.as_array()?;
        Some(walk::list(object, "tunnels").iter().map(listed).collect())
    })
}

/// `show`, `create`, `update`: one tunnel.
pub(super) fn tunnel(text: &str) -> Option<Told> {
    walk::find(text, |object| {
        let tunnel = object.get("tunnel").unwrap_or(object);
        let listed = listed(tunnel);
        (!listed.id.is_empty()).then(|| Told {
            listed,
            ports: walk::list(tunnel, "ports")
                .iter()
                .filter_map(port_told)
                .collect(),
            access: access_control(tunnel),
            metrics: metrics(tunnel),
        })
    })
}

/// `port create`: one port.
pub(super) fn port(text: &str) -> Option<PortTold> {
    walk::find(text, |object| {
        port_told(object.get("port").unwrap_or(object))
    })
}

/// `access list`, `access create`, `access reset`: who may visit.
pub(super) fn access(text: &str) -> Option<Vec<Entry>> {
    walk::find(text, |object| {
        object.get("accessControlEntries")?.as_array()?;
        Some(entries(walk::list(object, "accessControlEntries")))
    })
}

/// `user show`: who is signed in.
pub(super) fn user(text: &str) -> Option<User> {
    let read = |object: &Value| {
        let status = walk::text(object, "status");
        (!status.is_empty()).then(|| User {
            signed_in: status.eq_ignore_ascii_case("logged in"),
            name: walk::text(object, "username"),
            via: walk::text(object, "provider"),
        })
    };
    // A line of a log may have a status of its own.
    walk::find(text, |object| read(object).filter(|user| user.signed_in))
        .or_else(|| walk::find(text, read))
}

/// `token`: the token and how long it is good for.
pub(super) fn token(text: &str, now: UnixMillis) -> Option<(Secret, Option<Duration>)> {
    walk::find(text, |object| {
        let token = Secret::new(&walk::text(object, "token"));
        let lifetime = measures::lifetime(&walk::text(object, "lifeTime")).or_else(|| {
            measures::expiry(&walk::text(object, "expiration"), now).map(|end| end.since(now))
        });
        (!token.expose().is_empty()).then_some((token, lifetime))
    })
}

/// `--version`: the first version in it.
pub(super) fn version(text: &str) -> Option<String> {
    let line = text.lines().find(|line| !line.trim().is_empty())?;
    let line = text
        .lines()
        .find(|line| line.to_ascii_lowercase().contains("cli version"))
        .unwrap_or(line);
    line.split_whitespace()
        .map(|word| word.trim_matches(['\u{feff}', ',']))
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))
        .map(str::to_owned)
}

fn listed(tunnel: &Value) -> Listed {
    Listed {
        id: walk::text(tunnel, "tunnelId"),
        name: walk::text(tunnel, "name"),
        description: walk::text(tunnel, "description"),
        hosts: walk::count(tunnel, "hostConnections").unwrap_or(0),
        visitors: walk::count(tunnel, "clientConnections"),
        port_count: walk::count(tunnel, "portCount"),
        expiration: walk::text(tunnel, "tunnelExpiration"),
    }
}

fn port_told(port: &Value) -> Option<PortTold> {
    let number = walk::count(port, "portNumber")?;
    let counted = port.get("status").unwrap_or(port);
    Some(PortTold {
        number: PortNumber::new(u16::try_from(number).ok()?)?,
        protocol: protocol_of(&walk::text(port, "protocol")),
        url: url(port),
        metrics: metrics(counted),
        access: access_control(port),
    })
}

/// Bytes are carried whatever they are called; what nobody knows is found out by trying.
pub fn protocol_of(text: &str) -> Protocol {
    match text.to_ascii_lowercase().as_str() {
        "http" => Protocol::Http,
        "https" => Protocol::Https,
        "tcp" | "ssh" | "rdp" => Protocol::Tcp,
        _ => Protocol::Auto,
    }
}

fn url(port: &Value) -> Option<String> {
    let several = walk::texts(port, "portForwardingUris");
    std::iter::once(walk::text(port, "portUri"))
        .chain(several)
        .find(|url| url.starts_with("https://") || url.starts_with("http://"))
}

fn metrics(counted: &Value) -> Metrics {
    let bytes = |key| measures::bytes(&walk::text(counted, key));
    Metrics {
        upload_rate: bytes("currentUploadRate"),
        download_rate: bytes("currentDownloadRate"),
        upload_total: bytes("uploadTotal"),
        download_total: bytes("downloadTotal"),
        connections: walk::count(counted, "clientConnectionCount")
            .or_else(|| walk::count(counted, "clientConnections")),
    }
}

/// A list of entries, `{"entries": […]}`, or the text `{+Anonymous [connect]}`.
fn access_control(of: &Value) -> Option<Vec<Entry>> {
    match of.get("accessControl")? {
        Value::Array(list) => Some(entries(list)),
        value @ Value::Object(_) => Some(entries(walk::list(value, "entries"))),
        Value::String(text) => Some(of_words(text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn of_words(text: &str) -> Vec<Entry> {
    text.split(['{', '}', ' ', ','])
        .filter_map(|word| {
            let deny = word.starts_with('-');
            let kind = word.strip_prefix(['+', '-'])?.to_owned();
            Some(Entry {
                kind,
                deny,
                ..Entry::default()
            })
        })
        .collect()
}

fn entries(list: &[Value]) -> Vec<Entry> {
    list.iter()
        .filter(|entry| entry.is_object())
        .map(entry)
        .collect()
}

fn entry(entry: &Value) -> Entry {
    let lower = |text: String| text.to_ascii_lowercase();
    Entry {
        kind: walk::text(entry, "type"),
        deny: walk::flag(entry, "isDeny"),
        inherited: walk::flag(entry, "isInherited"),
        subjects: walk::texts(entry, "subjects").into_iter().collect(),
        scopes: walk::texts(entry, "scopes")
            .into_iter()
            .map(lower)
            .collect(),
    }
}
