//! The Traffic Policy that the edge carries out, written from choices. Pure.
//!
//! Basic auth, IP rules and OAuth had options of their own once; ngrok has given those up for this. All
//! of it is one rule: the free plan has five of them.

use super::options::{Endpoint, Options};
use serde_json::{Value, json};

/// The policy of an endpoint that is asked for under `host` by its service, if there is any to write.
pub(super) fn build(options: &Options, endpoint: Endpoint, host: Option<&str>) -> Option<String> {
    if let Some(own) = &options.policy {
        return Some(own.clone());
    }
    let actions = actions(options, host);
    if actions.is_empty() {
        return None;
    }
    let phase = match endpoint {
        Endpoint::Http => "on_http_request",
        Endpoint::Tcp | Endpoint::Tls => "on_tcp_connect",
    };
    Some(json!({ phase: [{ "actions": actions }] }).to_string())
}

/// In the order in which a visitor meets them: who may not come is not asked for a password.
fn actions(options: &Options, host: Option<&str>) -> Vec<Value> {
    let mut actions = Vec::new();
    let mut add = |kind: &str, config: Value| actions.push(json!({"type": kind, "config": config}));
    if !options.allow.is_empty() || !options.deny.is_empty() {
        let mut config = json!({ "enforce": true });
        for (key, rules) in [("allow", &options.allow), ("deny", &options.deny)] {
            if !rules.is_empty() {
                config[key] = json!(rules);
            }
        }
        add("restrict-ips", config);
    }
    if !options.basic_auth.is_empty() {
        let pair =
            |it: &super::options::Credentials| format!("{}:{}", it.user, it.password.expose());
        let credentials: Vec<String> = options.basic_auth.iter().map(pair).collect();
        add("basic-auth", json!({ "credentials": credentials }));
    }
    if let Some(oauth) = options.oauth {
        add("oauth", json!({ "provider": oauth.as_str() }));
    }
    if let Some(host) = host {
        add("add-headers", json!({ "headers": { "host": host } }));
    }
    actions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Secret;
    use crate::provider::ngrok::options::{Credentials, OAuth};

    fn parsed(options: &Options, endpoint: Endpoint, host: Option<&str>) -> Value {
        let text = build(options, endpoint, host).expect("there is a policy");
        serde_json::from_str(&text).expect("it is JSON")
    }

    #[test]
    fn choices_become_one_rule_in_the_order_a_visitor_meets_them() {
        let options = Options {
            allow: vec!["192.0.2.0/24".to_owned()],
            deny: vec!["192.0.2.9/32".to_owned()],
            basic_auth: vec![Credentials {
                user: "anna".to_owned(),
                password: Secret::new("p:ss\"word"),
            }],
            oauth: Some(OAuth::Google),
            ..Options::default()
        };
        assert_eq!(
            parsed(&options, Endpoint::Http, Some("localhost:3000")),
            json!({"on_http_request": [{"actions": [
                {"type": "restrict-ips", "config": {
                    "enforce": true, "allow": ["192.0.2.0/24"], "deny": ["192.0.2.9/32"]}},
                {"type": "basic-auth", "config": {"credentials": ["anna:p:ss\"word"]}},
                {"type": "oauth", "config": {"provider": "google"}},
                {"type": "add-headers", "config": {"headers": {"host": "localhost:3000"}}},
            ]}]})
        );
    }

    #[test]
    fn bytes_know_addresses_alone_and_nothing_needs_no_policy() {
        let options = Options {
            deny: vec!["2001:db8::/32".to_owned()],
            ..Options::default()
        };
        let restrict = json!({"type": "restrict-ips", "config": {
            "enforce": true, "deny": ["2001:db8::/32"]}});
        for endpoint in [Endpoint::Tcp, Endpoint::Tls] {
            let expected = json!({"on_tcp_connect": [{"actions": [restrict]}]});
            assert_eq!(parsed(&options, endpoint, None), expected);
        }
        assert_eq!(build(&Options::default(), Endpoint::Http, None), None);
    }

    #[test]
    fn a_policy_of_ones_own_goes_as_it_is() {
        let own = "on_http_request:\n  - actions: []\n";
        let options = Options {
            policy: Some(own.to_owned()),
            ..Options::default()
        };
        let built = build(&options, Endpoint::Http, Some("ignored"));
        assert_eq!(built.as_deref(), Some(own));
    }
}
