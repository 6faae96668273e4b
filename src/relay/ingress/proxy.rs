//! One request, from its head to the end of its answer: finds the tunnel, passes both on, and says
//! what failed when there is no answer.

use super::conn::Conn;
use super::cookies;
use super::deliver::{deliver, switch};
use super::disguise::Disguise;
use super::event_stream;
use super::headers;
use super::hosts;
use super::message::{Length, RequestHead, of_request, write_request};
use super::outward::{Answered, Outward, Unpassed, page_for, unless_gone};
use super::page::Page;
use super::reply::{Body, RequestFacts};
use super::route::{self, InvalidHost, Site};
use super::via;
use super::web::{After, Router, Switched, Visit, Web};
use crate::model::{RelayVerdict, ServiceFault};
use crate::relay::{Lookup, Upstream, Visitor};
use http::header::{CONTENT_LENGTH, HOST, HeaderValue};
use http::{HeaderMap, Method, StatusCode, Version};
use std::sync::Arc;
use tokio::time::Instant;

const NO_HOST: Page = Page::Failed(RelayVerdict::NoHost);
const LOOP: Page = Page::Failed(RelayVerdict::Service(ServiceFault::Loop));

/// The host that a request names, which need not be one.
type Asked = Result<HeaderValue, InvalidHost>;

/// Answers one request of `visit`.
pub(super) async fn answer(visit: &Visit, conn: &mut Conn, request: RequestHead) -> After {
    let asked = route::authority(&request.parts.uri, &request.parts.headers);
    let length = of_request(&request.parts);
    let mut facts = RequestFacts::of(&request, length.unwrap_or(Length::UntilEnd));
    // Where a body ends that is not understood, nobody can say.
    facts.keeps &= length.is_ok();
    let passed = match length {
        Err(fault) => Err(Page::Fault(fault.into()).into()),
        Ok(_) if matches!(facts.method, Method::CONNECT | Method::TRACE) => {
            Err(Page::BadMethod.into())
        }
        Ok(_) => pass_or_let_in(visit, conn, &facts, &asked, request).await,
    };
    match passed {
        Ok(after) => after,
        Err(Unpassed::Gone) => After::Gone,
        Err(Unpassed::Told(page, body)) => tell(visit, conn, &facts, &asked, page, body).await,
    }
}

/// A host that asks to come in is let in; visitors' requests are passed on.
async fn pass_or_let_in(
    visit: &Visit,
    conn: &mut Conn,
    facts: &RequestFacts,
    asked: &Asked,
    request: RequestHead,
) -> Result<After, Unpassed> {
    let host = hosts::answer(visit, asked.as_ref().ok(), &request.parts)?;
    if let Some((answer, upgrades)) = host {
        return match facts.give(conn, answer, Body::Read, false).await {
            After::Next | After::End { .. } => Ok(After::Switched(Switched::Host(upgrades))),
            ended => Ok(ended),
        };
    }
    if event_stream::is_wanted(&request.parts) {
        return pass_patiently(visit, conn, facts, asked, &request).await;
    }
    pass(visit, conn, facts, asked, request).await
}

/// Answers with a page.
async fn tell(
    visit: &Visit,
    conn: &mut Conn,
    facts: &RequestFacts,
    asked: &Asked,
    page: Page,
    body: Body,
) -> After {
    tracing::debug!(peer = %visit.peer, ?asked, ?page, "the relay answers itself");
    let name = asked.as_ref().map_or(&b""[..], HeaderValue::as_bytes);
    let mut answer = page.answer(name, &facts.reader);
    facts.cors.clone().allow(answer.headers_mut());
    let last = visit.stop.finish.is_cancelled();
    facts.give(conn, answer, body, last).await
}

/// Passes an `EventSource`'s request on as soon as there is a service for it.
async fn pass_patiently(
    visit: &Visit,
    conn: &mut Conn,
    facts: &RequestFacts,
    asked: &Asked,
    request: &RequestHead,
) -> Result<After, Unpassed> {
    let until = Instant::now() + visit.web.limits.event_stream_patience;
    loop {
        let passed = pass(visit, conn, facts, asked, request.clone()).await;
        match passed {
            // What was taken of a body is gone, and no second request would be whole.
            Err(Unpassed::Told(page, body))
                if event_stream::may_pass(page)
                    && (facts.length == Length::Known(0) || body == Body::Untouched) =>
            {
                tracing::debug!(peer = %visit.peer, ?asked, ?page, "an event source waits");
            }
            passed => return passed,
        }
        let again = Instant::now() + event_stream::RETRY_EVERY;
        let stopped = visit.stop.close.is_cancelled();
        if stopped || again > until {
            return Err(Unpassed::Gone);
        }
        tokio::select! {
            () = tokio::time::sleep_until(again) => {}
            () = visit.stop.close.cancelled() => return Err(Unpassed::Gone),
            () = conn.gone() => return Err(Unpassed::Gone),
        }
    }
}

async fn pass(
    visit: &Visit,
    conn: &mut Conn,
    facts: &RequestFacts,
    asked: &Asked,
    request: RequestHead,
) -> Result<After, Unpassed> {
    let (mut answered, seen) = tokio::select! {
        biased;
        // Who still waits when the relay goes down is told to come again.
        () = visit.stop.close.cancelled() => {
            let body = if facts.length == Length::Known(0) { Body::Read } else { Body::Partly };
            return Err(Unpassed::Told(NO_HOST, body));
        }
        answered = begin(visit, conn, facts, asked, request) => answered?,
    };
    if headers::tells_of_a_loop(&answered.head.parts) {
        return Err(Unpassed::Told(LOOP, answered.upload.body()));
    }
    let fields = &mut answered.head.parts.headers;
    make_public(fields, seen.disguise.as_ref(), || own_host(visit, asked));
    answered.says_full = seen.full;
    if answered.head.parts.status == StatusCode::SWITCHING_PROTOCOLS {
        return switch(visit, conn, answered).await;
    }
    deliver(visit, conn, facts, answered).await
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

/// How a request was put to its service.
struct Put {
    /// The name that it was asked by.
    disguise: Option<Disguise>,
    /// It was the host's own probe, and no visitor would find room now.
    full: bool,
}

/// Up to the answer's head.
async fn begin(
    visit: &Visit,
    conn: &mut Conn,
    facts: &RequestFacts,
    asked: &Asked,
    mut request: RequestHead,
) -> Result<(Answered, Put), Unpassed> {
    let found = find_host(&visit.web, asked, facts.version);
    let upstream = unless_gone(conn, found).await??;
    if via::passes(&request.parts.headers) >= via::MAX_PASSES {
        return Err(LOOP.into());
    }
    let probe = headers::take_probe_key(&mut request.parts.headers)
        .is_some_and(|shown| upstream.is_probe(shown.as_bytes()));
    let upgrade = headers::wanted_upgrade(&request.parts).filter(|_| !probe);
    let expects = headers::waits_for_permission(&request.parts);
    let peer = visit.forwarding.visitor(&request.parts.headers);
    prepare(&mut request, facts, visit, conn, upgrade.clone());
    let local = upstream.local_name();
    let disguise = local.map(|local| Disguise::put_on(&mut request.parts.headers, local));
    let public = |headers: &mut HeaderMap| {
        make_public(headers, disguise.as_ref(), || own_host(visit, asked));
    };
    let outward = Outward {
        visit,
        visitor: Visitor {
            peer,
            reached: visit.reached,
        },
        probe,
        facts,
        upstream: &*upstream,
        upgrade,
        expects,
        head: {
            let mut head = Vec::with_capacity(1024);
            write_request(&mut head, &request);
            head
        },
        make_public: &public,
    };
    match outward.exchange(conn).await {
        Ok(answered) => {
            let full = probe && upstream.is_full();
            Ok((answered, Put { disguise, full }))
        }
        // A session that ended half-way is not the service's doing.
        Err(Unpassed::Told(page @ Page::Failed(_), body)) => {
            let now = find(&visit.web, asked, facts.version);
            let live = now.is_ok_and(|now| now.key() == upstream.key());
            Err(Unpassed::Told(if live { page } else { NO_HOST }, body))
        }
        Err(unpassed) => Err(unpassed),
    }
}

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
async fn find_host(web: &Web, asked: &Asked, version: Version) -> Result<Arc<dyn Upstream>, Page> {
    let found = find(web, asked, version);
    if let (Err(NO_HOST), Router::ByHost { backend, domain }) = (&found, &web.router)
        && let Ok(Site::Tunnel(label)) = site(asked, domain)
        && let Some(waiting) = backend.returning(&label)
    {
        waiting.await.map_err(page_for)?;
        return find(web, asked, version);
    }
    found
}

fn site<'a>(asked: &'a Asked, domain: &str) -> Result<Site<'a>, Page> {
    let asked = asked.as_ref().ok().and_then(|host| host.to_str().ok());
    let site = route::site(asked.ok_or(Page::BadHost)?, domain);
    site.map_err(|InvalidHost| Page::BadHost)
}

fn find(web: &Web, asked: &Asked, version: Version) -> Result<Arc<dyn Upstream>, Page> {
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
    // HTTP/1.0 has no Host (RFC 9112, 3.2): mostly a load balancer that asks whether the relay is up.
    if version == Version::HTTP_10 && asked.is_err() {
        return Err(Page::Relay);
    }
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

/// Makes the head one for the service.
fn prepare(
    request: &mut RequestHead,
    facts: &RequestFacts,
    visit: &Visit,
    conn: &Conn,
    upgrade: Option<HeaderValue>,
) {
    let head = &mut request.parts;
    if let Some(authority) = head.uri.authority() {
        // An absolute target is for proxies; its host counts instead of the header's.
        if let Ok(host) = HeaderValue::from_str(authority.as_str()) {
            head.headers.insert(HOST, host);
        }
    }
    // The request goes on as one of HTTP/1.1, which has to name a host.
    if !head.headers.contains_key(HOST)
        && let Ok(local) = conn.stream.local_addr()
        && let Ok(host) = HeaderValue::from_str(&local.to_string())
    {
        head.headers.insert(HOST, host);
    }
    if let Length::Known(length) = facts.length
        && head.headers.contains_key(CONTENT_LENGTH)
    {
        // It may have been said twice.
        head.headers
            .insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    let chunked = facts.length == Length::Chunked;
    headers::prepare_request(head, &visit.forwarding, upgrade, chunked);
}
