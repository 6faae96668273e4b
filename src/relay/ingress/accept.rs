//! Accepts connections and owns them: a fair share for each network, and all end with their ingress.
//!
//! It does not know what is done with a connection.

use super::forwarding::Approach;
use crate::base::descriptors;
use crate::relay::{Limiter, Network, Permit};
use socket2::{SockRef, TcpKeepalive};
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

/// The pause after the system refuses to accept: mostly it is out of file descriptors, and asking
/// again at once would only spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long a connection may be silent before the system asks whether its visitor still exists.
const KEEP_ALIVE_TIME: Duration = Duration::from_mins(1);
/// Between two such questions.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(15);
/// How long the connections that are closed before their end may take for that.
const CLOSE_WITHIN: Duration = Duration::from_secs(3);

/// How the connections of an ingress are told to end.
#[derive(Clone, Debug, Default)]
pub(super) struct Stop {
    /// Nobody new is let in, and what is under way comes to its end.
    pub(super) finish: CancellationToken,
    /// What is still under way ends now.
    pub(super) close: CancellationToken,
}

/// A running ingress. Dropping it stops accepting and cuts the visitors' connections.
#[derive(Debug)]
#[must_use = "dropping it ends the ingress"]
pub struct IngressGuard {
    stop: Stop,
    task: JoinHandle<()>,
}

impl IngressGuard {
    /// Runs `ingress`, which is to end as the stop that it is given tells it to.
    pub(super) fn run<F>(ingress: impl FnOnce(Stop) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let stop = Stop::default();
        let task = tokio::spawn(ingress(stop.clone()));
        Self { stop, task }
    }

    /// Stops accepting, lets what is under way come to its end for at most `patience`, and closes the
    /// rest.
    pub async fn shutdown(mut self, patience: Duration) {
        self.stop.finish.cancel();
        if self.ends_within(patience).await {
            return;
        }
        self.stop.close.cancel();
        if !self.ends_within(CLOSE_WITHIN).await {
            tracing::debug!("visitors' connections are cut");
        }
    }

    async fn ends_within(&mut self, patience: Duration) -> bool {
        let ended = tokio::time::timeout(patience, &mut self.task).await;
        ended.is_ok()
    }
}

impl Drop for IngressGuard {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// How visitors get in at one listener.
#[derive(Clone, Debug)]
pub(super) struct Entrance {
    /// The connections of all listeners that share them.
    pub(super) limiter: Arc<Limiter>,
    /// Who is a proxy of the operator's.
    pub(super) approach: Approach,
    /// See [`Limits::unsent`](super::Limits::unsent).
    pub(super) unsent: u32,
    /// See [`Limits::write_stall`](super::Limits::write_stall).
    pub(super) write_stall: Duration,
}

impl Entrance {
    /// Whose share a connection counts to. What comes through a proxy is everybody's: who it is shows
    /// only in what is said.
    fn network(&self, peer: SocketAddr) -> Network {
        if self.approach.trusts(peer.ip()) {
            Network::Proxy(peer.ip())
        } else {
            Network::of(peer.ip())
        }
    }

    /// Sets what every visitor's connection is to have.
    fn prepare(&self, socket: &SockRef<'_>) {
        let keep_alive = TcpKeepalive::new()
            .with_time(KEEP_ALIVE_TIME)
            .with_interval(KEEP_ALIVE_INTERVAL);
        let prepared = socket
            .set_tcp_nodelay(true)
            .and_then(|()| socket.set_tcp_keepalive(&keep_alive));
        // Bytes for a visitor who does not read wait in the service, not in the kernel. Its time-out
        // also counts while the visitor's window is closed.
        #[cfg(target_os = "linux")]
        let prepared = prepared
            .and_then(|()| socket.set_tcp_notsent_lowat(self.unsent))
            .and_then(|()| socket.set_tcp_user_timeout(Some(self.write_stall)));
        // A visitor that is gone already is noticed soon enough.
        if let Err(error) = prepared {
            tracing::debug!(%error, "a socket for visitors takes no options");
        }
    }
}

/// Whether a connection has from its listener what was set there: five calls fewer for each visitor.
fn has_inherited(stream: &TcpStream) -> bool {
    cfg!(target_os = "linux") && stream.nodelay().unwrap_or_default()
}

/// Hands each connection to `serve`, with the permit that it holds as long as it lives, until `stop`;
/// then waits for those under way. Dropping it drops them. `serve` is to end, with a reset, as soon as
/// its permit is taken back.
pub(super) async fn accept<F>(
    listener: TcpListener,
    entrance: &Entrance,
    stop: &CancellationToken,
    serve: impl Fn(TcpStream, SocketAddr, Permit) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    entrance.prepare(&SockRef::from(&listener));
    // They come in order: after the first that has inherited, all have.
    let mut inherit = false;
    {
        let mut stopped = std::pin::pin!(stop.cancelled());
        loop {
            tokio::select! {
                () = &mut stopped => break,
                Some(ended) = connections.join_next() => log_panic(ended),
                accepted = listener.accept() => match accepted {
                    // The table is as full as after an error, but for what is kept.
                    Ok((stream, _)) if descriptors::is_reserved(&stream) => {
                        drop(stream);
                        pause(&"no descriptor is left for visitors").await;
                    }
                    Ok((stream, peer)) => {
                        inherit = inherit || has_inherited(&stream);
                        if !inherit {
                            entrance.prepare(&SockRef::from(&stream));
                        }
                        let permit = entrance.limiter.admit(entrance.network(peer));
                        connections.spawn(serve(stream, peer, permit));
                    }
                    Err(error) => pause_after(&error).await,
                },
            }
        }
    }
    drop(listener);
    while let Some(ended) = connections.join_next().await {
        log_panic(ended);
    }
}

async fn pause_after(error: &std::io::Error) {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionReset};
    if matches!(error.kind(), ConnectionAborted | ConnectionReset) {
        return;
    }
    pause(error).await;
}

async fn pause(error: &impl std::fmt::Display) {
    tracing::warn!(%error, "no connection can be accepted");
    tokio::time::sleep(ACCEPT_PAUSE).await;
}

fn log_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a visitor's connection ended in a panic");
    }
}

#[cfg(test)]
mod tests {
    #[cfg(target_os = "linux")]
    use super::*;

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn little_waits_in_the_kernel_and_not_for_ever() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let address = listener.local_addr().expect("it is bound");
        let config = crate::relay::ingress::HttpConfig::new("localhost");
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let (entrance, stop) = (config.entrance(), CancellationToken::new());
        let serve = |stream, _, _permit| {
            let tell = tell.clone();
            async move { tell.send(stream).expect("it is waited for") }
        };
        // One that came before the listener was prepared waits in its queue.
        let _early = TcpStream::connect(address).await.expect("it listens");
        let visits = async {
            let _visitor = TcpStream::connect(address).await.expect("it listens");
            for visit in ["early", "late"] {
                let stream = told.recv().await.expect("it came");
                let socket = SockRef::from(&stream);
                let unsent = socket.tcp_notsent_lowat().expect("it is told");
                assert_eq!(unsent, config.limits.unsent, "{visit}");
                let stall = socket.tcp_user_timeout().expect("it is told");
                assert_eq!(stall, Some(config.limits.write_stall), "{visit}");
                assert!(socket.tcp_nodelay().expect("it is told"), "{visit}");
                assert!(socket.keepalive().expect("it is told"), "{visit}");
            }
            stop.cancel();
        };
        tokio::join!(accept(listener, &entrance, &stop, serve), visits);
    }
}
