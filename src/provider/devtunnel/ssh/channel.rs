//! One channel: what came and is not read, what is written and has not gone, and both windows.
//!
//! It knows its own state alone; the machine tells it when to speak.

use super::message::{put_adjust, put_close, put_data, put_eof};
use super::wire::{Fault, number, size};
use crate::base::ring::Ring;
use std::task::Waker;

/// What is written and has not gone is no more than this.
pub(super) const OUTBOX: usize = 256 * 1024;

/// An empty inbox keeps no more memory than this.
const KEPT: usize = 256 * 1024;

/// A packet carries no more than this.
pub(super) const MAX_DATA: u32 = 32 * 1024;

/// What the other end has said of its end of the channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Theirs {
    #[default]
    Open,
    /// It writes no more.
    Ended,
    /// It neither reads nor writes.
    Closed,
}

/// What is said of our end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Ours {
    #[default]
    Open,
    /// Its end goes out behind what was written.
    Ending,
    Ended,
}

/// What came of a turn to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// It has more to say at once.
    More,
    /// It has nothing to say for now.
    Enough,
    /// It has closed, and is to be forgotten.
    Closed,
}

#[derive(Debug, Default)]
pub(super) struct State {
    /// Its number at the other end.
    pub(super) remote: u32,
    /// It waits for its turn to send.
    pub(super) is_queued: bool,
    /// It waits for its turn to open its window.
    pub(super) is_adjusting: bool,
    pub(super) reader: Option<Waker>,
    pub(super) writer: Option<Waker>,
    /// The most that may be unread.
    pub(super) window: u32,
    inbox: Ring,
    /// So much may still come.
    allowed: u32,
    /// So much was read, and the other end does not know it.
    consumed: u32,
    theirs: Theirs,
    outbox: Ring,
    /// So much may still go.
    credit: u32,
    max_packet: usize,
    ours: Ours,
    /// Nobody reads or writes any more.
    is_abandoned: bool,
}

impl State {
    /// A channel that takes nothing until it is accepted.
    pub(super) fn new(remote: u32, credit: u32, max_packet: u32) -> Self {
        Self {
            remote,
            outbox: Ring::new(OUTBOX),
            credit,
            max_packet: size(max_packet.min(MAX_DATA)),
            ..Self::default()
        }
    }

    pub(super) fn accept(&mut self, window: u32) {
        self.window = window;
        self.allowed = window;
        self.inbox = Ring::new(size(window));
    }

    pub(super) const fn is_accepted(&self) -> bool {
        self.window > 0
    }

    pub(super) fn has_ended(&self) -> bool {
        self.theirs != Theirs::Open
    }

    pub(super) fn is_closed(&self) -> bool {
        self.theirs == Theirs::Closed
    }

    pub(super) const fn is_abandoned(&self) -> bool {
        self.is_abandoned
    }

    pub(super) const fn is_writable(&self) -> bool {
        self.outbox.room() > 0
    }

    /// Whether a writer that waits is worth waking.
    pub(super) const fn is_roomy(&self) -> bool {
        self.outbox.room() >= OUTBOX / 2
    }

    pub(super) fn may_write(&self) -> bool {
        self.ours == Ours::Open && !self.is_closed()
    }

    pub(super) const fn is_readable(&self) -> bool {
        !self.inbox.is_empty()
    }

    /// So much waits to go, and may.
    pub(super) fn sendable(&self) -> usize {
        self.outbox.len().min(size(self.credit))
    }

    /// Bytes came.
    pub(super) fn receive(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.admit(bytes.len())?;
        if self.is_abandoned {
            self.consume(bytes.len());
        } else if self.inbox.push(bytes) < bytes.len() {
            return Err(Fault("a channel's window was overrun"));
        }
        Ok(())
    }

    /// Bytes came that nobody wants.
    pub(super) fn receive_unwanted(&mut self, count: usize) -> Result<(), Fault> {
        self.admit(count)?;
        self.consume(count);
        Ok(())
    }

    fn admit(&mut self, count: usize) -> Result<(), Fault> {
        if self.has_ended() {
            return Err(Fault("data came behind a channel's end"));
        }
        let left = self.allowed.checked_sub(number(count));
        self.allowed = left.ok_or(Fault("a channel's window was overrun"))?;
        Ok(())
    }

    fn consume(&mut self, count: usize) {
        self.consumed = self.consumed.saturating_add(number(count));
    }

    pub(super) fn handle_adjust(&mut self, count: u32) {
        self.credit = self.credit.saturating_add(count);
    }

    pub(super) fn handle_eof(&mut self) {
        if self.theirs == Theirs::Open {
            self.theirs = Theirs::Ended;
        }
    }

    /// What has not gone is in vain now.
    pub(super) fn handle_close(&mut self) {
        self.theirs = Theirs::Closed;
        self.outbox.release(usize::MAX);
        self.outbox.shrink();
    }

    /// Moves up to `max` unread bytes out.
    pub(super) fn read(&mut self, max: usize, sink: &mut dyn FnMut(&[u8])) {
        let (first, second) = self.inbox.front(max);
        let count = first.len() + second.len();
        sink(first);
        sink(second);
        self.inbox.release(count);
        if self.inbox.is_empty() && self.inbox.held() > KEPT {
            self.inbox.shrink();
        }
        self.consume(count);
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> usize {
        self.outbox.push(bytes)
    }

    /// Nothing is written any more.
    pub(super) fn finish(&mut self) {
        if self.ours == Ours::Open {
            self.ours = Ours::Ending;
        }
    }

    /// Nobody reads or writes any more. What was written before a finish goes out first; without
    /// one, as much as may go at once.
    pub(super) fn abandon(&mut self) {
        self.is_abandoned = true;
        self.reader = None;
        self.writer = None;
        self.consume(self.inbox.len());
        self.inbox.release(usize::MAX);
        self.inbox.shrink();
    }

    /// Whether its window is to be opened again: half of it is used up.
    pub(super) fn owes_adjust(&self) -> bool {
        !self.has_ended() && self.consumed >= (self.window / 2).max(1)
    }

    pub(super) fn say_adjust(&mut self, out: &mut Vec<u8>) {
        self.allowed = self.allowed.saturating_add(self.consumed);
        put_adjust(out, self.remote, std::mem::take(&mut self.consumed));
    }

    /// Whether it has something to say.
    pub(super) fn is_ready(&self) -> bool {
        if self.is_closed() || !self.is_accepted() {
            return false;
        }
        self.sendable() > 0
            || self.ours == Ours::Ending && self.outbox.is_empty()
            || self.is_abandoned && self.is_spent()
    }

    /// Whether nothing of what was written goes out any more.
    fn is_spent(&self) -> bool {
        self.outbox.is_empty() || self.ours == Ours::Open
    }

    /// Says one thing.
    pub(super) fn say(&mut self, out: &mut Vec<u8>) -> Said {
        let count = self.sendable().min(self.max_packet);
        if count > 0 {
            put_data(out, self.remote, self.outbox.front(count));
            self.outbox.release(count);
            self.credit -= number(count);
        } else if self.ours == Ours::Ending && self.outbox.is_empty() {
            put_eof(out, self.remote);
            self.ours = Ours::Ended;
        } else if self.is_abandoned && self.is_spent() {
            put_close(out, self.remote);
            return Said::Closed;
        }
        if self.is_ready() {
            Said::More
        } else {
            Said::Enough
        }
    }
}
