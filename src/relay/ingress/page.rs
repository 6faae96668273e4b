//! The pages that the relay makes itself: what failed, whose side it is on, what to do.
//!
//! They are for strangers with any browser, so each is one self-contained document without scripts.
//! It knows nothing of tunnels but the name a visitor asked for, which is hostile until escaped.

use super::body::RelayBody;
use super::fault::Fault;
use super::message;
use crate::base::service_words::{FULL, Words};
use crate::model::{RelayVerdict, ServiceFault};
use bytes::Bytes;
use http::header::{
    ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue,
    REFERRER_POLICY, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, Response, StatusCode};
use std::borrow::Cow;
use std::fmt::Write;

/// After how many seconds it makes sense to ask again for a tunnel that nobody hosts: hosts that
/// lost their link are mostly back by then.
const RETRY_SECONDS: &str = "5";
/// How much of a name that a visitor asked for is shown, in characters.
const MAX_SHOWN: usize = 100;
/// The pages are what they are: no scripts, no images, nothing from elsewhere.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

const STYLE: &str = include_str!("page.css");

/// What a page is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    /// The relay itself was asked for.
    Relay,
    /// The request names no host, or none that could be one.
    BadHost,
    /// A method that the relay does not carry.
    BadMethod,
    /// A name that is none of this machine's, at a listener without names.
    OtherHost,
    /// Where hosts connect, asked for by a page.
    NotForBrowsers,
    /// The request cannot be carried for another reason.
    Fault(Fault),
    /// The service's answer is one, and cannot be carried.
    Uncarried(message::Fault),
    /// Something between the relay and the service failed.
    Failed(RelayVerdict),
}

/// How the visitor wants to read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A browser: a document.
    Html,
    /// A program: one line.
    Line,
}

impl Form {
    /// Browsers name `text/html`, programs do not.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let html = headers.get_all(ACCEPT).iter().any(|line| {
            let mut types = line.as_bytes().split(|&b| b == b',');
            types.any(|kind| {
                let kind = kind.trim_ascii();
                kind.len() >= 9 && kind[..9].eq_ignore_ascii_case(b"text/html")
            })
        });
        if html { Self::Html } else { Self::Line }
    }
}

/// The text of a page, in the order it is read.
pub(super) struct Text {
    pub(super) status: StatusCode,
    /// The value of the relay's own header.
    pub(super) verdict: Cow<'static, str>,
    pub(super) title: &'static str,
    /// What failed.
    pub(super) what: Cow<'static, str>,
    pub(super) side: &'static str,
    pub(super) remedy: &'static str,
}

impl Page {
    /// The page as an answer to a request for `name`, which is shown as asked for.
    pub(super) fn answer(self, name: &[u8], form: Form) -> Response<RelayBody> {
        let text = self.text();
        let (content_type, body) = match form {
            Form::Html => ("text/html; charset=utf-8", document(&text, name)),
            Form::Line => ("text/plain; charset=utf-8", line(&text, name)),
        };
        let mut answer = Response::new(RelayBody::page(Bytes::from(body)));
        *answer.status_mut() = text.status;
        let headers = answer.headers_mut();
        if let Ok(verdict) = HeaderValue::from_str(&text.verdict) {
            headers.insert(RelayVerdict::HEADER, verdict);
        }
        let mut set = |name: HeaderName, value| {
            headers.insert(name, HeaderValue::from_static(value));
        };
        set(CONTENT_TYPE, content_type);
        set(CACHE_CONTROL, "no-store");
        set(CONTENT_SECURITY_POLICY, POLICY);
        set(REFERRER_POLICY, "no-referrer");
        set(X_CONTENT_TYPE_OPTIONS, "nosniff");
        match self {
            Self::Failed(RelayVerdict::NoHost | RelayVerdict::Full) => {
                set(RETRY_AFTER, RETRY_SECONDS);
            }
            Self::BadMethod => set(ALLOW, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
            Self::Relay
            | Self::BadHost
            | Self::OtherHost
            | Self::NotForBrowsers
            | Self::Fault(_)
            | Self::Uncarried(_)
            | Self::Failed(_) => {}
        }
        answer
    }

    fn text(self) -> Text {
        match self {
            Self::Relay => Text {
                status: StatusCode::OK,
                verdict: Cow::Borrowed("relay"),
                title: "This is an Underpass relay",
                what: Cow::Borrowed(
                    "It gives programs on other computers an address that others can reach. \
                     Each one has its own name under this address; there is no list of them.",
                ),
                side: "The relay works.",
                remedy: "Ask the person who sent you here for the full address.",
            },
            Self::BadHost => Text {
                status: StatusCode::BAD_REQUEST,
                verdict: Cow::Borrowed("bad-host"),
                title: "No valid host name",
                what: Cow::Borrowed(
                    "The relay finds a tunnel by the host name in the request, \
                     and this request has no valid one.",
                ),
                side: "The problem is in the request, not in the relay or the tunnel.",
                remedy: "Check the address for typos.",
            },
            Self::BadMethod => Text {
                status: StatusCode::METHOD_NOT_ALLOWED,
                verdict: Cow::Borrowed("bad-method"),
                title: "Method not supported",
                what: Cow::Borrowed("The relay doesn't support CONNECT and TRACE requests."),
                side: "The problem is in the request, not in the relay or the tunnel.",
                remedy: "Use the address directly, not as a proxy.",
            },
            Self::OtherHost => Text {
                status: StatusCode::MISDIRECTED_REQUEST,
                verdict: "other-host".into(),
                title: "Not a name of this computer",
                what: Cow::Borrowed(
                    "This port only answers for the addresses and names of the computer it is on; \
                     otherwise, a page elsewhere could pretend to be it.",
                ),
                side: "The problem is in the request, not in the tunnel.",
                remedy: "Use the computer's address, or its name on this network.",
            },
            Self::NotForBrowsers => Text {
                status: StatusCode::FORBIDDEN,
                verdict: "not-for-browsers".into(),
                title: "This is where hosts connect",
                what: Cow::Borrowed("Programs that host tunnels connect here; web pages can't."),
                side: "The problem is in the request, not in the relay.",
                remedy: "Ask the person who sent you here for the full address of the tunnel.",
            },
            Self::Fault(fault) => fault.text(),
            Self::Uncarried(fault) => uncarried(fault),
            Self::Failed(verdict) => failure(verdict),
        }
    }
}

/// To a program it is the same as an answer that is none; what to do about it is not.
fn uncarried(fault: message::Fault) -> Text {
    let no_http = service_failure(ServiceFault::NotHttp);
    let (title, what, remedy) = match fault {
        message::Fault::Malformed => return no_http,
        message::Fault::TooLarge => (
            "The service's response header is too large",
            "The tunnel works and the service answers, \
             but its response header is larger than 128 KiB.",
            "Is it yours? Make it send fewer or shorter header lines; cookies are the usual cause.",
        ),
        message::Fault::UnknownCoding => (
            "The service's response uses an unsupported transfer coding",
            "The tunnel works and the service answers, \
             but its response uses a transfer coding other than chunked.",
            "Is it yours? Make it use Content-Encoding instead, or send the body as it is.",
        ),
    };
    Text {
        title,
        what: what.into(),
        remedy,
        ..no_http
    }
}

/// All that a host says of its service is on its side.
const HOST_SIDE: &str = "The problem is on the host's side; the relay and the tunnel are fine.";

fn failure(verdict: RelayVerdict) -> Text {
    let (status, title, what, side, remedy) = match verdict {
        RelayVerdict::Service(fault) => return service_failure(fault),
        RelayVerdict::Full => (
            StatusCode::SERVICE_UNAVAILABLE,
            FULL.0,
            FULL.1,
            "Nothing is broken: the relay, the tunnel and the service are fine.",
            FULL.2,
        ),
        RelayVerdict::NoHost => (
            StatusCode::SERVICE_UNAVAILABLE,
            "This tunnel is offline right now",
            "The relay knows this name, but the computer behind it isn't connected.",
            "The problem is on the host's side or on its network; the relay is fine.",
            "Is it yours? Start hosting it again. If not, try again in a moment.",
        ),
        RelayVerdict::UnknownTunnel => (
            StatusCode::NOT_FOUND,
            "No such tunnel",
            "The relay doesn't know a tunnel with this name.",
            "The address may be mistyped, or the tunnel no longer exists; the relay is fine.",
            "Check the address, or ask the person who sent it to you.",
        ),
    };
    Text {
        status,
        verdict: verdict.header_value().into(),
        title,
        what: what.into(),
        side,
        remedy,
    }
}

fn service_failure(fault: ServiceFault) -> Text {
    let words = Words::of(fault);
    Text {
        status: words.status,
        verdict: RelayVerdict::Service(fault).header_value().into(),
        title: words.title,
        what: words.what,
        side: HOST_SIDE,
        remedy: words.remedy,
    }
}

fn document(text: &Text, name: &[u8]) -> String {
    let Text {
        title,
        what,
        side,
        remedy,
        ..
    } = text;
    let code = text.status.as_u16();
    let tone = if text.status.is_success() {
        "ok"
    } else {
        "bad"
    };
    let name = escape(&shown(name));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <p class=\"code {tone}\">{code}</p>\n<h1>{title}</h1>\n<p class=\"name\">{name}</p>\n\
         <p>{what}</p>\n<p class=\"side\">{side}</p>\n<p>{remedy}</p>\n</main>\n\
         <footer>Underpass relay</footer>\n</body>\n</html>\n"
    )
}

fn line(text: &Text, name: &[u8]) -> String {
    let Text {
        title,
        what,
        side,
        remedy,
        ..
    } = text;
    let code = text.status.as_u16();
    let mut line = format!("{code} {title}");
    let name = shown(name);
    if !name.is_empty() {
        // Writing to a String cannot fail.
        let _ = write!(line, " ({name})");
    }
    let _ = writeln!(line, ": {what} {side} {remedy}");
    line
}

/// The name as far as it is shown: printable, and short.
fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name)
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_SHOWN)
        .collect()
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;
