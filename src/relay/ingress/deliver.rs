//! An answer on its way to its visitor, from its head to its end.
//!
//! It decides whether the connections on both sides go on behind it.

use super::conn::Conn;
use super::exchange::{self, Failure, Upload};
use super::headers;
use super::message::{Length, ResponseHead, content_length, write_response};
use super::outward::{Answered, NOT_HTTP, Unpassed, page_for_answer, unpassed};
use super::pool::MAX_IDLE_TIME;
use super::reply::{Body, RequestFacts};
use super::service::{Framing, Service};
use super::splice::evicted;
use super::transfer::{Coding, Transfer};
use super::web::{After, Switched, Visit};
use http::header::{CONTENT_LENGTH, HeaderValue, TRANSFER_ENCODING, UPGRADE};
use http::{StatusCode, Version, response};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;

/// Once connections are to be closed, how long an answer may take to go out.
const LAST_ANSWER: Duration = Duration::from_millis(500);

/// Passes the answer on, and keeps the service's connection if it is good for another one.
pub(super) async fn deliver(
    visit: &Visit,
    conn: &mut Conn,
    facts: &RequestFacts,
    answered: Answered,
) -> Result<After, Unpassed> {
    let Answered {
        head,
        mut service,
        mut upload,
        key,
        upgrade,
        says_full,
    } = answered;
    let framing = Framing::of(&facts.method, &head, MAX_IDLE_TIME).map_err(|fault| {
        tracing::debug!(%fault, "the service's answer cannot be carried");
        Unpassed::Told(page_for_answer(fault), upload.body())
    })?;
    let last = !upload.is_done() || visit.stop.finish.is_cancelled();
    let mut head = head;
    headers::prepare_response(&mut head.parts);
    if says_full {
        headers::insert_full(&mut head.parts.headers);
    }
    let (download, keeps) = answer_of(head, facts, framing.length, last);
    let sent = tokio::select! {
        biased;
        sent = exchange::answer_body(conn, &mut service, &mut upload, download) => sent,
        () = last_answer(visit) => return Ok(After::Broken),
    };
    match sent {
        Ok(()) => {}
        Err(Failure::Gone) => return Ok(After::Gone),
        Err(failure) => {
            tracing::debug!(peer = %visit.peer, ?failure, "an answer broke off");
            return Ok(After::Broken);
        }
    }
    if !upload.is_done() {
        return Ok(after_the_answer(visit, conn, &mut service, &mut upload).await);
    }
    // A request without a length is the last one of its stream.
    if let Some(time) = framing.idle
        && matches!(facts.length, Length::Known(_))
        && upgrade.is_none()
        && let Some(key) = key
    {
        visit.web.pool.put(key, service, time);
    }
    Ok(if keeps {
        After::Next
    } else {
        After::End { sending: false }
    })
}

/// The answer as it goes out, and whether another request may follow it.
fn answer_of(
    head: ResponseHead,
    facts: &RequestFacts,
    length: Length,
    last: bool,
) -> (Transfer, bool) {
    let (mut parts, reason) = (head.parts, head.reason);
    let coding = frame(&mut parts, facts, length);
    let ends = coding == Coding::Chunked || matches!(length, Length::Known(_));
    let keeps = facts.keeps && ends && !last;
    facts.finish(&mut parts, keeps);
    let mut out = Vec::with_capacity(1024);
    write_response(&mut out, &parts, &reason);
    (Transfer::new(length, coding, out), keeps)
}

/// Once connections are to be closed, answers may take a moment to go out.
async fn last_answer(visit: &Visit) {
    visit.stop.close.cancelled().await;
    tokio::time::sleep(LAST_ANSWER).await;
}

/// The answer came before the request was through: the visitor reads it to its end now.
async fn after_the_answer(
    visit: &Visit,
    conn: &mut Conn,
    service: &mut Service,
    upload: &mut Upload,
) -> After {
    if conn.stream.shutdown().await.is_err() {
        return After::Gone;
    }
    let rest = tokio::select! {
        rest = exchange::rest_of_request(conn, service, upload) => rest,
        () = visit.stop.close.cancelled() => Ok(()),
    };
    match rest {
        Err(Failure::Gone) => After::Gone,
        Ok(()) | Err(_) => After::End {
            sending: !upload.is_read(),
        },
    }
}

/// Says in the head how the body ends, and how it is to be sent.
fn frame(parts: &mut response::Parts, facts: &RequestFacts, length: Length) -> Coding {
    parts.version = facts.version;
    match length {
        Length::Known(_) => {
            if parts.status == StatusCode::NO_CONTENT {
                parts.headers.remove(CONTENT_LENGTH);
            } else if let Ok(Some(said)) = content_length(&parts.headers) {
                // It may have been said twice, also of a body that does not come.
                let said = HeaderValue::from(said);
                parts.headers.insert(CONTENT_LENGTH, said);
            }
            Coding::Plain
        }
        Length::Chunked | Length::UntilEnd if facts.version == Version::HTTP_11 => {
            let chunked = HeaderValue::from_static("chunked");
            parts.headers.insert(TRANSFER_ENCODING, chunked);
            Coding::Chunked
        }
        // The end of the connection is the end of the body.
        Length::Chunked | Length::UntilEnd => Coding::Plain,
    }
}

/// Both ends speak something else from now on.
pub(super) async fn switch(
    visit: &Visit,
    conn: &mut Conn,
    answered: Answered,
) -> Result<After, Unpassed> {
    let Answered {
        head,
        mut service,
        mut upload,
        upgrade,
        ..
    } = answered;
    if upgrade.is_none() {
        return Err(Unpassed::Told(NOT_HTTP, upload.body()));
    }
    let rest = exchange::whole_request(conn, &mut service, &mut upload).await;
    rest.map_err(|failure| unpassed(failure, Body::Partly))?;
    let (mut parts, reason) = (head.parts, head.reason);
    let protocol = parts.headers.get(UPGRADE).cloned();
    headers::prepare_response(&mut parts);
    if let Some(protocol) = protocol {
        headers::insert_upgrade(&mut parts.headers, protocol);
    }
    parts.version = Version::HTTP_11;
    let mut out = Vec::with_capacity(512);
    write_response(&mut out, &parts, &reason);
    let written = tokio::select! {
        biased;
        written = conn.stream.write_all(&out) => written,
        () = evicted(service.place()) => return Ok(After::Broken),
    };
    if let Err(error) = written {
        tracing::debug!(peer = %visit.peer, %error, "a visitor left before the switch");
        return Err(Unpassed::Gone);
    }
    let first = service.inbound.take();
    Ok(After::Switched(Switched::Service(service.stream, first)))
}
