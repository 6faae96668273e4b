//! One visitor's HTTP connection, from accept to close.
//!
//! It owns what lasts longer than a request: time-outs, the switch to another protocol, the close.
//! What a request gets is the proxy's to decide.

use super::accept::{Entrance, IngressGuard, Stop};
use super::headers::Forwarding;
use super::pace::{Allowance, Pace, Paced};
use super::pool::Pool;
use super::splice::{Rewound, end, reset, splice};
use super::wire::Carrier;
use super::{Limits, accept, proxy};
use crate::relay::{Backend, HostDoor, Knock, Permit, Upstream};
use bytes::Bytes;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// The most a connection buffers in either direction, and so the largest request head: more is 431.
const BUFFER: usize = 64 * 1024;
/// When nobody new is let in any more, how long whoever is in may take to ask for something.
const LAST_HEAD: Duration = Duration::from_secs(1);
/// Once connections are to be closed, how long the relay's own answers may take to go out.
const LAST_ANSWER: Duration = Duration::from_millis(500);

/// Where requests go.
pub(super) enum Router {
    /// By their host name, under the domain.
    ByHost {
        backend: Arc<dyn Backend>,
        domain: String,
    },
    /// All to one upstream, whatever they ask for.
    Fixed(Arc<dyn Upstream>),
}

/// What all connections of one ingress share.
pub(super) struct Web {
    pub(super) router: Router,
    pub(super) pool: Arc<Pool>,
    pub(super) behind_proxy: bool,
    pub(super) allowance: Allowance,
    http: http1::Builder,
}

/// One visitor's connection.
pub(super) struct Visit {
    pub(super) web: Arc<Web>,
    pub(super) peer: SocketAddr,
    pub(super) forwarding: Forwarding,
    pub(super) pace: Arc<Pace>,
    /// It is to be closed: what has no answer by now gets none from its service.
    closing: AtomicBool,
    /// Who has it, once both ends have agreed to speak something other than HTTP.
    switched: Mutex<Option<Switched>>,
}

/// What goes on over a connection when HTTP is over.
pub(super) enum Switched {
    /// The service's end, and what it has said already.
    Service(Carrier, Bytes),
    /// No visitor's, but a host's.
    Host(HostDoor),
}

impl Web {
    pub(super) fn new(router: Router, behind_proxy: bool, limits: &Limits) -> Self {
        let mut http = http1::Builder::new();
        // Its own time-out would count the wait between requests too; the pace tells them apart.
        http.max_buf_size(BUFFER).header_read_timeout(None);
        Self {
            router,
            pool: Arc::default(),
            behind_proxy,
            allowance: Allowance {
                head: limits.head_timeout,
                idle: limits.idle_timeout,
            },
            http,
        }
    }

    /// Serves visitors from `listener` until the guard is dropped.
    pub(super) fn run(self, listener: TcpListener, entrance: Entrance) -> IngressGuard {
        let web = Arc::new(self);
        IngressGuard::run(move |stop| async move {
            let serve =
                |stream, peer, permit| serve(web.clone(), stream, peer, permit, stop.clone());
            tokio::select! {
                () = accept::accept(listener, &entrance, &stop.finish, serve) => {}
                () = web.pool.sweep() => {}
            }
        })
    }
}

impl Visit {
    /// Both ends speak something else from now on.
    pub(super) fn switch(&self, switched: Switched) {
        *self.switched.lock().unwrap_or_else(PoisonError::into_inner) = Some(switched);
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    fn take_switched(&self) -> Option<Switched> {
        let mut switched = self.switched.lock().unwrap_or_else(PoisonError::into_inner);
        switched.take()
    }
}

async fn serve(web: Arc<Web>, stream: TcpStream, peer: SocketAddr, permit: Permit, stop: Stop) {
    let pace = Arc::new(Pace::new(web.allowance, permit.activity()));
    let visit = Arc::new(Visit {
        forwarding: Forwarding::new(peer.ip(), web.behind_proxy),
        peer,
        pace: pace.clone(),
        closing: AtomicBool::new(false),
        switched: Mutex::new(None),
        web,
    });
    let answering = visit.clone();
    let service = service_fn(move |request| proxy::answer(answering.clone(), request));
    let io = TokioIo::new(Paced { stream, pace });
    let mut connection = visit.web.http.serve_connection(io, service);
    let ended = run(Pin::new(&mut connection), &visit, &permit, &stop).await;
    let parts = connection.into_parts();
    let stream = parts.io.into_inner().stream;
    match ended {
        End::Over => {}
        End::Late => return,
        End::Broken => return reset(&stream),
    }
    match visit.take_switched() {
        Some(Switched::Host(door)) => door.knock(Knock {
            socket: stream,
            first: parts.read_buf,
            peer,
            network: permit.network(),
        }),
        Some(Switched::Service(service, first)) => {
            let visitor = Rewound::new(parts.read_buf, stream);
            if let Err(error) = splice(visitor, Rewound::new(first, service), &permit, &stop).await
            {
                tracing::debug!(%peer, %error, "an upgraded connection broke");
            }
        }
        None => end(stream).await,
    }
}

enum End {
    /// HTTP is over.
    Over,
    /// The visitor took too long.
    Late,
    /// An answer broke off, or somebody else gets the place: a clean end would pass a part for the
    /// whole.
    Broken,
}

/// A connection of the HTTP library, as far as [`run`] needs it.
trait Drive: Future<Output = hyper::Result<()>> {
    /// No further request after the one under way.
    fn finish(self: Pin<&mut Self>);
}

impl<I, B, S> Drive for http1::Connection<I, S>
where
    S: hyper::service::HttpService<hyper::body::Incoming, ResBody = B>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    I: hyper::rt::Read + hyper::rt::Write + Unpin,
    B: hyper::body::Body + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    fn finish(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

async fn run(
    mut connection: Pin<&mut impl Drive>,
    visit: &Visit,
    permit: &Permit,
    stop: &Stop,
) -> End {
    let mut clock = pin!(tokio::time::sleep_until(visit.pace.first_deadline()));
    let stage = AtomicU8::new(SERVING);
    let mut stopping = pin!(follow(stop, visit, &stage));
    let mut evicted = pin!(permit.evicted());
    let mut finished = false;
    poll_fn(|cx| {
        if evicted.as_mut().poll(cx).is_ready() {
            return Poll::Ready(End::Broken);
        }
        if stopping.as_mut().poll(cx).is_ready() {
            let broken = visit.pace.is_in_turn();
            return Poll::Ready(if broken { End::Broken } else { End::Over });
        }
        loop {
            if let Poll::Ready(ended) = connection.as_mut().poll(cx) {
                return Poll::Ready(end_of(ended, visit));
            }
            // Not before its first request is read: the library would close it with that unread.
            let may_finish = match stage.load(Ordering::Relaxed) {
                SERVING => false,
                FINISHING => !visit.pace.is_at_head(),
                _ => true,
            };
            if finished || !may_finish {
                break;
            }
            finished = true;
            connection.as_mut().finish();
        }
        let late = visit.pace.poll_late(clock.as_mut(), cx);
        late.map(|()| End::Late)
    })
    .await
}

const SERVING: u8 = 0;
const FINISHING: u8 = 1;
const IMPATIENT: u8 = 2;

/// Goes along with what the ingress is told. When it is through, the connection is to end.
async fn follow(stop: &Stop, visit: &Visit, stage: &AtomicU8) {
    stop.finish.cancelled().await;
    stage.store(FINISHING, Ordering::Relaxed);
    if timeout(LAST_HEAD, stop.close.cancelled()).await.is_err() {
        stage.store(IMPATIENT, Ordering::Relaxed);
        stop.close.cancelled().await;
    }
    visit.closing.store(true, Ordering::Relaxed);
    tokio::time::sleep(LAST_ANSWER).await;
}

fn end_of(ended: hyper::Result<()>, visit: &Visit) -> End {
    let Err(error) = ended else {
        return End::Over;
    };
    tracing::debug!(peer = %visit.peer, %error, "a visitor's connection broke");
    // Any other error is the visitor's: what was said of it is to arrive.
    if error.is_user() {
        End::Broken
    } else {
        End::Over
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relay::ingress::HttpConfig;
    use crate::relay::{Opening, Visitor};
    use std::io::ErrorKind;
    use std::net::Ipv4Addr;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    /// A service that answers with this, and then its link is gone.
    struct Saying(&'static [u8]);

    impl Upstream for Saying {
        fn key(&self) -> u64 {
            1
        }

        fn open(&self, _: Visitor) -> Opening<'_> {
            let answer = self.0;
            Box::pin(async move {
                let (near, mut far) = tokio::io::duplex(4096);
                tokio::spawn(async move {
                    let mut request = Vec::new();
                    while !request.ends_with(b"\r\n\r\n") {
                        request.push(far.read_u8().await?);
                    }
                    far.write_all(answer).await
                });
                Ok(Box::new(near) as Carrier)
            })
        }
    }

    async fn visited(answer: &'static [u8], request: &[u8]) -> (std::io::Result<usize>, String) {
        let any = (Ipv4Addr::LOCALHOST, 0);
        let listener = TcpListener::bind(any).await.expect("there is a port");
        let address = listener.local_addr().expect("it is bound");
        let router = Router::Fixed(Arc::new(Saying(answer)));
        let _guard = Web::new(router, false, &Limits::default())
            .run(listener, HttpConfig::new("localhost").entrance());
        let mut visitor = TcpStream::connect(address).await.expect("it listens");
        visitor.write_all(request).await.expect("it is sent");
        let mut got = Vec::new();
        let end = visitor.read_to_end(&mut got).await;
        (end, String::from_utf8_lossy(&got).into_owned())
    }

    #[tokio::test]
    async fn an_answer_that_breaks_off_ends_in_a_reset() {
        let answer = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\npart";
        let (end, got) = visited(answer, b"GET / HTTP/1.0\r\nhost: a\r\n\r\n").await;
        let error = end.expect_err("it is no whole answer");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{got}");
    }

    #[tokio::test]
    async fn a_whole_answer_and_a_refused_head_end_cleanly() {
        let answer = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nwell\r\n0\r\n\r\n";
        let (end, got) = visited(answer, b"GET / HTTP/1.0\r\nhost: a\r\n\r\n").await;
        assert!(end.is_ok() && got.ends_with("well"), "{end:?} {got}");
        let (end, got) = visited(answer, b"no HTTP at all\r\n\r\n").await;
        assert!(end.is_ok() && got.contains(" 400 "), "{end:?} {got}");
    }
}
