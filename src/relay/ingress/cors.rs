//! Lets scripts of any site read the relay's own pages (Fetch standard, CORS protocol), so that they
//! learn whose side a failure is on instead of that their browser hides it.
//!
//! Only ever for pages of the relay's own: they hold nothing that the visitor did not send. What a
//! service answers is the service's to share. A preflight gets the page with the status it has, which
//! is no grant: nobody agrees to a request in the name of a service that is away.

use crate::model::RelayVerdict;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderValue, ORIGIN, VARY,
};
use http::{HeaderMap, Method};

/// What scripts may read beside the body.
const EXPOSED: &str = "x-underpass, retry-after";

/// What a request says of the script that makes it.
#[derive(Clone, Debug, Default)]
pub(super) struct CorsRequest {
    origin: Option<HeaderValue>,
    /// The method and the fields it asks for, if it is a preflight.
    preflight: Option<(HeaderValue, Option<HeaderValue>)>,
}

impl CorsRequest {
    pub(super) fn of(method: &Method, headers: &HeaderMap) -> Self {
        let origin = headers.get(ORIGIN).cloned();
        let wanted = headers.get(ACCESS_CONTROL_REQUEST_METHOD).cloned();
        let preflight = wanted.filter(|_| method == Method::OPTIONS && origin.is_some());
        Self {
            origin,
            preflight: preflight
                .map(|method| (method, headers.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned())),
        }
    }

    /// Lets the script that asked read an answer with these headers.
    pub(super) fn allow(self, headers: &mut HeaderMap) {
        debug_assert!(EXPOSED.starts_with(RelayVerdict::HEADER));
        headers.append(VARY, HeaderValue::from_static("origin"));
        let Some(origin) = self.origin else {
            return;
        };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        let yes = HeaderValue::from_static("true");
        headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, yes);
        let exposed = HeaderValue::from_static(EXPOSED);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        if let Some((method, fields)) = self.preflight {
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, method);
            if let Some(fields) = fields {
                headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, fields);
            }
            // As soon as the service is back it speaks for itself.
            headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("0"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(method: &Method, lines: &[(&'static str, &'static str)]) -> Vec<(String, String)> {
        let headers = lines
            .iter()
            .map(|(name, value)| {
                let name = http::HeaderName::from_static(name);
                (name, HeaderValue::from_static(value))
            })
            .collect();
        let mut answer = HeaderMap::new();
        CorsRequest::of(method, &headers).allow(&mut answer);
        answer.remove(VARY).expect("caches must know");
        let text = |(name, value): (&http::HeaderName, &HeaderValue)| {
            let name = name.as_str().trim_start_matches("access-control-");
            let value = value.to_str().expect("it is text");
            (name.to_owned(), value.to_owned())
        };
        let mut lines: Vec<_> = answer.iter().map(text).collect();
        lines.sort_unstable();
        lines
    }

    const ORIGIN: (&str, &str) = ("origin", "http://app.example");
    const METHOD: (&str, &str) = ("access-control-request-method", "POST");
    const FIELDS: (&str, &str) = ("access-control-request-headers", "content-type");

    #[test]
    fn a_script_elsewhere_may_read_the_page() {
        let plain = [
            ("allow-origin", "http://app.example"),
            ("allow-credentials", "true"),
            ("expose-headers", EXPOSED),
        ];
        let own = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            let pair = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
            let mut lines: Vec<_> = pairs.iter().map(pair).collect();
            lines.sort_unstable();
            lines
        };
        assert_eq!(allowed(&Method::GET, &[ORIGIN]), own(&plain));
        // Only a preflight is answered as one.
        assert_eq!(
            allowed(&Method::GET, &[ORIGIN, METHOD, FIELDS]),
            own(&plain)
        );
        assert_eq!(allowed(&Method::OPTIONS, &[ORIGIN]), own(&plain));
        let preflight = [
            ("allow-methods", "POST"),
            ("allow-headers", "content-type"),
            ("max-age", "0"),
        ];
        let asked = [ORIGIN, METHOD, FIELDS];
        let expected = own(&[&plain[..], &preflight].concat());
        assert_eq!(allowed(&Method::OPTIONS, &asked), expected);
    }

    #[test]
    fn whoever_is_no_script_gets_nothing_more() {
        assert_eq!(allowed(&Method::GET, &[]), []);
        assert_eq!(allowed(&Method::OPTIONS, &[METHOD, FIELDS]), []);
    }
}
