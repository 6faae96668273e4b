//! What is said to the management service and by it. Read leniently: what is missing or of another
//! type counts as not said.

use serde_json::{Value, json};

/// A tunnel, as the service answers with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TunnelReply {
    pub ports: Vec<PortReply>,
    /// The answer says which ports there are; without that it is no proof that there are none.
    pub says_ports: bool,
    /// The hosts that are registered, by their ids.
    pub hosts: Vec<String>,
    pub is_hosted: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PortReply {
    pub number: u16,
    pub protocol: Option<String>,
    /// Where visitors reach it, once it was hosted.
    pub uri: Option<String>,
}

/// The registration of a host, as the service answers with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointReply {
    pub host_relay: Option<String>,
    /// The public URLs, with `{port}` in place of the number.
    pub port_uri_format: Option<String>,
}

impl EndpointReply {
    /// Where visitors reach this port, if the service said.
    pub fn url(&self, port: u16) -> Option<String> {
        const PLACE: &str = "{port}";
        let format = self.port_uri_format.as_ref()?;
        let has_place = format.contains(PLACE);
        has_place.then(|| format.replace(PLACE, &port.to_string()))
    }
}

/// Registers a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub host_id: String,
    /// The blob of the host key that visitors' clients are to find, in Base64.
    pub public_key: String,
}

impl Endpoint {
    pub fn id(&self) -> String {
        format!("{}-relay", self.host_id)
    }

    pub(super) fn body(&self) -> Value {
        json!({
            "id": self.id(),
            "hostId": self.host_id,
            "hostPublicKeys": [self.public_key],
            "connectionMode": "TunnelRelay",
        })
    }
}

pub(super) fn port_body(number: u16, protocol: &str) -> Value {
    json!({ "portNumber": number, "protocol": protocol })
}

pub(super) fn tunnel(value: &Value) -> TunnelReply {
    TunnelReply {
        says_ports: value["ports"].is_array(),
        ports: list(&value["ports"]).iter().filter_map(port).collect(),
        hosts: list(&value["endpoints"])
            .iter()
            .filter_map(|endpoint| text(&endpoint["hostId"]))
            .collect(),
        is_hosted: is_some(&value["status"]["hostConnectionCount"]),
    }
}

/// More than none: a number, or an object that has one.
fn is_some(count: &Value) -> bool {
    let current = count.as_u64().or_else(|| count["current"].as_u64());
    current.is_some_and(|current| current > 0)
}

fn port(value: &Value) -> Option<PortReply> {
    let number = &value["portNumber"];
    let number = number
        .as_u64()
        .or_else(|| number.as_str().and_then(|text| text.parse().ok()))?;
    let uris = list(&value["portForwardingUris"]);
    Some(PortReply {
        number: u16::try_from(number).ok().filter(|number| *number > 0)?,
        protocol: text(&value["protocol"]),
        uri: text(&value["portUri"]).or_else(|| uris.first().and_then(text)),
    })
}

pub(super) fn endpoint(value: &Value) -> EndpointReply {
    EndpointReply {
        host_relay: text(&value["hostRelayUri"]),
        port_uri_format: text(&value["portUriFormat"]),
    }
}

/// Whether it has anything that the service's answers have, and hardly anything else's.
pub(super) fn is_known(value: &Value) -> bool {
    const NAMES: [&str; 7] = [
        "tunnelId",
        "clusterId",
        "ports",
        "endpoints",
        "hostId",
        "hostRelayUri",
        "portNumber",
    ];
    NAMES.iter().any(|name| !value[*name].is_null())
}

/// What a problem's details say, in one line; empty when they say nothing.
pub(super) fn problem(body: &str) -> String {
    /// Longer than anyone reads.
    const LONGEST: usize = 500;
    let Ok(value) = serde_json::from_str::<Value>(body) else {
        return String::new();
    };
    let mut said: Vec<String> = ["title", "detail"]
        .iter()
        .filter_map(|name| text(&value[name]))
        .collect();
    if let Some(errors) = value["errors"].as_object() {
        for (field, what) in errors {
            let what: Vec<&str> = list(what).iter().filter_map(Value::as_str).collect();
            said.push(format!("{field}: {}", what.join(" ")));
        }
    }
    said.dedup();
    let line = said.join(" ");
    let one_line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    one_line.chars().take(LONGEST).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> Option<String> {
    value
        .as_str()
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_tunnel_s_ports_are_read_whatever_else_is_said() {
        let value = json!({
            "tunnelId": "web", "status": {"hostConnectionCount": {"current": 0}},
            "endpoints": [{"id": "x-relay", "hostId": "x"}, {"id": "y"}],
            "ports": [
                {"portNumber": 3000, "protocol": "http", "portUri": "https://a-3000.x/"},
                {"portNumber": "3001", "protocol": 7, "portForwardingUris": ["https://a-3001.x/"]},
                {"portNumber": 0}, {"portNumber": 70000}, {"protocol": "http"}, null,
            ],
        });
        let reply = tunnel(&value);
        assert_eq!(reply.hosts, ["x"]);
        assert!(!reply.is_hosted);
        for count in [json!(1), json!({"current": 1, "limit": 10})] {
            let value = json!({"status": {"hostConnectionCount": count}});
            assert!(tunnel(&value).is_hosted, "{value}");
        }
        let ports: Vec<_> = reply
            .ports
            .iter()
            .map(|port| (port.number, port.protocol.as_deref(), port.uri.as_deref()))
            .collect();
        assert_eq!(
            ports,
            [
                (3000, Some("http"), Some("https://a-3000.x/")),
                (3001, None, Some("https://a-3001.x/")),
            ]
        );
        assert_eq!(tunnel(&json!([1])), TunnelReply::default());
    }

    #[test]
    fn a_url_is_the_format_s_and_never_built_without_one() {
        let reply = endpoint(&json!({"portUriFormat": "https://a5n51h3l-{port}.uks1.x/"}));
        assert_eq!(
            reply.url(80).as_deref(),
            Some("https://a5n51h3l-80.uks1.x/")
        );
        let reply = endpoint(&json!({"portUriFormat": "https://a.x/"}));
        assert_eq!(reply.url(80), None);
    }

    #[test]
    fn a_problem_is_said_in_one_line() {
        let body =
            r#"{"title":"Bad Request","detail":"It cannot\nbe.","errors":{"protocol":["No."]}}"#;
        assert_eq!(problem(body), "Bad Request It cannot be. protocol: No.");
        assert_eq!(problem("<html>"), "");
    }

    proptest! {
        #[test]
        fn anything_is_read(body in ".{0,200}") {
            let _ = problem(&body);
            let value = serde_json::from_str::<Value>(&body).unwrap_or(Value::String(body));
            let _ = (tunnel(&value), endpoint(&value));
        }
    }
}
