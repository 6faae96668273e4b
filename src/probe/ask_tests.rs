//! What is asked over the wire, as it is set.

use super::*;
use crate::model::{
    Diagnosis, Offers, PortKey, PortOptions, ProbeMethod, ProbeRequest, Protocol, SessionNumber,
    Target, TunnelId,
};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// A service that answers each request with a status, and what it was asked.
struct Service {
    port: PortNumber,
    asked: mpsc::UnboundedReceiver<String>,
}

impl Service {
    /// `None` never answers.
    async fn start(status: Option<u16>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("it has one").port();
        let (tell, asked) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let tell = tell.clone();
                tokio::spawn(async move {
                    let mut head = vec![];
                    while !head.ends_with(b"\r\n\r\n")
                        && socket.read_buf(&mut head).await.is_ok_and(|n| n > 0)
                    {
                    }
                    let head = String::from_utf8_lossy(&head).into_owned();
                    let line = head.lines().next().unwrap_or_default().to_owned();
                    let _ = tell.send(line);
                    let Some(status) = status else {
                        return std::future::pending().await;
                    };
                    let answer = format!(
                        "HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                    );
                    let _ = socket.write_all(answer.as_bytes()).await;
                });
            }
        });
        let port = PortNumber::new(port).expect("not zero");
        Self { port, asked }
    }

    fn plan(&self, request: ProbeRequest) -> ProbePlan {
        ProbePlan {
            key: PortKey::new(&TunnelId::new("web").expect("a label"), self.port),
            offers: &Offers::RELAY,
            session: SessionNumber(1),
            target: Target::local(self.port),
            protocol: Protocol::Http,
            options: PortOptions::default(),
            url: format!("http://127.0.0.1:{}/its/own?x=1", self.port),
            loops: false,
            local: true,
            public: true,
            request,
            interval: Duration::from_secs(30),
            timeout: Duration::from_secs(20),
        }
    }
}

async fn ask(plan: &ProbePlan) -> ProbeReport {
    let asker = Asker::new(|| UnixMillis(0)).expect("it is set up");
    let session = ProbedSession {
        key: None,
        mark: Arc::new(|_| {}),
        open: Arc::new(|_| 0),
        is_alive: Arc::new(|| true),
    };
    asker.ask(plan, false, &session).await
}

#[tokio::test]
async fn method_and_path_are_asked_by_and_the_url_s_own_otherwise() {
    let mut service = Service::start(Some(200)).await;
    for (method, path, line) in [
        (ProbeMethod::Head, None, "HEAD /its/own?x=1 HTTP/1.1"),
        (ProbeMethod::Get, Some("/healthz"), "GET /healthz HTTP/1.1"),
        (
            ProbeMethod::Options,
            Some("/a%20b?c=d&e"),
            "OPTIONS /a%20b?c=d&e HTTP/1.1",
        ),
        (ProbeMethod::Head, Some("/a//b/../c"), "HEAD /a//c HTTP/1.1"),
    ] {
        let plan = service.plan(ProbeRequest {
            method,
            path: path.map(str::to_owned),
            ..ProbeRequest::default()
        });
        assert_eq!(ask(&plan).await.diagnosis, Diagnosis::Works);
        assert_eq!(service.asked.recv().await.as_deref(), Some(line));
    }
}

#[tokio::test]
async fn what_is_expected_reaches_the_classifier() {
    let service = Service::start(Some(500)).await;
    let expecting = |codes: &str| {
        service.plan(ProbeRequest {
            expected: codes.parse().expect("codes"),
            ..ProbeRequest::default()
        })
    };
    let found = ask(&expecting("200-299")).await;
    assert_eq!(found.diagnosis, Diagnosis::Unexpected { status: 500 });
    assert_eq!(found.local, LocalAnswer::Accepts);
    assert_eq!(
        ask(&expecting("200-299,500")).await.diagnosis,
        Diagnosis::Works
    );
    assert_eq!(ask(&expecting("any")).await.diagnosis, Diagnosis::Works);
}

#[tokio::test]
async fn that_a_provider_has_had_enough_is_no_answer_of_the_service() {
    let service = Service::start(Some(429)).await;
    let plan = ProbePlan {
        offers: &Offers::SAMPLE,
        ..service.plan(ProbeRequest {
            expected: "200-299".parse().expect("codes"),
            ..ProbeRequest::default()
        })
    };
    let limited = plan.offers.probe.is_limit(429);
    let found = ask(&plan).await.diagnosis;
    assert_eq!(found == Diagnosis::Works, limited, "{found:?}");
}

#[tokio::test]
async fn a_probe_is_given_up_when_it_is_set() {
    let service = Service::start(None).await;
    let plan = ProbePlan {
        timeout: Duration::from_millis(40),
        ..service.plan(ProbeRequest::default())
    };
    let began = Instant::now();
    let found = ask(&plan).await;
    let timed_out = Reason::TimedOut;
    assert_eq!(found.public, PublicAnswer::Failed { reason: timed_out });
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "the usual time-out is longer"
    );
}

#[tokio::test]
async fn without_probes_nobody_is_asked_and_the_service_is_looked_at() {
    let mut service = Service::start(Some(200)).await;
    let off = ProbePlan {
        public: false,
        ..service.plan(ProbeRequest::default())
    };
    let found = ask(&off).await;
    assert_eq!(
        (found.diagnosis, found.public),
        (Diagnosis::NotAsked, PublicAnswer::NotAsked)
    );
    assert!(service.asked.try_recv().is_err(), "no request came");
    let gone = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = gone.local_addr().expect("it has one").port();
    drop(gone);
    let gone = ProbePlan {
        target: Target::local(PortNumber::new(port).expect("not zero")),
        ..off
    };
    let found = ask(&gone).await;
    if local::listens(&gone.target).is_some() {
        assert_eq!(found.local, LocalAnswer::Failed(ServiceFault::Refused));
    }
}
