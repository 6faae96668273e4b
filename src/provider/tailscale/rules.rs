//! What is served by this computer's Tailscale, by whomever, as `tailscale funnel status --json` tells
//! it. It is only read: whatever is not ours is none of our business.

use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Rules {
    #[serde(flatten)]
    background: Config,
    /// Those of programs in the foreground, by their sessions.
    #[serde(rename = "Foreground", deserialize_with = "or_nothing")]
    foreground: BTreeMap<String, Config>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Config {
    #[serde(rename = "TCP", deserialize_with = "or_nothing")]
    tcp: Map<String, Value>,
    #[serde(deserialize_with = "or_nothing")]
    web: BTreeMap<String, Value>,
    #[serde(deserialize_with = "or_nothing")]
    allow_funnel: BTreeMap<String, bool>,
}

/// What is empty may be `null`.
fn or_nothing<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// A rule that is to be there: visitors of `name:port` come to `origin`, an address of ours.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) name: String,
    pub(super) port: u16,
    pub(super) origin: String,
}

impl Rules {
    /// What was answered; `None` for what is none.
    pub(super) fn parse(json: &str) -> Option<Self> {
        match json.trim() {
            // Nothing is served.
            "" | "null" => Some(Self::default()),
            json => serde_json::from_str(json).ok(),
        }
    }

    fn all(&self) -> impl Iterator<Item = &Config> {
        self.foreground.values().chain([&self.background])
    }

    /// The public ports that are in use.
    pub(super) fn taken(&self) -> BTreeSet<u16> {
        let ports = self.all().flat_map(|config| config.tcp.keys());
        ports.filter_map(|port| port.parse().ok()).collect()
    }

    /// Whether this rule is there and lets the internet in.
    pub(super) fn has(&self, wanted: &Wanted) -> bool {
        let place = format!("{}:{}", wanted.name, wanted.port);
        self.all().any(|config| {
            let leads = |value: Option<&Value>| {
                value.is_some_and(|value| names(&value.to_string(), &wanted.origin))
            };
            let funnelled = config.allow_funnel.get(&place) == Some(&true);
            let tcp = config.tcp.get(&wanted.port.to_string());
            funnelled && (leads(config.web.get(&place)) || leads(tcp))
        })
    }
}

/// Whether an address stands in a text, and not only the beginning of one.
fn names(text: &str, address: &str) -> bool {
    text.match_indices(address).any(|(at, _)| {
        let behind = text[at + address.len()..].chars().next();
        !behind.is_some_and(|c| c.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = r#"{"TCP":{"8443":{"HTTPS":true}},"Web":{"box.t.ts.net:8443":{"Handlers":{"/":{"Proxy":"http://127.0.0.1:9000"}}}},
        "Foreground":{"s1":{"TCP":{"443":{"HTTPS":true}},"Web":{"box.t.ts.net:443":{"Handlers":{"/":{"Proxy":"http://127.0.0.1:3000"}}}},"AllowFunnel":{"box.t.ts.net:443":true}},
        "s2":{"TCP":{"10000":{"TCPForward":"127.0.0.1:5432","TerminateTLS":"box.t.ts.net"}},"AllowFunnel":{"box.t.ts.net:10000":true}}}}"#;

    fn wanted(port: u16, origin: &str) -> Wanted {
        Wanted {
            name: "box.t.ts.net".to_owned(),
            port,
            origin: origin.to_owned(),
        }
    }

    #[test]
    fn ours_are_told_from_others() {
        let rules = Rules::parse(OURS).expect("it is one");
        assert_eq!(
            rules.taken().into_iter().collect::<Vec<_>>(),
            [443, 8443, 10_000]
        );
        assert!(
            rules.has(&wanted(443, "127.0.0.1:3000"))
                && rules.has(&wanted(10_000, "127.0.0.1:5432"))
        );
        assert!(!rules.has(&wanted(443, "127.0.0.1:4000")), "another's");
        assert!(!rules.has(&wanted(443, "127.0.0.1:300")), "a beginning");
        assert!(
            !rules.has(&wanted(8443, "127.0.0.1:9000")),
            "it lets nobody in"
        );
        for empty in ["", "null\n", "{}", r#"{"TCP":null,"Foreground":null}"#] {
            let rules = Rules::parse(empty).expect("nothing is served");
            assert!(rules.taken().is_empty() && !rules.has(&wanted(443, "127.0.0.1:3000")));
        }
        for none in ["[]", "No serve config", r#"{"TCP":[]}"#] {
            assert!(Rules::parse(none).is_none(), "{none}");
        }
    }
}
