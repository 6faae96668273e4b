//! What comes in: the next sequence number, the credit, and when to acknowledge.
//!
//! Pure. What comes is taken at once, so whoever reads the link never has to stop: acknowledgements and
//! pings never wait behind it.

use super::end::ProtocolError;
use super::frame::Frame;
use std::time::Duration;

#[derive(Debug, Default)]
pub(super) struct Inbound {
    /// How far the peer may send ahead of what it knows to be here.
    window: u64,
    /// The first sequence number that is not here yet.
    next: u64,
    fin: bool,
    /// The peer may send what is before this, whatever link it learned that by.
    granted: u64,
    /// What the peer was last told to be here, over this link.
    told: Option<u64>,
    ack_bytes: u64,
    ack_delay: Duration,
    /// Something is not acknowledged since.
    unacked_since: Option<Duration>,
    /// The next acknowledgement cannot wait.
    urgent: bool,
}

impl Inbound {
    pub(super) fn new(window: usize, ack_bytes: usize, ack_delay: Duration) -> Self {
        Self {
            window: window as u64,
            // Half a small window: the peer must hear of new room before it has used up the old.
            ack_bytes: ack_bytes.min(window / 2).max(1) as u64,
            ack_delay,
            ..Self::default()
        }
    }

    pub(super) const fn next(&self) -> u64 {
        self.next
    }

    pub(super) const fn has_fin(&self) -> bool {
        self.fin
    }

    /// `len` bytes came.
    ///
    /// # Errors
    /// When `seq` is not the next one, or the peer passes its credit or its own end.
    pub(super) fn receive(
        &mut self,
        seq: u64,
        len: usize,
        now: Duration,
    ) -> Result<(), ProtocolError> {
        self.check(seq)?;
        let next = seq.saturating_add(len as u64);
        if next > self.granted {
            return Err(ProtocolError::Overrun);
        }
        self.next = next;
        self.unacked_since.get_or_insert(now);
        Ok(())
    }

    fn check(&self, seq: u64) -> Result<(), ProtocolError> {
        if self.fin {
            return Err(ProtocolError::AfterFin);
        }
        if seq != self.next {
            return Err(ProtocolError::Gap);
        }
        Ok(())
    }

    /// # Errors
    /// When something is missing before the end, or it ended before.
    pub(super) fn finish(&mut self, seq: u64) -> Result<(), ProtocolError> {
        self.check(seq)?;
        self.fin = true;
        self.next += 1;
        self.urgent = true;
        Ok(())
    }

    /// A new link: the peer must hear at once where things stand.
    pub(super) fn restart(&mut self) {
        self.told = None;
    }

    /// Whether the peer must be told now.
    pub(super) fn is_ack_due(&self, now: Duration) -> bool {
        let Some(told) = self.told else {
            return true;
        };
        self.urgent
            || self.next - told >= self.ack_bytes
            || self.deadline().is_some_and(|deadline| now >= deadline)
    }

    /// Whether there is anything to tell: it goes along with whatever is sent anyhow.
    pub(super) fn has_news(&self) -> bool {
        self.told != Some(self.next)
    }

    /// When the peer must be told at the latest.
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.unacked_since.map(|since| since + self.ack_delay)
    }

    /// The acknowledgement to send; it counts as sent.
    pub(super) fn take_ack(&mut self) -> Frame {
        self.granted = self.next + self.window;
        self.told = Some(self.next);
        self.unacked_since = None;
        self.urgent = false;
        Frame::Ack {
            next: self.next,
            window_end: self.granted,
        }
    }

    /// Whether the peer knows that its end has arrived.
    pub(super) fn is_finished(&self) -> bool {
        self.fin && self.told == Some(self.next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_may_come_than_was_granted_over_whatever_link() {
        let now = Duration::ZERO;
        let mut inbound = Inbound::new(10, 5, now);
        assert_eq!(inbound.receive(0, 1, now), Err(ProtocolError::Overrun));
        inbound.take_ack();
        assert_eq!(inbound.receive(0, 4, now), Ok(()));
        inbound.restart();
        assert_eq!(inbound.receive(4, 7, now), Err(ProtocolError::Overrun));
        assert_eq!(inbound.receive(4, 6, now), Ok(()));
        assert_eq!(inbound.receive(10, 1, now), Err(ProtocolError::Overrun));
        inbound.take_ack();
        assert_eq!(inbound.receive(10, 10, now), Ok(()));
    }
}
