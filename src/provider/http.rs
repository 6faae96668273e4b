//! Asking a provider's web service: what an answer may be like, and what it means that there is none.

use super::ConnectError;
use crate::model::Reason;
use reqwest::Response;
use std::error::Error;
use std::io;

/// As much of the body as `most` bytes.
pub(super) async fn read(mut response: Response, most: usize) -> Result<Vec<u8>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await? {
        let room = most - body.len();
        body.extend_from_slice(&part[..part.len().min(room)]);
        if body.len() == most {
            break;
        }
    }
    Ok(body)
}

/// What it means that there is no answer.
pub(super) fn map_failure(error: &reqwest::Error, host: &str, address: &str) -> ConnectError {
    // Its URL is left out: it says nothing that the log does not say already.
    let mut said = vec![];
    let mut source: Option<&dyn Error> = Some(error);
    let mut kind = None;
    while let Some(cause) = source {
        said.push(cause.to_string());
        kind = kind.or(cause.downcast_ref::<io::Error>().map(io::Error::kind));
        source = cause.source();
    }
    let said = said.join(": ");
    let reason = if error.is_timeout() {
        Reason::TimedOut
    } else if said.contains("dns error") {
        let host = host.to_owned();
        Reason::UnknownHost { host }
    } else {
        map_kind(kind, error.is_connect(), address, &said)
    };
    ConnectError::with(reason, said)
}

fn map_kind(kind: Option<io::ErrorKind>, connecting: bool, address: &str, said: &str) -> Reason {
    let unreachable = || Reason::RelayUnreachable {
        address: address.to_owned(),
    };
    match kind {
        Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown) => Reason::Offline,
        Some(io::ErrorKind::TimedOut) => Reason::TimedOut,
        // Mostly a certificate that nobody trusts.
        Some(io::ErrorKind::InvalidData) => Reason::Other {
            detail: said.to_owned(),
        },
        Some(io::ErrorKind::ConnectionRefused | io::ErrorKind::HostUnreachable) => unreachable(),
        Some(
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::BrokenPipe,
        ) => Reason::LinkLost,
        _ if connecting => unreachable(),
        _ => Reason::Other {
            detail: said.to_owned(),
        },
    }
}
