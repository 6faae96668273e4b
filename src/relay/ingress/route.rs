//! Which tunnel a request is for: reads the host a visitor asked for and nothing else.
//!
//! Host names come from anybody, so whatever is not plainly a host name is refused. It does not
//! know which tunnels exist.

use http::header::HOST;
use http::{HeaderMap, HeaderValue, Uri};
use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr};

/// The longest host name there is.
const MAX_NAME: usize = 253;
/// The longest label in one.
const MAX_LABEL: usize = 63;

/// What a host name stands for here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Site<'a> {
    /// The relay itself: its bare domain, or an address.
    Relay,
    /// A tunnel's label, in lower case. Whatever stands in front of it is the service's business: many
    /// have a name for each customer.
    Tunnel(Cow<'a, str>),
    /// A name outside the domain.
    Foreign,
}

/// The host is missing, doubled, or no host name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InvalidHost;

/// The `HOST[:PORT]` that a request names, unread. An absolute target wins over the header
/// (RFC 9112, 3.2.2).
pub(super) fn authority(uri: &Uri, headers: &HeaderMap) -> Result<HeaderValue, InvalidHost> {
    let mut hosts = headers.get_all(HOST).iter();
    let host = hosts.next();
    if hosts.next().is_some() {
        return Err(InvalidHost);
    }
    match uri.authority() {
        Some(authority) => HeaderValue::from_str(authority.as_str()).map_err(|_| InvalidHost),
        None => host.cloned().ok_or(InvalidHost),
    }
}

/// What `authority` stands for on a relay of `domain` (lower case, no dot at its end).
pub(super) fn site<'a>(authority: &'a str, domain: &str) -> Result<Site<'a>, InvalidHost> {
    Ok(match host(authority)? {
        Host::Address(_) => Site::Relay,
        Host::Name(name) => site_of_name(lower(name), domain),
    })
}

/// The name of the tunnel that `authority` asks for on a relay of `domain`, without what stands in
/// front of its label; the host asked for where there is no domain. In lower case, without a port.
pub(super) fn own_host(authority: &str, domain: Option<&str>) -> String {
    match domain.map(|domain| (domain, site(authority, domain))) {
        Some((domain, Ok(Site::Tunnel(label)))) => format!("{label}.{domain}"),
        Some(_) | None => match host(authority) {
            Ok(Host::Name(name) | Host::Address(name)) => name.to_ascii_lowercase(),
            Err(InvalidHost) => String::new(),
        },
    }
}

/// A domain as [`site`] wants it.
pub(super) fn normal_domain(domain: &str) -> String {
    domain.trim().trim_matches('.').to_ascii_lowercase()
}

enum Host<'a> {
    /// As it was written, without brackets.
    Address(&'a str),
    /// Without the dot of the root.
    Name(&'a str),
}

fn host(authority: &str) -> Result<Host<'_>, InvalidHost> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (address, port) = rest.split_once(']').ok_or(InvalidHost)?;
        address.parse::<Ipv6Addr>().map_err(|_| InvalidHost)?;
        return match port.strip_prefix(':') {
            Some(port) => valid_port(port),
            None => port.is_empty(),
        }
        .then_some(Host::Address(address))
        .ok_or(InvalidHost);
    }
    let (name, port) = authority.split_once(':').unwrap_or((authority, ""));
    if !valid_port(port) {
        return Err(InvalidHost);
    }
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.parse::<IpAddr>().is_ok() {
        return Ok(Host::Address(name));
    }
    valid_name(name)
        .then_some(Host::Name(name))
        .ok_or(InvalidHost)
}

/// `HOST:` with nothing behind it is allowed (RFC 3986, 3.2.3).
fn valid_port(port: &str) -> bool {
    port.bytes().all(|b| b.is_ascii_digit()) && (port.is_empty() || port.parse::<u16>().is_ok())
}

fn valid_name(name: &str) -> bool {
    let valid_label = |label: &str| {
        (1..=MAX_LABEL).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    name.len() <= MAX_NAME && name.split('.').all(valid_label)
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

fn site_of_name<'a>(name: Cow<'a, str>, domain: &str) -> Site<'a> {
    if name == domain {
        return Site::Relay;
    }
    let front = name
        .strip_suffix(domain)
        .and_then(|front| front.strip_suffix('.'));
    let label = front.map(|front| front.rfind('.').map_or(0, |dot| dot + 1)..front.len());
    match (label, name) {
        (None, _) => Site::Foreign,
        (Some(label), Cow::Borrowed(name)) => Site::Tunnel(Cow::Borrowed(&name[label])),
        (Some(label), Cow::Owned(name)) => Site::Tunnel(Cow::Owned(name[label].to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tunnel(label: &str) -> Site<'_> {
        Site::Tunnel(Cow::Borrowed(label))
    }

    #[test]
    fn a_name_under_the_domain_is_a_tunnel() {
        for (text, label) in [
            ("web.localhost", "web"),
            ("web.localhost:7480", "web"),
            ("web.localhost:", "web"),
            ("WEB.LocalHost", "web"),
            ("web.localhost.", "web"),
            ("web.localhost.:80", "web"),
            ("web-3000.localhost", "web-3000"),
            ("alice.web.localhost", "web"),
            ("Alice.Shop.WEB.localhost.:80", "web"),
            ("localhost.localhost", "localhost"),
        ] {
            assert_eq!(site(text, "localhost"), Ok(tunnel(label)), "{text}");
        }
    }

    #[test]
    fn the_bare_domain_and_addresses_are_the_relay() {
        for text in [
            "localhost",
            "LOCALHOST:7480",
            "127.0.0.1",
            "192.168.1.2:7480",
            "[::1]",
            "[::1]:7480",
        ] {
            assert_eq!(site(text, "localhost"), Ok(Site::Relay), "{text}");
        }
    }

    #[test]
    fn other_names_are_foreign() {
        for text in ["example.org", "weblocalhost", "localhost.example.org"] {
            assert_eq!(site(text, "localhost"), Ok(Site::Foreign), "{text}");
        }
    }

    #[test]
    fn what_is_no_host_name_is_refused() {
        for text in [
            "",
            ".",
            ":80",
            ".localhost",
            "a..localhost",
            "web.localhost..",
            "web.localhost:x",
            "web.localhost:65536",
            "web.localhost:+80",
            "web.localhost:80:80",
            "user@web.localhost",
            "web.localhost/path",
            "<script>.localhost",
            "a b.localhost",
            "b\u{fc}ro.localhost",
            "[::1",
            "[web]",
            "[::1]x",
            "::1",
            "%77eb.localhost",
        ] {
            assert_eq!(site(text, "localhost"), Err(InvalidHost), "{text:?}");
        }
        let long = format!("{}.localhost", "a".repeat(64));
        assert_eq!(site(&long, "localhost"), Err(InvalidHost));
    }

    #[test]
    fn one_host_is_needed_and_the_target_wins() {
        let mut headers = HeaderMap::new();
        let origin = Uri::from_static("/path");
        let absolute = Uri::from_static("http://b.localhost/path");
        assert_eq!(authority(&origin, &headers), Err(InvalidHost));
        headers.append(HOST, HeaderValue::from_static("a.localhost"));
        assert_eq!(
            authority(&origin, &headers),
            Ok(HeaderValue::from_static("a.localhost"))
        );
        assert_eq!(
            authority(&absolute, &headers),
            Ok(HeaderValue::from_static("b.localhost"))
        );
        headers.append(HOST, HeaderValue::from_static("a.localhost"));
        assert_eq!(authority(&origin, &headers), Err(InvalidHost));
        assert_eq!(authority(&absolute, &headers), Err(InvalidHost));
    }

    #[test]
    fn without_a_domain_the_host_asked_for_is_the_tunnels_own() {
        for (text, domain, own) in [
            ("192.168.1.2:7481", None, "192.168.1.2"),
            ("[::1]:80", None, "::1"),
            ("Laptop.LAN.:80", None, "laptop.lan"),
            ("192.168.1.2", Some("localhost"), "192.168.1.2"),
            ("a b", None, ""),
        ] {
            assert_eq!(own_host(text, domain), own, "{text}");
        }
    }

    #[test]
    fn a_domain_is_taken_however_it_is_written() {
        assert_eq!(
            normal_domain(" .Tunnels.Example.ORG. "),
            "tunnels.example.org"
        );
    }

    proptest! {
        #[test]
        fn any_text_is_judged_and_a_label_is_always_one_plain_label(text in "\\PC{0,80}") {
            if let Ok(Site::Tunnel(label)) = site(&text, "localhost") {
                prop_assert!((1..=MAX_LABEL).contains(&label.len()));
                prop_assert!(label.bytes().all(
                    |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_'
                ));
            }
        }

        #[test]
        fn every_valid_label_is_found_again(
            label in "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?",
            upper in any::<bool>(),
            dot in any::<bool>(),
            port in proptest::option::of(any::<u16>()),
            front in "([a-z0-9]{1,9}\\.){0,3}",
        ) {
            let mut text = format!("{front}{label}.tunnels.example.org");
            if upper {
                text.make_ascii_uppercase();
            }
            if dot {
                text.push('.');
            }
            if let Some(port) = port {
                text = format!("{text}:{port}");
            }
            prop_assert_eq!(site(&text, "tunnels.example.org"), Ok(tunnel(&label)));
            let own = own_host(&text, Some("tunnels.example.org"));
            prop_assert_eq!(own, format!("{label}.tunnels.example.org"));
        }
    }
}
