//! What is wrong with a request that cannot be carried, as its visitor is told.

use super::message;
use super::page::Text;
use crate::base::visitor_texts as texts;
use crate::model::Language;
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

    pub(super) fn text(self, language: Language) -> Text {
        let (status, verdict, words): (_, _, [texts::Text; 4]) = match self {
            Self::Malformed => (
                StatusCode::BAD_REQUEST,
                "bad-request",
                [
                    texts::visitor_malformed_title,
                    texts::visitor_malformed_what,
                    texts::visitor_side_request,
                    texts::visitor_malformed_remedy,
                ],
            ),
            Self::HeadTooLarge => (
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "head-too-large",
                [
                    texts::visitor_head_large_title,
                    texts::visitor_head_large_what,
                    texts::visitor_side_request,
                    texts::visitor_head_large_remedy,
                ],
            ),
            Self::UnknownCoding => (
                StatusCode::NOT_IMPLEMENTED,
                "unknown-coding",
                [
                    texts::visitor_coding_title,
                    texts::visitor_coding_what,
                    texts::visitor_side_request,
                    texts::visitor_coding_remedy,
                ],
            ),
            Self::BodyLate => (
                StatusCode::REQUEST_TIMEOUT,
                "body-late",
                [
                    texts::visitor_body_late_title,
                    texts::visitor_body_late_what,
                    texts::visitor_side_request,
                    texts::visitor_body_late_remedy,
                ],
            ),
            Self::Displaced => (
                StatusCode::SERVICE_UNAVAILABLE,
                "displaced",
                [
                    texts::visitor_displaced_title,
                    texts::visitor_displaced_what,
                    texts::visitor_displaced_side,
                    texts::visitor_displaced_remedy,
                ],
            ),
        };
        Text::new(status, verdict, words, language)
    }
}
