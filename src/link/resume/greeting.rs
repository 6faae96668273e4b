//! The greeting, which a connection begins with: a new session, or an old one that goes on. Pure.
//!
//! A fixed head says how much follows, and bounds it before anything is read.

use super::auth::{PROOF, SessionId};
use super::end::ResumeRefusal;
use std::fmt;
use std::time::Duration;

/// What whoever resumes shows of its right to be a client at all is no longer than this.
pub const MAX_CREDENTIALS: usize = 1024;

/// "Underpass resume", version 1.
const MAGIC: [u8; 4] = *b"UPR1";

/// Magic, kind, length.
pub(super) const HEAD: usize = 7;

/// id, epoch, next, proof.
const RESUME: usize = 16 + 8 + 8 + PROOF;

const OPEN_KIND: u8 = 1;
const RESUME_KIND: u8 = 2;
const OPENED_KIND: u8 = 3;
const RESUMED_KIND: u8 = 4;
const REFUSED_KIND: u8 = 5;

/// What the end that dials wants.
#[derive(Clone, PartialEq, Eq)]
pub enum Request {
    /// A new session.
    Open {
        /// That it may be a client.
        credentials: Vec<u8>,
    },
    /// The old one.
    Resume {
        /// The session, by the id that it was opened with.
        id: SessionId,
        /// Rises with each attempt.
        epoch: u64,
        /// The first sequence number it has not received.
        next: u64,
        /// That it is who it was.
        proof: [u8; PROOF],
        /// That it may still be a client.
        credentials: Vec<u8>,
    },
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { .. } => f.write_str("Open"),
            Self::Resume {
                id, epoch, next, ..
            } => f
                .debug_struct("Resume")
                .field("id", id)
                .field("epoch", epoch)
                .field("next", next)
                .finish_non_exhaustive(),
        }
    }
}

/// What the other end says to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    Opened { id: SessionId, retention: Duration },
    Resumed { next: u64, proof: [u8; PROOF] },
    Refused(ResumeRefusal),
}

/// What is no greeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GreetingError {
    /// It begins with something else.
    #[error("the other end does not speak this protocol")]
    Magic,
    /// It says something else.
    #[error("no greeting is of kind {kind} and {len} bytes long")]
    Kind { kind: u8, len: u16 },
}

/// The kind and length that a head announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    kind: u8,
    pub(super) len: usize,
}

pub(super) fn head(bytes: [u8; HEAD]) -> Result<Head, GreetingError> {
    let [a, b, c, d, kind, high, low] = bytes;
    if [a, b, c, d] != MAGIC {
        return Err(GreetingError::Magic);
    }
    let len = u16::from_be_bytes([high, low]);
    let fits = match kind {
        OPEN_KIND => usize::from(len) <= MAX_CREDENTIALS,
        RESUME_KIND => (RESUME..=RESUME + MAX_CREDENTIALS).contains(&usize::from(len)),
        OPENED_KIND => len == 20,
        RESUMED_KIND => usize::from(len) == 8 + PROOF,
        REFUSED_KIND => len == 1,
        _ => false,
    };
    let head = Head {
        kind,
        len: usize::from(len),
    };
    fits.then_some(head)
        .ok_or(GreetingError::Kind { kind, len })
}

impl Head {
    fn error(self) -> GreetingError {
        GreetingError::Kind {
            kind: self.kind,
            len: u16::try_from(self.len).unwrap_or(u16::MAX),
        }
    }
}

impl Request {
    /// # Errors
    /// When there is more to show than [`MAX_CREDENTIALS`].
    pub(super) fn encode(&self) -> Result<Vec<u8>, GreetingError> {
        match self {
            Self::Open { credentials } => {
                check(OPEN_KIND, credentials)?;
                encode(OPEN_KIND, &[credentials])
            }
            Self::Resume {
                id,
                epoch,
                next,
                proof,
                credentials,
            } => {
                check(RESUME_KIND, credentials)?;
                let (epoch, next) = (epoch.to_be_bytes(), next.to_be_bytes());
                encode(RESUME_KIND, &[&id.0, &epoch, &next, proof, credentials])
            }
        }
    }

    pub(super) fn decode(head: Head, body: &[u8]) -> Result<Self, GreetingError> {
        let mut body = Fields(body);
        let request = match head.kind {
            OPEN_KIND => Some(Self::Open {
                credentials: body.0.to_vec(),
            }),
            RESUME_KIND => body.resume(),
            _ => None,
        };
        request.ok_or(head.error())
    }
}

impl Reply {
    /// # Errors
    /// Never.
    pub(super) fn encode(&self) -> Result<Vec<u8>, GreetingError> {
        match self {
            Self::Opened { id, retention } => {
                let seconds = u32::try_from(retention.as_secs()).unwrap_or(u32::MAX);
                encode(OPENED_KIND, &[&id.0, &seconds.to_be_bytes()])
            }
            Self::Resumed { next, proof } => encode(RESUMED_KIND, &[&next.to_be_bytes(), proof]),
            Self::Refused(reason) => {
                let code = match reason {
                    ResumeRefusal::Expired => 1,
                    ResumeRefusal::Evicted => 2,
                    ResumeRefusal::Unknown => 3,
                    ResumeRefusal::Stale => 4,
                    ResumeRefusal::Finished => 5,
                    ResumeRefusal::Unauthorized => 6,
                };
                encode(REFUSED_KIND, &[&[code]])
            }
        }
    }

    pub(super) fn decode(head: Head, body: &[u8]) -> Result<Self, GreetingError> {
        let mut body = Fields(body);
        let answer = match head.kind {
            OPENED_KIND => body.opened(),
            RESUMED_KIND => body.resumed(),
            REFUSED_KIND => body.take::<1>().map(|[code]| {
                Self::Refused(match code {
                    1 => ResumeRefusal::Expired,
                    2 => ResumeRefusal::Evicted,
                    4 => ResumeRefusal::Stale,
                    5 => ResumeRefusal::Finished,
                    6 => ResumeRefusal::Unauthorized,
                    _ => ResumeRefusal::Unknown,
                })
            }),
            _ => None,
        };
        answer.ok_or(head.error())
    }
}

/// No more is shown than the other end reads.
fn check(kind: u8, credentials: &[u8]) -> Result<(), GreetingError> {
    let fits = credentials.len() <= MAX_CREDENTIALS;
    let len = u16::MAX;
    fits.then_some(()).ok_or(GreetingError::Kind { kind, len })
}

fn encode(kind: u8, fields: &[&[u8]]) -> Result<Vec<u8>, GreetingError> {
    let len: usize = fields.iter().map(|field| field.len()).sum();
    let len = u16::try_from(len).map_err(|_| GreetingError::Kind {
        kind,
        len: u16::MAX,
    })?;
    let mut bytes = Vec::with_capacity(HEAD + usize::from(len));
    bytes.extend_from_slice(&MAGIC);
    bytes.push(kind);
    bytes.extend_from_slice(&len.to_be_bytes());
    for field in fields {
        bytes.extend_from_slice(field);
    }
    Ok(bytes)
}

/// What is left of a body.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*field)
    }

    fn resume(&mut self) -> Option<Request> {
        Some(Request::Resume {
            id: SessionId(self.take()?),
            epoch: u64::from_be_bytes(self.take()?),
            next: u64::from_be_bytes(self.take()?),
            proof: self.take()?,
            credentials: self.0.to_vec(),
        })
    }

    fn opened(&mut self) -> Option<Reply> {
        Some(Reply::Opened {
            id: SessionId(self.take()?),
            retention: Duration::from_secs(u32::from_be_bytes(self.take()?).into()),
        })
    }

    fn resumed(&mut self) -> Option<Reply> {
        Some(Reply::Resumed {
            next: u64::from_be_bytes(self.take()?),
            proof: self.take()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parts(bytes: &[u8]) -> Result<(Head, &[u8]), GreetingError> {
        let (first, body) = bytes.split_first_chunk().expect("a head is there");
        head(*first).map(|head| (head, body))
    }

    #[test]
    fn answers_come_through() {
        let answers = [
            Reply::Opened {
                id: SessionId([7; 16]),
                retention: Duration::from_mins(10),
            },
            Reply::Resumed {
                next: u64::MAX,
                proof: [9; PROOF],
            },
            Reply::Refused(ResumeRefusal::Expired),
            Reply::Refused(ResumeRefusal::Evicted),
            Reply::Refused(ResumeRefusal::Unknown),
            Reply::Refused(ResumeRefusal::Stale),
            Reply::Refused(ResumeRefusal::Finished),
            Reply::Refused(ResumeRefusal::Unauthorized),
        ];
        for answer in answers {
            let bytes = answer.encode().expect("it fits");
            let (head, body) = parts(&bytes).expect("it is a greeting");
            assert_eq!(head.len, body.len());
            assert_eq!(Reply::decode(head, body), Ok(answer));
            assert!(Request::decode(head, body).is_err());
        }
    }

    proptest! {
        #[test]
        fn requests_come_through(
            id in any::<[u8; 16]>(),
            (epoch, next) in any::<(u64, u64)>(),
            credentials in prop::collection::vec(any::<u8>(), 0..=MAX_CREDENTIALS),
        ) {
            let open = Request::Open { credentials: credentials.clone() };
            let resume = Request::Resume {
                id: SessionId(id), epoch, next, proof: [3; PROOF], credentials,
            };
            for request in [open, resume] {
                let bytes = request.encode().expect("it fits");
                let (head, body) = parts(&bytes).expect("it is a greeting");
                prop_assert_eq!(head.len, body.len());
                prop_assert_eq!(Request::decode(head, body), Ok(request));
            }
        }

        #[test]
        fn garbage_is_refused_and_never_panics(
            first in any::<[u8; 3]>(),
            magic in any::<bool>(),
            body in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let lead = if magic { MAGIC } else { [0; 4] };
            let bytes = [&lead[..], &first, &body].concat();
            if let Ok((head, body)) = parts(&bytes) {
                prop_assert!(magic && head.len <= RESUME + MAX_CREDENTIALS);
                let _ = Request::decode(head, body);
                let _ = Reply::decode(head, body);
            }
        }
    }

    #[test]
    fn too_many_credentials_are_not_sent() {
        let credentials = vec![0; MAX_CREDENTIALS + 1];
        let resume = Request::Resume {
            id: SessionId([0; 16]),
            epoch: 1,
            next: 0,
            proof: [0; PROOF],
            credentials: credentials.clone(),
        };
        for request in [Request::Open { credentials }, resume] {
            assert!(request.encode().is_err());
        }
    }
}
