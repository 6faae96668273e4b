//! Both halves of the service on loopback, for tests: record what they are asked, answer as they are
//! told.

pub(in crate::provider::devtunnel) mod relay;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

/// What it was asked.
#[derive(Clone, Debug)]
pub(in crate::provider::devtunnel) struct Asked {
    pub method: String,
    pub path: String,
    pub headers: hyper::HeaderMap,
    pub body: String,
}

impl Asked {
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    }
}

/// What it answers.
#[derive(Clone, Debug)]
pub(in crate::provider::devtunnel) struct Answered {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Answered {
    /// As the service itself answers.
    pub fn json(status: u16, body: &str) -> Self {
        Self {
            status,
            headers: vec![
                ("content-type", "application/json".to_owned()),
                ("x-served-by", "tunnels-test".to_owned()),
                ("vssaas-request-id", "r-1".to_owned()),
            ],
            body: body.to_owned(),
        }
    }
}

type Answering = Arc<dyn Fn(&Asked) -> Answered + Send + Sync>;

pub(in crate::provider::devtunnel) struct Service {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    _task: AbortOnDropHandle<()>,
}

impl Service {
    pub async fn start(answer: impl Fn(&Asked) -> Answered + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("it is bound");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let task = tokio::spawn(serve(listener, Arc::new(answer), Arc::clone(&asked)));
        Self {
            address,
            asked,
            _task: AbortOnDropHandle::new(task),
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no test panics with it").clone()
    }
}

async fn serve(listener: TcpListener, answer: Answering, log: Arc<Mutex<Vec<Asked>>>) {
    let mut open = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        let (answer, log) = (Arc::clone(&answer), Arc::clone(&log));
        open.spawn(async move {
            let service = service_fn(|request| reply(request, &answer, &log));
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(socket), service)
                .await;
        });
    }
}

async fn reply(
    request: Request<Incoming>,
    answer: &Answering,
    log: &Mutex<Vec<Asked>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes);
    let asked = Asked {
        method: head.method.to_string(),
        path: head.uri.to_string(),
        headers: head.headers,
        body: String::from_utf8_lossy(&body.unwrap_or_default()).into_owned(),
    };
    let answered = answer(&asked);
    log.lock().expect("no test panics with it").push(asked);
    let mut response = Response::builder().status(answered.status);
    for (name, value) in &answered.headers {
        response = response.header(*name, value);
    }
    Ok(response
        .body(Full::new(answered.body.into()))
        .expect("a response"))
}
