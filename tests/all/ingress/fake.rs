//! Services on loopback, a backend that finds them, and visitors: all that the ingress meets.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use underpass::model::ServiceFault;
use underpass::relay::ingress::{HttpConfig, IngressGuard, LocalName, serve_http};
use underpass::relay::{Backend, Lookup, OpenError, Stream, Upstream, Visitor};

/// A body of any kind.
pub type AnyBody = BoxBody<Bytes, hyper::Error>;

/// A body of these bytes.
pub fn full(bytes: impl Into<Bytes>) -> AnyBody {
    Full::new(bytes.into()).map_err(|e| match e {}).boxed()
}

/// A body of none.
pub fn empty() -> AnyBody {
    Empty::new().map_err(|e| match e {}).boxed()
}

/// A task that ends with its owner.
pub struct Task(AbortHandle);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Runs `work` until the result is dropped.
pub fn task(work: impl Future<Output = ()> + Send + 'static) -> Task {
    Task(tokio::spawn(work).abort_handle())
}

/// A listener on a free port of loopback.
pub async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let address = listener.local_addr().expect("it is bound");
    (listener, address)
}

/// An address where nothing listens.
pub async fn refusing() -> SocketAddr {
    listener().await.1
}

/// A TCP service; each connection runs `serve`.
pub async fn tcp_service<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> (SocketAddr, Task)
where
    F: Future<Output = ()> + Send + 'static,
{
    let (listener, address) = listener().await;
    let accept = async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).expect("it is a TCP socket");
            connections.spawn(serve(stream));
        }
    };
    (address, task(accept))
}

/// An HTTP service; each request runs `answer`.
pub async fn http_service<F>(
    answer: impl Fn(Request<Incoming>) -> F + Clone + Send + 'static,
) -> (SocketAddr, Task)
where
    F: Future<Output = Response<AnyBody>> + Send + 'static,
{
    tcp_service(move |stream| {
        let answer = answer.clone();
        async move {
            let service = service_fn(move |request| {
                let answer = answer(request);
                async move { Ok::<_, Infallible>(answer.await) }
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service);
            // The test sees what the visitor sees.
            let _ = connection.with_upgrades().await;
        }
    })
    .await
}

/// A service that says the same raw bytes to whatever is sent first, and closes.
pub async fn saying(bytes: &'static [u8]) -> (SocketAddr, Task) {
    tcp_service(move |mut stream| async move {
        read_head(&mut stream).await;
        let _ = stream.write_all(bytes).await;
    })
    .await
}

/// Reads up to the empty line that ends a head, and not a byte more.
pub async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).expect("heads in tests are text")
}

/// An upstream that connects to an address, or fails in the way it is told.
pub struct Local {
    key: u64,
    target: Result<SocketAddr, OpenError>,
    /// How many streams were asked for.
    pub opened: AtomicUsize,
    /// Whom they were for.
    visitors: Mutex<Vec<SocketAddr>>,
    name: Option<LocalName>,
    per_visitor: bool,
}

impl Local {
    pub fn at(address: SocketAddr) -> Arc<Self> {
        Self::new(Ok(address))
    }

    pub fn failing(error: OpenError) -> Arc<Self> {
        Self::new(Err(error))
    }

    /// One that is asked for by a name of its own.
    pub fn named(address: SocketAddr, name: &str) -> Arc<Self> {
        let mut local = Arc::into_inner(Self::at(address)).expect("nobody has it yet");
        local.name = LocalName::new(name, false);
        Arc::new(local)
    }

    /// One that is told who a visitor is.
    pub fn per_visitor(address: SocketAddr) -> Arc<Self> {
        let mut local = Arc::into_inner(Self::at(address)).expect("nobody has it yet");
        local.per_visitor = true;
        Arc::new(local)
    }

    fn new(target: Result<SocketAddr, OpenError>) -> Arc<Self> {
        static NEXT_KEY: AtomicU64 = AtomicU64::new(1);
        Arc::new(Self {
            key: NEXT_KEY.fetch_add(1, Ordering::Relaxed),
            target,
            opened: AtomicUsize::new(0),
            visitors: Mutex::default(),
            name: None,
            per_visitor: false,
        })
    }

    fn heard_of(&self, visitor: Visitor) {
        let mut visitors = self.visitors.lock().expect("nobody panicked");
        visitors.push(visitor.peer);
    }

    /// Whom the streams were for, in order.
    pub fn visitors(&self) -> Vec<SocketAddr> {
        self.visitors.lock().expect("nobody panicked").clone()
    }

    pub fn opened(&self) -> usize {
        self.opened.load(Ordering::Relaxed)
    }
}

impl Upstream for Local {
    fn key(&self) -> u64 {
        self.key
    }

    fn local_name(&self) -> Option<&LocalName> {
        self.name.as_ref()
    }

    fn is_per_visitor(&self) -> bool {
        self.per_visitor
    }

    fn open(
        &self,
        visitor: Visitor,
    ) -> Pin<Box<dyn Future<Output = Result<Box<dyn Stream>, OpenError>> + Send + '_>> {
        Box::pin(async move {
            self.opened.fetch_add(1, Ordering::Relaxed);
            self.heard_of(visitor);
            let stream =
                TcpStream::connect(self.target?)
                    .await
                    .map_err(|error| match error.kind() {
                        ErrorKind::ConnectionRefused => OpenError::Service(ServiceFault::Refused),
                        _ => OpenError::Service(ServiceFault::TimedOut),
                    })?;
            stream.set_nodelay(true).expect("it is a TCP socket");
            Ok(Box::new(stream) as Box<dyn Stream>)
        })
    }
}

/// Tunnels by label.
#[derive(Default)]
pub struct Tunnels(Mutex<HashMap<String, Lookup>>);

impl Tunnels {
    pub fn set(&self, label: &str, lookup: Lookup) {
        let mut tunnels = self.0.lock().expect("nobody panicked");
        tunnels.insert(label.to_owned(), lookup);
    }
}

impl Backend for Tunnels {
    fn find(&self, label: &str) -> Lookup {
        let tunnels = self.0.lock().expect("nobody panicked");
        tunnels.get(label).cloned().unwrap_or(Lookup::Unknown)
    }
}

/// A running HTTP ingress for `*.localhost`.
pub struct Relay {
    pub address: SocketAddr,
    pub tunnels: Arc<Tunnels>,
    pub guard: IngressGuard,
}

impl Relay {
    /// With the default limits and these tunnels.
    pub async fn with(tunnels: &[(&str, &Arc<Local>)]) -> Self {
        Self::configured(&HttpConfig::new("localhost"), tunnels).await
    }

    pub async fn configured(config: &HttpConfig, live: &[(&str, &Arc<Local>)]) -> Self {
        let (listener, address) = listener().await;
        let tunnels = Arc::new(Tunnels::default());
        for (label, upstream) in live {
            tunnels.set(label, Lookup::Live((*upstream).clone()));
        }
        let guard = serve_http(listener, tunnels.clone(), config);
        Self {
            address,
            tunnels,
            guard,
        }
    }

    /// A visitor's connection.
    pub async fn visit(&self) -> Visit {
        Visit::to(self.address).await
    }

    /// Everything that comes back for these raw bytes, up to the end of the connection.
    pub async fn say(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = TcpStream::connect(self.address).await.expect("it listens");
        stream.write_all(bytes.as_ref()).await.expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("it closes");
        answer
    }

    /// `GET path` of a tunnel, on a connection of its own.
    pub async fn get(&self, host: &str, path: &str) -> Response<Bytes> {
        self.visit().await.get(host, path).await
    }
}

/// A visitor's keep-alive connection.
pub struct Visit {
    sender: SendRequest<AnyBody>,
    _driver: Task,
}

impl Visit {
    pub async fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("it listens");
        stream.set_nodelay(true).expect("it is a TCP socket");
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .expect("nothing was said yet");
        let driver = task(async move {
            // The request that fails says so.
            let _ = connection.with_upgrades().await;
        });
        Self {
            sender,
            _driver: driver,
        }
    }

    pub async fn send(&mut self, request: Request<AnyBody>) -> Response<Incoming> {
        self.sender.ready().await.expect("it is kept alive");
        self.sender.send_request(request).await.expect("an answer")
    }

    pub async fn get(&mut self, host: &str, path: &str) -> Response<Bytes> {
        let request = Request::get(path).header("host", host).body(empty());
        let answer = self.send(request.expect("it is valid")).await;
        whole(answer).await
    }
}

/// The answer with all of its body.
pub async fn whole(answer: Response<Incoming>) -> Response<Bytes> {
    let (head, body) = answer.into_parts();
    let body = body.collect().await.expect("the whole body").to_bytes();
    Response::from_parts(head, body)
}

/// The relay's own word in an answer.
pub fn verdict<B>(answer: &Response<B>) -> Option<&str> {
    let value = answer.headers().get("x-underpass")?;
    Some(value.to_str().expect("it is text"))
}

/// Waits until something is true that no event tells of. Gives up long after any machine is done.
pub async fn eventually(mut fact: impl FnMut() -> bool) {
    let patience = std::time::Duration::from_secs(30);
    let wait = async {
        while !fact() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(patience, wait)
        .await
        .expect("it becomes true");
}
