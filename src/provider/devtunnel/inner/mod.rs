//! The SSH server that the clients of a tunnel speak to inside a channel: those of the first version
//! with all their ports, and any visitor who wants encryption from end to end with one.
//!
//! It knows what Microsoft's clients can do and no more of SSH than that. What carries it, and where
//! the visitors go, it is given.

mod handler;
mod key;
mod stream;
#[cfg(test)]
mod tests;

pub(super) use key::HostKey;
pub(super) use stream::Pool;

use super::visitors::{Reached, Visitors};
use crate::base::forward::forward_writes;
use crate::link::Transport;
use handler::{Handler, Kind};
use russh::server::{self, Config};
use russh::{Limits, MethodKind, MethodSet, Preferred, SshId, cipher, compression, kex, mac};
use std::borrow::Cow;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, BufReader, ReadBuf};
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A client that is not signed in by then is none.
const SIGNED_IN_WITHIN: Duration = Duration::from_secs(30);

/// A client that has said nothing by then is not waited for: only so many may be there at once.
const SPEAKS_WITHIN: Duration = Duration::from_mins(2);

/// A visitor's own session whose connection is over is waited for so long: until what was sent last has
/// gone out, and the visitor has hung up.
const HANGS_UP_WITHIN: Duration = Duration::from_mins(1);

/// What a client may send ahead on a channel.
const WINDOW: u32 = 1024 * 1024;

/// The longest packet that Microsoft's clients take.
const LONGEST_PACKET: u32 = 32 * 1024;

/// Messages of all channels that wait for the client.
const UNSENT: usize = 16;

/// Microsoft's clients break off when the server begins to exchange keys anew, so it never does: they
/// do it themselves, at 512 MiB.
const NEVER: Duration = Duration::from_hours(24 * 365 * 10);

/// What all inner sessions of a hosting session have in common. Cheap to clone.
#[derive(Clone)]
pub(super) struct Inner {
    config: Arc<Config>,
    pool: Pool,
    visitors: Arc<Visitors>,
}

impl Inner {
    pub(super) fn new(key: &HostKey, pool: Pool, visitors: Arc<Visitors>) -> Self {
        Self {
            config: Arc::new(config(key)),
            pool,
            visitors,
        }
    }

    /// Serves a client of the first version in `io` until it goes. It is told of the ports of `ports`.
    pub(super) async fn serve_client(&self, io: impl Transport, ports: watch::Receiver<Vec<u16>>) {
        let visitors = Arc::clone(&self.visitors);
        self.serve(io, Kind::Client { visitors, ports }).await;
    }

    /// Serves one visitor, who wants encryption, in `io`.
    pub(super) async fn serve_visitor(&self, io: impl Transport, reached: Reached) {
        let reached = Some(reached);
        self.serve(io, Kind::Visitor { reached }).await;
    }

    async fn serve(&self, io: impl Transport, kind: Kind) {
        let mut io = BufReader::new(io);
        // Before its first byte a client may be none at all.
        match timeout(SPEAKS_WITHIN, io.fill_buf()).await {
            Ok(Ok(first)) if !first.is_empty() => {}
            Ok(Ok(_) | Err(_)) | Err(_) => return,
        }
        let (io, _cut_at_end) = Cuttable::new(io);
        let cut = io.cut.clone();
        let (signed_in, is_signed_in) = oneshot::channel();
        let handler = Handler::new(kind, self.pool.clone(), signed_in, cut.clone());
        let starting = async {
            let running = server::run_stream(Arc::clone(&self.config), io, handler).await;
            let running = running.inspect_err(|error| tracing::debug!(%error, "no client"));
            let running = running.ok()?;
            // Its end is the end of the session.
            let _ = is_signed_in.await;
            Some(running)
        };
        match timeout(SIGNED_IN_WITHIN, starting).await {
            Ok(Some(running)) => {
                if let Err(error) = running.await {
                    tracing::debug!(%error, "a client's session broke");
                }
            }
            Ok(None) => {}
            Err(_) => {
                tracing::debug!("a client did not sign in");
                cut.cancel();
            }
        }
    }
}

fn config(key: &HostKey) -> Config {
    Config {
        server_id: SshId::Standard(Cow::Borrowed(concat!(
            "SSH-2.0-underpass_",
            env!("CARGO_PKG_VERSION")
        ))),
        methods: MethodSet::from(&[MethodKind::None][..]),
        keys: vec![key.private.clone()],
        limits: Limits {
            rekey_write_limit: usize::MAX,
            rekey_read_limit: usize::MAX,
            rekey_time_limit: NEVER,
        },
        window_size: WINDOW,
        maximum_packet_size: LONGEST_PACKET,
        // Nothing is queued there.
        channel_buffer_size: 1,
        event_buffer_size: UNSENT,
        preferred: preferred(),
        inactivity_timeout: None,
        ..Config::default()
    }
}

/// What Microsoft's clients know, the best first; the library's own list has no NIST curves.
fn preferred() -> Preferred {
    Preferred {
        kex: Cow::Borrowed(&[
            kex::ECDH_SHA2_NISTP384,
            kex::ECDH_SHA2_NISTP256,
            kex::DH_G14_SHA256,
        ]),
        key: Cow::Borrowed(&[key::ALGORITHM]),
        cipher: Cow::Borrowed(&[cipher::AES_256_GCM, cipher::AES_256_CTR]),
        mac: Cow::Borrowed(&[
            mac::HMAC_SHA512_ETM,
            mac::HMAC_SHA256_ETM,
            mac::HMAC_SHA512,
            mac::HMAC_SHA256,
        ]),
        compression: Cow::Borrowed(&[compression::NONE]),
        ..Preferred::default()
    }
}

/// A stream that can be broken from outside: the library's own task holds on to it.
struct Cuttable<T> {
    io: T,
    cut: CancellationToken,
    is_cut: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl<T> Cuttable<T> {
    /// It is cut when the guard goes.
    fn new(io: T) -> (Self, DropGuard) {
        let cut = CancellationToken::new();
        let guard = cut.clone().drop_guard();
        let is_cut = Box::pin(cut.clone().cancelled_owned());
        (Self { io, cut, is_cut }, guard)
    }

    fn check(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if self.cut.is_cancelled() || self.is_cut.as_mut().poll(cx).is_ready() {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Cuttable<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.check(cx)?;
        Pin::new(&mut this.io).poll_read(cx, buffer)
    }
}

forward_writes!([T: AsyncWrite + Unpin] Cuttable<T>, io before check);
