//! Names and addresses of this computer, and whether a URL leads back to where it comes from.

use crate::model::Target;
use std::net::IpAddr;

/// Whether a host's name or address, in brackets or not, is this computer's own.
pub fn is_here(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback() || address.is_unspecified(),
        Err(_) => is_localhost(host),
    }
}

/// Whether a name is `localhost` or one below it (RFC 6761).
pub fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    name == Target::LOCALHOST || name.ends_with(".localhost")
}

/// Whether `target` is the address of `url`: whoever visits the one would come round to the other.
pub fn leads_to(target: &Target, url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else {
        return false;
    };
    let authority = rest.split('/').next().unwrap_or(rest);
    let usual = match scheme {
        "http" => 80,
        "https" => 443,
        _ => 0,
    };
    let split = authority
        .rsplit_once(':')
        .filter(|_| !authority.ends_with(']'));
    let (host, port) = match split {
        Some((host, port)) => (host, port.parse().unwrap_or(0)),
        None => (authority, usual),
    };
    let host = host.trim_matches(['[', ']']);
    let same_host =
        host.eq_ignore_ascii_case(&target.host) || (is_here(host) && is_here(&target.host));
    same_host && port == target.port.get()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PortNumber;

    #[test]
    fn a_target_that_is_the_url_s_own_address_is_seen() {
        let leads = |host: &str, port, url| {
            let port = PortNumber::new(port).expect("it is a port");
            let host = host.to_owned();
            leads_to(&Target { host, port }, url)
        };
        for (host, port, url) in [
            ("localhost", 7480, "http://web.localhost:7480/"),
            ("127.0.0.1", 7500, "tcp://localhost:7500"),
            ("::1", 7500, "tcp://127.0.0.1:7500"),
            ("relay.example", 443, "https://relay.example/"),
            ("localhost", 80, "http://web.localhost/"),
        ] {
            assert!(leads(host, port, url), "{host}:{port} {url}");
        }
        for (host, port, url) in [
            ("localhost", 3000, "http://web.localhost:7480/"),
            ("localhost", 7500, "tcp://relay.example:7500"),
            ("nas.lan", 7480, "http://web.localhost:7480/"),
            ("localhost", 7480, "nonsense"),
        ] {
            assert!(!leads(host, port, url), "{host}:{port} {url}");
        }
    }
}
