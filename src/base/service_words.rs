//! What a visitor is told where a service cannot answer: the same on the relay's pages and on those of
//! whoever hosts. It is for strangers, in their language.

use super::visitor_texts::{self as texts, Text};
use crate::model::{Language, ServiceFault};
use http::StatusCode;
use std::borrow::Cow;

/// The same where there is no room: title, what failed, what to do.
pub(crate) const FULL: (Text, Text, Text) = (
    texts::visitor_full_title,
    texts::visitor_full_what,
    texts::visitor_full_remedy,
);

/// What is said of one fault.
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) status: StatusCode,
    pub(crate) title: &'static str,
    /// What failed.
    pub(crate) what: Cow<'static, str>,
    /// What to do.
    pub(crate) remedy: &'static str,
}

impl Words {
    /// What is said of this one.
    pub(crate) fn of(fault: ServiceFault, language: Language) -> Self {
        let status = match fault {
            ServiceFault::TimedOut | ServiceFault::NoAnswer | ServiceFault::Busy => {
                StatusCode::GATEWAY_TIMEOUT
            }
            ServiceFault::HostFull => StatusCode::SERVICE_UNAVAILABLE,
            ServiceFault::Loop => StatusCode::LOOP_DETECTED,
            _ => StatusCode::BAD_GATEWAY,
        };
        let (title, what, remedy) = words(fault);
        Self {
            status,
            title: title(language),
            what: match what {
                What::Plain(text) => text(language).into(),
                What::Certificate(text, fingerprint) => text(language, &fingerprint).into(),
            },
            remedy: remedy(language),
        }
    }
}

/// What failed, before it is in any language.
enum What {
    Plain(Text),
    /// With the certificate's fingerprint.
    Certificate(fn(Language, &str) -> String, String),
}

/// Title, what failed and what to do, for each thing that may be wrong with a service.
fn words(fault: ServiceFault) -> (Text, What, Text) {
    let (title, what, remedy): (Text, Text, Text) = match fault {
        ServiceFault::UntrustedCertificate { fingerprint } => {
            let what = What::Certificate(texts::visitor_untrusted_what, fingerprint.to_string());
            let remedy = texts::visitor_untrusted_remedy;
            return (texts::visitor_untrusted_title, what, remedy);
        }
        ServiceFault::ChangedCertificate { fingerprint } => {
            let what = What::Certificate(texts::visitor_changed_what, fingerprint.to_string());
            let remedy = texts::visitor_changed_remedy;
            return (texts::visitor_changed_title, what, remedy);
        }
        ServiceFault::Refused => (
            texts::visitor_refused_title,
            texts::visitor_refused_what,
            texts::visitor_refused_remedy,
        ),
        ServiceFault::NotHttp => (
            texts::visitor_not_http_title,
            texts::visitor_not_http_what,
            texts::visitor_not_http_remedy,
        ),
        ServiceFault::TimedOut => (
            texts::visitor_no_answer_title,
            texts::visitor_timed_out_what,
            texts::visitor_no_answer_remedy,
        ),
        ServiceFault::NoAnswer => (
            texts::visitor_no_answer_title,
            texts::visitor_no_answer_what,
            texts::visitor_no_answer_remedy,
        ),
        ServiceFault::Busy => (
            texts::visitor_busy_title,
            texts::visitor_busy_what,
            texts::visitor_busy_remedy,
        ),
        ServiceFault::UnknownName => (
            texts::visitor_unknown_name_title,
            texts::visitor_unknown_name_what,
            texts::visitor_unknown_name_remedy,
        ),
        ServiceFault::Unreachable => (
            texts::visitor_unreachable_title,
            texts::visitor_unreachable_what,
            texts::visitor_unreachable_remedy,
        ),
        ServiceFault::NameRefused => (
            texts::visitor_name_refused_title,
            texts::visitor_name_refused_what,
            texts::visitor_name_refused_remedy,
        ),
        ServiceFault::NotTls => (
            texts::visitor_not_tls_title,
            texts::visitor_not_tls_what,
            texts::visitor_not_tls_remedy,
        ),
        ServiceFault::TlsRefused => (
            texts::visitor_tls_refused_title,
            texts::visitor_tls_refused_what,
            texts::visitor_tls_refused_remedy,
        ),
        ServiceFault::HostFull => (
            texts::visitor_host_full_title,
            texts::visitor_host_full_what,
            texts::visitor_host_full_remedy,
        ),
        ServiceFault::NotPermitted => (
            texts::visitor_not_permitted_title,
            texts::visitor_not_permitted_what,
            texts::visitor_not_permitted_remedy,
        ),
        ServiceFault::Loop => (
            texts::visitor_loop_title,
            texts::visitor_loop_what,
            texts::visitor_loop_remedy,
        ),
        ServiceFault::Other => (
            texts::visitor_other_title,
            texts::visitor_other_what,
            texts::visitor_other_remedy,
        ),
    };
    (title, What::Plain(what), remedy)
}
