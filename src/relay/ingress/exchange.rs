//! A request and its answer over two connections at once: either may be under way while the other is.
//!
//! It carries bytes and says what broke on whose side. What a visitor is told of it is decided
//! elsewhere.

use super::buffer::Outgoing;
use super::conn::Conn;
use super::message::{Fault, ResponseHead, write_response};
use super::reply::Body;
use super::service::{Service, Unanswered};
use super::transfer::{Broken, Transfer};
use crate::relay::Permit;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, StatusCode, Version};
use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep};

/// What has an answer's head speak of the tunnel where it speaks of the service.
pub(super) type MakePublic<'a> = &'a (dyn Fn(&mut HeaderMap) + Sync);

/// Why a request gets no answer of its service's.
#[derive(Debug)]
pub(super) enum Failure {
    /// The visitor is gone, or cannot be told anything.
    Gone,
    /// The visitor's body is none.
    FaultyBody(Fault),
    /// The visitor's body did not come on in time.
    LateBody,
    /// Nothing of the body had come, and somebody else wants the place of such a request.
    Displaced,
    /// The service's side.
    Unanswered(Unanswered),
}

/// A request's body on its way to the service.
pub(super) struct Upload {
    transfer: Transfer,
    state: UploadState,
    patience: Duration,
    /// Since when, and behind how many bytes, nothing came.
    idle: Option<(u64, Pin<Box<Sleep>>)>,
    /// How long the visitor, who waits for the service's word before it sends, is let wait.
    pub(super) expects: Option<Duration>,
    /// Held while nothing of the body has come.
    pub(super) ahead: Option<Permit>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum UploadState {
    Running,
    /// All of it has gone to the service.
    Done,
    /// The service takes no more.
    Refused,
}

impl Upload {
    /// A body that may pause for `patience`.
    pub(super) fn new(transfer: Transfer, patience: Duration) -> Self {
        Self {
            transfer,
            state: UploadState::Running,
            patience,
            idle: None,
            expects: None,
            ahead: None,
        }
    }

    /// How much of the request the visitor has sent.
    pub(super) fn body(&self) -> Body {
        if self.is_read() {
            Body::Read
        } else {
            Body::Partly
        }
    }

    /// Whether the visitor has sent all of its request.
    pub(super) fn is_read(&self) -> bool {
        self.transfer.is_read()
    }

    /// Whether the service has got all of it.
    pub(super) fn is_done(&self) -> bool {
        self.state == UploadState::Done
    }

    /// Carries what there is; behind the whole of it, watches whether the visitor leaves.
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        conn: &mut Conn,
        service: &mut Service,
        answered: bool,
    ) -> Result<(), Failure> {
        if self.state == UploadState::Running {
            let (stream, inbound) = (&mut conn.stream, &mut conn.inbound);
            match self
                .transfer
                .poll(cx, stream, inbound, &mut *service.stream)
            {
                Poll::Ready(Ok(())) => self.state = UploadState::Done,
                // It may have said why.
                Poll::Ready(Err(Broken::Receiver)) => self.state = UploadState::Refused,
                Poll::Ready(Err(Broken::Sender(_))) => return Err(Failure::Gone),
                Poll::Ready(Err(Broken::Faulty(fault))) => return Err(Failure::FaultyBody(fault)),
                Poll::Pending if !answered => self.poll_late(cx)?,
                Poll::Pending => {}
            }
        }
        if self.transfer.read > 0 {
            self.ahead = None;
        }
        if let Some(place) = &self.ahead
            && place.poll_evicted(cx).is_ready()
        {
            return Err(Failure::Displaced);
        }
        match self.state {
            UploadState::Done if conn.poll_gone(cx).is_ready() => Err(Failure::Gone),
            UploadState::Running | UploadState::Done | UploadState::Refused => Ok(()),
        }
    }

    /// The visitor waits for nothing any more.
    fn is_asked_for(&mut self) {
        if self.expects.take().is_some() {
            self.idle = None;
        }
    }

    fn poll_late(&mut self, cx: &mut Context<'_>) -> Result<(), Failure> {
        let read = self.transfer.read;
        if !self.transfer.starved {
            self.idle = None;
            return Ok(());
        }
        let patience = match self.expects {
            Some(patience) if read == 0 => patience,
            Some(_) | None => self.patience,
        };
        let until = || Instant::now() + patience;
        let (before, sleep) = self
            .idle
            .get_or_insert_with(|| (read, Box::pin(tokio::time::sleep_until(until()))));
        if *before != read {
            *before = read;
            sleep.as_mut().reset(until());
        }
        match sleep.as_mut().poll(cx) {
            Poll::Ready(()) => Err(Failure::LateBody),
            Poll::Pending => Ok(()),
        }
    }
}

/// Sends the request on and waits for the answer's head. Interim answers are passed on at once, if
/// the visitor speaks a `version` that has them, as `make_public` makes them fit for it.
pub(super) async fn answer_head(
    conn: &mut Conn,
    service: &mut Service,
    upload: &mut Upload,
    version: Version,
    make_public: MakePublic<'_>,
) -> Result<ResponseHead, Failure> {
    let mut interim = Outgoing::default();
    poll_fn(|cx| {
        service.check_place(cx).map_err(Failure::Unanswered)?;
        upload.poll(cx, conn, service, false)?;
        loop {
            let written = interim.poll_write(cx, &mut conn.stream, &[]);
            ready!(written).map_err(|_| Failure::Gone)?;
            let head = ready!(service.poll_head(cx)).map_err(Failure::Unanswered)?;
            let status = head.parts.status;
            if !status.is_informational() || status == StatusCode::SWITCHING_PROTOCOLS {
                return Poll::Ready(Ok(head));
            }
            if status == StatusCode::CONTINUE {
                upload.is_asked_for();
            }
            if version == Version::HTTP_11 {
                pass_interim(interim.front(), head, make_public);
            }
        }
    })
    .await
}

fn pass_interim(out: &mut Vec<u8>, mut head: ResponseHead, make_public: MakePublic<'_>) {
    make_public(&mut head.parts.headers);
    super::headers::prepare_response(&mut head.parts);
    // It has no body, and what it announces of the answer's is the answer's to say.
    head.parts.headers.remove(CONTENT_LENGTH);
    head.parts.version = Version::HTTP_11;
    write_response(out, &head.parts, &head.reason);
}

/// Passes the answer on, and what is left of the request.
pub(super) async fn answer_body(
    conn: &mut Conn,
    service: &mut Service,
    upload: &mut Upload,
    mut download: Transfer,
) -> Result<(), Failure> {
    poll_fn(|cx| {
        service.check_place(cx).map_err(Failure::Unanswered)?;
        upload.poll(cx, conn, service, true)?;
        let (stream, inbound) = (&mut service.stream, &mut service.inbound);
        match ready!(download.poll(cx, &mut **stream, inbound, &mut conn.stream)) {
            Ok(()) => Poll::Ready(Ok(())),
            Err(Broken::Receiver) => Poll::Ready(Err(Failure::Gone)),
            Err(Broken::Sender(error)) => {
                Poll::Ready(Err(Failure::Unanswered(Unanswered::BrokenOff(error))))
            }
            Err(Broken::Faulty(fault)) => {
                Poll::Ready(Err(Failure::Unanswered(Unanswered::Faulty(fault))))
            }
        }
    })
    .await
}

/// Passes on what is left of a request that was answered already, for as long as the service takes
/// it: it may well want all.
pub(super) async fn rest_of_request(
    conn: &mut Conn,
    service: &mut Service,
    upload: &mut Upload,
) -> Result<(), Failure> {
    poll_fn(|cx| {
        service.check_place(cx).map_err(Failure::Unanswered)?;
        if upload.state == UploadState::Running {
            upload.is_asked_for();
            upload.poll(cx, conn, service, false)?;
        }
        if upload.state != UploadState::Running || service.poll_stir(cx).is_ready() {
            return Poll::Ready(Ok(()));
        }
        Poll::Pending
    })
    .await
}

/// Sends the rest of the request before both ends speak another protocol. It has to come on: nothing
/// else ends this.
pub(super) async fn whole_request(
    conn: &mut Conn,
    service: &mut Service,
    upload: &mut Upload,
) -> Result<(), Failure> {
    poll_fn(|cx| {
        service.check_place(cx).map_err(Failure::Unanswered)?;
        if upload.state == UploadState::Running {
            upload.is_asked_for();
            upload.poll(cx, conn, service, false)?;
        }
        match upload.state {
            UploadState::Running => Poll::Pending,
            UploadState::Done | UploadState::Refused => Poll::Ready(Ok(())),
        }
    })
    .await
}
