//! Makes a visit look local to the service: development servers answer nobody who asks for a name
//! that they do not know, or comes from a page of another origin.
//!
//! The public name becomes the service's own in what it is asked, and the other way round in what it
//! answers. A page of any *other* origin keeps its origin, so that the service can still refuse it.

use super::forwarding::{FORWARDED_HOST, FORWARDED_PROTO};
use http::HeaderMap;
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_LOCATION, HOST, HeaderName, HeaderValue, LOCATION, ORIGIN,
    REFERER, REFRESH,
};

/// With it Next.js calls a function on the server, and compares the page's origin with
/// `X-Forwarded-Host`, which is the public one.
static NEXT_ACTION: HeaderName = HeaderName::from_static("next-action");

/// The name by which a service knows itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalName {
    /// Whether it speaks TLS.
    secure: bool,
    /// `HOST[:PORT]`.
    authority: HeaderValue,
}

impl LocalName {
    /// The longest one, in bytes.
    pub const MAX_LEN: usize = 255;

    /// `HOST[:PORT]`, as a service that speaks TLS (or not) calls itself. `None` when it is none.
    pub fn new(authority: &str, secure: bool) -> Option<Self> {
        let fits = (1..=Self::MAX_LEN).contains(&authority.len());
        let parsed: http::uri::Authority = authority.parse().ok().filter(|_| fits)?;
        let plain = !authority.contains('@') && !parsed.host().is_empty();
        Some(Self {
            secure,
            authority: HeaderValue::from_str(authority).ok().filter(|_| plain)?,
        })
    }

    fn text(&self) -> &str {
        // It was made of text.
        self.authority.to_str().unwrap_or_default()
    }

    /// Its host alone, in lower case.
    pub(super) fn host(&self) -> String {
        split(self.text()).0.to_ascii_lowercase()
    }

    fn origin(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}", self.text())
    }
}

/// How to put back the public name in the answer.
#[derive(Debug)]
pub(super) struct Disguise {
    local: LocalName,
    public: String,
}

impl Disguise {
    /// Has a request that is ready for the service ask for `local` instead of what the visitor asked
    /// for. Its `X-Forwarded-Host` goes on saying that.
    pub(super) fn put_on(headers: &mut HeaderMap, local: &LocalName) -> Self {
        let first = |name: &HeaderName| {
            let value = headers.get(name).and_then(|value| value.to_str().ok());
            let value = value.and_then(|value| value.split(',').next());
            value.unwrap_or_default().trim().to_owned()
        };
        let (scheme, host) = (first(&FORWARDED_PROTO), first(&FORWARDED_HOST));
        let asked = first(&HOST);
        let is_public = |authority: &str| is_same(authority, &host) || is_same(authority, &asked);
        for name in [ORIGIN, REFERER] {
            if name == ORIGIN && headers.contains_key(&NEXT_ACTION) {
                continue;
            }
            replace(headers, &name, is_public, &local.origin());
        }
        headers.insert(HOST, local.authority.clone());
        Self {
            local: local.clone(),
            public: format!("{scheme}://{host}"),
        }
    }

    /// Has an answer name the public origin where it names the service's own.
    pub(super) fn take_off(&self, headers: &mut HeaderMap) {
        let own = self.local.text();
        let is_own = |authority: &str| is_same(authority, own) || are_loopback(authority, own);
        for name in [
            LOCATION,
            CONTENT_LOCATION,
            REFRESH,
            ACCESS_CONTROL_ALLOW_ORIGIN,
        ] {
            replace(headers, &name, is_own, &self.public);
        }
    }

    /// The host that a service's cookies may name as theirs.
    pub(super) fn local_host(&self) -> String {
        self.local.host()
    }
}

/// Puts `origin` in the place of the scheme and authority of each value of `name` whose authority is
/// one of `those`.
fn replace(headers: &mut HeaderMap, name: &HeaderName, those: impl Fn(&str) -> bool, origin: &str) {
    let http::header::Entry::Occupied(mut values) = headers.entry(name) else {
        return;
    };
    for value in values.iter_mut() {
        let replaced = value.to_str().ok().and_then(|value| {
            let (front, url) = value.split_at(if name == REFRESH {
                url_of_refresh(value)?
            } else {
                0
            });
            let rest = after_scheme(url)?;
            let end = rest.find(['/', '?', '#', '"', '\'']).unwrap_or(rest.len());
            let (authority, path) = rest.split_at(end);
            let replaced = those(authority).then(|| format!("{front}{origin}{path}"))?;
            HeaderValue::from_str(&replaced).ok()
        });
        if let Some(replaced) = replaced {
            *value = replaced;
        }
    }
}

/// Where the URL begins in `5; url=http://…`, which may stand in quotes.
fn url_of_refresh(value: &str) -> Option<usize> {
    let behind = |text: &str, at: usize, mark: fn(char) -> bool| {
        at + text[at..].find(|c| !mark(c)).unwrap_or(text.len() - at)
    };
    let seconds = value.find([';', ','])?;
    let at = behind(value, seconds + 1, char::is_whitespace);
    let named = value[at..].get(..3)?.eq_ignore_ascii_case("url");
    let at = behind(value, if named { at + 3 } else { at }, char::is_whitespace);
    let at = at + usize::from(named && value[at..].starts_with('='));
    let at = behind(value, at, char::is_whitespace);
    Some(at + usize::from(value[at..].starts_with(['"', '\''])))
}

/// What follows `http://`, `https://` or a bare `//`.
fn after_scheme(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("//")?;
    let known = ["", "http:", "https:"];
    let known = known.iter().any(|known| scheme.eq_ignore_ascii_case(known));
    known.then_some(rest)
}

/// Whether two authorities are one, in any case, with or without the port that a scheme implies.
fn is_same(one: &str, other: &str) -> bool {
    let ((one, one_port), (other, other_port)) = (split(one), split(other));
    !one.is_empty() && one.eq_ignore_ascii_case(other) && one_port == other_port
}

/// Whether both are this port of the service's own computer, whatever they call it.
fn are_loopback(one: &str, other: &str) -> bool {
    let is_loopback = |host: &str| {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let address = bare.parse::<std::net::IpAddr>();
        host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|ip| ip.is_loopback())
    };
    let ((one, one_port), (other, other_port)) = (split(one), split(other));
    is_loopback(one) && is_loopback(other) && one_port == other_port
}

/// Host and port; no port where it is one that a scheme implies.
fn split(authority: &str) -> (&str, &str) {
    let (host, port) = match authority.rsplit_once(':') {
        // An IPv6 address has colons of its own.
        Some((host, port)) if !port.contains(']') => (host, port),
        Some(_) | None => (authority, ""),
    };
    let implied = matches!(port, "80" | "443");
    let host = host.strip_suffix('.').unwrap_or(host);
    (host, if implied { "" } else { port })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PUBLIC: &str = "shop.example.org:7480";

    fn local(authority: &str) -> LocalName {
        LocalName::new(authority, false).expect("it is a name")
    }

    fn map(lines: &[(&'static str, &str)]) -> HeaderMap {
        let field = |(name, value): &(&'static str, &str)| {
            let value = HeaderValue::from_str(value).expect("a value");
            (HeaderName::from_static(name), value)
        };
        lines.iter().map(field).collect()
    }

    /// A request as it is when all else is done to it.
    fn asked(more: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = map(&[
            ("host", PUBLIC),
            ("x-forwarded-host", PUBLIC),
            ("x-forwarded-proto", "http"),
        ]);
        headers.extend(map(more));
        headers
    }

    fn put_on(name: &'static str, value: &str) -> String {
        let mut headers = asked(&[(name, value)]);
        Disguise::put_on(&mut headers, &local("localhost:5173"));
        assert_eq!(headers[HOST], "localhost:5173");
        assert_eq!(headers[&FORWARDED_HOST], PUBLIC);
        headers[name].to_str().expect("it is text").to_owned()
    }

    fn taken_off(name: &'static str, value: &str) -> String {
        String::from_utf8(taken_off_bytes(name, value)).expect("it is text")
    }

    fn taken_off_bytes(name: &'static str, value: &str) -> Vec<u8> {
        let mut headers = asked(&[]);
        let disguise = Disguise::put_on(&mut headers, &local("localhost:5173"));
        let mut answer = map(&[(name, value)]);
        disguise.take_off(&mut answer);
        answer[name].as_bytes().to_owned()
    }

    #[test]
    fn the_public_origin_becomes_the_services_own() {
        for (name, sent, expected) in [
            (
                "origin",
                "http://shop.example.org:7480",
                "http://localhost:5173",
            ),
            (
                "origin",
                "https://SHOP.example.org:7480",
                "http://localhost:5173",
            ),
            (
                "referer",
                "http://shop.example.org:7480/a?b#c",
                "http://localhost:5173/a?b#c",
            ),
            (
                "referer",
                "http://shop.example.org:7480",
                "http://localhost:5173",
            ),
        ] {
            assert_eq!(put_on(name, sent), expected);
        }
    }

    #[test]
    fn a_refresh_leads_to_the_public_name() {
        for (said, expected) in [
            (
                "0; url=http://localhost:5173/a?b",
                "0; url=http://shop.example.org:7480/a?b",
            ),
            (
                "5;URL = 'http://127.0.0.1:5173'",
                "5;URL = 'http://shop.example.org:7480'",
            ),
            (
                "1, \"http://localhost:5173/\"",
                "1, \"http://shop.example.org:7480/\"",
            ),
            ("0; url=/a", "0; url=/a"),
            (
                "0; url=http://elsewhere.example/",
                "0; url=http://elsewhere.example/",
            ),
            ("5", "5"),
            ("5;", "5;"),
            ("5; \u{e4}", "5; \u{e4}"),
        ] {
            assert_eq!(taken_off_bytes("refresh", said), expected.as_bytes());
        }
    }

    #[test]
    fn a_page_of_another_origin_keeps_its_own() {
        for (name, sent) in [
            ("origin", "http://evil.example"),
            ("origin", "null"),
            ("origin", "http://shop.example.org"),
            ("origin", "http://shop.example.org:7481"),
            ("origin", "http://shop.example.org:7480.evil.example"),
            ("origin", "http://evil.example//shop.example.org:7480"),
            ("origin", "http://user@shop.example.org:7480"),
            ("origin", "ftp://shop.example.org:7480"),
            (
                "referer",
                "http://evil.example/?http://shop.example.org:7480/",
            ),
        ] {
            assert_eq!(put_on(name, sent), sent);
        }
    }

    #[test]
    fn behind_tls_the_port_that_it_implies_is_left_out() {
        let mut headers = map(&[
            ("host", "shop.example.org"),
            ("x-forwarded-host", "shop.example.org"),
            ("x-forwarded-proto", "https"),
            ("origin", "https://shop.example.org:443"),
        ]);
        let tls = LocalName::new("127.0.0.1:8443", true).expect("a name");
        let disguise = Disguise::put_on(&mut headers, &tls);
        assert_eq!(headers[ORIGIN], "https://127.0.0.1:8443");
        let mut answer = map(&[("location", "https://localhost:8443/login")]);
        disguise.take_off(&mut answer);
        assert_eq!(answer[LOCATION], "https://shop.example.org/login");
    }

    #[test]
    fn a_call_of_next_js_keeps_the_origin_that_it_is_compared_with() {
        let origin = "http://shop.example.org:7480";
        let mut headers = asked(&[("origin", origin), ("next-action", "4f2a")]);
        Disguise::put_on(&mut headers, &local("localhost:3000"));
        assert_eq!(headers[ORIGIN], origin);
    }

    #[test]
    fn what_the_service_says_of_itself_becomes_public_again() {
        for (name, sent, expected) in [
            (
                "location",
                "http://localhost:5173/a?b",
                "http://shop.example.org:7480/a?b",
            ),
            (
                "location",
                "https://localhost:5173",
                "http://shop.example.org:7480",
            ),
            (
                "location",
                "//127.0.0.1:5173/a",
                "http://shop.example.org:7480/a",
            ),
            (
                "location",
                "http://[::1]:5173/",
                "http://shop.example.org:7480/",
            ),
            (
                "content-location",
                "http://localhost:5173/a",
                "http://shop.example.org:7480/a",
            ),
            (
                "access-control-allow-origin",
                "http://localhost:5173",
                "http://shop.example.org:7480",
            ),
            // Everything else stays.
            ("location", "/a", "/a"),
            ("location", "a//localhost:5173/", "a//localhost:5173/"),
            (
                "location",
                "http://localhost:5174/",
                "http://localhost:5174/",
            ),
            ("location", "http://other.example/", "http://other.example/"),
            ("access-control-allow-origin", "*", "*"),
        ] {
            assert_eq!(taken_off(name, sent), expected);
        }
    }

    #[test]
    fn what_is_no_name_is_none() {
        for text in [
            "", "a b", "http://a", "a/b", "user@a", "a:b:c", "a\r\nb", ":80",
        ] {
            assert_eq!(LocalName::new(text, false), None, "{text:?}");
        }
        assert_eq!(LocalName::new(&"a".repeat(256), false), None);
        assert_eq!(local("App.Test:80").host(), "app.test");
        assert_eq!(local("[::1]:80").host(), "[::1]");
    }

    proptest! {
        #[test]
        fn any_values_are_lived_with(origin in "\\PC{0,40}", location in "[ -~]{0,40}") {
            let mut headers = asked(&[]);
            if let Ok(origin) = HeaderValue::from_str(&origin) {
                headers.insert(ORIGIN, origin);
            }
            let disguise = Disguise::put_on(&mut headers, &local("localhost"));
            let mut answer = map(&[("location", location.as_str())]);
            disguise.take_off(&mut answer);
            prop_assert!(answer.contains_key(LOCATION));
        }
    }
}
