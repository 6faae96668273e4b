//! From a join link to an encrypted connection, or to the reason why there is none.

use crate::link::tls::{self, Secured, TlsFault};
use crate::link::transport;
use crate::model::{JoinLink, Reason};
use crate::provider::ConnectError;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// An address that has not answered by then is joined by the next one; both go on.
const NEXT_ADDRESS_AFTER: Duration = Duration::from_millis(250);

/// An attempt that has no answer by then is joined by another one to the next address.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Connects, within `patience` in all.
pub(super) async fn dial(link: &JoinLink, patience: Duration) -> Result<Secured, ConnectError> {
    let address = link.address();
    let dialling = async {
        let socket = connect(link).await?;
        let fault = |fault| map_fault(fault, &address);
        let socket = transport::prepare(socket).map_err(TlsFault::Broken);
        let secured = tls::connect(socket.map_err(fault)?, link.fingerprint);
        secured.await.map_err(fault)
    };
    match timeout(patience, dialling).await {
        Ok(connected) => connected,
        Err(_) => Err(ConnectError::with(
            Reason::TimedOut,
            format!("{address} did not answer in time"),
        )),
    }
}

async fn connect(link: &JoinLink) -> Result<TcpStream, ConnectError> {
    let unknown = |detail: String| {
        let host = link.host.clone();
        ConnectError::with(Reason::UnknownHost { host }, detail)
    };
    let found = tokio::net::lookup_host((link.host.as_str(), link.port.get())).await;
    let addresses: Vec<SocketAddr> = found.map_err(|e| unknown(e.to_string()))?.collect();
    if addresses.is_empty() {
        return Err(unknown("the name has no address".to_owned()));
    }
    race(addresses)
        .await
        .map_err(|errors| map_errors(&errors, link))
}

/// The first address that accepts wins. An attempt that gets no answer is joined by another one:
/// the system asks again ever more rarely, and would be late when a network comes back.
async fn race(addresses: Vec<SocketAddr>) -> Result<TcpStream, Vec<io::Error>> {
    let mut rest = addresses.clone().into_iter();
    let mut again = addresses.into_iter().cycle();
    let mut attempts = FuturesUnordered::new();
    let mut errors = Vec::new();
    loop {
        let more = rest.next();
        let (last, none) = (more.is_none(), attempts.is_empty());
        match more {
            Some(address) => attempts.push(TcpStream::connect(address)),
            None if none => return Err(errors),
            None => {}
        }
        tokio::select! {
            Some(attempt) = attempts.next() => match attempt {
                Ok(socket) => return Ok(socket),
                Err(error) => errors.push(error),
            },
            () = sleep(NEXT_ADDRESS_AFTER), if !last => {}
            () = sleep(ASK_AGAIN_AFTER), if last => {
                attempts.extend(again.next().map(TcpStream::connect));
            }
        }
    }
}

fn map_errors(errors: &[io::Error], link: &JoinLink) -> ConnectError {
    let no_route = |error: &io::Error| {
        matches!(
            error.kind(),
            io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown
        )
    };
    let reason = if errors.iter().all(no_route) {
        Reason::Offline
    } else {
        Reason::RelayUnreachable {
            address: link.address(),
        }
    };
    let said: Vec<String> = errors.iter().map(ToString::to_string).collect();
    ConnectError::with(reason, said.join("; "))
}

fn map_fault(fault: TlsFault, address: &str) -> ConnectError {
    let address = address.to_owned();
    let reason = match &fault {
        TlsFault::CertificateMismatch => Reason::CertificateMismatch { address },
        TlsFault::NotARelay(_) => Reason::NotARelay { address },
        TlsFault::Broken(_) => Reason::LinkLost,
        TlsFault::Setup(error) => Reason::Other {
            detail: error.to_string(),
        },
    };
    ConnectError::with(reason, fault)
}

#[cfg(test)]
mod tests {
    use super::*;
    use io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable};

    fn link() -> JoinLink {
        format!("underpass://t@relay.example:7443#{}", "00".repeat(32))
            .parse()
            .expect("a good link")
    }

    #[test]
    fn errors_are_classified() {
        let reason = |kinds: &[io::ErrorKind]| {
            let errors: Vec<io::Error> = kinds.iter().map(|kind| (*kind).into()).collect();
            map_errors(&errors, &link()).reason
        };
        let unreachable = Reason::RelayUnreachable {
            address: "relay.example:7443".to_owned(),
        };
        assert_eq!(reason(&[NetworkUnreachable]), Reason::Offline);
        assert_eq!(reason(&[ConnectionRefused]), unreachable);
        assert_eq!(
            reason(&[NetworkUnreachable, ConnectionRefused]),
            unreachable
        );
        assert_eq!(reason(&[HostUnreachable]), unreachable);
    }
}
