//! The `RemoteForward`s of `~/.ssh/config`, a tunnel each.
//!
//! What OpenSSH's own client says of a host counts where there is one, and our own reading where there is
//! none. A port is asked for at no more of the server's addresses than that client would.

mod asked;
mod files;
mod resolve;
mod untaken;

use super::address::{Address, bracketed};
use super::offers::OFFERS;
use super::services::{PLAIN, Service};
use crate::model::{ConfigFile, ConfigFormat, Folders, Found, Import, Protocol, Why, parse_target};
use asked::{Client, unasked};
use files::{Files, Line};
use resolve::{Resolved, is_none, is_usual_known_hosts};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(super) const FORMAT: ConfigFormat = ConfigFormat {
    name: "ssh_config",
    places: |folders| vec![folders.home.join(".ssh/config")],
    is: |file| {
        let lines = ["host ", "match ", "remoteforward "];
        lines.iter().any(|begin| file.has_line(begin))
    },
    read,
};

/// So much is read.
pub(super) struct Limits;

impl Limits {
    /// Files that include each other, in all.
    const FILES: usize = 64;
    const DEPTH: usize = 16;
    const BYTES: u64 = 1024 * 1024;
    /// Names in a folder that a pattern is looked for in.
    const NAMES: usize = 1_000;
    const HOSTS: usize = 64;
    /// All questions to the client together.
    const ALL_WITHIN: Duration = Duration::from_secs(20);
    /// Servers on the way to one.
    const JUMPS: usize = 5;
}

/// A pattern is no server.
const PATTERN: &str = "ssh-import-pattern";
/// What it stands under holds for no server with a name.
const NO_HOST: &str = "ssh-import-no-host";
/// The block's condition runs a command.
const MATCH_EXEC: &str = "ssh-import-match-exec";
/// The server is reached through a command.
const PROXY_COMMAND: &str = "ssh-import-proxy-command";
/// Visitors of it choose where they go.
const DYNAMIC: &str = "ssh-import-dynamic";
/// A file that is included cannot be read.
const INCLUDE: &str = "ssh-import-include";
/// The client does not say what holds.
const NOT_TOLD: &str = "ssh-import-not-told";

fn read(file: &ConfigFile, folders: &Folders) -> Import {
    let files = Files::read(file, folders);
    let mut import = Import::default();
    for (line, path) in &files.unread {
        import.skip(*line, "Include", Why::with(INCLUDE, path));
    }
    if !files.lines().any(|line| line.keyword == "remoteforward") {
        return import;
    }
    for (place, (_, lines)) in files.all.iter().enumerate() {
        for line in lines {
            if let Some(why) = unasked(line) {
                let (at, what) = files.told(place, line, "Match");
                import.skip(at, what, why);
            }
        }
    }
    let client = Client::new(&files);
    Reading::new(&files, client, folders, import).hosts()
}

/// Whether it stands for one server, and can be asked about.
fn is_name(alias: &str) -> bool {
    !alias.contains(['*', '?', '!', '"']) && !alias.starts_with('-')
}

/// The names that stand for a server, in the files' order.
fn aliases(files: &Files, import: &mut Import) -> Vec<String> {
    let (mut seen, mut aliases) = (BTreeSet::new(), vec![]);
    let hosts = files.lines().filter(|line| line.keyword == "host");
    for alias in hosts.flat_map(|line| &line.args) {
        if is_name(alias) && seen.insert(alias.clone()) {
            aliases.push(alias.clone());
        }
    }
    if aliases.len() > Limits::HOSTS {
        aliases.truncate(Limits::HOSTS);
        let why = Why::with(Why::TOO_MUCH, Limits::HOSTS.to_string());
        import.skip(0, "Host", why);
    }
    aliases
}

struct Reading<'a> {
    files: &'a Files,
    client: Option<Client>,
    folders: &'a Folders,
    import: Import,
    /// What holds for each name of what was asked for.
    told: Vec<(String, Resolved)>,
}

impl<'a> Reading<'a> {
    const fn new(
        files: &'a Files,
        client: Option<Client>,
        folders: &'a Folders,
        import: Import,
    ) -> Self {
        Self {
            files,
            client,
            folders,
            import,
            told: vec![],
        }
    }

    /// Reads what holds for each name, and says what holds for none.
    fn hosts(mut self) -> Import {
        for alias in aliases(self.files, &mut self.import) {
            self.host(&alias);
        }
        untaken::skip(self.files, &self.told, &mut self.import);
        self.import
    }

    fn host(&mut self, alias: &str) {
        let resolved = self.resolve(alias);
        let line = self
            .files
            .number(|line| line.keyword == "host" && line.args.iter().any(|it| it == alias));
        let line = line.unwrap_or(0);
        self.told.push((alias.to_owned(), resolved.clone()));
        if resolved.forwards.is_empty() {
            return;
        }
        if resolved.command && resolved.jump.is_none() {
            return self.import.skip(line, alias, Why::plain(PROXY_COMMAND));
        }
        let server = match self.server(alias, line, &resolved) {
            Ok(server) => server,
            Err(why) => return self.import.skip(line, alias, why),
        };
        if resolved.certificate {
            let what = format!("{alias}: CertificateFile");
            self.import.skip(line, what, Why::plain(Why::LEFT_OUT));
        }
        let is_one = resolved.forwards.len() == 1;
        for forward in &resolved.forwards {
            let at = self.line_of(forward).unwrap_or(line);
            match tunnel(alias, &resolved, &server, forward, is_one) {
                Ok(found) => self.import.found.push(Found { line: at, ..found }),
                Err(why) => {
                    let what = format!("{alias}: {} {}", forward.0, forward.1);
                    self.import.skip(at, what.trim(), why);
                }
            }
        }
    }

    /// What holds for a name.
    fn resolve(&mut self, alias: &str) -> Resolved {
        let own = || Resolved::read(self.files, alias);
        let Some(client) = &self.client else {
            return own();
        };
        client.ask(alias).unwrap_or_else(|| {
            let resolved = own();
            self.import.skip(0, alias, Why::plain(NOT_TOLD));
            resolved
        })
    }

    /// Where the files say so, for whoever looks for it.
    fn line_of(&self, (from, to): &(String, String)) -> Option<usize> {
        self.files.number(|line| says(line, from, to))
    }

    /// The options that say which server it is, and how it is reached.
    fn server(
        &mut self,
        alias: &str,
        line: usize,
        resolved: &Resolved,
    ) -> Result<Vec<(&'static str, String)>, Why> {
        let mut options = vec![("server", checked("server", address(resolved)?.to_string())?)];
        if let Some(jump) = resolved.jump.as_deref().filter(|jump| *jump != "none") {
            let jumps = self.jumps(jump, Limits::JUMPS)?;
            options.push(("jump", checked("jump", jumps.join(","))?));
        }
        let mut left_out = vec![];
        let ssh = self.folders.home.join(".ssh");
        let mut identity = None;
        for key in resolved.identities.iter().filter(|key| !is_none(key)) {
            let key = key.replacen("%d", "~", 1);
            if identity.is_some() || key.contains('%') {
                left_out.push(format!("{alias}: IdentityFile {key}"));
            } else {
                identity = Some(path(self.folders, &key, &ssh));
            }
        }
        options.extend(identity.map(|key| ("identity", key)));
        match self.known_hosts(&resolved.known_hosts) {
            Some(Ok(path)) => options.push(("known-hosts", path)),
            Some(Err(())) => left_out.push(format!("{alias}: UserKnownHostsFile")),
            None => {}
        }
        for what in left_out {
            self.import.skip(line, what, Why::plain(Why::LEFT_OUT));
        }
        Ok(options)
    }

    /// The file that takes the place of the usual ones, unless those are it. Ours is one that is there: no
    /// connection is made without it.
    fn known_hosts(&self, files: &[String]) -> Option<Result<String, ()>> {
        if files
            .iter()
            .all(|it| is_none(it) || is_usual_known_hosts(it))
        {
            return None;
        }
        let [one] = files else {
            return Some(Err(()));
        };
        let path = path(self.folders, one, &self.folders.home.join(".ssh"));
        Some(Path::new(&path).exists().then_some(path).ok_or(()))
    }

    /// The servers on the way, each by its own name; the first may have some before it.
    fn jumps(&mut self, list: &str, left: usize) -> Result<Vec<String>, Why> {
        let mut jumps = vec![];
        for (at, hop) in list.split(',').enumerate() {
            let typed = Address::parse(hop).map_err(|_| no_address())?;
            let mut resolved = self.resolve(&typed.host);
            if resolved.command && resolved.jump.is_none() {
                return Err(Why::plain(PROXY_COMMAND));
            }
            if at == 0
                && let Some(before) = resolved.jump.as_deref().filter(|jump| *jump != "none")
            {
                let left = left.checked_sub(1);
                let left = left.ok_or_else(|| Why::with(Why::TOO_MUCH, "5"))?;
                jumps.extend(self.jumps(before, left)?);
            }
            if typed.user.is_some() {
                resolved.user.clone_from(&typed.user);
            }
            if hop.trim().ends_with(&format!(":{}", typed.port)) {
                resolved.port = Some(typed.port);
            }
            jumps.push(address(&resolved)?.to_string());
        }
        Ok(jumps)
    }
}

fn tunnel(
    alias: &str,
    resolved: &Resolved,
    server: &[(&'static str, String)],
    (from, to): &(String, String),
    is_one: bool,
) -> Result<Found, Why> {
    let (listens, port) = listen(from);
    if to.is_empty() || to.starts_with("[socks]") {
        return Err(Why::plain(DYNAMIC));
    }
    let target = parse_target(&bare(to)).map_err(|_| Why::with(Why::NO_PORT, to))?;
    let name = match (is_one, port) {
        (true, _) => alias.to_owned(),
        (false, Some(port)) if port > 0 => format!("{alias}-{port}"),
        (false, _) => format!("{alias}-{}", target.port),
    };
    let mut found = Found::new(0, &name, OFFERS.id, target);
    for (key, value) in server {
        found.set(key, value);
    }
    let Some(port) = port else {
        found.protocol = Protocol::Tcp;
        found.set("socket", checked("socket", listens)?);
        return Ok(found);
    };
    let service = Service::at(&resolved.host);
    let is_own = *service == PLAIN;
    // The services give such ports a name of the Web; a server of one's own gives bytes.
    let is_web = !is_own && (!service.tcp || matches!(port, 0 | 80 | 443));
    found.protocol = if is_web {
        Protocol::Auto
    } else {
        Protocol::Tcp
    };
    if port > 0 && !is_web {
        found.set("remote-port", port.to_string());
    }
    match listens.as_str() {
        "" if is_own => found.set("name", "localhost"),
        // Every address of the server's, which is what is asked for without a name.
        "" | "*" | "0.0.0.0" | "::" => {}
        name => found.set("name", checked("name", name.to_owned())?),
    }
    Ok(found)
}

fn address(resolved: &Resolved) -> Result<Address, Why> {
    let user = resolved.user.as_ref().map(|user| format!("{user}@"));
    let place = format!("{}{}", user.unwrap_or_default(), bracketed(&resolved.host));
    let place = match resolved.port {
        Some(port) => format!("{place}:{port}"),
        None => place,
    };
    Address::parse(&place).map_err(|_| no_address())
}

fn no_address() -> Why {
    Why::with(Why::INVALID, Address::TAKES)
}

fn checked(key: &str, value: String) -> Result<String, Why> {
    match OFFERS.option(key) {
        Some(option) if option.takes(&value) => Ok(value),
        Some(option) => Err(Why::with(Why::INVALID, option.values())),
        None => Err(Why::with(Why::INVALID, key)),
    }
}

fn path(folders: &Folders, path: &str, beside: &Path) -> String {
    let path: PathBuf = folders.whole(path, beside);
    path.to_string_lossy().into_owned()
}

/// `[HOST]:PORT` as the client tells it, without the brackets where they are not needed.
fn bare(target: &str) -> String {
    match target.strip_prefix('[').and_then(|it| it.split_once(']')) {
        Some((host, port)) if !host.contains(':') => format!("{host}{port}"),
        Some(_) | None => target.to_owned(),
    }
}

/// Whether a line asks for this forward, as the client tells it.
fn says(line: &Line, from: &str, to: &str) -> bool {
    let own = line.args.first().map(|it| listen(it));
    let target = line.args.get(1).map(|it| it.replace(['[', ']'], ""));
    line.keyword == "remoteforward"
        && own == Some(listen(from))
        && target.unwrap_or_default() == to.replace("[socks]:0", "").replace(['[', ']'], "")
}

/// Where a server is to listen: an address or nothing, and a port; without one it is a socket's path.
fn listen(text: &str) -> (String, Option<u16>) {
    let split = text.rsplit_once(':').or_else(|| {
        let is_path = text.starts_with('/');
        text.rsplit_once('/').filter(|_| !is_path)
    });
    let (address, port) = split.unwrap_or(("", text));
    match port.parse() {
        Ok(port) => (address.trim_matches(['[', ']']).to_owned(), Some(port)),
        Err(_) => (text.to_owned(), None),
    }
}

#[cfg(test)]
mod tests;
