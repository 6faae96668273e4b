//! One session: what goes out, what comes in, whether the peer lives, and how it all ends.
//!
//! Pure: no I/O, no clock, no randomness. Time is a duration since some origin of its user. A link
//! is known by its generation alone; whatever comes from an older one is ignored.

use super::batch::Batch;
use super::detector::FailureDetector;
use super::end::{ProtocolError, ResetReason, ResumeRefusal, SessionEnd};
use super::frame::{Frame, Item, Parser};
use super::inbound::Inbound;
use super::outbound::Outbound;
use super::{Config, Milestone, Payload};
use std::io::IoSlice;
use std::time::Duration;

/// The right to attach the next link, which an older one can no longer disturb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The link's generation. The end that dials uses it as the epoch.
    pub generation: u64,
    /// The first sequence number that this end has not received.
    pub next: u64,
}

#[derive(Debug, Default)]
pub(super) struct SessionMachine {
    out: Outbound,
    inbound: Inbound,
    detector: FailureDetector,
    parser: Parser,
    generation: u64,
    attached: bool,
    /// The latest epoch that was accepted; only the end that is dialled uses it.
    epoch: u64,
    /// The number of the pong to send: the latest answers all pings before.
    pong: Option<u32>,
    /// Nobody has a right to it any more.
    abandoned: bool,
    end: Option<SessionEnd>,
    /// The reset that the peer has not been sent yet.
    reset_to_send: Option<ResetReason>,
}

impl SessionMachine {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            out: Outbound::new(config.tx_ring),
            inbound: Inbound::new(config.window, config.ack_bytes, config.ack_delay),
            detector: FailureDetector::new(config.detector),
            ..Self::default()
        }
    }

    /// Nobody has a right to it any more: what had its end still goes out.
    pub(super) fn abandon(&mut self) {
        self.abandoned = true;
        self.settle();
    }

    // Links.

    /// Cuts the link off: from here on nothing moves until the ticket is used.
    ///
    /// # Errors
    /// When the session is over.
    pub(super) fn fence(&mut self) -> Result<Ticket, SessionEnd> {
        if let Some(end) = self.end {
            return Err(end);
        }
        self.generation += 1;
        self.attached = false;
        Ok(Ticket {
            generation: self.generation,
            next: self.inbound.next(),
        })
    }

    /// The same, asked for by the peer, who must not be older than the last one nor claim to have
    /// what it cannot have: then nothing is cut off.
    pub(super) fn fence_for(
        &mut self,
        epoch: u64,
        peer_next: u64,
    ) -> Result<Ticket, ResumeRefusal> {
        if self.end == Some(SessionEnd::Finished) {
            return Err(ResumeRefusal::Finished);
        }
        if epoch <= self.epoch {
            return Err(ResumeRefusal::Stale);
        }
        self.out
            .check(peer_next)
            .map_err(|_| ResumeRefusal::Unknown)?;
        let ticket = self.fence().map_err(|_| ResumeRefusal::Unknown)?;
        self.epoch = epoch;
        Ok(ticket)
    }

    /// The link of that generation is up, and the peer has all before `peer_next`: whether it is
    /// the one that is waited for.
    pub(super) fn attach(&mut self, generation: u64, peer_next: u64, now: Duration) -> bool {
        if self.end.is_some() || self.attached || generation != self.generation {
            return false;
        }
        if let Err(error) = self.out.rewind(peer_next) {
            self.terminate(SessionEnd::Protocol(error));
            return false;
        }
        self.inbound.restart();
        self.detector.restart(now);
        self.parser = Parser::default();
        self.pong = None;
        self.attached = true;
        true
    }

    /// The link of that generation is gone.
    pub(super) fn detach(&mut self, generation: u64) {
        if self.is_current(generation) {
            self.attached = false;
        }
    }

    pub(super) const fn is_current(&self, generation: u64) -> bool {
        self.attached && self.generation == generation
    }

    pub(super) const fn is_attached(&self) -> bool {
        self.attached
    }

    pub(super) const fn generation(&self) -> u64 {
        self.generation
    }

    /// Bytes that came over the link of that generation.
    pub(super) fn receive(
        &mut self,
        generation: u64,
        mut bytes: &[u8],
        payload: &dyn Payload,
        now: Duration,
    ) {
        if !self.is_current(generation) {
            return;
        }
        self.detector.heard(bytes.len(), now);
        while self.end.is_none() {
            let handled = match self.parser.next(&mut bytes) {
                Ok(Some(item)) => self.handle_item(item, payload, now),
                Ok(None) => break,
                Err(error) => Err(error.into()),
            };
            if let Err(error) = handled {
                self.terminate(SessionEnd::Protocol(error));
            }
        }
        self.settle();
    }

    fn handle_item(
        &mut self,
        item: Item<'_>,
        payload: &dyn Payload,
        now: Duration,
    ) -> Result<(), ProtocolError> {
        match item {
            Item::Data { seq, bytes } => {
                self.inbound.receive(seq, bytes.len(), now)?;
                payload.receive(bytes).map_err(ProtocolError::Payload)?;
            }
            Item::Frame(Frame::Ack { next, window_end }) => {
                let before = self.out.acked();
                self.out.handle_ack(next, window_end)?;
                if self.out.acked() > before {
                    self.note_answer(now);
                }
            }
            Item::Frame(Frame::Fin { seq }) => return self.inbound.finish(seq),
            Item::Frame(Frame::Ping(number)) => self.pong = Some(number),
            Item::Frame(Frame::Pong(number)) => {
                self.detector.handle_pong(number, now);
                self.note_answer(now);
            }
            Item::Frame(Frame::Reset(reason)) => self.end = Some(SessionEnd::Reset(reason)),
        }
        Ok(())
    }

    /// The peer has heard something of us.
    fn note_answer(&mut self, now: Duration) {
        let more = self.out.is_in_flight() || self.detector.is_pinging();
        self.detector.answered(more, now);
    }

    /// Adds what the link of that generation has to carry now, up to `limit` bytes of `out`.
    pub(super) fn transmit(
        &mut self,
        generation: u64,
        out: &mut Batch,
        limit: usize,
        now: Duration,
    ) {
        if !self.is_current(generation) {
            return;
        }
        if let Some(reason) = self.reset_to_send.take() {
            out.put(Frame::Reset(reason));
        }
        if self.end.is_some() {
            return;
        }
        if let Some(number) = self.pong.take() {
            out.put(Frame::Pong(number));
        }
        if let Some(number) = self.detector.take_ping(now) {
            out.put(Frame::Ping(number));
        }
        let rides_along = self.out.is_due() && self.inbound.has_news();
        if rides_along || self.inbound.is_ack_due(now) {
            out.put(self.inbound.take_ack());
        }
        if self.out.transmit(out, limit) {
            self.detector.asked(now);
        }
        self.settle();
    }

    /// What the link of that generation has not taken of `batch` yet; nothing once another one has its
    /// place.
    pub(super) fn rest<'a>(&'a self, generation: u64, batch: &'a Batch) -> Vec<IoSlice<'a>> {
        if self.is_current(generation) {
            self.out.rest(batch)
        } else {
            Vec::new()
        }
    }

    /// The link of that generation has taken so many bytes more of `batch`.
    pub(super) fn wrote(&mut self, generation: u64, batch: &mut Batch, count: usize) {
        if self.is_current(generation) {
            self.out.wrote(batch, count);
        }
    }

    /// Takes from `payload` what may go now, `limit` bytes at most.
    pub(super) fn fill(&mut self, payload: &dyn Payload, limit: usize) {
        if self.attached && self.end.is_none() {
            self.out.fill(payload, limit);
        }
    }

    /// What `payload` must hear of how things stand.
    pub(super) fn tell(&self, payload: &dyn Payload) {
        if self.inbound.has_fin() {
            payload.reach(Milestone::Ended);
        }
        if self.out.is_finished() {
            payload.reach(Milestone::Delivered);
        }
        if let Some(end) = self.end {
            payload.reach(Milestone::Over(end));
        }
    }

    /// Bytes of the stream that may be sent now.
    pub(super) fn sendable(&self) -> usize {
        if self.attached && self.end.is_none() {
            self.out.sendable()
        } else {
            0
        }
    }

    /// When to come back though nothing happens. A link that is `stuck` takes nothing now, so only
    /// the peer's silence counts.
    pub(super) fn deadline(&self, stuck: bool) -> Option<Duration> {
        if !self.attached || self.end.is_some() {
            return None;
        }
        let detector = self.detector.deadline(stuck);
        let ack = self.inbound.deadline().filter(|_| !stuck);
        Some(ack.map_or(detector, |ack| ack.min(detector)))
    }

    /// Looks whether the peer is late.
    pub(super) fn tick(&mut self, now: Duration) {
        if self.attached {
            self.detector.tick(now);
        }
    }

    pub(super) fn is_dead(&self, now: Duration) -> bool {
        self.attached && self.detector.is_dead(now)
    }

    /// Asks the peer for a sign of life at once.
    pub(super) fn check(&mut self, now: Duration) {
        if self.attached {
            self.detector.check(now);
        }
    }

    pub(super) const fn is_checking(&self) -> bool {
        self.attached && self.detector.is_checking()
    }

    pub(super) fn silence(&self, now: Duration) -> Duration {
        self.detector.silence(now)
    }

    pub(super) const fn round_trip(&self) -> Option<Duration> {
        self.detector.round_trip()
    }

    // The end.

    /// It is over; the first reason stays.
    pub(super) fn terminate(&mut self, end: SessionEnd) {
        if self.end.is_some() {
            return;
        }
        self.reset_to_send = match end {
            SessionEnd::Closed => Some(ResetReason::Closed),
            SessionEnd::Dropped => Some(ResetReason::Dropped),
            SessionEnd::Protocol(_) => Some(ResetReason::Protocol),
            SessionEnd::Finished | SessionEnd::Reset(_) | SessionEnd::CannotResume(_) => None,
        };
        self.end = Some(end);
    }

    /// The peer does not let it go on.
    pub(super) fn give_up(&mut self, reason: ResumeRefusal) {
        let has_all = self.out.is_finishing() && self.inbound.has_fin();
        // Only the last acknowledgement was lost, and this makes up for it.
        if reason == ResumeRefusal::Finished && has_all && self.end.is_none() {
            self.out.conclude();
            self.terminate(SessionEnd::Finished);
        } else {
            self.terminate(SessionEnd::CannotResume(reason));
        }
    }

    pub(super) const fn end(&self) -> Option<SessionEnd> {
        self.end
    }

    fn settle(&mut self) {
        let delivered = self.out.is_finished();
        if delivered && self.inbound.is_finished() {
            self.terminate(SessionEnd::Finished);
        } else if self.abandoned && (delivered || !self.out.is_finishing()) {
            self.terminate(SessionEnd::Dropped);
        }
    }

    // Memory.

    /// Gives back the memory that holds nothing.
    pub(super) fn shrink(&mut self) {
        self.out.shrink();
    }

    /// The memory of the replay ring.
    pub(super) const fn held(&self) -> usize {
        self.out.held()
    }

    /// Bytes that the other end may not have yet.
    pub(super) const fn unacked(&self) -> usize {
        self.out.unacked()
    }
}
