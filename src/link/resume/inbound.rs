//! What comes in: the receive ring, the next sequence number, and when to acknowledge.
//!
//! Pure. The credit it gives never passes the ring, so whoever reads the link never has to stop:
//! acknowledgements and pings never wait behind a full ring.

use super::end::ProtocolError;
use super::frame::Frame;
use crate::base::ring::Ring;
use std::time::Duration;

#[derive(Debug, Default)]
pub(super) struct Inbound {
    ring: Ring,
    /// The first sequence number that is not here yet.
    next: u64,
    fin: bool,
    /// Nobody reads any more: what comes is acknowledged and dropped.
    discarding: bool,
    /// What the peer was last told.
    told: Option<(u64, u64)>,
    ack_bytes: u64,
    ack_delay: Duration,
    /// Something is not acknowledged since.
    unacked_since: Option<Duration>,
    /// The next acknowledgement cannot wait.
    urgent: bool,
}

impl Inbound {
    pub(super) fn new(capacity: usize, ack_bytes: usize, ack_delay: Duration) -> Self {
        Self {
            ring: Ring::new(capacity),
            // Half a small ring: the peer must hear of new room before it has used up the old.
            ack_bytes: ack_bytes.min(capacity / 2).max(1) as u64,
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

    pub(super) const fn is_empty(&self) -> bool {
        self.ring.is_empty()
    }

    /// # Errors
    /// When `seq` is not the next one, or the peer passes its credit or its own end.
    pub(super) fn receive(
        &mut self,
        seq: u64,
        bytes: &[u8],
        now: Duration,
    ) -> Result<(), ProtocolError> {
        self.check(seq, bytes)?;
        self.ring.push(bytes);
        self.next += bytes.len() as u64;
        self.unacked_since.get_or_insert(now);
        if self.discarding {
            self.ring.release_to(self.next);
        }
        Ok(())
    }

    /// The same for bytes that are taken at once: there is always room for more.
    ///
    /// # Errors
    /// When `seq` is not the next one, or the peer passes its credit or its own end.
    pub(super) fn pass(
        &mut self,
        seq: u64,
        bytes: &[u8],
        now: Duration,
    ) -> Result<(), ProtocolError> {
        self.check(seq, bytes)?;
        self.next += bytes.len() as u64;
        self.ring.skip_to(self.next);
        self.unacked_since.get_or_insert(now);
        Ok(())
    }

    fn check(&self, seq: u64, bytes: &[u8]) -> Result<(), ProtocolError> {
        if self.fin {
            return Err(ProtocolError::AfterFin);
        }
        if seq != self.next {
            return Err(ProtocolError::Gap);
        }
        if bytes.len() > self.ring.room() {
            return Err(ProtocolError::Overrun);
        }
        Ok(())
    }

    /// # Errors
    /// When something is missing before the end, or it ended before.
    pub(super) fn finish(&mut self, seq: u64) -> Result<(), ProtocolError> {
        if self.fin {
            return Err(ProtocolError::AfterFin);
        }
        if seq != self.next {
            return Err(ProtocolError::Gap);
        }
        self.fin = true;
        self.next += 1;
        self.urgent = true;
        Ok(())
    }

    pub(super) fn read(&mut self, out: &mut [u8]) -> usize {
        self.ring.pop(out)
    }

    /// What nobody has read.
    pub(super) fn waiting(&self) -> (&[u8], &[u8]) {
        self.ring.front(usize::MAX)
    }

    pub(super) fn take_all(&mut self) {
        self.ring.release_to(self.next);
    }

    pub(super) fn discard(&mut self) {
        self.discarding = true;
        self.ring.release_to(self.ring.end());
    }

    /// A new link: the peer must hear at once where things stand.
    pub(super) fn restart(&mut self) {
        self.told = None;
    }

    /// Whether the peer must be told now.
    pub(super) fn is_ack_due(&self, now: Duration) -> bool {
        let Some((next, window_end)) = self.told else {
            return true;
        };
        self.urgent
            || self.next - next >= self.ack_bytes
            || self.window_end() - window_end >= self.ack_bytes
            || self.deadline().is_some_and(|deadline| now >= deadline)
    }

    /// Whether the peer must hear of new room: reading has made `ack_bytes` of it.
    pub(super) fn is_credit_due(&self) -> bool {
        self.told
            .is_some_and(|(_, window_end)| self.window_end() - window_end >= self.ack_bytes)
    }

    /// Whether there is anything to tell: it goes along with whatever is sent anyhow.
    pub(super) fn has_news(&self) -> bool {
        self.told != Some((self.next, self.window_end()))
    }

    /// When the peer must be told at the latest.
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.unacked_since.map(|since| since + self.ack_delay)
    }

    /// The acknowledgement to send; it counts as sent.
    pub(super) fn take_ack(&mut self) -> Frame {
        let (next, window_end) = (self.next, self.window_end());
        self.told = Some((next, window_end));
        self.unacked_since = None;
        self.urgent = false;
        Frame::Ack { next, window_end }
    }

    /// Whether the peer knows that its end has arrived.
    pub(super) fn is_finished(&self) -> bool {
        self.fin && self.told.is_some_and(|(next, _)| next == self.next)
    }

    fn window_end(&self) -> u64 {
        self.ring.start() + self.ring.capacity() as u64
    }

    pub(super) fn shrink(&mut self) {
        self.ring.shrink();
    }

    pub(super) const fn held(&self) -> usize {
        self.ring.held()
    }
}
