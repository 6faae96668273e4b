//! The two directions of one stream: what waits, what may still go, and how it ends. Pure.

use super::frame::{self, FIN, HEADER};
use super::queue::{ByteQueue, Spare};
use super::schedule::Standing;
use std::task::{Context, Waker};

/// What both ends may send on a new stream, by the protocol.
pub(super) const FIRST_WINDOW: u32 = 256 * 1024;

/// A window grows no further: a link has no more on its way.
const MAX_WINDOW: u32 = 4 * 1024 * 1024;

/// Bytes of one stream that wait here for their turn. They hold up their own stream alone.
const SEND_QUEUE: usize = 128 * 1024;

/// The largest body of a frame: two TLS records.
const MAX_BODY: usize = 32 * 1024;

/// The end of what is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum WriteEnd {
    #[default]
    Open,
    /// It goes behind what waits.
    Wanted,
    /// A reset does.
    ResetWanted,
    Sent,
}

/// What is written here and read at the other end.
#[derive(Debug, Default)]
pub(super) struct Sending {
    queue: ByteQueue,
    /// What the other end takes, in bytes from the first that waits.
    credit: u64,
    pub(super) standing: Standing,
    /// The flag of the first frame: that opens the stream, or says that it is open.
    first: u8,
    pub(super) end: WriteEnd,
    /// The other end takes nothing more, or is gone.
    pub(super) broken: bool,
    waker: Option<Waker>,
}

impl Sending {
    pub(super) fn new(first: u8, credit: u64) -> Self {
        Self {
            credit,
            first,
            ..Self::default()
        }
    }

    /// Nothing of this stream has been sent.
    pub(super) const fn is_untold(&self) -> bool {
        self.first == frame::SYN
    }

    fn room(&self) -> usize {
        let credit = usize::try_from(self.credit).unwrap_or(usize::MAX);
        SEND_QUEUE.min(credit).saturating_sub(self.queue.len())
    }

    /// Takes what there is room for: how much. Without room, `cx` is woken once there is some.
    pub(super) fn write(&mut self, bytes: &[u8], spare: &mut Spare, cx: &Context<'_>) -> usize {
        let count = bytes.len().min(self.room());
        if count == 0 {
            remember(&mut self.waker, cx);
        }
        self.queue.push(&bytes[..count], spare);
        count
    }

    /// Whether there is anything to send, bytes or the end.
    pub(super) fn is_due(&self) -> bool {
        !self.broken && (!self.queue.is_empty() || self.end == WriteEnd::Wanted)
    }

    /// The other end takes so much more: whether it may.
    pub(super) fn grant(&mut self, credit: u32) -> bool {
        self.credit += u64::from(credit);
        self.wake_if_writable();
        u32::try_from(self.credit).is_ok()
    }

    /// Puts one frame of `limit` bytes at most: how many bytes of the stream are in it.
    pub(super) fn transmit(
        &mut self,
        stream: u32,
        limit: usize,
        spare: &mut Spare,
        put: &mut dyn FnMut(&[u8]),
    ) -> usize {
        let most = limit.saturating_sub(HEADER).min(MAX_BODY);
        let count = self.queue.len().min(most);
        let ends = self.end == WriteEnd::Wanted && count == self.queue.len();
        let flags = std::mem::take(&mut self.first) | if ends { FIN } else { 0 };
        // It fits: a body is far below 4 GiB.
        let length = u32::try_from(count).unwrap_or(u32::MAX);
        put(&frame::data(stream, flags, length));
        self.queue.drain(count, spare, |piece| put(piece));
        self.credit -= u64::from(length);
        if ends {
            self.end = WriteEnd::Sent;
        }
        self.wake_if_writable();
        count
    }

    /// The flag of the first frame, for a frame that is no data.
    pub(super) fn take_first(&mut self) -> u8 {
        std::mem::take(&mut self.first)
    }

    fn wake_if_writable(&mut self) {
        // A few large writes cost less than many small ones.
        if self.room() >= SEND_QUEUE / 2 || (self.queue.is_empty() && self.room() > 0) {
            wake(&mut self.waker);
        }
    }

    /// Nobody takes anything any more: how many bytes are thrown away.
    pub(super) fn break_off(&mut self) -> usize {
        let thrown = self.queue.len();
        self.broken = true;
        self.queue.clear();
        wake(&mut self.waker);
        thrown
    }
}

/// How reading ends, once what is here has been read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ReadEnd {
    #[default]
    Open,
    /// The other end has said all it had to say.
    Clean,
    /// It was reset, or the link is gone.
    Broken,
}

/// What is written at the other end and read here.
#[derive(Debug)]
pub(super) struct Receiving {
    queue: ByteQueue,
    /// What the other end may still send.
    credit: u32,
    /// What it may send while nothing is read.
    window: u32,
    pub(super) end: ReadEnd,
    /// Nobody reads: what comes is thrown away.
    discards: bool,
    /// It is in the list of those whose credit is due.
    pub(super) is_listed: bool,
    waker: Option<Waker>,
}

impl Default for Receiving {
    fn default() -> Self {
        Self {
            queue: ByteQueue::default(),
            credit: FIRST_WINDOW,
            window: FIRST_WINDOW,
            end: ReadEnd::Open,
            discards: false,
            is_listed: false,
            waker: None,
        }
    }
}

impl Receiving {
    /// A body of so many bytes is to come: whether it may.
    pub(super) fn announce(&mut self, len: u32) -> bool {
        if len > self.credit || (len > 0 && self.end == ReadEnd::Clean) {
            return false;
        }
        self.credit -= len;
        true
    }

    /// How many bytes are kept.
    pub(super) fn push(&mut self, bytes: &[u8], spare: &mut Spare) -> usize {
        if self.discards || self.end != ReadEnd::Open {
            return 0;
        }
        self.queue.push(bytes, spare);
        wake(&mut self.waker);
        bytes.len()
    }

    pub(super) fn finish(&mut self, end: ReadEnd) {
        if self.end == ReadEnd::Open {
            self.end = end;
        }
        wake(&mut self.waker);
    }

    /// Hands `count` bytes to `each`, as far as they are here: how many.
    pub(super) fn read(
        &mut self,
        count: usize,
        spare: &mut Spare,
        each: impl FnMut(&[u8]),
    ) -> usize {
        let before = self.queue.len();
        self.queue.drain(count, spare, each);
        before - self.queue.len()
    }

    pub(super) fn wait(&mut self, cx: &Context<'_>) {
        remember(&mut self.waker, cx);
    }

    /// How many bytes are thrown away.
    pub(super) fn discard(&mut self) -> usize {
        let thrown = self.queue.len();
        self.discards = true;
        self.queue.clear();
        thrown
    }

    /// What the other end may be granted.
    fn owed(&self) -> u32 {
        let here = u32::try_from(self.queue.len()).unwrap_or(u32::MAX);
        self.window.saturating_sub(self.credit).saturating_sub(here)
    }

    /// Whether it should hear of it: half a window, so that it never has to stop.
    pub(super) fn is_credit_due(&self) -> bool {
        self.end == ReadEnd::Open && self.owed() >= self.window / 2
    }

    /// Grants it. A reader that keeps up, and so holds nothing, gets a larger window out of `growth`.
    pub(super) fn grant(&mut self, growth: &mut u32) -> u32 {
        let more = self.window.min(MAX_WINDOW - self.window).min(*growth);
        if self.queue.is_empty() && !self.discards {
            self.window += more;
            *growth -= more;
        }
        let credit = self.owed();
        self.credit += credit;
        credit
    }

    /// What its window has grown by.
    pub(super) const fn grown(&self) -> u32 {
        self.window - FIRST_WINDOW
    }

    pub(super) const fn queued(&self) -> usize {
        self.queue.len()
    }
}

pub(super) fn remember(place: &mut Option<Waker>, cx: &Context<'_>) {
    match place {
        Some(waker) => waker.clone_from(cx.waker()),
        None => *place = Some(cx.waker().clone()),
    }
}

pub(super) fn wake(place: &mut Option<Waker>) {
    if let Some(waker) = place.take() {
        waker.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_behind_the_end_are_refused_and_an_empty_frame_is_not() {
        let mut receiving = Receiving::default();
        assert!(receiving.announce(1));
        receiving.end = ReadEnd::Clean;
        assert!(receiving.announce(0));
        assert!(!receiving.announce(1));
        // What crosses with the word that nobody reads was sent in good faith.
        receiving.end = ReadEnd::Broken;
        assert!(receiving.announce(1));
    }

    #[test]
    fn credit_beyond_what_a_frame_can_name_is_refused() {
        let mut sending = Sending::new(0, u64::from(u32::MAX) - 1);
        assert!(sending.grant(1));
        assert!(!sending.grant(1));
    }
}
