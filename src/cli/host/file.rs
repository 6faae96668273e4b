//! `--file`: several tunnels of a TOML file, each as if it had been typed. It knows the keys and what may
//! stand there, and hosts nothing; what is said of a fault is in `wrong`.

mod wrong;

use self::wrong::{Fault, Place, Wrong};
use super::args::{HostArgs, HostTarget, read_target};
use crate::base::config::{Broken, Node, Value, toml};
use crate::cli::console::Failure;
use crate::cli::exit::Exit;
use crate::cli::parse::find;
use crate::cli::{REACH_VARIABLE, RELAY_VARIABLE};
use crate::model::{
    Catalog, JoinLink, Offers, OptionKind, ProviderId, Reach, TunnelId, default_name, nearest,
};
use crate::view::messages as m;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::str::FromStr;

/// The longest file that is read: some thousands of tunnels.
const MAX_BYTES: u64 = 1024 * 1024;

/// The table of a tunnel.
const TUNNEL: &str = "tunnel";

const WHOLE: &[&str] = &["reach", "relay", TUNNEL];

/// Named as the options of the command line.
const KEYS: &[&str] = &[
    "name",
    "target",
    "port",
    "targets",
    "protocol",
    "public-port",
    "provider",
    "account",
    "public",
    "host-header",
    "proxy-protocol",
    "probe",
    "no-tls-verify",
    "set",
    "health",
];

/// Words under which other programs keep what opens an account.
const SECRETS: &[&str] = &[
    "token",
    "authtoken",
    "auth-token",
    "password",
    "secret",
    "key",
];

/// What is asked for, and where that stands.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) args: HostArgs,
    /// The file and the line; nothing, where it was typed.
    place: Option<(String, usize)>,
}

/// What a file asks for.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) entries: Vec<Entry>,
    /// The relay that it is for, and where that stands.
    relay: Option<(usize, String)>,
}

/// What the command line asks for: itself, or the file that it names.
pub(super) fn asked(typed: &HostArgs, providers: &Catalog) -> Result<Vec<Entry>, Failure> {
    let Some(path) = &typed.file else {
        let args = typed.clone();
        return Ok(vec![Entry { args, place: None }]);
    };
    let name = path.display().to_string();
    let bytes = File::open(path).and_then(read_bytes).map_err(|error| {
        let missing = error.kind() == io::ErrorKind::NotFound;
        let msg = if missing {
            m::cli_file_missing(name.as_str())
        } else {
            m::cli_file_unread(error.to_string(), name.as_str())
        };
        Failure::Usage(vec![msg])
    })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let variable = |name: &str| std::env::var(name).ok();
    let asked = read(&bytes, folder, typed, providers, variable);
    let mut asked = asked.map_err(|wrong| at(&name, &wrong))?;
    for entry in &mut asked.entries {
        if let Some((file, _)) = &mut entry.place {
            file.clone_from(&name);
        }
        entry.args.for_relay = asked.relay.as_ref().map(|(_, relay)| relay.clone());
    }
    Ok(asked.entries)
}

fn at(file: &str, wrong: &Wrong) -> Failure {
    let line = wrong.line.to_string();
    Failure::Usage(vec![m::cli_file_wrong(file, line, wrong.fault.msg())])
}

fn read_bytes(file: File) -> io::Result<Vec<u8>> {
    let mut bytes = vec![];
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

impl Entry {
    /// Says with what is wrong where that stands.
    pub(super) fn locate(&self, failure: Failure) -> Failure {
        let Some((file, line)) = &self.place else {
            return failure;
        };
        let here = |lines: Vec<_>| {
            let msg = |msg| m::cli_file_wrong(file.as_str(), line.to_string(), msg);
            lines.into_iter().map(msg).collect()
        };
        match failure {
            Failure::Usage(lines) => Failure::Usage(here(lines)),
            Failure::Because(msg) => Failure::As(Exit::Failed, here(vec![msg])),
            Failure::As(exit, lines) => Failure::As(exit, here(lines)),
            Failure::Other(_) | Failure::Said => failure,
        }
    }
}

/// Reads a file's bytes. `typed` is what holds for all of it, `folder` where its paths begin.
fn read(
    bytes: &[u8],
    folder: &Path,
    typed: &HostArgs,
    providers: &Catalog,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Asked, Wrong> {
    let root = parse(bytes)?;
    known(&root, WHOLE, Place::Whole)?;
    let relay = relay(&root)?;
    let reach: Option<Reach> = value(&root, "reach")?;
    if let (Some((line, _)), Some(Reach::Here | Reach::Network)) = (&relay, reach) {
        return Err(Fault::RelayBesideReach.at(*line));
    }
    let tunnels = root.get(TUNNEL).map(Node::items).unwrap_or_default();
    if tunnels.is_empty() {
        return Err(Fault::NoTunnel.at(1));
    }
    let typed = HostArgs {
        file: None,
        only_check: false,
        reach: typed.reach.or(reach),
        ..typed.clone()
    };
    let mut seen = Seen::default();
    let mut entries = vec![];
    for tunnel in tunnels {
        let mut args = tunnel_args(tunnel, folder, &typed, providers)?;
        // The same file is the same everywhere: only for whom it is may be said outside of it.
        let checked = args.check(
            |name| {
                [REACH_VARIABLE, RELAY_VARIABLE]
                    .contains(&name)
                    .then(|| variable(name))?
            },
            providers,
        );
        checked.map_err(|what| Fault::Said(what).at(tunnel.line))?;
        seen.check(tunnel.line, &args)?;
        let place = Some((String::new(), tunnel.line));
        entries.push(Entry { args, place });
    }
    Ok(Asked { entries, relay })
}

fn parse(bytes: &[u8]) -> Result<Node, Wrong> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Fault::TooLarge.at(1));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = before.split(|byte| *byte == b'\n').count();
        Fault::NotUtf8.at(line)
    })?;
    let root = toml(text).map_err(|broken| match broken {
        Broken::Syntax { line } => Fault::Syntax.at(line),
        Broken::TooMuch { line } => Fault::TooMuch.at(line),
    })?;
    match link_line(&root) {
        Some(line) => Err(Fault::JoinLink.at(line)),
        None => Ok(root),
    }
}

/// Where a join link stands. No other error may quote it.
fn link_line(node: &Node) -> Option<usize> {
    match &node.value {
        Value::Text(text) => {
            let has = text.to_ascii_lowercase().contains(JoinLink::SCHEME);
            has.then_some(node.line)
        }
        Value::List(items) => items.iter().find_map(link_line),
        Value::Map(entries) => entries.iter().find_map(|(_, node)| link_line(node)),
        Value::Nothing => None,
    }
}

fn relay(root: &Node) -> Result<Option<(usize, String)>, Wrong> {
    let Some((address, line)) = text(root, "relay")? else {
        return Ok(None);
    };
    match read_target(address) {
        Ok(HostTarget::Service(typed)) if typed.protocol.is_none() && address.contains(':') => {
            Ok(Some((line, typed.target.to_string())))
        }
        Ok(_) | Err(_) => Err(Fault::NoRelay.at(line)),
    }
}

fn tunnel_args(
    node: &Node,
    folder: &Path,
    typed: &HostArgs,
    providers: &Catalog,
) -> Result<HostArgs, Wrong> {
    if !matches!(node.value, Value::Map(_)) {
        return Err(Fault::NoTable.at(node.line));
    }
    known(node, KEYS, Place::Tunnel)?;
    let provider: ProviderId = value(node, "provider")?.unwrap_or_default();
    let offers = find(providers, provider)
        .map_err(|what| Fault::Said(what).at(line_of(node, "provider")))?;
    let mut args = typed.clone();
    args.typed_provider = Some(provider);
    args.targets = targets(node)?;
    args.name = value(node, "name")?;
    args.protocol = value(node, "protocol")?;
    args.public_port = value(node, "public-port")?;
    args.account = value(node, "account")?;
    args.public = switch(node, "public")?;
    args.options.host_header = value(node, "host-header")?;
    args.options.proxy_protocol = value(node, "proxy-protocol")?;
    args.options.probe = value(node, "probe")?;
    args.options.no_tls_verify = switch(node, "no-tls-verify")?;
    args.typed_health = pairs(node, "health")?
        .into_iter()
        .map(|(key, value, _)| format!("{key}={value}"))
        .collect();
    args.typed_set = set(node, offers, folder)?;
    // A link that was typed is for those that it carries.
    args.relay = args.relay.filter(|_| offers.joins);
    Ok(args)
}

/// Its ports. One that others serve may have none.
fn targets(node: &Node) -> Result<Vec<HostTarget>, Wrong> {
    let given = ["port", "target", "targets"].into_iter().filter_map(|key| {
        let node = node.get(key)?;
        Some((key, node))
    });
    let given: Vec<_> = given.collect();
    let (key, values) = match given[..] {
        [] => return Ok(vec![]),
        [one] => one,
        [_, (key, second), ..] => {
            return Err(Fault::Beside(key).at(second.line));
        }
    };
    if key != "targets" {
        text(node, key)?;
    }
    let read = |node: &Node| {
        let typed = node.text();
        let typed = typed.ok_or_else(|| Fault::NotTarget(key).at(node.line))?;
        match read_target(typed) {
            Ok(HostTarget::Saved(_)) => Err(Fault::Saved(key).at(node.line)),
            Ok(service) => Ok(service),
            Err(what) => Err(Fault::Said(what).at(node.line)),
        }
    };
    let targets: Vec<_> = values.items().iter().map(read).collect::<Result<_, _>>()?;
    if targets.is_empty() {
        return Err(Fault::Empty(key).at(values.line));
    }
    Ok(targets)
}

/// The options of the provider, as `--set` takes them.
fn set(node: &Node, offers: &Offers, folder: &Path) -> Result<Vec<String>, Wrong> {
    let mut typed = vec![];
    for (key, value, line) in pairs(node, "set")? {
        let beside = |path: &str| folder.join(path).to_string_lossy().into_owned();
        let option = offers.option(key);
        let value = match option {
            Some(option) if option.is_secret() => match value.strip_prefix('@') {
                Some(path) if !matches!(path, "" | "-") => format!("@{}", beside(path)),
                Some(_) | None => return Err(Fault::SecretValue(key.to_owned()).at(line)),
            },
            Some(option) if matches!(option.kind, OptionKind::File) => beside(value),
            Some(_) | None => value.to_owned(),
        };
        typed.push(format!("{key}={value}"));
    }
    Ok(typed)
}

/// What may be said once in a file.
#[derive(Default)]
struct Seen {
    tunnels: BTreeMap<String, usize>,
    /// By the provider and the key of an option that holds for all its tunnels.
    options: BTreeMap<(ProviderId, String), (String, usize)>,
}

impl Seen {
    fn check(&mut self, line: usize, args: &HostArgs) -> Result<(), Wrong> {
        let first = args.targets.iter().find_map(|target| match target {
            HostTarget::Service(typed) => Some(typed.target.port),
            HostTarget::Saved(_) => None,
        });
        let name = args.name.clone();
        let name = name.or_else(|| first.map(|port| default_name(port, None)));
        let id = name.and_then(|name| TunnelId::from_name(&name));
        let id = id.map(String::from).unwrap_or_default();
        if let Some(before) = self.tunnels.insert(id.clone(), line) {
            return Err(Fault::SameName { id, before }.at(line));
        }
        for (key, value) in &args.set.provider {
            let new = (value.clone(), line);
            let before = self.options.insert((args.provider, key.clone()), new);
            if let Some((_, before)) = before.filter(|(before, _)| before != value) {
                let (key, provider) = (key.clone(), args.provider);
                let differs = Fault::Differs {
                    key,
                    provider,
                    before,
                };
                return Err(differs.at(line));
            }
        }
        Ok(())
    }
}

fn line_of(node: &Node, key: &str) -> usize {
    node.get(key).map_or(node.line, |value| value.line)
}

/// No key is there that means nothing.
fn known(node: &Node, keys: &'static [&'static str], place: Place) -> Result<(), Wrong> {
    let Some((key, value)) = node
        .entries()
        .iter()
        .find(|(key, _)| !keys.contains(&&**key))
    else {
        return Ok(());
    };
    let meant = nearest(key, keys.iter().copied());
    let key = key.clone();
    let fault = if SECRETS.contains(&&*key.to_ascii_lowercase()) {
        Fault::SecretKey(key)
    } else if WHOLE.contains(&&*key) {
        Fault::OfWhole(key)
    } else if KEYS.contains(&&*key) {
        Fault::OfTunnel(key)
    } else if let Some(meant) = meant {
        Fault::UnknownMeant { place, key, meant }
    } else {
        Fault::Unknown { place, key, keys }
    };
    Err(fault.at(value.line))
}

/// The text of a key, and its line.
fn text<'n>(node: &'n Node, key: &str) -> Result<Option<(&'n str, usize)>, Wrong> {
    let Some(value) = node.get(key) else {
        return Ok(None);
    };
    match value.text() {
        Some(text) => Ok(Some((text, value.line))),
        None => Err(Fault::NotOneValue(key.to_owned()).at(value.line)),
    }
}

fn value<T: FromStr<Err: Display>>(node: &Node, key: &str) -> Result<Option<T>, Wrong> {
    let Some((text, line)) = text(node, key)? else {
        return Ok(None);
    };
    let wrong = |error: T::Err| {
        let (key, detail) = (key.to_owned(), error.to_string());
        Fault::Value { key, detail }.at(line)
    };
    text.parse().map(Some).map_err(wrong)
}

fn switch(node: &Node, key: &str) -> Result<bool, Wrong> {
    match text(node, key)? {
        None | Some(("false", _)) => Ok(false),
        Some(("true", _)) => Ok(true),
        Some((_, line)) => Err(Fault::NotSwitch(key.to_owned()).at(line)),
    }
}

/// The keys of a table with their texts and lines.
fn pairs<'n>(node: &'n Node, key: &str) -> Result<Vec<(&'n str, &'n str, usize)>, Wrong> {
    let Some(table) = node.get(key) else {
        return Ok(vec![]);
    };
    let takes = |line| Fault::NotTable(key.to_owned()).at(line);
    if !table.is_map() {
        return Err(takes(table.line));
    }
    let pair = |(name, value): &'n (String, Node)| match value.text() {
        Some(text) => Ok((&**name, text, value.line)),
        None => Err(takes(value.line)),
    };
    table.entries().iter().map(pair).collect()
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
