//! Whether Funnel can work at all, by what `tailscale status --json` says; with the one thing that helps
//! where it cannot.

use super::errors::not_ready;
use crate::model::Reason;
use crate::provider::ConnectError;
use serde::Deserialize;
use serde_json::{Map, Value};

/// What a tailnet's owner allows is told under these names.
const HTTPS: &str = "https";
const FUNNEL: &str = "funnel";
const FUNNEL_PORTS: &str = "https://tailscale.com/cap/funnel-ports?";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
struct Status {
    backend_state: String,
    #[serde(rename = "AuthURL")]
    auth_url: String,
    #[serde(rename = "Self")]
    this: Option<This>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct This {
    #[serde(rename = "DNSName")]
    name: String,
    online: bool,
    cap_map: Option<Map<String, Value>>,
}

/// This computer in its tailnet.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ready {
    /// Its public name.
    pub(super) name: String,
    /// The public ports that the tailnet allows, as ranges; `None` where it says nothing of them.
    ports: Option<Vec<(u16, u16)>>,
}

impl Ready {
    pub(super) fn allows(&self, port: u16) -> bool {
        let ranges = self.ports.as_deref();
        ranges.is_none_or(|all| all.iter().any(|(from, to)| (*from..=*to).contains(&port)))
    }
}

/// Reads the answer.
pub(super) fn check(json: &str) -> Result<Ready, ConnectError> {
    let Ok(status) = serde_json::from_str::<Status>(json) else {
        return Err(not_ready(
            "the output of `tailscale status --json` isn't understood; updating Tailscale or Underpass may help",
        ));
    };
    match status.backend_state.as_str() {
        "Running" => {}
        "NeedsLogin" => return Err(needs_login(&status.auth_url)),
        "NeedsMachineAuth" => {
            return Err(not_ready(
                "this computer waits to be approved at https://login.tailscale.com/admin/machines",
            ));
        }
        "Stopped" => return Err(not_ready("Tailscale is switched off: run `tailscale up`")),
        "InUseOtherUser" => {
            return Err(not_ready(
                "another user of this computer has Tailscale: sign out there",
            ));
        }
        "NoState" | "Starting" => return Err(not_ready("Tailscale is starting")),
        _ => {
            return Err(not_ready("Tailscale is in an unknown state"));
        }
    }
    let this = status.this.unwrap_or_default();
    if !this.online {
        let said = "tailscaled has no connection to Tailscale's servers";
        return Err(ConnectError::with(Reason::LinkLost, said));
    }
    let name = this.name.trim_end_matches('.');
    if !is_name(name) {
        return Err(not_ready(
            "this computer has no name in its tailnet: switch MagicDNS on at https://login.tailscale.com/admin/dns",
        ));
    }
    let Some(allowed) = this.cap_map else {
        // Older versions say nothing of it; the command itself will.
        return Ok(Ready {
            name: name.to_owned(),
            ports: None,
        });
    };
    if !allowed.contains_key(HTTPS) {
        return Err(not_ready(
            "HTTPS is not enabled in the tailnet: see https://tailscale.com/s/https",
        ));
    }
    if !allowed.contains_key(FUNNEL) {
        return Err(not_ready(
            "the tailnet does not allow Funnel for this computer: see https://tailscale.com/s/no-funnel",
        ));
    }
    let ports = allowed
        .keys()
        .find_map(|key| key.strip_prefix(FUNNEL_PORTS));
    Ok(Ready {
        name: name.to_owned(),
        ports: ports.map(ranges),
    })
}

fn needs_login(url: &str) -> ConnectError {
    let is_shown = url.starts_with("https://")
        && url.len() < 300
        && url.bytes().all(|byte| byte.is_ascii_graphic());
    not_ready(if is_shown {
        format!("not signed in: sign in at {url}")
    } else {
        "not signed in: run `sudo tailscale up`".to_owned()
    })
}

/// The ranges of `ports=443,8443,10000-10010`.
fn ranges(query: &str) -> Vec<(u16, u16)> {
    let lists = query
        .split('&')
        .filter_map(|part| part.strip_prefix("ports="));
    let range = |text: &str| {
        let (from, to) = text.split_once('-').unwrap_or((text, text));
        Some((from.parse().ok()?, to.parse().ok()?))
    };
    lists
        .flat_map(|list| list.split(','))
        .filter_map(range)
        .collect()
}

/// Whether it can be a public name: it becomes a URL.
fn is_name(name: &str) -> bool {
    let taken = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
    name.contains('.') && name.len() <= 253 && name.bytes().all(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running(caps: &str) -> String {
        format!(
            r#"{{"Version":"1.90.0","BackendState":"Running","AuthURL":"","Self":{{"DNSName":"box.tail1234.ts.net.","Online":true,"CapMap":{caps}}},"Health":[],"CertDomains":["box.tail1234.ts.net"]}}"#
        )
    }

    #[test]
    fn a_computer_that_is_ready_has_a_name_and_ports() {
        let ready = check(&running(
            r#"{"https":null,"funnel":null,"https://tailscale.com/cap/funnel-ports?ports=443,10000-10010":null}"#,
        ));
        let ready = ready.expect("it is ready");
        assert_eq!(ready.name, "box.tail1234.ts.net");
        assert!(ready.allows(443) && ready.allows(10_005) && !ready.allows(8443));
        let old =
            r#"{"BackendState":"Running","Self":{"DNSName":"box.tail1234.ts.net.","Online":true}}"#;
        assert!(
            check(old).is_ok_and(|ready| ready.allows(8443)),
            "nothing is said of it"
        );
    }

    #[test]
    fn each_state_says_what_helps() {
        let told = |json: &str| {
            let error = check(json).expect_err("it is not ready");
            let detail = error.reason.detail().unwrap_or(&error.detail).to_owned();
            (error.reason.code(), detail)
        };
        let state = |state: &str| {
            told(&format!(
                r#"{{"BackendState":"{state}","AuthURL":"https://login.tailscale.com/a/1"}}"#
            ))
        };
        for (name, helps) in [
            ("NeedsLogin", "https://login.tailscale.com/a/1"),
            ("NeedsMachineAuth", "admin/machines"),
            ("Stopped", "tailscale up"),
            ("InUseOtherUser", "another user"),
            ("Starting", "starting"),
            ("NoState", "starting"),
            ("Later", "unknown state"),
        ] {
            let (code, detail) = state(name);
            assert!(
                code == "not-ready" && detail.contains(helps),
                "{name}: {detail}"
            );
        }
        let (_, detail) = told(r#"{"BackendState":"NeedsLogin","AuthURL":"javascript:x"}"#);
        assert!(detail.contains("tailscale up"), "{detail}");
        assert!(told(&running(r#"{"funnel":null}"#)).1.contains("/s/https"));
        assert!(
            told(&running(r#"{"https":null}"#))
                .1
                .contains("/s/no-funnel")
        );
        assert_eq!(
            told(r#"{"BackendState":"Running","Self":{"DNSName":"b.ts.net.","Online":false}}"#).0,
            "link-lost"
        );
        assert!(
            told(r#"{"BackendState":"Running","Self":{"DNSName":"<b>","Online":true}}"#)
                .1
                .contains("MagicDNS")
        );
        for none in ["", "[]", "{\"BackendState\":7}", "\u{0}"] {
            assert_eq!(told(none).0, "not-ready", "{none}");
        }
    }
}
