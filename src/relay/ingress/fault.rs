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

const REQUEST_SIDE: &str = "The request is at fault, not the relay or the tunnel.";

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
                "What came is no valid HTTP/1.1 request.",
                "Whoever made the program that sent it can mend it.",
            ),
            Self::HeadTooLarge => (
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "head-too-large",
                "Request head too large",
                "The request's address and header lines together are larger than 64 KiB.",
                "In a browser, deleting the cookies of this address mostly helps.",
            ),
            Self::UnknownCoding => (
                StatusCode::NOT_IMPLEMENTED,
                "unknown-coding",
                "Transfer coding not carried",
                "The request's body is in a transfer coding other than chunked.",
                "Send it with Content-Encoding instead, or as it is.",
            ),
            Self::BodyLate => (
                StatusCode::REQUEST_TIMEOUT,
                "body-late",
                "The request's body did not come",
                "The request announced a body, and too long nothing came of it.",
                "Send it again, over a better connection if there is one.",
            ),
            Self::Displaced => (
                StatusCode::SERVICE_UNAVAILABLE,
                "displaced",
                "Given up for another visitor",
                "The request was passed on to the service, and before the answer came its place was \
                 wanted by somebody else. It may have had its effect.",
                "Look whether it has had its effect before you send it again.",
            ),
        };
        Text {
            status,
            verdict: verdict.into(),
            title,
            what: what.into(),
            side: match self {
                Self::Displaced => {
                    "Nothing is broken: the tunnel has as many visitors as there is room for."
                }
                _ => REQUEST_SIDE,
            },
            remedy,
        }
    }
}
