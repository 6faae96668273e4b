//! How sessions end: the words for it, without the machine.

use super::frame::FrameError;

/// Why a session was called off.
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

/// What a peer must never do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// What it sent is no frame.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// It acknowledges what was never sent, or less than before.
    #[error("it acknowledges what it cannot have")]
    Ack,
    /// It takes credit back.
    #[error("it takes credit back")]
    Credit,
    /// Bytes are missing, or come twice.
    #[error("it left bytes out or sent them twice")]
    Gap,
    /// It sends more than it may.
    #[error("it sends more than it may")]
    Overrun,
    /// It goes on after its own end.
    #[error("it goes on after its end")]
    AfterFin,
}

/// Why the relay does not let a session go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResumeRefusal {
    /// It waited for too long.
    #[error("the session has expired")]
    Expired,
    /// It had to make room for others.
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
    /// Both ends said all they had to say.
    #[error("the session is over")]
    Finished,
    /// It was closed at this end.
    #[error("the session was closed")]
    Closed,
    /// The application at this end has dropped its stream.
    #[error("the stream was dropped")]
    Dropped,
    /// The other end called it off.
    #[error("the other end called the session off: {0:?}")]
    Reset(ResetReason),
    /// The other end broke the protocol.
    #[error("the other end broke the protocol: {0}")]
    Protocol(ProtocolError),
    /// Its link broke and it cannot be resumed.
    #[error("the session cannot be resumed: {0}")]
    CannotResume(ResumeRefusal),
}
