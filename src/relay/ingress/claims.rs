//! The fields that say who a visitor is or what it asked for, and that many programs believe: written
//! by a proxy they are facts, written by a stranger they are claims.
//!
//! It decides by name alone and knows neither visitors nor proxies.

use super::headers::HOP_BY_HOP;
use http::HeaderMap;
use http::header::HeaderName;
use std::borrow::Cow;

/// Who may have written the fields of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Author {
    /// Anybody.
    Stranger,
    /// A proxy of the operator's, which replaces or extends what it got.
    TrustedProxy,
}

/// Whose word a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// Every proxy in front of a service is set up to write it, so a trusted one's is believed.
    AnyProxys,
    /// One product's or one vendor's. A proxy of another kind passes a stranger's on untouched, so it
    /// is nobody's here.
    Nobodys,
}

/// All names in lower case, with `-` where a service may read `_`.
const CLAIMS: [(&str, Whose); 24] = [
    // Who asked, through which proxies (RFC 7239, and what came before it). `x-forwarded-*` is below.
    ("forwarded", Whose::AnyProxys),
    ("x-forwarded", Whose::AnyProxys),
    ("x-real-ip", Whose::AnyProxys),
    // The visitor's address, under names that do not end like most of them.
    ("cdn-src-ip", Whose::Nobodys),
    ("cf-connecting-ipv6", Whose::Nobodys),
    ("cf-pseudo-ipv4", Whose::Nobodys),
    ("cloudfront-viewer-address", Whose::Nobodys),
    ("forwarded-for-ip", Whose::Nobodys),
    ("x-coming-from", Whose::Nobodys),
    ("x-envoy-external-address", Whose::Nobodys),
    // By which scheme it asked.
    ("front-end-https", Whose::Nobodys),
    ("x-arr-ssl", Whose::Nobodys),
    ("x-scheme", Whose::Nobodys),
    ("x-url-scheme", Whose::Nobodys),
    // Another target or host than the one that was routed: the service would serve what no rule in
    // front of it has seen.
    ("x-backend-host", Whose::Nobodys),
    ("x-envoy-original-path", Whose::Nobodys),
    ("x-host", Whose::Nobodys),
    ("x-http-host-override", Whose::Nobodys),
    ("x-original-host", Whose::Nobodys),
    ("x-original-uri", Whose::Nobodys),
    ("x-original-url", Whose::Nobodys),
    ("x-override-url", Whose::Nobodys),
    ("x-rewrite-url", Whose::Nobodys),
    // CGI makes `HTTP_PROXY` of it, and many HTTP clients obey that variable (CVE-2016-5385).
    ("proxy", Whose::Nobodys),
];

/// How names of the visitor's address end, whatever the content network, load balancer or framework
/// puts before: programs that look for an address try them one after the other. They are nobody's.
const ADDRESSES: [&str; 13] = [
    "client-ip",
    "clientip",
    "connecting-ip",
    "connection-ip",
    "forwarded-for",
    "originating-ip",
    "real-ip",
    "remote-addr",
    "remote-ip",
    "socketip",
    "source-ip",
    "true-ip",
    "user-ip",
];

/// How names begin by which a proxy says who it has authenticated, and by what certificate. Such a
/// proxy stands between the relay and the service, if anywhere; from this side they are nobody's.
const IDENTITIES: [&str; 11] = [
    "cf-access-authenticated-",
    "remote-",
    "ssl-client-",
    "tailscale-user-",
    "x-auth-request-",
    "x-authenticated-",
    "x-client-cert",
    "x-remote-",
    "x-ssl-",
    "x-tls-client-",
    "x-webauth-",
];

/// How the claims of one more family begin.
const FORWARDED: &str = "x-forwarded-";

/// What a service that reads `_` as `-` (CGI and WSGI do) would take for a field that decides where a
/// message ends or what its bytes are, beside those of one hop.
const SHADOWED: [&str; 4] = [
    "content-encoding",
    "content-length",
    "content-type",
    "sec-websocket-key",
];

/// What makes sense in a head alone (RFC 9110, 6.5.1): routing, framing, authentication, conditions,
/// and what controls how the answer is kept. A program that merges trailers into the head would
/// believe them there.
const NOT_IN_TRAILERS: [&str; 24] = [
    "age",
    "authorization",
    "cache-control",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "cookie",
    "date",
    "expect",
    "expires",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "location",
    "max-forwards",
    "range",
    "retry-after",
    "set-cookie",
    "vary",
    "via",
];

/// Takes out of a request's head what its author may not say, and what only looks like another field.
pub(super) fn remove_from_head(headers: &mut HeaderMap, author: Author) {
    retain(headers, |name| {
        !is_claim(name, author) && !is_shadow(name.as_str())
    });
}

/// Takes out of trailers what may stand in a head alone, for whoever merges them into it.
pub(super) fn remove_from_trailers(trailers: &mut HeaderMap) {
    retain(trailers, |name| {
        let dashed = dashed(name.as_str());
        !is_claim(name, Author::Stranger)
            && !NOT_IN_TRAILERS.contains(&&*dashed)
            && !is_hop_by_hop(&dashed)
            && dashed != crate::model::RelayVerdict::HEADER
    });
}

fn is_claim(name: &HeaderName, author: Author) -> bool {
    let dashed = dashed(name.as_str());
    let whose = if dashed.starts_with(FORWARDED) {
        Some(Whose::AnyProxys)
    } else {
        let mut claims = CLAIMS.iter();
        let claim = claims.find(|(claim, _)| *claim == dashed);
        claim.map(|(_, whose)| *whose).or_else(|| {
            let is_claim = ADDRESSES.iter().any(|end| dashed.ends_with(end))
                || IDENTITIES.iter().any(|begin| dashed.starts_with(begin));
            is_claim.then_some(Whose::Nobodys)
        })
    };
    match (whose, author) {
        (None, _) => false,
        // No proxy spells them with `_`: such a one has slipped past it.
        (Some(Whose::AnyProxys), Author::TrustedProxy) => name.as_str().contains('_'),
        (Some(Whose::AnyProxys), Author::Stranger) | (Some(Whose::Nobodys), _) => true,
    }
}

/// Whether it is a field of framing with `_` for `-`.
fn is_shadow(name: &str) -> bool {
    let Cow::Owned(dashed) = dashed(name) else {
        return false;
    };
    SHADOWED.contains(&dashed.as_str()) || is_hop_by_hop(&dashed)
}

fn is_hop_by_hop(name: &str) -> bool {
    HOP_BY_HOP.iter().any(|known| known == name)
}

fn dashed(name: &str) -> Cow<'_, str> {
    if name.contains('_') {
        Cow::Owned(name.replace('_', "-"))
    } else {
        Cow::Borrowed(name)
    }
}

fn retain(headers: &mut HeaderMap, keep: impl Fn(&HeaderName) -> bool) {
    let gone: Vec<HeaderName> = headers.keys().filter(|name| !keep(name)).cloned().collect();
    for name in gone {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::HeaderValue;
    use proptest::prelude::*;

    fn map<'a>(names: impl IntoIterator<Item = &'a str>) -> HeaderMap {
        let field = |name: &str| {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("it is a name");
            (name, HeaderValue::from_static("10.0.0.1"))
        };
        names.into_iter().map(field).collect()
    }

    fn left(names: &[&str], author: Author) -> Vec<String> {
        let mut headers = map(names.iter().copied());
        remove_from_head(&mut headers, author);
        let mut names: Vec<_> = headers
            .keys()
            .map(|name| name.as_str().to_owned())
            .collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn strangers_say_nothing_of_who_or_what_they_are_in_any_spelling() {
        for (claim, _) in CLAIMS {
            for spelled in [
                claim.to_owned(),
                claim.replace('-', "_"),
                claim.to_uppercase(),
            ] {
                assert_eq!(left(&[&spelled], Author::Stranger), [""; 0], "{spelled}");
            }
        }
        let family = [
            "X-Forwarded-For",
            "x_forwarded_proto",
            "X-Forwarded_Client-Cert",
        ];
        assert_eq!(left(&family, Author::Stranger), [""; 0]);
    }

    #[test]
    fn an_address_or_a_user_is_claimed_under_any_products_name() {
        for claim in [
            "Ali-CDN-Real-IP",
            "X-ProxyUser-Ip",
            "X-Vercel-Forwarded-For",
            "Akamai-Client-IP",
            "X-Sucuri-ClientIP",
            "X-Appengine-Remote-Addr",
            "X-Appengine-User-IP",
            "X-Azure-SocketIP",
            "X-NF-Client-Connection-IP",
            "X-True-IP",
            "X-Client-Real-IP",
            "ClientIP",
            "X-Host",
            "X-Original-URI",
            "X-Remote-User",
            "Remote-User",
            "Remote_Groups",
            "X-SSL-Client-Verify",
            "X-Auth-Request-Email",
        ] {
            for author in [Author::Stranger, Author::TrustedProxy] {
                assert_eq!(left(&[claim], author), [""; 0], "{claim}");
            }
        }
        let honest = [
            "authorization",
            "ip",
            "x-api-user",
            "x-hostname",
            "x-user-id",
        ];
        assert_eq!(left(&honest, Author::Stranger), honest);
    }

    #[test]
    fn a_trusted_proxy_is_believed_where_every_proxy_writes_it() {
        let sent = [
            "x-forwarded-for",
            "x_forwarded_for",
            "x-forwarded-proto",
            "forwarded",
            "x-real-ip",
            "x_real_ip",
            "cf-connecting-ip",
            "x-original-url",
        ];
        let kept = [
            "forwarded",
            "x-forwarded-for",
            "x-forwarded-proto",
            "x-real-ip",
        ];
        assert_eq!(left(&sent, Author::TrustedProxy), kept);
    }

    #[test]
    fn no_name_with_underscores_stands_for_a_field_of_framing() {
        let shadows = [
            "Transfer_Encoding",
            "content_length",
            "CONTENT_TYPE",
            "content_Encoding",
            "keep_alive",
            "proxy_connection",
        ];
        for author in [Author::Stranger, Author::TrustedProxy] {
            assert_eq!(left(&shadows, author), [""; 0]);
            let honest = ["api_key", "content-length", "transfer-encoding", "x_y-z"];
            assert_eq!(left(&honest, author), honest);
        }
    }

    #[test]
    fn trailers_carry_sums_and_no_orders() {
        let mut trailers = map([
            "x-sum",
            "digest",
            "grpc-status",
            "server-timing",
            "x-forwarded-for",
            "X_Real_IP",
            "transfer-encoding",
            "content_length",
            "host",
            "authorization",
            "set-cookie",
            "x-underpass",
            "connection",
        ]);
        remove_from_trailers(&mut trailers);
        let names: Vec<_> = trailers.keys().map(HeaderName::as_str).collect();
        assert_eq!(names, ["x-sum", "digest", "grpc-status", "server-timing"]);
    }

    proptest! {
        #[test]
        fn what_is_kept_is_no_claim_however_it_is_spelled(
            claim in prop::sample::select(&CLAIMS[..]),
            under in prop::collection::vec(any::<bool>(), 32),
        ) {
            let mut under = under.into_iter();
            let spelled: String = claim.0.chars().map(|c| {
                if c == '-' && under.next() == Some(true) { '_' } else { c }
            }).collect();
            prop_assert!(left(&[&spelled], Author::Stranger).is_empty());
        }
    }
}
