//! What the audit log has of one tunnel, as it is told beside it.

use super::{TunnelId, UnixMillis};
use std::collections::VecDeque;

/// What happened, in the audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuditKind {
    Up,
    Down,
    /// Its link is down: its connections are held, new visitors do not get through.
    Held,
    /// It goes on over another link.
    Resumed,
    /// New tokens were due: it goes on with them, over another session.
    Reminted,
    /// The first session could not be made.
    StartFailed,
    /// The person asked for a new connection.
    ManualReconnect,
    ManualStop,
}

impl AuditKind {
    pub const ALL: [Self; 8] = [
        Self::Up,
        Self::Down,
        Self::Held,
        Self::Resumed,
        Self::Reminted,
        Self::StartFailed,
        Self::ManualReconnect,
        Self::ManualStop,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "tunnel.up",
            Self::Down => "tunnel.down",
            Self::Held => "tunnel.held",
            Self::Resumed => "tunnel.resumed",
            Self::Reminted => "tunnel.reminted",
            Self::StartFailed => "tunnel.start_failed",
            Self::ManualReconnect => "tunnel.manual_reconnect",
            Self::ManualStop => "tunnel.manual_stop",
        }
    }

    /// The kind of this name; `None` of one that another version writes.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// One record, as far as it is told beside its tunnel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEvent {
    pub at: UnixMillis,
    pub kind: AuditKind,
    /// The record's word for why.
    pub reason: Option<String>,
    /// A failure's own code, and what was said of it: `code` or `code: said`.
    pub error: Option<String>,
}

/// The last records of the tunnel in the panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    pub tunnel: TunnelId,
    /// Numbers the readings of the log, so that an older answer is told apart.
    pub asked: u64,
    /// It was read; until then there is only what has happened since it was asked for.
    pub read: bool,
    /// Oldest first.
    pub events: VecDeque<AuditEvent>,
}

impl Past {
    /// The most records that are kept.
    pub const MOST: usize = 50;

    /// Of a tunnel that is looked at from now on.
    pub const fn asked(tunnel: TunnelId, asked: u64) -> Self {
        Self {
            tunnel,
            asked,
            read: false,
            events: VecDeque::new(),
        }
    }

    /// Adds what was written just now.
    pub fn push(&mut self, event: AuditEvent) {
        self.events.push_back(event);
        self.trim();
    }

    /// Takes what the log had before all that is here.
    pub fn take(&mut self, read: Vec<AuditEvent>) {
        for event in read.into_iter().rev() {
            self.events.push_front(event);
        }
        self.read = true;
        self.trim();
    }

    fn trim(&mut self) {
        let too_many = self.events.len().saturating_sub(Self::MOST);
        self.events.drain(..too_many);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_goes_before_what_happened_meanwhile_and_no_more_than_the_last_is_kept() {
        let event = |at| AuditEvent {
            at: UnixMillis(at),
            kind: AuditKind::Up,
            reason: None,
            error: None,
        };
        let mut past = Past::asked(TunnelId::new("web").expect("an id"), 1);
        past.push(event(100));
        past.take((0..100).map(event).collect());
        past.push(event(101));
        let at: Vec<u64> = past.events.iter().map(|event| event.at.0).collect();
        assert_eq!(at, (52..=101).collect::<Vec<_>>());
        for kind in AuditKind::ALL {
            assert_eq!(AuditKind::from_word(kind.as_str()), Some(kind));
        }
        assert_eq!(AuditKind::from_word("tunnel.other"), None);
    }
}
