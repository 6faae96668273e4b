//! A request on its way to its service: over which connection it goes, and whether it may go twice.
//!
//! It does not know how its tunnel was found, nor what becomes of the answer.

use super::conn::Conn;
use super::exchange::{self, Failure, MakePublic, Upload};
use super::fault::Fault;
use super::message::{self, Length, ResponseHead};
use super::page::Page;
use super::reply::{Body, RequestFacts};
use super::service::{Service, Unanswered};
use super::transfer::{Coding, Transfer};
use super::web::Visit;
use crate::model::{RelayVerdict, ServiceFault};
use crate::relay::{Evicted, Network, OpenError, Permit, Upstream, Visitor};
use http::header::HeaderValue;
use std::future::Future;
use tokio::time::timeout;

pub(super) const NOT_HTTP: Page = Page::Failed(RelayVerdict::Service(ServiceFault::NotHttp));

/// Why a request got no answer of its service's.
#[derive(Debug)]
pub(super) enum Unpassed {
    /// The visitor is gone.
    Gone,
    /// It is told why.
    Told(Page, Body),
}

impl From<Page> for Unpassed {
    fn from(page: Page) -> Self {
        Self::Told(page, Body::Untouched)
    }
}

/// A request that its service has begun to answer.
pub(super) struct Answered {
    pub(super) head: ResponseHead,
    pub(super) service: Box<Service>,
    pub(super) upload: Upload,
    /// Of the upstream; `None` if the connection is this visitor's alone.
    pub(super) key: Option<u64>,
    /// The protocol to switch to, if the visitor has asked for one.
    pub(super) upgrade: Option<HeaderValue>,
    /// A probe is told that no visitor would find room.
    pub(super) says_full: bool,
}

/// A request that is ready for its service.
pub(super) struct Outward<'a> {
    pub(super) visit: &'a Visit,
    /// For whom the service's connection is.
    pub(super) visitor: Visitor,
    /// It is the host's own probe: on a connection of its own, in a place that is kept for it.
    pub(super) probe: bool,
    pub(super) facts: &'a RequestFacts,
    pub(super) upstream: &'a dyn Upstream,
    pub(super) upgrade: Option<HeaderValue>,
    /// The visitor waits to be asked for the body.
    pub(super) expects: bool,
    pub(super) head: Vec<u8>,
    /// For interim answers.
    pub(super) make_public: MakePublic<'a>,
}

impl Outward<'_> {
    /// Sends it, and waits for the answer's head.
    pub(super) async fn exchange(&self, conn: &mut Conn) -> Result<Answered, Unpassed> {
        if let Some(waiting) = self.upstream.wait() {
            unless_gone(conn, waiting).await?.map_err(page_for)?;
        }
        if self.may_reuse()
            && let Some(service) = self
                .visit
                .web
                .pool
                .take(self.upstream.key(), self.network())
        {
            match self.over_idle(conn, service).await {
                // It was closed meanwhile; what may be made again is.
                Err((Failure::Unanswered(Unanswered::Silent(error)), _))
                    if !Evicted::broke(&error) =>
                {
                    tracing::debug!(%error, "an idle connection was of no use");
                }
                answered => return answered.map_err(|(failure, body)| unpassed(failure, body)),
            }
        }
        self.over_fresh(conn).await
    }

    fn network(&self) -> Network {
        Network::of(self.visitor.peer.ip())
    }

    /// Only a request that may be made twice goes over a connection that may close under it: all
    /// others have one that has never been idle (RFC 9110, 9.2.2).
    fn may_reuse(&self) -> bool {
        let empty = self.facts.length == Length::Known(0);
        let repeatable = empty && self.upgrade.is_none() && self.facts.method.is_idempotent();
        repeatable && !self.probe && !self.upstream.is_per_visitor()
    }

    async fn over_idle(
        &self,
        conn: &mut Conn,
        mut service: Box<Service>,
    ) -> Result<Answered, (Failure, Body)> {
        let mut front = Vec::with_capacity(self.head.len() + 32);
        let length = self.head.len() as u64;
        service.stream.begin(Some(length), &mut front);
        front.extend_from_slice(&self.head);
        let transfer = Transfer::new(self.facts.length, Coding::Plain, front);
        let upload = Upload::new(transfer, self.visit.web.limits.body_timeout);
        self.answered(conn, service, upload).await
    }

    async fn over_fresh(&self, conn: &mut Conn) -> Result<Answered, Unpassed> {
        let ahead = self.wait_for_body(conn).await?;
        let (coding, length) = match self.facts.length {
            Length::Known(length) if self.upgrade.is_none() => {
                // The host takes so many bytes for this request, and what follows for another one's.
                let whole = length.checked_add(self.head.len() as u64);
                (
                    Coding::Plain,
                    Some(whole.ok_or(Page::Fault(Fault::Malformed))?),
                )
            }
            Length::Chunked => (Coding::Chunked, None),
            Length::Known(_) | Length::UntilEnd => (Coding::Plain, None),
        };
        let mut transfer = Transfer::new(self.facts.length, coding, Vec::new());
        let mut first = self.head.clone();
        let fetched = transfer.prefetch(&mut conn.inbound, &mut first);
        fetched.map_err(|fault| unpassed(Failure::FaultyBody(fault), Body::Partly))?;
        let body = if transfer.is_read() {
            Body::Read
        } else {
            Body::Partly
        };
        let opened = self
            .upstream
            .open_http(self.visitor, self.probe, &first, length);
        let opened = unless_gone(conn, opened).await?;
        let stream = opened.map_err(|error| Unpassed::Told(page_for(error), body))?;
        let mut upload = Upload::new(transfer, self.visit.web.limits.body_timeout);
        upload.expects = self.expects.then_some(self.visit.web.limits.expect_timeout);
        upload.ahead = ahead;
        let answered = self.answered(conn, Box::new(Service::new(stream)), upload);
        answered
            .await
            .map_err(|(failure, body)| unpassed(failure, body))
    }

    /// A body that has not begun takes a stream to the host only while not too many do. One that does
    /// not begin before the service has said so takes one of whoever has most; any other is waited for.
    async fn wait_for_body(&self, conn: &mut Conn) -> Result<Option<Permit>, Unpassed> {
        if self.facts.length == Length::Known(0) || !conn.inbound.is_empty() {
            return Ok(None);
        }
        let web = &self.visit.web;
        let ahead = web.bodies_ahead.port(self.upstream.key());
        if self.expects {
            return Ok(Some(ahead.admit(self.network())));
        }
        if let Some(permit) = ahead.try_admit(self.network()) {
            return Ok(Some(permit));
        }
        let late = |_| Unpassed::Told(Page::Fault(Fault::BodyLate), Body::Untouched);
        let patience = web.limits.body_timeout;
        if timeout(patience, conn.stirs()).await.map_err(late)? {
            Ok(None)
        } else {
            Err(Unpassed::Gone)
        }
    }

    async fn answered(
        &self,
        conn: &mut Conn,
        mut service: Box<Service>,
        mut upload: Upload,
    ) -> Result<Answered, (Failure, Body)> {
        let version = self.facts.version;
        let public = self.make_public;
        let head = exchange::answer_head(conn, &mut service, &mut upload, version, public).await;
        let head = head.map_err(|failure| (failure, upload.body()))?;
        Ok(Answered {
            head,
            service,
            upload,
            key: (!self.probe && !self.upstream.is_per_visitor()).then(|| self.upstream.key()),
            says_full: false,
            upgrade: self.upgrade.clone(),
        })
    }
}

pub(super) fn unpassed(failure: Failure, body: Body) -> Unpassed {
    let page = match failure {
        Failure::Gone => return Unpassed::Gone,
        Failure::FaultyBody(message::Fault::UnknownCoding) => Page::Fault(Fault::UnknownCoding),
        Failure::FaultyBody(_) => Page::Fault(Fault::Malformed),
        Failure::LateBody => Page::Fault(Fault::BodyLate),
        Failure::Displaced => Page::Fault(Fault::Displaced),
        Failure::Unanswered(Unanswered::Silent(error) | Unanswered::BrokenOff(error))
            if Evicted::broke(&error) =>
        {
            Page::Fault(Fault::Displaced)
        }
        Failure::Unanswered(Unanswered::Faulty(fault)) => {
            tracing::debug!(%fault, "what the service says is no answer");
            page_for_answer(fault)
        }
        Failure::Unanswered(unanswered) => {
            tracing::debug!(%unanswered, "the service gives no answer");
            NOT_HTTP
        }
    };
    Unpassed::Told(page, body)
}

/// For an answer that is none, or cannot be carried.
pub(super) fn page_for_answer(fault: message::Fault) -> Page {
    match fault {
        message::Fault::Malformed => NOT_HTTP,
        message::Fault::TooLarge | message::Fault::UnknownCoding => Page::Uncarried(fault),
    }
}

/// Waits for `future` while the visitor is there.
pub(super) async fn unless_gone<T>(
    conn: &mut Conn,
    future: impl Future<Output = T>,
) -> Result<T, Unpassed> {
    tokio::select! {
        biased;
        done = future => Ok(done),
        () = conn.gone() => Err(Unpassed::Gone),
    }
}

pub(super) fn page_for(error: OpenError) -> Page {
    Page::Failed(match error {
        OpenError::Service(fault) => RelayVerdict::Service(fault),
        OpenError::Full => RelayVerdict::Full,
        OpenError::HostGone => RelayVerdict::NoHost,
    })
}
