//! cloudflared's `config.yml`: a tunnel that is managed on this computer, as one of ours.
//!
//! Ours carries one hostname. Two of ours with one tunnel's credentials would be replicas of each other to
//! Cloudflare, which would send each the other's visitors: so a file with several hostnames gives none.

use super::offers::OFFERS;
use super::options::is_hostname;
use crate::base::config::{self, Node, Value};
use crate::base::local::is_here;
use crate::model::{
    ConfigFile, ConfigFormat, Folders, Found, Import, Protocol, Secret, Why, parse_url_target,
};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub(super) const FORMAT: ConfigFormat = ConfigFormat {
    name: "cloudflared config.yml",
    places,
    is: |file| {
        let keys = ["credentials-file:", "ingress:", "tunnel:"];
        keys.iter().any(|key| file.has_line(key))
    },
    read,
};

/// Several hostnames lead to one tunnel.
const MANY: &str = "cloudflared-import-many";
/// Where its visitors go is said in the dashboard.
const DASHBOARD: &str = "cloudflared-import-dashboard";
/// No hostname leads to it.
const NO_HOSTNAME: &str = "cloudflared-import-no-hostname";
/// A part of a hostname leads elsewhere.
const PATH: &str = "cloudflared-import-path";

fn places(folders: &Folders) -> Vec<PathBuf> {
    let own = folders.home.join(".cloudflared");
    let shared = ["/etc/cloudflared", "/usr/local/etc/cloudflared"];
    std::iter::once(own)
        .chain(shared.map(PathBuf::from))
        .flat_map(|folder| ["config.yml", "config.yaml"].map(|name| folder.join(name)))
        .collect()
}

fn read(file: &ConfigFile, folders: &Folders) -> Import {
    let root = match config::yaml(&file.text) {
        Ok(root) => root,
        Err(broken) => return Import::unreadable(broken.line(), "YAML"),
    };
    if !root.is_map() {
        return Import::unreadable(root.line, "YAML");
    }
    let mut import = Import::default();
    for (key, node) in root.entries() {
        match key.as_str() {
            "tunnel" | "credentials-file" | "ingress" | "protocol" | "token" => {}
            "hostname" | "url" if root.get("ingress").is_none() => {}
            "originRequest" => {
                origin(&mut import, "", node, false);
            }
            _ => import.skip(node.line, key, Why::plain(Why::LEFT_OUT)),
        }
    }
    let mut found = rules(&mut import, &root);
    if let Some(code) = shared(&root).or((found.len() > 1).then_some(MANY)) {
        for found in found.drain(..) {
            import.skip(found.line, found.name, Why::plain(code));
        }
    }
    for mut found in found {
        identify(&mut found, &root, file, folders);
        import.found.push(found);
    }
    import
}

/// Why the tunnel is not that of one hostname alone, whatever becomes of each rule: ours would get the
/// visitors of the others as well, and know nothing of where they are to go.
fn shared(root: &Node) -> Option<&'static str> {
    let rules = root.get("ingress").map(Node::items).unwrap_or_default();
    let names = rules.iter().filter_map(|rule| rule.text_of("hostname"));
    let names = names.filter(|name| *name != "*");
    let names: BTreeSet<String> = names.map(str::to_ascii_lowercase).collect();
    if names.len() > 1 {
        return Some(MANY);
    }
    let has_path = rules.iter().any(|rule| rule.get("path").is_some());
    has_path.then_some(PATH)
}

/// The hostnames that lead to a service, a tunnel each.
fn rules(import: &mut Import, root: &Node) -> Vec<Found> {
    let top = root.get("originRequest").and_then(access_of);
    let Some(rules) = root.get("ingress") else {
        let line = root.get("tunnel").map_or(0, |node| node.line);
        let why = match (root.text_of("url"), root.text_of("hostname")) {
            (Some(_), Some(_)) => {
                return rule(import, "url", root, top).into_iter().collect();
            }
            (Some(_), None) => NO_HOSTNAME,
            (None, _) => DASHBOARD,
        };
        import.skip(line, "tunnel", Why::plain(why));
        return vec![];
    };
    let mut found: Vec<Found> = vec![];
    for (at, node) in rules.items().iter().enumerate() {
        let what = format!("ingress[{at}]");
        if let Some(new) = rule(import, &what, node, top) {
            found.push(new);
        }
    }
    found
}

/// One rule; what it is not taken for is said.
fn rule(import: &mut Import, what: &str, node: &Node, top: Option<&Node>) -> Option<Found> {
    let service = node.text_of("service").or_else(|| node.text_of("url"));
    let service = service.unwrap_or_default();
    let hostname = node.text_of("hostname").filter(|name| *name != "*");
    let mut refuse = |why| {
        let what = hostname.unwrap_or(what);
        import.skip(node.line, what, why);
        None
    };
    let Some(name) = hostname else {
        // The last rule is for everybody else, and ours answers them itself.
        let is_end = service.starts_with("http_status:");
        return (!is_end).then(|| refuse(Why::plain(NO_HOSTNAME)))?;
    };
    if !is_hostname(name) {
        let takes = "app.example.org";
        return refuse(Why::with(Why::INVALID, takes));
    }
    if node.get("path").is_some() {
        return refuse(Why::plain(PATH));
    }
    let protocol = match service.split_once("://") {
        Some(("http", _)) => Protocol::Http,
        Some(("https", _)) => Protocol::Https,
        Some((scheme, _)) => return refuse(Why::with(Why::NOT_CARRIED, scheme)),
        None => return refuse(Why::with(Why::NO_PORT, service)),
    };
    let Some(typed) = parse_url_target(service) else {
        let shown = if service.contains('@') { "" } else { service };
        return refuse(Why::with(Why::NO_PORT, shown));
    };
    let mut found = Found::new(node.line, name, OFFERS.id, typed.target);
    found.protocol = protocol;
    found.set("hostname", name);
    let own = node.get("originRequest");
    let access = own.and_then(access_of).or(top);
    if access.is_some_and(is_required) {
        import.skip(
            node.line,
            name,
            Why::with(Why::RESTRICTS, "originRequest.access"),
        );
        return None;
    }
    if let Some(own) = own {
        origin(import, name, own, is_here(&found.target.host));
    }
    Some(found)
}

/// Who signs in at Cloudflare first; nothing at all says nothing.
fn access_of(origin: &Node) -> Option<&Node> {
    let access = origin.get("access");
    access.filter(|access| !matches!(access.value, Value::Nothing))
}

/// Whether that is asked for, or might be: only what is false to every reader of YAML is not.
fn is_required(access: &Node) -> bool {
    match access.get("required").map(|node| &node.value) {
        None | Some(Value::Nothing) => false,
        Some(Value::Text(text)) => {
            let text = text.to_ascii_lowercase();
            !["false", "no", "off", "n"].contains(&text.as_str())
        }
        Some(Value::List(_) | Value::Map(_)) => true,
    }
}

/// How the service is asked, which ours does in its own way.
fn origin(import: &mut Import, name: &str, node: &Node, here: bool) {
    for (key, node) in node.entries() {
        // A service on this computer may have any certificate.
        let is_so_anyway = key == "access" || (key == "noTLSVerify" && here);
        if !is_so_anyway {
            let what = [name, "originRequest", key];
            let what: Vec<&str> = what.into_iter().filter(|it| !it.is_empty()).collect();
            import.skip(node.line, what.join("."), Why::plain(Why::LEFT_OUT));
        }
    }
}

/// Which tunnel at Cloudflare it is.
fn identify(found: &mut Found, root: &Node, file: &ConfigFile, folders: &Folders) {
    if let Some(protocol) = root.text_of("protocol") {
        let option = OFFERS.option("protocol");
        if option.is_some_and(|option| option.takes(protocol)) {
            found.set("protocol", protocol);
        }
    }
    if let Some(token) = root.text_of("token") {
        let token = Secret::new(token);
        found.secrets.insert("token".to_owned(), token);
        return;
    }
    let beside = file.path.parent().unwrap_or(Path::new("."));
    let named = root.text_of("credentials-file").map(str::to_owned);
    let tunnel = root.text_of("tunnel").unwrap_or_default();
    let usual = || format!("{tunnel}.json");
    let path = folders.whole(&named.unwrap_or_else(usual), beside);
    found.set("credentials", path.to_string_lossy());
}

#[cfg(test)]
mod tests;
