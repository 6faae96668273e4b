//! What the library and servers say of a failure, as the reason that a person is told.
//!
//! A server's own words are bounded and without control characters; they may say anything.

use super::address::Address;
use crate::model::Reason;
use crate::provider::ConnectError;
use russh::Disconnect;
use russh::client::{DisconnectReason, RemoteDisconnectInfo};

/// So much of a server's own words is kept, in characters.
const MOST_WORDS: usize = 300;

/// What a server said, in one line and not too much of it.
pub(super) fn words(said: &str) -> String {
    let spaced = said.chars().map(|c| if c.is_control() { ' ' } else { c });
    let words: String = spaced.take(4 * MOST_WORDS).collect();
    let words: Vec<&str> = words.split_whitespace().collect();
    words.join(" ").chars().take(MOST_WORDS).collect()
}

/// The connection or its encryption came to nothing.
pub(super) fn not_greeted(error: &russh::Error, at: &Address) -> ConnectError {
    let fault = |detail: String| ConnectError::with(Reason::ProtocolFault { detail }, error);
    match error {
        russh::Error::Version => fault(format!("{} speaks no SSH of this age", at.place())),
        russh::Error::NoCommonAlgo { kind, theirs, .. } => {
            let theirs = words(&theirs.join(", "));
            fault(format!(
                "{}: no {kind:?} in common, only {theirs}",
                at.place()
            ))
        }
        russh::Error::WrongServerSig => fault(format!(
            "{} does not have the key that it shows",
            at.place()
        )),
        russh::Error::Kex | russh::Error::KexInit | russh::Error::UnknownAlgo => {
            fault(format!("{}: the keys could not be exchanged", at.place()))
        }
        error => lost(error),
    }
}

/// The connection broke.
pub(super) fn lost(error: &russh::Error) -> ConnectError {
    let reason = match error {
        russh::Error::KeepaliveTimeout | russh::Error::InactivityTimeout => Reason::LinkSilent,
        _ => Reason::LinkLost,
    };
    ConnectError::with(reason, words(&error.to_string()))
}

/// Why a session is over that stood.
pub(super) fn ended(reason: &DisconnectReason<russh::Error>) -> ConnectError {
    match reason {
        DisconnectReason::Error(error) => lost(error),
        DisconnectReason::ReceivedDisconnect(said) => dismissed(said),
    }
}

/// The server ended it, and said why. That the protocol was broken may be the network's doing, once a
/// session stood: it is tried again.
fn dismissed(said: &RemoteDisconnectInfo) -> ConnectError {
    let detail = words(&said.message);
    let reason = match said.reason_code {
        Disconnect::HostNotAllowedToConnect | Disconnect::IllegalUserName => Reason::Refused {
            detail: detail.clone(),
        },
        Disconnect::TooManyConnections => Reason::TooManySessions,
        Disconnect::ServiceNotAvailable => Reason::ServiceTrouble { status: 0 },
        // An OpenSSH that goes down says so.
        Disconnect::ByApplication => Reason::RelayShutDown,
        _ => Reason::LinkLost,
    };
    let code = &said.reason_code;
    ConnectError::with(reason, format!("{code:?}: {detail}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Class;

    #[test]
    fn words_are_few_and_plain() {
        assert_eq!(words(" a\r\n\u{1b}[1mb\t\tc "), "a [1mb c");
        assert_eq!(words(&"x y".repeat(10_000)).chars().count(), MOST_WORDS);
    }

    #[test]
    fn each_way_to_end_has_its_class() {
        let dismissed = |reason_code| {
            let said = RemoteDisconnectInfo {
                reason_code,
                message: "said".to_owned(),
                lang_tag: String::new(),
            };
            ended(&DisconnectReason::ReceivedDisconnect(said)).class()
        };
        assert_eq!(dismissed(Disconnect::ByApplication), Class::Transient);
        assert_eq!(dismissed(Disconnect::ProtocolError), Class::Transient);
        assert_eq!(dismissed(Disconnect::TooManyConnections), Class::Quota);
        assert_eq!(dismissed(Disconnect::HostNotAllowedToConnect), Class::Fatal);
        let at = Address::parse("a.example").expect("an address");
        for (error, class) in [
            (russh::Error::Version, Class::Fatal),
            (russh::Error::Kex, Class::Fatal),
            (russh::Error::Disconnect, Class::Transient),
            (russh::Error::KeepaliveTimeout, Class::Transient),
        ] {
            assert_eq!(not_greeted(&error, &at).class(), class, "{error}");
        }
    }
}
