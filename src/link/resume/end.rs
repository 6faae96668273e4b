//! How sessions end: the words for it, without the machine.

use super::frame::FrameError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetReason {
    /// The application has dropped its stream.
    Dropped,
    /// It was closed on purpose.
    Closed,
    /// The other end broke the protocol.
    Protocol,
    /// A code of a later version.
    Other(u8),
}

impl ResetReason {
    pub(super) const fn code(self) -> u8 {
        match self {
            Self::Dropped => 1,
            Self::Closed => 2,
            Self::Protocol => 3,
            Self::Other(code) => code,
        }
    }

    pub(super) const fn from_code(code: u8) -> Self {
        match code {
            1 => Self::Dropped,
            2 => Self::Closed,
            3 => Self::Protocol,
            _ => Self::Other(code),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// What it sent is no frame.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// It acknowledges what was never sent, or less than before.
    #[error("it acknowledges what it cannot have")]
    Ack,
    #[error("it takes credit back")]
    Credit,
    /// Bytes are missing, or come twice.
    #[error("it left bytes out or sent them twice")]
    Gap,
    #[error("it sends more than it may")]
    Overrun,
    #[error("it goes on after its end")]
    AfterFin,
    /// What it sends means nothing to what the session carries.
    #[error("{0}")]
    Payload(&'static str),
}

/// Why the relay does not let a session go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResumeRefusal {
    #[error("the session has expired")]
    Expired,
    #[error("the session had to make room for others")]
    Evicted,
    /// There is no such session, or it is somebody else's.
    #[error("the session is unknown")]
    Unknown,
    /// A later attempt came first: try again.
    #[error("a later attempt came first")]
    Stale,
    /// Both ends had all of it, and the last acknowledgement was lost: nothing else is.
    #[error("the session had come to its end")]
    Finished,
    /// Who asks for a session may not have any.
    #[error("what it shows gives no right to a session")]
    Unauthorized,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionEnd {
    #[error("the session is over")]
    Finished,
    #[error("the session was closed")]
    Closed,
    /// The application at this end has dropped its stream.
    #[error("the stream was dropped")]
    Dropped,
    #[error("the other end called the session off: {0:?}")]
    Reset(ResetReason),
    #[error("the other end broke the protocol: {0}")]
    Protocol(ProtocolError),
    #[error("the session cannot be resumed: {0}")]
    CannotResume(ResumeRefusal),
}
