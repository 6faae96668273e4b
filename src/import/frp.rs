//! frp's client configuration, whichever of its forms. We do not speak its protocol: what leads to a local
//! port is taken for our own relay, by name and target, and said to be so.

use crate::base::config::{self, Broken, Node, Value};
use crate::model::{
    ConfigFile, ConfigFormat, Folders, Found, HostHeader, Import, PortNumber, Protocol, ProviderId,
    ProxyVersion, Target, Why,
};
use std::path::PathBuf;

pub(super) const FORMAT: ConfigFormat = ConfigFormat {
    name: "frpc.toml",
    places,
    is: |file| {
        let begins = ["serverAddr", "[common]", "[[proxies]]", "proxies:"];
        file.name().starts_with("frpc") || begins.iter().any(|begin| file.has_line(begin))
    },
    read,
};

/// What goes over our relay instead.
const OTHER_SERVER: &str = "import-frp-server";
/// The port that visitors come to is another one.
const REMOTE_PORT: &str = "import-frp-port";
/// The name that they come to is another one.
const NAME: &str = "import-frp-name";
/// Files with more of them.
const INCLUDES: &str = "import-frp-includes";
/// Its token opens nothing here.
const TOKEN: &str = "import-frp-token";

/// What an `.ini` of old calls what the newer forms have.
const OLD_NAMES: [(&str, &str); 12] = [
    ("local_ip", "localIP"),
    ("local_port", "localPort"),
    ("remote_port", "remotePort"),
    ("custom_domains", "customDomains"),
    ("http_user", "httpUser"),
    ("http_pwd", "httpPassword"),
    ("host_header_rewrite", "hostHeaderRewrite"),
    ("route_by_http_user", "routeByHTTPUser"),
    ("server_addr", "serverAddr"),
    ("server_port", "serverPort"),
    ("sk", "secretKey"),
    ("proxy_protocol_version", "transport.proxyProtocolVersion"),
];

/// What lets only some of the visitors come.
const RESTRICTIONS: [&str; 4] = ["allowUsers", "locations", "role", "routeByHTTPUser"];

/// What one does without and nobody comes in for it. The last are of an `.ini`.
const LEFT_OUT: [&str; 10] = [
    "annotations",
    "healthCheck",
    "loadBalancer",
    "metadatas",
    "requestHeaders",
    "responseHeaders",
    "bandwidth_limit",
    "bandwidth_limit_mode",
    "use_compression",
    "use_encryption",
];

/// The same, by how they begin in an `.ini`.
const LEFT_OUT_BEGINS: [&str; 4] = ["group", "header_", "health_check_", "meta_"];

fn places(folders: &Folders) -> Vec<PathBuf> {
    let names = [
        "frpc.toml",
        "frpc.yaml",
        "frpc.yml",
        "frpc.json",
        "frpc.ini",
    ];
    let own = [folders.config.join("frp"), folders.home.clone()];
    let shared = ["/etc/frp", "/usr/local/etc/frp"].map(PathBuf::from);
    let all = own.into_iter().chain(shared);
    all.flat_map(|folder| names.map(|name| folder.join(name)))
        .collect()
}

fn read(file: &ConfigFile, _: &Folders) -> Import {
    let name = file.name();
    let (format, root) = if file.has_line("[common]") {
        ("INI", Ok(ini(&file.text)))
    } else if [".yaml", ".yml", ".json"]
        .iter()
        .any(|end| name.ends_with(end))
        || file.has_line("proxies:")
    {
        ("YAML", config::yaml(&file.text))
    } else {
        ("TOML", config::toml(&file.text))
    };
    match root {
        Ok(root) if root.is_map() => whole(&root),
        Ok(root) => Import::unreadable(root.line, format),
        Err(broken) => unreadable(file, broken, format),
    }
}

/// Some have values that frpc fills in, which need not be text of the format.
fn unreadable(file: &ConfigFile, broken: Broken, format: &str) -> Import {
    let line = file.text.lines().nth(broken.line().saturating_sub(1));
    if line.is_some_and(|line| line.contains("{{")) {
        let mut import = Import::default();
        import.skip(broken.line(), "", Why::plain(Why::TEMPLATE));
        return import;
    }
    Import::unreadable(broken.line(), format)
}

fn whole(root: &Node) -> Import {
    let mut import = Import::default();
    if let Some(server) = root.get("serverAddr") {
        import.skip(server.line, "serverAddr", Why::plain(OTHER_SERVER));
    }
    for keys in [&["auth", "token"][..], &["auth.token"], &["token"]] {
        if let Some(token) = root.at(keys) {
            import.skip(token.line, keys.join("."), Why::plain(TOKEN));
        }
    }
    if let Some(files) = root.get("includes").filter(|node| !is_empty(node)) {
        import.skip(files.line, files.texts().join(", "), Why::plain(INCLUDES));
    }
    for (key, node) in root.entries() {
        // What is in no list of proxies is none to frpc, and was meant as one.
        let is_proxy = node.get("localPort").or_else(|| node.get("local_port"));
        if is_proxy.is_some() && key != "proxies" {
            import.skip(node.line, key, Why::with(Why::UNKNOWN, key));
        }
    }
    for node in root.get("visitors").map(Node::items).unwrap_or_default() {
        let name = node.text_of("name").unwrap_or("visitors");
        import.skip(node.line, name, Why::with(Why::NOT_CARRIED, "visitor"));
    }
    for node in root.get("proxies").map(Node::items).unwrap_or_default() {
        let name = node.text_of("name").unwrap_or("proxies").to_owned();
        match proxy(&mut import, &name, node) {
            Ok(found) => import.found.push(found),
            Err((line, why)) => import.skip(line, name, why),
        }
    }
    import
}

fn proxy(import: &mut Import, name: &str, node: &Node) -> Result<Found, (usize, Why)> {
    let line = node.line;
    let kind = node.text_of("type").unwrap_or("tcp");
    let protocol = match kind {
        "http" => Protocol::Http,
        "https" => Protocol::Https,
        "tcp" => Protocol::Tcp,
        // Who may come to the others has a key, or is one of a group.
        _ => return Err((line, Why::with(Why::NOT_CARRIED, kind))),
    };
    let text = |key: &str| node.text_of(key);
    for key in ["httpUser", "httpPassword", "secretKey"] {
        if let Some(node) = node.get(key) {
            return Err((node.line, Why::with(Why::RESTRICTS, key)));
        }
    }
    for (key, node) in node.entries() {
        if RESTRICTIONS.contains(&key.as_str()) && !is_empty(node) {
            return Err((node.line, Why::with(Why::RESTRICTS, key)));
        }
    }
    if let Some(plugin) = node.get("plugin") {
        let kind = plugin.text_of("type").or(plugin.text());
        return Err((
            plugin.line,
            Why::with(Why::NO_PORT, kind.unwrap_or_default()),
        ));
    }
    let local = node.get("localPort").map_or(line, |node| node.line);
    let port = text("localPort").unwrap_or_default();
    if port.contains("{{") {
        return Err((local, Why::plain(Why::TEMPLATE)));
    }
    let number: PortNumber = port
        .parse()
        .map_err(|_| (local, Why::with(Why::NO_PORT, port)))?;
    let target = match text("localIP") {
        None | Some("127.0.0.1" | "::1" | "0.0.0.0") => Target::local(number),
        Some(host) => crate::model::parse_target(&host_and_port(host, number))
            .map_err(|_| (line, Why::with(Why::NO_PORT, host)))?,
    };
    let mut found = Found::new(line, name, ProviderId::RELAY, target);
    found.protocol = protocol;
    options(import, &mut found, node)?;
    Ok(found)
}

fn is_empty(node: &Node) -> bool {
    node.items().is_empty() || node.text() == Some("")
}

fn host_and_port(host: &str, port: PortNumber) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

/// What else is said of it, and what is not taken of that.
fn options(import: &mut Import, found: &mut Found, node: &Node) -> Result<(), (usize, Why)> {
    for (key, node) in node.entries() {
        let what = format!("{}.{key}", found.name);
        match key.as_str() {
            "name" | "type" | "localIP" | "localPort" => {}
            key if RESTRICTIONS.contains(&key) => {}
            "enabled" if node.text() == Some("true") => {}
            "hostHeaderRewrite" => {
                let header = node.text().unwrap_or_default();
                if let Ok(header) = header.parse::<HostHeader>() {
                    found.port.host_header = header;
                } else {
                    let why = Why::with(Why::INVALID, HostHeader::TAKES);
                    import.skip(node.line, what, why);
                }
            }
            "transport.proxyProtocolVersion" => proxy_protocol(found, node),
            "transport" => {
                for (key, node) in node.entries() {
                    if key == "proxyProtocolVersion" {
                        proxy_protocol(found, node);
                    } else {
                        let what = format!("{what}.{key}");
                        import.skip(node.line, what, Why::plain(Why::LEFT_OUT));
                    }
                }
            }
            "remotePort" => import.skip(node.line, what, Why::plain(REMOTE_PORT)),
            "customDomains" | "subdomain" => import.skip(node.line, what, Why::plain(NAME)),
            key if is_left_out(key) => {
                import.skip(node.line, what, Why::plain(Why::LEFT_OUT));
            }
            _ => return Err((node.line, Why::with(Why::UNKNOWN, key))),
        }
    }
    Ok(())
}

fn is_left_out(key: &str) -> bool {
    LEFT_OUT.contains(&key) || LEFT_OUT_BEGINS.iter().any(|begin| key.starts_with(begin))
}

fn proxy_protocol(found: &mut Found, node: &Node) {
    found.port.proxy_protocol = node
        .text()
        .and_then(|text| text.parse::<ProxyVersion>().ok());
}

/// The form of old: `[common]`, and a section a proxy.
fn ini(text: &str) -> Node {
    let mut common: Vec<(String, Node)> = vec![];
    let mut proxies: Vec<(usize, Vec<(String, Node)>)> = vec![];
    let mut is_common = true;
    for (line, text) in (1..).zip(text.lines()) {
        let text = text.trim();
        let node = |text: &str| Node {
            line,
            value: Value::Text(text.to_owned()),
        };
        if let Some(name) = text.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
            is_common = name == "common";
            if !is_common {
                proxies.push((line, vec![("name".to_owned(), node(name))]));
            }
            continue;
        }
        let Some((key, value)) = text
            .split_once('=')
            .filter(|_| !text.starts_with(['#', ';']))
        else {
            continue;
        };
        let key = key.trim();
        let new = OLD_NAMES.iter().find(|(old, _)| *old == key);
        let entry = (
            new.map_or(key, |(_, new)| *new).to_owned(),
            node(value.trim()),
        );
        match proxies.last_mut().filter(|_| !is_common) {
            Some((_, entries)) => entries.push(entry),
            None => common.push(entry),
        }
    }
    let map = |(line, entries)| Node {
        line,
        value: Value::Map(entries),
    };
    let (visitors, proxies): (Vec<_>, Vec<_>) = proxies.into_iter().map(map).partition(|node| {
        let role = node.text_of("role");
        role == Some("visitor")
    });
    for (key, items) in [("proxies", proxies), ("visitors", visitors)] {
        let value = Value::List(items);
        common.push((key.to_owned(), Node { line: 1, value }));
    }
    map((1, common))
}

#[cfg(test)]
mod tests;
