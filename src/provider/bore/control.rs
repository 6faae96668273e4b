//! The control connection of one port: asks for a public port, then brings heartbeats and visitors.

use super::dialler::{Dialler, Wire};
use super::frames::{Id, Said, Word};
use super::offers::invalid;
use crate::model::{Port, PortNumber, Reason};
use crate::provider::per_port::{Means, Opened};
use crate::provider::standing::Standing;
use crate::provider::visitors::{NOBODY, Visitors};
use crate::provider::{ConnectError, Ended, LogLimit};
use std::sync::Arc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

/// So many visitors are served at once.
pub(super) const MOST_VISITORS: usize = 480;

/// So many more are told that there is no room; beyond that the server lets go of them after 10 s.
const MOST_TOLD: usize = 20;

/// Visitors come as often as they like.
static LOST: LogLimit = LogLimit::new();

/// What a server says of a port that it does not open.
const IN_USE: &str = "port already in use";
const OUTSIDE: &str = "client port number not in allowed range";
const DENIED: &str = "permission denied";
const NOT_BOUND: &str = "failed to bind to port";

/// Asks for a port: where it was, where it was chosen to be, or anywhere.
pub(super) async fn open(
    dialler: &Dialler,
    port: &Port,
    chosen: Option<PortNumber>,
    standing: &Standing<PortNumber>,
) -> Result<Opened, ConnectError> {
    let before = standing.of(port.number);
    let asked = chosen.or(before);
    match ask(dialler, asked).await? {
        Asked::Opened(public, wire) => Ok(opened(dialler, port, public, wire, standing)),
        Asked::Refused(text) => match (asked, text.as_str()) {
            (Some(public), IN_USE)
                if standing.may_be_ours(port.number, &public, chosen.is_some()) =>
            {
                Err(ConnectError::new(Reason::StillHeld {
                    place: dialler.server.place(public.get()),
                }))
            }
            (Some(port), IN_USE) if chosen.is_some() => {
                Err(ConnectError::new(Reason::PublicPortTaken { port }))
            }
            (Some(port), OUTSIDE | DENIED | NOT_BOUND) if chosen.is_some() => {
                Err(invalid(format!(
                    "remote-port: {} does not give {port} (“{text}”). Choose another one, or none",
                    dialler.server
                )))
            }
            (Some(public), IN_USE | OUTSIDE | DENIED | NOT_BOUND) => {
                tracing::info!(%public, text, "the public port of before is not to be had");
                standing.forget(port.number);
                match ask(dialler, None).await? {
                    Asked::Opened(public, wire) => {
                        Ok(opened(dialler, port, public, wire, standing))
                    }
                    Asked::Refused(text) => Err(dialler.refused(&text)),
                }
            }
            _ => Err(dialler.refused(&text)),
        },
    }
}

enum Asked {
    Opened(PortNumber, Wire),
    /// The server's words for it.
    Refused(String),
}

async fn ask(dialler: &Dialler, public: Option<PortNumber>) -> Result<Asked, ConnectError> {
    let mut wire = dialler.open().await?;
    let hello = Word::Hello(public.map_or(0, PortNumber::get));
    // A server that hangs up has mostly said why.
    let said = wire.say(&hello).await;
    match timeout(dialler.patience.answer, wire.hear()).await {
        Err(_) => Err(dialler.timed_out(&wire)),
        Ok(Ok(Said::Hello(given))) => match PortNumber::new(given) {
            Some(given) if public.is_none_or(|public| public == given) => {
                Ok(Asked::Opened(given, wire))
            }
            Some(_) | None => Err(ConnectError::new(Reason::ProtocolFault {
                detail: format!(
                    "{} opened port {given}, which nobody asked for",
                    dialler.server
                ),
            })),
        },
        Ok(Ok(Said::Error(text))) => Ok(Asked::Refused(text)),
        Ok(Ok(other)) => Err(dialler.unexpected(&other)),
        Ok(Err(fault)) => Err(match said {
            Ok(()) => dialler.not_heard(fault),
            Err(error) => ConnectError::with(Reason::LinkLost, error),
        }),
    }
}

fn opened(
    dialler: &Dialler,
    port: &Port,
    public: PortNumber,
    wire: Wire,
    standing: &Standing<PortNumber>,
) -> Opened {
    standing.note(port.number, public);
    // The way to the server is never in TLS.
    let scheme = if port.protocol.is_web() {
        "http"
    } else {
        "tcp"
    };
    let place = dialler.server.place(public.get());
    let (number, dialler) = (port.number, dialler.clone());
    Opened {
        port: port.clone(),
        url: format!("{scheme}://{place}"),
        serve: Box::new(move |means| Box::pin(attend(wire, number, dialler, means))),
    }
}

async fn attend(mut wire: Wire, number: PortNumber, dialler: Dialler, means: Means) -> Ended {
    let Means {
        visitors,
        traffic,
        check,
        established,
    } = means;
    let patience = dialler.patience;
    let mut until = Instant::now() + patience.silence;
    let mut established = Some(established);
    let mut serving = JoinSet::new();
    loop {
        tokio::select! {
            said = wire.hear() => {
                match said {
                    Ok(Said::Heartbeat) => if let Some(established) = established.take() {
                        established.say().await;
                    },
                    Ok(Said::Connection(id)) => {
                        if serving.len() < MOST_VISITORS + MOST_TOLD {
                            serving.spawn(serve(id, number, dialler.clone(), Arc::clone(&visitors)));
                        } else if let Some(left_out) = LOST.admit("full") {
                            tracing::warn!(left_out, "a visitor finds no room");
                        }
                    }
                    Ok(other) => return dialler.unexpected(&other),
                    Err(fault) => return dialler.not_heard(fault),
                }
                traffic.note_sign();
                until = Instant::now() + patience.silence;
            }
            () = sleep_until(until) => return ConnectError::new(Reason::LinkSilent),
            () = check.notified() => until = until.min(Instant::now() + patience.check),
            Some(_) = serving.join_next() => {}
        }
    }
}

/// Fetches a visitor and serves it to its end.
async fn serve(id: Id, number: PortNumber, dialler: Dialler, visitors: Arc<Visitors>) {
    match dialler.accept(id.as_str()).await {
        Ok(mut visitor) => visitors.serve(number, &mut visitor, NOBODY).await,
        Err(error) => {
            if let Some(left_out) = LOST.admit("lost") {
                let (reason, detail) = (error.reason.code(), error.detail);
                tracing::warn!(reason, detail, left_out, "a visitor was not fetched");
            }
        }
    }
}
