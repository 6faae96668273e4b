//! One request, from its head to the answer's: finds the tunnel, passes the request on, and says
//! what failed when there is no answer.

use super::body::{Flow, Home, RelayBody};
use super::cookies;
use super::cors::Asking;
use super::disguise::Disguise;
use super::headers;
use super::hosts;
use super::page::{Form, Page};
use super::route::{self, InvalidHost, Site};
use super::via;
use super::web::{Router, Switched, Visit, Web};
use super::wire::{Answer, RequestBody, Unanswered, Wire};
use crate::model::{RelayVerdict, ServiceFault};
use crate::relay::{Lookup, OpenError, Upstream, Visitor};
use http::header::{HOST, HeaderValue, UPGRADE};
use http::uri::{PathAndQuery, Uri};
use http::{HeaderMap, Method, Request, Response, StatusCode, Version, request};
use hyper::body::{Body, Bytes, Incoming};
use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

/// The host that a request names, which need not be one.
type Asked = Result<HeaderValue, InvalidHost>;

/// Answers one request of `visit`.
pub(super) async fn answer(
    visit: Arc<Visit>,
    request: Request<Incoming>,
) -> Result<Response<RelayBody>, Infallible> {
    let turn = visit.pace.begin();
    let form = Form::of(request.headers());
    let script = Asking::of(request.method(), request.headers());
    let asked = route::authority(request.uri(), request.headers());
    let mut passing = pin!(pass(&visit, request, &asked));
    let passed = poll_fn(|cx| {
        if visit.is_closing() {
            // Who still waits when the relay goes down is told to come again.
            return Poll::Ready(Err(NO_HOST));
        }
        passing.as_mut().poll(cx)
    });
    let answer = passed.await.unwrap_or_else(|page| {
        tracing::debug!(peer = %visit.peer, ?asked, ?page, "the relay answers itself");
        let name = asked.as_ref().map_or(&b""[..], HeaderValue::as_bytes);
        let mut answer = page.answer(name, form);
        script.allow(answer.headers_mut());
        answer
    });
    Ok(answer.map(|body| body.during(turn)))
}

async fn pass(
    visit: &Visit,
    request: Request<Incoming>,
    asked: &Asked,
) -> Result<Response<RelayBody>, Page> {
    if matches!(*request.method(), Method::CONNECT | Method::TRACE) {
        return Err(Page::BadMethod);
    }
    let (mut head, body) = request.into_parts();
    if let Some((answer, door)) = hosts::answer(visit, asked.as_ref().ok(), &head)? {
        visit.switch(Switched::Host(door));
        return Ok(answer);
    }
    let upstream = find_host(&visit.web, asked).await?;
    if via::passes(&head.headers) >= via::MAX_PASSES {
        return Err(LOOP);
    }
    let key = upstream.key();
    let peer = visit.forwarding.visitor(&head.headers);
    let body = RequestBody::from(body);
    let upgrade = headers::wanted_upgrade(&head);
    prepare(&mut head, &body, visit, upgrade.clone());
    let local = upstream.local_name();
    let disguise = local.map(|local| Disguise::put_on(&mut head.headers, local));
    let request = Request::from_parts(head, body);
    let mut answer = match exchange(visit, &*upstream, Visitor { peer }, request).await {
        Ok(answer) => answer,
        // A session that ended half-way is not the service's doing.
        Err(page) => {
            return Err(if is_live(visit, asked, key)? {
                page
            } else {
                NO_HOST
            });
        }
    };
    make_public(answer.response.headers_mut(), disguise.as_ref(), || {
        own_host(visit, asked)
    });
    if answer.response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return match upgrade {
            Some(_) => Ok(switch(visit, answer).await),
            None => Err(NOT_HTTP),
        };
    }
    if headers::tells_of_a_loop(&answer.response) {
        return Err(LOOP);
    }
    let pool = (!upstream.is_per_visitor()).then(|| visit.web.pool.clone());
    Ok(pass_back(answer, Home { pool, key }))
}

/// Has an answer speak of the tunnel, at `host`, where it speaks of the service or of other tunnels.
fn make_public(
    headers: &mut HeaderMap,
    disguise: Option<&Disguise>,
    host: impl FnOnce() -> String,
) {
    let local = disguise.map(Disguise::local_host);
    cookies::confine(headers, local.as_deref(), host);
    if let Some(disguise) = disguise {
        disguise.take_off(headers);
    }
}

const NOT_HTTP: Page = Page::Failed(RelayVerdict::Service(ServiceFault::NotHttp));
const NO_HOST: Page = Page::Failed(RelayVerdict::NoHost);
const LOOP: Page = Page::Failed(RelayVerdict::Service(ServiceFault::Loop));

/// The name that is the tunnel's own, whatever stands in front of it.
fn own_host(visit: &Visit, asked: &Asked) -> String {
    let asked = asked.as_ref().ok().and_then(|host| host.to_str().ok());
    let domain = match &visit.web.router {
        Router::ByHost { domain, .. } => Some(domain.as_str()),
        Router::Fixed(_) => None,
    };
    route::own_host(asked.unwrap_or_default(), domain)
}

/// Finds it, and waits for a host that is to be back in a moment.
async fn find_host(web: &Web, asked: &Asked) -> Result<Arc<dyn Upstream>, Page> {
    let found = find(web, asked);
    if let (Err(NO_HOST), Router::ByHost { backend, domain }) = (&found, &web.router)
        && let Ok(Site::Tunnel(label)) = site(asked, domain)
        && let Some(waiting) = backend.returning(&label)
    {
        waiting.await.map_err(page_for)?;
        return find(web, asked);
    }
    found
}

fn site<'a>(asked: &'a Asked, domain: &str) -> Result<Site<'a>, Page> {
    let asked = asked.as_ref().ok().and_then(|host| host.to_str().ok());
    let site = route::site(asked.ok_or(Page::BadHost)?, domain);
    site.map_err(|InvalidHost| Page::BadHost)
}

fn find(web: &Web, asked: &Asked) -> Result<Arc<dyn Upstream>, Page> {
    let (backend, domain) = match &web.router {
        Router::Fixed(upstream) => {
            // Who names no host at all is no browser.
            let other = |host: &HeaderValue| host.to_str().map_or(true, |h| !web.names.is_here(h));
            return match asked {
                Ok(host) if other(host) => Err(Page::OtherHost),
                Ok(_) | Err(InvalidHost) => Ok(upstream.clone()),
            };
        }
        Router::ByHost { backend, domain } => (backend, domain),
    };
    let found = match site(asked, domain)? {
        Site::Relay => return Err(Page::Relay),
        Site::Foreign => Lookup::Unknown,
        Site::Tunnel(label) => backend.find(&label),
    };
    match found {
        Lookup::Live(upstream) => Ok(upstream),
        Lookup::NoHost => Err(NO_HOST),
        Lookup::Unknown => Err(Page::Failed(RelayVerdict::UnknownTunnel)),
    }
}

/// Whether the session that had `key` is still the one that is asked for.
fn is_live(visit: &Visit, asked: &Asked, key: u64) -> Result<bool, Page> {
    Ok(find(&visit.web, asked)?.key() == key)
}

fn prepare(
    head: &mut request::Parts,
    body: &RequestBody,
    visit: &Visit,
    upgrade: Option<HeaderValue>,
) {
    if let Some(authority) = head.uri.authority() {
        // An absolute target is for proxies; its host counts instead of the header's.
        if let Ok(host) = HeaderValue::from_str(authority.as_str()) {
            head.headers.insert(HOST, host);
        }
        let path = head.uri.path_and_query().cloned();
        head.uri = Uri::from(path.unwrap_or(PathAndQuery::from_static("/")));
    }
    head.extensions.clear();
    let chunked = body.size_hint().exact().is_none();
    headers::prepare_request(head, &visit.forwarding, upgrade, chunked);
}

/// Sends the request over an idle connection, or a new one. An idle one may turn out to be closed:
/// then a request that can be repeated is, once.
async fn exchange(
    visit: &Visit,
    upstream: &dyn Upstream,
    visitor: Visitor,
    mut request: Request<RequestBody>,
) -> Result<Answer, Page> {
    if let Some(waiting) = upstream.wait() {
        waiting.await.map_err(page_for)?;
    }
    if !upstream.is_per_visitor()
        && let Some(wire) = visit.web.pool.take(upstream.key())
    {
        let copy = repeatable(&request);
        match wire.send(request).await {
            Ok(answer) => return Ok(answer),
            Err(unanswered) => request = again(unanswered, copy).ok_or(NOT_HTTP)?,
        }
    }
    let opened = upstream.open(visitor).await;
    let stream = opened.map_err(page_for)?;
    let wire = Wire::over(stream).await.map_err(|_| NOT_HTTP)?;
    wire.send(request).await.map_err(|unanswered| {
        tracing::debug!(error = %unanswered.error, "the service gives no answer");
        NOT_HTTP
    })
}

/// A copy of a request that may safely be made twice.
fn repeatable(request: &Request<RequestBody>) -> Option<Request<RequestBody>> {
    let empty = matches!(request.body(), RequestBody::Empty);
    (empty && request.method().is_idempotent()).then(|| {
        let mut copy = Request::new(RequestBody::Empty);
        copy.method_mut().clone_from(request.method());
        copy.uri_mut().clone_from(request.uri());
        copy.headers_mut().clone_from(request.headers());
        copy
    })
}

fn again(
    unanswered: Unanswered,
    copy: Option<Request<RequestBody>>,
) -> Option<Request<RequestBody>> {
    let silent = !unanswered.error.is_parse();
    unanswered.request.or(copy.filter(|_| silent))
}

fn page_for(error: OpenError) -> Page {
    Page::Failed(match error {
        OpenError::Service(fault) => RelayVerdict::Service(fault),
        OpenError::HostGone => RelayVerdict::NoHost,
    })
}

fn pass_back(answer: Answer, home: Home) -> Response<RelayBody> {
    let (mut head, incoming) = answer.response.into_parts();
    headers::prepare_response(&mut head);
    head.version = Version::HTTP_11;
    let flow = Flow::new(incoming, answer.wire, home);
    Response::from_parts(head, RelayBody::flow(flow))
}

/// Hands the service's end to the visitor's connection, which carries on when the answer is sent.
async fn switch(visit: &Visit, answer: Answer) -> Response<RelayBody> {
    let (service, first) = answer.wire.into_stream().await;
    visit.switch(Switched::Service(service, first));
    let (mut head, _) = answer.response.into_parts();
    let protocol = head.headers.get(UPGRADE).cloned();
    headers::prepare_response(&mut head);
    if let Some(protocol) = protocol {
        headers::insert_upgrade(&mut head.headers, protocol);
    }
    head.version = Version::HTTP_11;
    head.extensions.clear();
    Response::from_parts(head, RelayBody::page(Bytes::new()))
}
