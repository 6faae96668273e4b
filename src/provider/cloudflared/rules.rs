//! What the program's `/config` says of a tunnel that is managed in the dashboard: which public name
//! leads to a service.

use crate::base::local::is_here;
use crate::model::Target;
use serde::Deserialize;

#[derive(Deserialize)]
struct Answer {
    config: Config,
}

#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    ingress: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    #[serde(default)]
    hostname: String,
    #[serde(default)]
    service: String,
}

/// The first public name that leads to this service.
pub(super) fn hostname_for(answer: &[u8], target: &Target) -> Option<String> {
    let answer: Answer = serde_json::from_slice(answer).ok()?;
    let leads = |rule: &Rule| {
        let service = reqwest::Url::parse(&rule.service);
        service.is_ok_and(|url| {
            let host = url.host_str().unwrap_or_default();
            let same = host == target.host || is_here(host) && is_here(&target.host);
            same && url.port_or_known_default() == Some(target.port.get())
        })
    };
    let rule = answer.config.ingress.into_iter().find(leads)?;
    super::options::is_hostname(&rule.hostname).then_some(rule.hostname)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PortNumber;

    #[test]
    fn the_rule_that_leads_to_the_service_names_the_url() {
        let target = |port| Target::local(PortNumber::new(port).expect("a port"));
        let config = br#"{"version":3,"config":{"ingress":[
            {"hostname":"other.example.org","service":"http://localhost:4000"},
            {"hostname":"app.example.org","service":"http://127.0.0.1:3000","originRequest":{}},
            {"service":"http_status:404"}],"warp-routing":{"enabled":false}}}"#;
        let found = |port| hostname_for(config, &target(port));
        assert_eq!(found(3000).as_deref(), Some("app.example.org"));
        assert_eq!(found(4000).as_deref(), Some("other.example.org"));
        assert_eq!(found(5000), None);
        for none in [
            &b""[..],
            b"{}",
            br#"{"config":{}}"#,
            br#"{"config":{"ingress":[{"hostname":"<x>","service":"http://localhost:3000"}]}}"#,
        ] {
            assert_eq!(hostname_for(none, &target(3000)), None);
        }
    }
}
