//! The greetings over a connection: both ends, up to the attached link.
//!
//! It proves and verifies, in that order: nothing is cut off for whoever cannot prove its right.
//! It has no time-outs of its own; whoever calls it bounds it.

use super::auth::{Binding, Claim, SessionId, Side};
use super::end::{ResumeRefusal, SessionEnd};
use super::greeting::{self, GreetingError, HEAD, Reply, Request};
use super::handle::{AttachError, Handle};
use crate::link::Transport;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

#[derive(Debug, thiserror::Error)]
pub enum HandshakeError {
    #[error("the connection broke: {0}")]
    Broken(#[from] io::Error),
    /// It speaks something else.
    #[error(transparent)]
    Greeting(#[from] GreetingError),
    #[error(transparent)]
    Refused(#[from] ResumeRefusal),
    #[error(transparent)]
    Over(#[from] SessionEnd),
    /// The other end cannot prove that it is the one.
    #[error("the other end cannot prove that it knows the session")]
    Unproven,
    #[error(transparent)]
    Attach(#[from] AttachError),
}

/// Asks for a new session: its id and how long it is kept without a link.
pub async fn open(
    transport: &mut impl Transport,
    credentials: Vec<u8>,
) -> Result<(SessionId, Duration), HandshakeError> {
    let request = Request::Open { credentials };
    send(transport, &request.encode()?).await?;
    match read_answer(transport).await? {
        Reply::Opened { id, retention } => Ok((id, retention)),
        Reply::Refused(reason) => Err(reason.into()),
        Reply::Resumed { .. } => Err(HandshakeError::Unproven),
    }
}

/// Goes on with a session over a new connection. The old link is cut off as soon as the request
/// goes out; a terminal refusal ends the session.
///
/// # Errors
/// See [`HandshakeError`]; after all but `Refused` and `Over` the next attempt may do better.
pub async fn resume(
    handle: &Handle,
    mut transport: impl Transport,
    link: Binding,
    credentials: Vec<u8>,
) -> Result<(), HandshakeError> {
    let ticket = handle.fence()?;
    let claim = Claim {
        side: Side::Dialling,
        id: handle.id(),
        epoch: ticket.generation,
        next: ticket.next,
    };
    let request = Request::Resume {
        id: claim.id,
        epoch: claim.epoch,
        next: claim.next,
        proof: handle.secret().prove(claim, link),
        credentials,
    };
    send(&mut transport, &request.encode()?).await?;
    match read_answer(&mut transport).await? {
        Reply::Resumed { next, proof } => {
            let claim = Claim {
                side: Side::Dialled,
                next,
                ..claim
            };
            if !handle.secret().verify(claim, link, &proof) {
                return Err(HandshakeError::Unproven);
            }
            Ok(handle.attach(ticket, next, transport)?)
        }
        Reply::Refused(reason) => {
            if reason != ResumeRefusal::Stale {
                handle.give_up(reason);
            }
            Err(reason.into())
        }
        Reply::Opened { .. } => Err(HandshakeError::Unproven),
    }
}

/// What the end that dialled wants.
pub async fn read_request(transport: &mut impl Transport) -> Result<Request, HandshakeError> {
    let (head, body) = read(transport).await?;
    Ok(Request::decode(head, &body)?)
}

/// Grants a new session.
pub async fn grant(
    transport: &mut impl Transport,
    id: SessionId,
    retention: Duration,
) -> Result<(), HandshakeError> {
    send(transport, &Reply::Opened { id, retention }.encode()?).await
}

/// Lets a session go on over a new connection, if the request proves its right to it. What it
/// showed beside the proof, and that the session is its own, must have been looked at before.
///
/// # Errors
/// See [`HandshakeError`]. Whoever proves nothing changes nothing.
pub async fn accept(
    handle: &Handle,
    request: &Request,
    mut transport: impl Transport,
    link: Binding,
) -> Result<(), HandshakeError> {
    let Some((claim, proof)) = claim_of(request) else {
        return Err(HandshakeError::Unproven);
    };
    if claim.id != handle.id() || !handle.secret().verify(claim, link, proof) {
        refuse(&mut transport, ResumeRefusal::Unknown).await?;
        return Err(HandshakeError::Unproven);
    }
    let ticket = match handle.fence_for(claim.epoch, claim.next) {
        Ok(ticket) => ticket,
        Err(reason) => {
            refuse(&mut transport, reason).await?;
            return Err(reason.into());
        }
    };
    let answer = Claim {
        side: Side::Dialled,
        next: ticket.next,
        ..claim
    };
    let answer = Reply::Resumed {
        next: ticket.next,
        proof: handle.secret().prove(answer, link),
    };
    send(&mut transport, &answer.encode()?).await?;
    Ok(handle.attach(ticket, claim.next, transport)?)
}

fn claim_of(request: &Request) -> Option<(Claim, &[u8; 32])> {
    match request {
        Request::Open { .. } => None,
        Request::Resume {
            id,
            epoch,
            next,
            proof,
            credentials: _,
        } => {
            let claim = Claim {
                side: Side::Dialling,
                id: *id,
                epoch: *epoch,
                next: *next,
            };
            Some((claim, proof))
        }
    }
}

/// Refuses the request, and closes the connection.
pub async fn refuse(
    transport: &mut impl Transport,
    reason: ResumeRefusal,
) -> Result<(), HandshakeError> {
    send(transport, &Reply::Refused(reason).encode()?).await?;
    Ok(transport.shutdown().await?)
}

async fn send(transport: &mut impl Transport, bytes: &[u8]) -> Result<(), HandshakeError> {
    transport.write_all(bytes).await?;
    Ok(transport.flush().await?)
}

async fn read_answer(transport: &mut impl Transport) -> Result<Reply, HandshakeError> {
    let (head, body) = read(transport).await?;
    Ok(Reply::decode(head, &body)?)
}

async fn read(transport: &mut impl Transport) -> Result<(greeting::Head, Vec<u8>), HandshakeError> {
    let mut first = [0; HEAD];
    transport.read_exact(&mut first).await?;
    let head = greeting::head(first)?;
    let mut body = vec![0; head.len];
    transport.read_exact(&mut body).await?;
    Ok((head, body))
}
