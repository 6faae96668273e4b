//! What is wrong with a request that cannot be carried, as its visitor is told.

use super::message;
use super::page::Text;
use http::StatusCode;

/// What the visitor did wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// What came breaks the rules of HTTP.
    Malformed,
    /// The head is larger than any that is taken.
    HeadTooLarge,
    /// The body is in a transfer coding that is not understood here.
    UnknownCoding,
    /// The body did not come, or did not come on.
    BodyLate,
    /// It was passed on, and its place was then wanted by somebody else: nobody can say what came of it.
    Displaced,
}

const REQUEST_SIDE: &str = "The problem is in the request, not in the relay or the tunnel.";

impl From<message::Fault> for Fault {
    fn from(fault: message::Fault) -> Self {
        match fault {
            message::Fault::Malformed => Self::Malformed,
            message::Fault::TooLarge => Self::HeadTooLarge,
            message::Fault::UnknownCoding => Self::UnknownCoding,
        }
    }
}

impl Fault {
    #[cfg(test)]
    pub(super) const ALL: [Self; 5] = [
        Self::Malformed,
        Self::HeadTooLarge,
        Self::UnknownCoding,
        Self::BodyLate,
        Self::Displaced,
    ];

    pub(super) fn text(self) -> Text {
        let (status, verdict, title, what, remedy) = match self {
            Self::Malformed => (
                StatusCode::BAD_REQUEST,
                "bad-request",
                "Bad request",
                "What arrived isn't a valid HTTP/1.1 request.",
                "The makers of the program that sent it can fix it.",
            ),
            Self::HeadTooLarge => (
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "head-too-large",
                "Request header too large",
                "The request's address and header lines are larger than 64 KiB together.",
                "In a browser, deleting this address's cookies usually helps.",
            ),
            Self::UnknownCoding => (
                StatusCode::NOT_IMPLEMENTED,
                "unknown-coding",
                "Transfer coding not supported",
                "The request's body uses a transfer coding other than chunked.",
                "Send it with Content-Encoding instead, or as it is.",
            ),
            Self::BodyLate => (
                StatusCode::REQUEST_TIMEOUT,
                "body-late",
                "The request's body didn't arrive",
                "The request announced a body, but nothing of it arrived for too long.",
                "Send it again, over a better connection if you have one.",
            ),
            Self::Displaced => (
                StatusCode::SERVICE_UNAVAILABLE,
                "displaced",
                "Dropped in favor of another visitor",
                "The request was passed on to the service, but another visitor needed its place \
                 before the answer came. It may have taken effect.",
                "Check whether it took effect before you send it again.",
            ),
        };
        Text {
            status,
            verdict: verdict.into(),
            title,
            what: what.into(),
            side: match self {
                Self::Displaced => {
                    "Nothing is broken: the tunnel has as many visitors as it can take."
                }
                _ => REQUEST_SIDE,
            },
            remedy,
        }
    }
}
