//! What goes out: the replay ring, how much of it is sent, and how much is acknowledged.
//!
//! Pure. It never forgets a byte that is not acknowledged, and takes none before it can go: what is more
//! urgent may still come before it.

use super::Payload;
use super::batch::Batch;
use super::end::ProtocolError;
use super::frame::{DATA_OVERHEAD, Frame, MAX_PAYLOAD, MAX_SMALL};
use crate::base::ring::Ring;
use std::io::IoSlice;

#[derive(Debug, Default)]
pub(super) struct Outbound {
    ring: Ring,
    /// The next sequence number to send over this link.
    sent: u64,
    /// The next that this link has not taken yet: what is sent waits in a [`Batch`] before that.
    written: u64,
    /// The first sequence number that was never sent over any link.
    ever_sent: u64,
    acked: u64,
    /// The peer has room up to here.
    window_end: u64,
    fin: bool,
}

impl Outbound {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            ring: Ring::new(capacity),
            ..Self::default()
        }
    }

    /// Takes the next bytes of `payload`, so many that `limit` bytes may go at once. What cannot go
    /// yet stays there, where its order may still change.
    pub(super) fn fill(&mut self, payload: &dyn Payload, limit: usize) {
        let until = self.sent.saturating_add(limit as u64).min(self.window_end);
        let wanted = usize::try_from(until.saturating_sub(self.ring.end())).unwrap_or(usize::MAX);
        let room = wanted.min(self.ring.room());
        if room > 0 && !self.fin {
            let ring = &mut self.ring;
            self.fin = payload.transmit(room, &mut |bytes| {
                ring.push(bytes);
            });
        }
    }

    pub(super) const fn is_finishing(&self) -> bool {
        self.fin
    }

    /// Everything arrived, and that there is no more of it.
    pub(super) const fn is_finished(&self) -> bool {
        self.fin && self.acked > self.ring.end()
    }

    /// The peer has everything: it said so elsewhere.
    pub(super) fn conclude(&mut self) {
        self.acked = self.ring.end() + 1;
        self.ring.release_to(self.acked);
    }

    /// # Errors
    /// When the peer acknowledges what this link has not taken or less than before, or takes
    /// credit back.
    pub(super) fn handle_ack(&mut self, next: u64, window_end: u64) -> Result<(), ProtocolError> {
        if !(self.acked..=self.written).contains(&next) {
            return Err(ProtocolError::Ack);
        }
        if window_end < self.window_end {
            return Err(ProtocolError::Credit);
        }
        self.window_end = window_end;
        self.acked = next;
        self.ring.release_to(next);
        Ok(())
    }

    /// # Errors
    /// When `next` is not in what may be replayed.
    pub(super) fn check(&self, next: u64) -> Result<(), ProtocolError> {
        if (self.acked..=self.ever_sent).contains(&next) {
            Ok(())
        } else {
            Err(ProtocolError::Ack)
        }
    }

    /// A new link: the peer has all before `next`, the rest is sent again.
    pub(super) fn rewind(&mut self, next: u64) -> Result<(), ProtocolError> {
        self.check(next)?;
        self.acked = next;
        self.ring.release_to(next);
        (self.sent, self.written) = (next, next);
        Ok(())
    }

    /// Whether there is something that may be sent.
    pub(super) fn is_due(&self) -> bool {
        self.sent < self.ring.end().min(self.window_end) || self.is_fin_due()
    }

    /// Bytes that may be sent now: what is written, within the credit.
    pub(super) fn sendable(&self) -> usize {
        let until = self.ring.end().min(self.window_end);
        usize::try_from(until.saturating_sub(self.sent)).unwrap_or(usize::MAX)
    }

    const fn is_fin_due(&self) -> bool {
        self.fin && self.sent == self.ring.end()
    }

    /// Adds frames as long as `out` stays within `limit`: whether there were any.
    pub(super) fn transmit(&mut self, out: &mut Batch, limit: usize) -> bool {
        let before = self.sent;
        let until = self.ring.end().min(self.window_end);
        while self.sent < until && out.len() + DATA_OVERHEAD < limit {
            let fits = (limit - out.len() - DATA_OVERHEAD).min(MAX_PAYLOAD);
            let left = usize::try_from(until - self.sent).unwrap_or(usize::MAX);
            let count = fits.min(left);
            out.put_data(self.sent, count);
            self.sent += count as u64;
        }
        if self.is_fin_due() && out.len() + MAX_SMALL <= limit {
            out.put(Frame::Fin { seq: self.sent });
            self.sent += 1;
        }
        self.ever_sent = self.ever_sent.max(self.sent);
        self.sent > before
    }

    /// What of `batch` this link has not taken.
    pub(super) fn rest<'a>(&'a self, batch: &'a Batch) -> Vec<IoSlice<'a>> {
        batch.rest(&self.ring)
    }

    /// The link has taken so many bytes more of `batch`.
    pub(super) fn wrote(&mut self, batch: &mut Batch, count: usize) {
        let reached = batch.advance(count);
        self.written = match reached {
            _ if batch.is_gone() => self.sent,
            Some(reached) => reached,
            None => self.written,
        };
    }

    pub(super) fn shrink(&mut self) {
        self.ring.shrink();
    }

    pub(super) const fn held(&self) -> usize {
        self.ring.held()
    }

    /// The first sequence number that the peer has not acknowledged.
    pub(super) const fn acked(&self) -> u64 {
        self.acked
    }

    /// Something that was sent over this link is not acknowledged yet.
    pub(super) const fn is_in_flight(&self) -> bool {
        self.sent > self.acked
    }

    /// Bytes that are not acknowledged yet.
    pub(super) const fn unacked(&self) -> usize {
        self.ring.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::resume::fuzz::bytes::Bytes;

    #[test]
    fn what_the_link_has_not_taken_cannot_be_acknowledged() {
        let mut out = Outbound::new(100);
        out.handle_ack(0, 100).expect("it is credit");
        let payload = Bytes::new(100);
        payload.write(b"abc");
        out.fill(&payload, 100);
        let mut batch = Batch::default();
        assert!(out.transmit(&mut batch, 1000));
        assert_eq!(out.handle_ack(3, 100), Err(ProtocolError::Ack));
        out.wrote(&mut batch, DATA_OVERHEAD + 2);
        assert_eq!(out.handle_ack(3, 100), Err(ProtocolError::Ack));
        assert_eq!(out.handle_ack(2, 100), Ok(()));
        assert_eq!(&*out.rest(&batch)[0], b"c", "it is still there");
        out.wrote(&mut batch, 1);
        assert_eq!(out.handle_ack(3, 100), Ok(()));
    }
}
