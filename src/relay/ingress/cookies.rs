//! Cookies stay with the tunnel that sets them: all tunnels are siblings under one domain, and a
//! `Domain` above a tunnel would hand its cookies to every other one.

use http::HeaderMap;
use http::header::{Entry, HeaderValue, SET_COOKIE};

/// Takes a `Domain` out of each cookie that a service sets, unless it is `host` itself or below it.
/// The cookie is then the visited host's alone, as if no domain had been named. `host` is the tunnel's
/// name in lower case, without a port; it is asked for when there is a cookie. A service that is asked
/// for by a name of its own, `local`, means that host by it.
pub(super) fn confine(headers: &mut HeaderMap, local: Option<&str>, host: impl FnOnce() -> String) {
    let Entry::Occupied(mut cookies) = headers.entry(SET_COOKIE) else {
        return;
    };
    let host = host();
    for cookie in cookies.iter_mut() {
        if let Some(confined) = confined(cookie.as_bytes(), local, &host) {
            *cookie = confined;
        }
    }
}

/// The cookie without its foreign domains; `None` when it has none.
fn confined(cookie: &[u8], local: Option<&str>, host: &str) -> Option<HeaderValue> {
    let mut parts = cookie.split(|&b| b == b';');
    let pair = parts.next().unwrap_or_default();
    let is_foreign = |attribute: &&[u8]| domain(attribute).is_some_and(|d| !is_within(d, host));
    if !parts.clone().any(|attribute| is_foreign(&attribute)) {
        return None;
    }
    let mut confined = pair.to_vec();
    for attribute in parts {
        if !is_foreign(&attribute) {
            confined.push(b';');
            confined.extend_from_slice(attribute);
        } else if let Some(local) = local
            && domain(attribute).is_some_and(|d| d.eq_ignore_ascii_case(local.as_bytes()))
        {
            confined.extend_from_slice(b"; Domain=");
            confined.extend_from_slice(host.as_bytes());
        }
    }
    // Parts of a valid value are a valid value.
    HeaderValue::from_bytes(&confined).ok()
}

/// The value of a `Domain` attribute (RFC 6265, 5.2.3). An empty one names nothing.
fn domain(attribute: &[u8]) -> Option<&[u8]> {
    let equals = attribute.iter().position(|&b| b == b'=')?;
    let (name, value) = (&attribute[..equals], &attribute[equals + 1..]);
    let value = value.trim_ascii();
    let value = value.strip_prefix(b".").unwrap_or(value);
    (name.trim_ascii().eq_ignore_ascii_case(b"domain") && !value.is_empty()).then_some(value)
}

fn is_within(domain: &[u8], host: &str) -> bool {
    let Some(above) = domain.len().checked_sub(host.len()) else {
        return false;
    };
    let (front, end) = domain.split_at(above);
    end.eq_ignore_ascii_case(host.as_bytes()) && (front.is_empty() || front.ends_with(b"."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(cookie: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.append(SET_COOKIE, HeaderValue::from_static("first=1"));
        headers.append(SET_COOKIE, HeaderValue::from_str(cookie).expect("a value"));
        let host = || "shop.example.org".to_owned();
        confine(&mut headers, Some("app.test"), host);
        let mut cookies = headers.get_all(SET_COOKIE).iter();
        assert_eq!(cookies.next().expect("it is there"), "first=1");
        let cookie = cookies.next().expect("it is there");
        cookie.to_str().expect("it is text").to_owned()
    }

    #[test]
    fn a_domain_above_or_beside_the_tunnel_is_taken_out() {
        for (sent, expected) in [
            ("a=1; Domain=example.org; Path=/", "a=1; Path=/"),
            ("a=1; Domain=.example.org", "a=1"),
            ("a=1;domain = EXAMPLE.org ;Secure", "a=1;Secure"),
            ("a=1; Domain=other.example.org; HttpOnly", "a=1; HttpOnly"),
            ("a=1; Domain=ashop.example.org", "a=1"),
            ("a=1; Domain=org; Domain=example.org", "a=1"),
            ("a=1; Domain=localhost", "a=1"),
            ("a=1; Domain=\"example.org\"", "a=1"),
            // The service's own name for what visitors know as the tunnel.
            (
                "a=1; Domain=.App.test; Path=/",
                "a=1; Domain=shop.example.org; Path=/",
            ),
            ("a=1; Domain=other.app.test", "a=1"),
        ] {
            assert_eq!(set(sent), expected);
        }
    }

    #[test]
    fn everything_else_is_left_as_it_is() {
        for cookie in [
            "a=1",
            "a=domain=example.org; Path=/",
            "a=1; Domain=shop.example.org",
            "a=1; Domain=.SHOP.example.org; Secure",
            "a=1; Domain=alice.shop.example.org",
            "a=1; Domain=",
            "a=1; Domain",
            "__Host-a=1; Path=/; Secure; SameSite=Lax; Expires=Wed, 21 Oct 2026 07:28:00 GMT",
            ";; ;=",
        ] {
            assert_eq!(set(cookie), cookie);
        }
    }

    proptest! {
        #[test]
        fn no_cookie_reaches_beyond_its_tunnel(cookie in "[ -~]{0,40}(;[ -~]{0,20}[Dd]omain ?=[ -~]{0,20})?") {
            let confined = set(&cookie);
            for attribute in confined.split(';').skip(1) {
                if let Some(domain) = domain(attribute.as_bytes()) {
                    prop_assert!(is_within(domain, "shop.example.org"), "{}", confined);
                }
            }
            prop_assert_eq!(confined.split(';').next(), cookie.split(';').next());
        }
    }
}
