//! `ngrok.yml`, versions 2 and 3, as tunnels and a token.
//!
//! A tunnel with something that keeps strangers out, or might, is taken with that or not at all.

use super::offers::OFFERS;
use super::token::is_token;
use crate::base::config::{self, Node};
use crate::model::{
    AccountId, ConfigFile, ConfigFormat, Folders, Found, HostHeader, Import, Protocol,
    ProxyVersion, Secret, TypedTarget, Why, parse_typed_target,
};
use std::path::PathBuf;

pub(super) const FORMAT: ConfigFormat = ConfigFormat {
    name: "ngrok.yml",
    places,
    is: |file| {
        let keys = ["authtoken:", "endpoints:", "agent:"];
        file.name().starts_with("ngrok") || keys.iter().any(|key| file.has_line(key))
    },
    read,
};

/// A policy has to be in a file of its own.
const POLICY: &str = "ngrok-import-policy";

/// What a tunnel cannot be without, and we have in another form or not at all.
const RESTRICTIONS: [&str; 9] = [
    "oidc",
    "saml",
    "mutual_tls_cas",
    "mutual_tls",
    "verify_webhook",
    "verify_webhook_provider",
    "verify_webhook_secret",
    "webhook_verification",
    "user_agent_filter",
];

/// What one is served without, as well.
const LEFT_OUT: [&str; 15] = [
    "schemes",
    "bind_tls",
    "inspect",
    "metadata",
    "description",
    "compression",
    "circuit_breaker",
    "websocket_tcp_converter",
    "request_header",
    "response_header",
    "crt",
    "key",
    "subdomain",
    "agent_tls_termination",
    "upstream",
];

fn places(folders: &Folders) -> Vec<PathBuf> {
    vec![
        folders.config.join("ngrok/ngrok.yml"),
        folders.local.join("ngrok/ngrok.yml"),
        folders.home.join(".ngrok2/ngrok.yml"),
    ]
}

fn read(file: &ConfigFile, _: &Folders) -> Import {
    let root = match config::yaml(&file.text) {
        Ok(root) => root,
        Err(broken) => return Import::unreadable(broken.line(), "YAML"),
    };
    if !root.is_map() {
        return Import::unreadable(root.line, "YAML");
    }
    let mut import = Import::default();
    let agent = root.get("agent").map(Node::entries).unwrap_or_default();
    let agent = agent.iter().map(|(key, node)| (true, key, node));
    let top = root.entries().iter().map(|(key, node)| (false, key, node));
    for (in_agent, key, node) in top.chain(agent) {
        let what = if in_agent {
            format!("agent.{key}")
        } else {
            key.clone()
        };
        match key.as_str() {
            "version" | "agent" if node.is_map() || key == "version" => {}
            // Of another form than it should have.
            "tunnels" if !in_agent && !node.is_map() => {
                import.skip(node.line, what, Why::with(Why::UNREADABLE, "YAML"));
            }
            "tunnels" if !in_agent => {
                for (name, node) in node.entries() {
                    let made = tunnel(&mut import, name, node);
                    keep(&mut import, &format!("tunnels.{name}"), node.line, made);
                }
            }
            "endpoints" if !in_agent => {
                for node in node.items() {
                    let name = node.text_of("name").unwrap_or("endpoint").to_owned();
                    let made = endpoint(&mut import, &name, node);
                    keep(&mut import, &format!("endpoints.{name}"), node.line, made);
                }
            }
            "authtoken" => match node.text().filter(|text| is_token(text)) {
                Some(token) => {
                    let token = Secret::new(token);
                    import.tokens.push((AccountId::only(OFFERS.id), token));
                }
                None => import.skip(node.line, what, Why::with(Why::INVALID, "TOKEN")),
            },
            "region" | "server_addr" | "connect_url" => {
                import.skip(node.line, what, Why::with(Why::FOR_ALL, "ngrok: server"));
            }
            _ => import.skip(node.line, what, Why::plain(Why::LEFT_OUT)),
        }
    }
    import
}

/// Keeps a tunnel, or says where it stands why it is none.
fn keep(import: &mut Import, what: &str, line: usize, made: Result<Found, (usize, String, Why)>) {
    match made {
        Ok(found) => import.found.push(found),
        Err((0, key, why)) => import.skip(line, joined(what, &key), why),
        Err((at, key, why)) => import.skip(at, joined(what, &key), why),
    }
}

fn joined(what: &str, key: &str) -> String {
    if key.is_empty() {
        what.to_owned()
    } else {
        format!("{what}.{key}")
    }
}

type Refused = (usize, String, Why);

/// A tunnel as version 2 has it, and 3 still may.
fn tunnel(import: &mut Import, name: &str, node: &Node) -> Result<Found, Refused> {
    let proto = node.text_of("proto").unwrap_or("http");
    let typed = target(node, "addr")?;
    let mut found = Found::new(node.line, name, OFFERS.id, typed.target);
    found.protocol = match proto {
        "http" | "https" => typed.protocol.unwrap_or(Protocol::Http),
        "tcp" => Protocol::Tcp,
        "tls" => tls(&mut found),
        _ => return Err((0, "proto".to_owned(), Why::with(Why::NOT_CARRIED, proto))),
    };
    for (key, node) in node.entries() {
        match key.as_str() {
            "proto" | "addr" => {}
            "domain" | "hostname" => name_of(import, &mut found, key, node, "domain")?,
            "remote_addr" => name_of(import, &mut found, key, node, "address")?,
            "basic_auth" | "auth" => secret(&mut found, key, node, "basic-auth")?,
            "host_header" => found.port.host_header = host_header(key, node)?,
            "oauth" => oauth(&mut found, node)?,
            "ip_restriction" => networks(&mut found, node)?,
            "pooling_enabled" => pool(&mut found, node),
            "proxy_proto" => {
                found.port.proxy_protocol = match node.text() {
                    Some("1") => Some(ProxyVersion::V1),
                    Some("2") => Some(ProxyVersion::V2),
                    _ => None,
                }
            }
            _ => other(import, &found.name, "tunnels", key, node)?,
        }
    }
    keep_internal(&mut found);
    Ok(found)
}

/// An endpoint as version 3 has it.
fn endpoint(import: &mut Import, name: &str, node: &Node) -> Result<Found, Refused> {
    let absent = || (0, "upstream".to_owned(), Why::with(Why::NO_PORT, ""));
    let typed = target(node.get("upstream").ok_or_else(absent)?, "url")?;
    let mut found = Found::new(node.line, name, OFFERS.id, typed.target);
    let url = node.text_of("url").unwrap_or_default();
    found.protocol = typed.protocol.unwrap_or(Protocol::Http);
    if url.starts_with("tcp://") {
        found.protocol = Protocol::Tcp;
    } else if url.starts_with("tls://") {
        found.protocol = tls(&mut found);
    }
    for (key, node) in node.entries() {
        match key.as_str() {
            "name" => {}
            "url" => public_url(import, &mut found, node)?,
            "upstream" => {
                let is_told = |key: &str| key == "url";
                for (inner, node) in node.entries().iter().filter(|(key, _)| !is_told(key)) {
                    other(import, name, "endpoints", &format!("{key}.{inner}"), node)?;
                }
            }
            "pooling_enabled" => pool(&mut found, node),
            "bindings" if node.items().is_empty() => {}
            "bindings" => restrict(&mut found, key, node, "binding")?,
            _ => other(import, name, "endpoints", key, node)?,
        }
    }
    keep_internal(&mut found);
    Ok(found)
}

fn target(node: &Node, key: &str) -> Result<TypedTarget, Refused> {
    let at = node.get(key).map_or(0, |node| node.line);
    let text = node.text_of(key).unwrap_or_default();
    parse_typed_target(text).map_err(|_| {
        // There may be a password in it.
        let shown = if text.contains('@') { "" } else { text };
        (at, key.to_owned(), Why::with(Why::NO_PORT, shown))
    })
}

/// TLS that ends at the service is bytes to us.
fn tls(found: &mut Found) -> Protocol {
    found.set("protocol", "tls");
    Protocol::Tcp
}

/// What the option takes, else the tunnel goes without: it is reached under another name then.
fn take(import: &mut Import, found: &mut Found, key: &str, node: &Node, option: &str) {
    let value = node.texts().join(",");
    match OFFERS.option(option) {
        Some(spec) if spec.takes(&value) => found.set(option, value),
        Some(spec) => {
            let what = format!("{}.{key}", found.name);
            import.skip(node.line, what, Why::with(Why::INVALID, spec.values()));
        }
        None => {}
    }
}

/// A name to be reached by. One that is not everybody's is kept as it is, or there is no tunnel: another
/// name would be.
fn name_of(
    import: &mut Import,
    found: &mut Found,
    key: &str,
    node: &Node,
    option: &str,
) -> Result<(), Refused> {
    if node.texts().into_iter().any(is_internal) {
        return restrict(found, key, node, option);
    }
    take(import, found, key, node, option);
    Ok(())
}

/// Whether only the account's own endpoints reach it, whatever stands around the name.
fn is_internal(place: &str) -> bool {
    let place = place.rsplit_once("://").map_or(place, |(_, rest)| rest);
    let place = place.split(['/', '?', '#']).next().unwrap_or_default();
    let host = place.rsplit_once('@').map_or(place, |(_, host)| host);
    let host = host.split(':').next().unwrap_or_default();
    let host = host.trim().trim_end_matches('.').to_ascii_lowercase();
    host.ends_with(".internal")
}

/// Such a name is never everybody's.
fn keep_internal(found: &mut Found) {
    let mut names = ["domain", "address"]
        .into_iter()
        .filter_map(|key| found.options.get(key));
    let is_public = matches!(
        found.options.get("binding").map(String::as_str),
        None | Some("public")
    );
    if is_public && names.any(|name| is_internal(name)) {
        found.set("binding", "internal");
    }
}

/// The texts of what keeps strangers out; something else among them would be lost.
fn texts<'a>(key: &str, node: &'a Node) -> Result<Vec<&'a str>, Refused> {
    let texts = node.texts();
    if texts.len() == node.items().len() {
        Ok(texts)
    } else {
        Err(refused(key, node))
    }
}

/// The same of what keeps strangers out: without it there is no tunnel.
fn restrict(found: &mut Found, key: &str, node: &Node, option: &str) -> Result<(), Refused> {
    let value = texts(key, node)?.join(",");
    match OFFERS.option(option) {
        Some(spec) if spec.takes(&value) => found.set(option, value),
        Some(_) | None => return Err(refused(key, node)),
    }
    Ok(())
}

fn secret(found: &mut Found, key: &str, node: &Node, option: &str) -> Result<(), Refused> {
    let value = texts(key, node)?.join("\n");
    if value.is_empty() {
        return Ok(());
    }
    match OFFERS.option(option) {
        Some(spec) if spec.takes(&value) => {
            let value = Secret::new(&value);
            found.secrets.insert(option.to_owned(), value);
            Ok(())
        }
        Some(spec) => {
            let why = Why::with(Why::INVALID, spec.values());
            Err((node.line, key.to_owned(), why))
        }
        None => Err(refused(key, node)),
    }
}

fn refused(key: &str, node: &Node) -> Refused {
    (node.line, key.to_owned(), Why::with(Why::RESTRICTS, key))
}

fn pool(found: &mut Found, node: &Node) {
    if node.text() == Some("true") {
        found.set("pooling", "on");
    }
}

fn oauth(found: &mut Found, node: &Node) -> Result<(), Refused> {
    // Who of all that have an account there may come in is said beside it: we cannot say it.
    for (key, inner) in node.entries() {
        if key != "provider" && !inner.items().is_empty() {
            return Err(refused(&format!("oauth.{key}"), inner));
        }
    }
    match node.get("provider") {
        Some(provider) => restrict(found, "oauth.provider", provider, "oauth"),
        None => Err(refused("oauth", node)),
    }
}

fn networks(found: &mut Found, node: &Node) -> Result<(), Refused> {
    for (key, inner) in node.entries() {
        match key.as_str() {
            "allow_cidrs" if !inner.items().is_empty() => restrict(found, key, inner, "allow")?,
            "deny_cidrs" if !inner.items().is_empty() => restrict(found, key, inner, "deny")?,
            "allow_cidrs" | "deny_cidrs" => {}
            _ => return Err(refused(&format!("ip_restriction.{key}"), inner)),
        }
    }
    Ok(())
}

fn host_header(key: &str, node: &Node) -> Result<HostHeader, Refused> {
    match node.text().unwrap_or_default() {
        "" | "preserve" => Ok(HostHeader::Keep),
        text => text.parse().map_err(|_| {
            let why = Why::with(Why::INVALID, HostHeader::TAKES);
            (node.line, key.to_owned(), why)
        }),
    }
}

/// Under which name, or at which address, it is reached.
fn public_url(import: &mut Import, found: &mut Found, node: &Node) -> Result<(), Refused> {
    let url = node.text().unwrap_or_default();
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    // A port that the scheme has anyway is none of the name.
    let usual = if scheme == "http" { ":80" } else { ":443" };
    let name = if scheme == "tcp" {
        rest
    } else {
        let name = rest.strip_suffix('/').unwrap_or(rest);
        name.strip_suffix(usual).unwrap_or(name)
    };
    let place = Node {
        line: node.line,
        value: config::Value::Text(name.to_owned()),
    };
    match scheme {
        _ if rest.is_empty() => {}
        "tcp" => name_of(import, found, "url", &place, "address")?,
        "https" | "tls" => name_of(import, found, "url", &place, "domain")?,
        "http" => {
            name_of(import, found, "url", &place, "domain")?;
            let what = format!("{}.url", found.name);
            import.skip(node.line, what, Why::with(Why::LEFT_OUT, "http"));
        }
        _ => {
            let why = Why::with(Why::NOT_CARRIED, scheme);
            return Err((node.line, "url".to_owned(), why));
        }
    }
    Ok(())
}

/// Whatever has no place of its own.
fn other(
    import: &mut Import,
    name: &str,
    list: &str,
    key: &str,
    node: &Node,
) -> Result<(), Refused> {
    let at = |why| (node.line, key.to_owned(), why);
    let first = key.split('.').next().unwrap_or(key);
    match first {
        "policy" | "traffic_policy" if node.entries().is_empty() && node.text().is_none() => Ok(()),
        "policy" | "traffic_policy" => Err(at(Why::plain(POLICY))),
        "labels" => Err(at(Why::with(Why::NOT_CARRIED, "labels"))),
        _ if RESTRICTIONS.contains(&first) => Err(refused(key, node)),
        _ if LEFT_OUT.contains(&first) => {
            let what = format!("{list}.{name}.{key}");
            import.skip(node.line, what, Why::plain(Why::LEFT_OUT));
            Ok(())
        }
        _ => Err(at(Why::with(Why::UNKNOWN, key))),
    }
}

#[cfg(test)]
mod tests;
