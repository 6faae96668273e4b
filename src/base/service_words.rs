//! What a visitor is told where a service cannot answer: the same on the relay's pages and on those of
//! whoever hosts. It is for strangers, in English.

use crate::model::ServiceFault;
use http::StatusCode;
use std::borrow::Cow;

/// The same where there is no room: title, what failed, what to do.
pub const FULL: (&str, &str, &str) = (
    "Too many visitors",
    "The tunnel works, but it has no room for another connection right now.",
    "Try again in a moment: there will be room as soon as another visitor leaves.",
);

/// What is said of one fault.
#[derive(Debug)]
pub struct Words {
    pub status: StatusCode,
    pub title: &'static str,
    /// What failed.
    pub what: Cow<'static, str>,
    /// What to do.
    pub remedy: &'static str,
}

impl Words {
    /// What is said of this one.
    pub fn of(fault: ServiceFault) -> Self {
        let status = match fault {
            ServiceFault::TimedOut | ServiceFault::NoAnswer | ServiceFault::Busy => {
                StatusCode::GATEWAY_TIMEOUT
            }
            ServiceFault::HostFull => StatusCode::SERVICE_UNAVAILABLE,
            ServiceFault::Loop => StatusCode::LOOP_DETECTED,
            _ => StatusCode::BAD_GATEWAY,
        };
        let (title, what, remedy) = words(fault);
        let what = match fault.fingerprint() {
            Some(fingerprint) => Cow::Owned(format!("{what} Its SHA-256 is {fingerprint}.")),
            None => Cow::Borrowed(what),
        };
        Self {
            status,
            title,
            what,
            remedy,
        }
    }
}

/// Title, what failed and what to do, for each thing that may be wrong with a service.
fn words(fault: ServiceFault) -> (&'static str, &'static str, &'static str) {
    match fault {
        ServiceFault::Refused => (
            "Nothing is listening on the port",
            "The tunnel works, but nothing is listening on the port on the computer behind it.",
            "Is it yours? Start the local service, and this address works immediately. \
             If not, try again later.",
        ),
        ServiceFault::NotHttp => (
            "The service didn't send an HTTP response",
            "The tunnel works and the service accepts connections, \
             but it closes them or answers with something other than HTTP.",
            "Is it yours? Check which protocol the port speaks. \
             If it is https, change the port's protocol to https.",
        ),
        ServiceFault::TimedOut => (
            "The service doesn't answer",
            "The tunnel works, but the service on the computer behind it \
             didn't accept the connection in time.",
            "Is it yours? Check whether the local service is stuck. If not, try again later.",
        ),
        ServiceFault::NoAnswer => (
            "The service doesn't answer",
            "The tunnel works and the service accepts connections, but it doesn't answer in time.",
            "Is it yours? Check whether the local service is stuck. If not, try again later.",
        ),
        ServiceFault::Busy => (
            "The service is busy",
            "The tunnel works and the service accepts connections, \
             but it handles one request at a time and is busy with another one.",
            "Try again in a moment. Is it yours? Let the service handle several requests at once.",
        ),
        ServiceFault::UnknownName => (
            "The service's name isn't known",
            "The tunnel works, but on the computer behind it the name of the service \
             doesn't resolve to an address.",
            "Is it yours? Check the name for typos, or use the service's address.",
        ),
        ServiceFault::Unreachable => (
            "The service's computer can't be reached",
            "The tunnel works, but the computer behind it has no route \
             to the network or the computer that the service is on.",
            "Is it yours? Check that network, and the target's address.",
        ),
        ServiceFault::UntrustedCertificate { .. } => (
            "The service's certificate isn't trusted",
            "The tunnel works and the service is running, but the computer behind the tunnel \
             doesn't trust its certificate.",
            "Is it yours? Host it with --no-tls-verify to accept this certificate, \
             or make that computer trust it.",
        ),
        ServiceFault::ChangedCertificate { .. } => (
            "The service's certificate has changed",
            "The tunnel works and the service is running, but its certificate isn't the one \
             that was accepted first.",
            "Is it yours, and did you change it? Host it again to accept the new one.",
        ),
        ServiceFault::NameRefused => (
            "The service refuses this name",
            "The tunnel works, but the service only answers requests for a name it knows.",
            "Is it yours? Host it with --host-header rewrite.",
        ),
        ServiceFault::NotTls => (
            "The service doesn't speak TLS",
            "The tunnel works and the service accepts connections, \
             but the port's protocol is https and the service doesn't speak TLS.",
            "Is it yours? Change the port's protocol to http.",
        ),
        ServiceFault::TlsRefused => (
            "The service rejects the TLS handshake",
            "The tunnel works and the service speaks TLS, but it broke off the handshake.",
            "Is it yours? It may know another name: use that name as the target.",
        ),
        ServiceFault::HostFull => (
            "The computer behind the tunnel has too many connections",
            "The tunnel works, but the computer behind it has as many open connections as it allows.",
            "Try again in a moment. Is it yours? Raise its limit of open files.",
        ),
        ServiceFault::NotPermitted => (
            "The connection to the service isn't allowed",
            "The tunnel works, but the system of the computer behind it \
             doesn't allow the connection to the service.",
            "Is it yours? Check its firewall.",
        ),
        ServiceFault::Loop => (
            "The tunnel leads to itself",
            "What this tunnel leads to is the tunnel's own address, or passes requests on to it: \
             this one would go in circles.",
            "Is it yours? Give the port of the service itself as the target, \
             or make it pass on nothing meant for this address.",
        ),
        ServiceFault::Other => (
            "The service can't be reached",
            "The tunnel works, but the computer behind it can't connect to its service.",
            "Is it yours? See its log. If not, try again later.",
        ),
    }
}
