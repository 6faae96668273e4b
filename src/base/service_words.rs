//! What a visitor is told where a service cannot answer: the same on the relay's pages and on those of
//! whoever hosts. It is for strangers, in English.

use crate::model::ServiceFault;
use http::StatusCode;
use std::borrow::Cow;

/// The same where there is no room: title, what failed, what to do.
pub const FULL: (&str, &str, &str) = (
    "As many visitors as there is room for",
    "The tunnel works, and has no room for another connection just now.",
    "Try again in a moment: there is room as soon as another visitor leaves.",
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
            "Nothing listens there",
            "The tunnel works, but on the computer behind it nothing listens on the port.",
            "Is it yours? Start the local service: this address then works at once. \
             If not, try again later.",
        ),
        ServiceFault::NotHttp => (
            "The service gives no HTTP answer",
            "The tunnel works and the service accepts connections, \
             but it closes them or answers in something other than HTTP.",
            "Is it yours? Check which protocol the port speaks. \
             If it is https, change the port's protocol to https.",
        ),
        ServiceFault::TimedOut => (
            "The service does not answer",
            "The tunnel works, but the service on the computer behind it \
             did not accept the connection in time.",
            "Is it yours? Check whether the local service hangs. If not, try again later.",
        ),
        ServiceFault::NoAnswer => (
            "The service does not answer",
            "The tunnel works and the service accepts connections, but it does not answer in time.",
            "Is it yours? Check whether the local service hangs. If not, try again later.",
        ),
        ServiceFault::Busy => (
            "The service is busy",
            "The tunnel works and the service accepts connections, \
             but it answers one request after the other and is at another one.",
            "Try again in a moment. Is it yours? Let the service answer several requests at once.",
        ),
        ServiceFault::UnknownName => (
            "The service's name is not known",
            "The tunnel works, but on the computer behind it the name of the service \
             does not resolve to an address.",
            "Is it yours? Check the name for typing errors, or use the service's address.",
        ),
        ServiceFault::Unreachable => (
            "The service's computer cannot be reached",
            "The tunnel works, but from the computer behind it there is no way \
             to the network or the computer that the service is on.",
            "Is it yours? Check that network, and the target's address.",
        ),
        ServiceFault::UntrustedCertificate { .. } => (
            "The service's certificate is not trusted",
            "The tunnel works and the service is there, but the computer behind the tunnel \
             does not trust its certificate.",
            "Is it yours? Host it with --no-tls-verify to accept this certificate, \
             or have that computer trust it.",
        ),
        ServiceFault::ChangedCertificate { .. } => (
            "The service has another certificate than before",
            "The tunnel works and the service is there, but its certificate is not the one \
             that was accepted at first.",
            "Is it yours, and did you change it? Host it anew to accept the new one.",
        ),
        ServiceFault::NameRefused => (
            "The service refuses this name",
            "The tunnel works, but the service answers only who asks for a name that it knows.",
            "Is it yours? Host it with --host-header rewrite.",
        ),
        ServiceFault::NotTls => (
            "The service does not speak TLS",
            "The tunnel works and the service accepts connections, \
             but the port's protocol is https and the service does not speak TLS.",
            "Is it yours? Change the port's protocol to http.",
        ),
        ServiceFault::TlsRefused => (
            "The service refuses TLS with this host",
            "The tunnel works and the service speaks TLS, but it broke off the handshake.",
            "Is it yours? It may know another name: use that name as the target.",
        ),
        ServiceFault::HostFull => (
            "The computer behind the tunnel is full",
            "The tunnel works, but the computer behind it holds as many connections as it may.",
            "Try again in a moment. Is it yours? Raise its limit of open files.",
        ),
        ServiceFault::NotPermitted => (
            "The connection to the service is not permitted",
            "The tunnel works, but the system of the computer behind it \
             does not permit the connection to the service.",
            "Is it yours? Check its firewall.",
        ),
        ServiceFault::Loop => (
            "The tunnel leads to itself",
            "What this tunnel leads to is the tunnel's own address, or passes requests on to it: \
             this one would go round in a circle.",
            "Is it yours? Give the port of the service itself as the target, \
             or have it pass on nothing that is for this address.",
        ),
        ServiceFault::Other => (
            "The service cannot be reached",
            "The tunnel works, but the computer behind it cannot connect to its service.",
            "Is it yours? Its log says more. If not, try again later.",
        ),
    }
}
