//! Accepts connections and owns them: at most so many at once, and all end with their ingress.
//!
//! It does not know what is done with a connection.

use socket2::{SockRef, TcpKeepalive};
use std::future::Future;
use std::net::SocketAddr;
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

/// Hands each connection to `serve`, at most `limit` at a time, until `stop`; then waits for those
/// under way. Dropping it drops them.
pub(super) async fn accept<F>(
    listener: TcpListener,
    limit: usize,
    stop: &CancellationToken,
    serve: impl Fn(TcpStream, SocketAddr) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    {
        let mut stopped = std::pin::pin!(stop.cancelled());
        loop {
            tokio::select! {
                () = &mut stopped => break,
                Some(ended) = connections.join_next() => log_panic(ended),
                accepted = listener.accept(), if connections.len() < limit => match accepted {
                    Ok((stream, peer)) => {
                        prepare(&stream);
                        connections.spawn(serve(stream, peer));
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

fn prepare(stream: &TcpStream) {
    let keep_alive = TcpKeepalive::new()
        .with_time(KEEP_ALIVE_TIME)
        .with_interval(KEEP_ALIVE_INTERVAL);
    let prepared = stream
        .set_nodelay(true)
        .and_then(|()| SockRef::from(stream).set_tcp_keepalive(&keep_alive));
    // A visitor that is gone already is noticed soon enough.
    if let Err(error) = prepared {
        tracing::debug!(%error, "a visitor's socket takes no options");
    }
}

async fn pause_after(error: &std::io::Error) {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionReset};
    if matches!(error.kind(), ConnectionAborted | ConnectionReset) {
        return;
    }
    tracing::warn!(%error, "no connection can be accepted");
    tokio::time::sleep(ACCEPT_PAUSE).await;
}

fn log_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a visitor's connection ended in a panic");
    }
}
