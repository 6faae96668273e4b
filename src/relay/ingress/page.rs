//! The pages that the relay makes itself: what failed, whose side it is on, what to do.
//!
//! They are for strangers with any browser, so each is one self-contained document without scripts.
//! It knows nothing of tunnels but the name a visitor asked for, which is hostile until escaped.

use super::body::RelayBody;
use super::fault::Fault;
use super::message;
use crate::base::accept_language;
use crate::base::service_words::{FULL, Words};
use crate::base::visitor_texts as texts;
use crate::model::{Language, RelayVerdict, ServiceFault};
use bytes::Bytes;
use http::header::{
    ACCEPT, ACCEPT_LANGUAGE, ALLOW, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY, RETRY_AFTER, VARY,
    X_CONTENT_TYPE_OPTIONS,
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reader {
    pub(super) form: Form,
    /// What it says of its languages, a copy that keeps no head in memory: looked at where there is a page,
    /// which most requests never get.
    pub(super) languages: Vec<u8>,
}

/// What a page comes as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// For a browser: a document.
    Html,
    /// For a program: one line.
    Line,
}

impl Reader {
    /// Somebody of whom nothing is known.
    pub(super) const UNKNOWN: Self = Self {
        form: Form::Line,
        languages: Vec::new(),
    };

    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut languages = Vec::new();
        for value in headers.get_all(ACCEPT_LANGUAGE) {
            let room = accept_language::MAX_BYTES - languages.len();
            languages.extend(value.as_bytes().iter().chain(b",").take(room));
        }
        Self {
            form: Form::of(headers),
            languages,
        }
    }

    fn language(&self) -> Language {
        accept_language::best([&self.languages[..]])
    }
}

impl Form {
    /// Browsers name `text/html`, programs do not.
    fn of(headers: &HeaderMap) -> Self {
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

impl Text {
    /// With its title, what failed, on whose side, and the remedy.
    pub(super) fn new(
        status: StatusCode,
        verdict: impl Into<Cow<'static, str>>,
        [title, what, side, remedy]: [texts::Text; 4],
        language: Language,
    ) -> Self {
        Self {
            status,
            verdict: verdict.into(),
            title: title(language),
            what: what(language).into(),
            side: side(language),
            remedy: remedy(language),
        }
    }
}

impl Page {
    /// The page as an answer to a request for `name`, which is shown as asked for.
    pub(super) fn answer(self, name: &[u8], reader: &Reader) -> Response<RelayBody> {
        let (form, language) = (reader.form, reader.language());
        let text = self.text(language);
        let (content_type, body) = match form {
            Form::Html => ("text/html; charset=utf-8", document(&text, name, language)),
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
        set(CONTENT_LANGUAGE, language.tag());
        set(VARY, "accept, accept-language");
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

    fn text(self, language: Language) -> Text {
        let (status, verdict, words): (_, _, [texts::Text; 4]) = match self {
            Self::Relay => (
                StatusCode::OK,
                "relay",
                [
                    texts::visitor_relay_title,
                    texts::visitor_relay_what,
                    texts::visitor_relay_side,
                    texts::visitor_relay_remedy,
                ],
            ),
            Self::BadHost => (
                StatusCode::BAD_REQUEST,
                "bad-host",
                [
                    texts::visitor_bad_host_title,
                    texts::visitor_bad_host_what,
                    texts::visitor_side_request,
                    texts::visitor_bad_host_remedy,
                ],
            ),
            Self::BadMethod => (
                StatusCode::METHOD_NOT_ALLOWED,
                "bad-method",
                [
                    texts::visitor_bad_method_title,
                    texts::visitor_bad_method_what,
                    texts::visitor_side_request,
                    texts::visitor_bad_method_remedy,
                ],
            ),
            Self::OtherHost => (
                StatusCode::MISDIRECTED_REQUEST,
                "other-host",
                [
                    texts::visitor_other_host_title,
                    texts::visitor_other_host_what,
                    texts::visitor_other_host_side,
                    texts::visitor_other_host_remedy,
                ],
            ),
            Self::NotForBrowsers => (
                StatusCode::FORBIDDEN,
                "not-for-browsers",
                [
                    texts::visitor_hosts_only_title,
                    texts::visitor_hosts_only_what,
                    texts::visitor_hosts_only_side,
                    texts::visitor_hosts_only_remedy,
                ],
            ),
            Self::Fault(fault) => return fault.text(language),
            Self::Uncarried(fault) => return uncarried(fault, language),
            Self::Failed(verdict) => return failure(verdict, language),
        };
        Text::new(status, verdict, words, language)
    }
}

/// To a program it is the same as an answer that is none; what to do about it is not.
fn uncarried(fault: message::Fault, language: Language) -> Text {
    let no_http = service_failure(ServiceFault::NotHttp, language);
    let (title, what, remedy): (texts::Text, texts::Text, texts::Text) = match fault {
        message::Fault::Malformed => return no_http,
        message::Fault::TooLarge => (
            texts::visitor_response_large_title,
            texts::visitor_response_large_what,
            texts::visitor_response_large_remedy,
        ),
        message::Fault::UnknownCoding => (
            texts::visitor_response_coding_title,
            texts::visitor_response_coding_what,
            texts::visitor_response_coding_remedy,
        ),
    };
    Text {
        title: title(language),
        what: what(language).into(),
        remedy: remedy(language),
        ..no_http
    }
}

fn failure(verdict: RelayVerdict, language: Language) -> Text {
    let (status, words): (_, [texts::Text; 4]) = match verdict {
        RelayVerdict::Service(fault) => return service_failure(fault, language),
        RelayVerdict::Full => (
            StatusCode::SERVICE_UNAVAILABLE,
            [FULL.0, FULL.1, texts::visitor_full_side, FULL.2],
        ),
        RelayVerdict::NoHost => (
            StatusCode::SERVICE_UNAVAILABLE,
            [
                texts::visitor_offline_title,
                texts::visitor_offline_what,
                texts::visitor_offline_side,
                texts::visitor_offline_remedy,
            ],
        ),
        RelayVerdict::UnknownTunnel => (
            StatusCode::NOT_FOUND,
            [
                texts::visitor_unknown_title,
                texts::visitor_unknown_what,
                texts::visitor_unknown_side,
                texts::visitor_unknown_remedy,
            ],
        ),
    };
    Text::new(status, verdict.header_value(), words, language)
}

/// All that a host says of its service is on its side.
fn service_failure(fault: ServiceFault, language: Language) -> Text {
    let words = Words::of(fault, language);
    Text {
        status: words.status,
        verdict: RelayVerdict::Service(fault).header_value().into(),
        title: words.title,
        what: words.what,
        side: texts::visitor_side_host(language),
        remedy: words.remedy,
    }
}

fn document(text: &Text, name: &[u8], language: Language) -> String {
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
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <p class=\"code {tone}\">{code}</p>\n<h1>{title}</h1>\n<p class=\"name\">{name}</p>\n\
         <p>{what}</p>\n<p class=\"side\">{side}</p>\n<p>{remedy}</p>\n</main>\n\
         <footer>Underpass relay</footer>\n</body>\n</html>\n",
        language.tag()
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
