//! What a relay's refusal means to the person.

use crate::link::control::{Refusal, VERSION};
use crate::model::{PortNumber, Reason};
use crate::provider::ConnectError;

pub(super) fn map_refusal(refusal: Refusal) -> ConnectError {
    let detail = refusal.to_string();
    let reason = match refusal {
        Refusal::Version { relay } => Reason::VersionMismatch {
            theirs: relay,
            ours: VERSION,
        },
        Refusal::Token => Reason::TokenRefused,
        Refusal::NameTaken { label } => Reason::NameTaken { name: label },
        Refusal::NameReserved { label } => Reason::NameReserved { name: label },
        Refusal::TooManyNames { limit } => Reason::TooManyNames { limit },
        Refusal::TooManyPublicPorts { limit } => Reason::TooManyPublicPorts { limit },
        Refusal::HostedElsewhere => Reason::HostedElsewhere,
        Refusal::PublicPortTaken { port } => match PortNumber::new(port.get()) {
            Some(port) => Reason::PublicPortTaken { port },
            None => Reason::NoPublicPorts,
        },
        Refusal::PublicPortOutside { port, first, last } => match PortNumber::new(port.get()) {
            Some(port) => Reason::PublicPortOutside { port, first, last },
            None => Reason::NoPublicPorts,
        },
        Refusal::NoPublicPorts => Reason::NoPublicPorts,
        Refusal::TooManyTunnels { limit } => Reason::TooManyTunnels { limit },
        Refusal::Invalid { .. } | Refusal::Unknown => Reason::Other {
            detail: detail.clone(),
        },
    };
    ConnectError::with(reason, detail)
}
