//! All streams of one link: what each has to send and has received, and whose turn it is.
//!
//! Pure: bytes go in and out by calls, and whoever waits is woken by its waker. What comes is taken
//! at once, so one stream that nobody reads holds up no other; what goes is chosen at the moment at
//! which the link takes it, so what is urgent never waits behind what was written before.

use super::frame::{Parser, SYN};
use super::halves::{FIRST_WINDOW, ReadEnd, Receiving, Sending, WriteEnd, remember, wake};
use super::queue::Spare;
use super::schedule::Schedule;
use super::{LinkEnd, Role};
use std::collections::{HashMap, VecDeque};
use std::io;
use std::task::{Context, Poll, Waker};
use tokio::io::ReadBuf;

/// All windows of a link together may grow by this much beyond the first of each.
pub(super) const WINDOW_GROWTH: u32 = 64 * 1024 * 1024;

/// Maximum streams with those that nobody has any more, and that are not at their end.
pub(super) const MAX_LIVE: usize = 4 * super::MAX_STREAMS;

/// One stream.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) sending: Sending,
    pub(super) receiving: Receiving,
    /// Wants to know when it is of no use any more.
    pub(super) watcher: Option<Waker>,
    /// Nobody has it any more.
    pub(super) dropped: bool,
}

impl Stream {
    pub(super) fn new(sending: Sending) -> Self {
        Self {
            sending,
            receiving: Receiving::default(),
            watcher: None,
            dropped: false,
        }
    }

    /// Nobody takes what is written, and nobody says more: what is thrown away.
    fn break_off(&mut self) -> usize {
        self.receiving.finish(ReadEnd::Broken);
        wake(&mut self.watcher);
        self.sending.break_off()
    }
}

/// How far the end of the link has come at this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closing {
    No,
    /// Behind what waits.
    Wanted,
    /// The last frame is out.
    Said,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Streams {
    pub(super) role: Role,
    pub(super) next: u32,
    pub(super) live: HashMap<u32, Stream>,
    pub(super) schedule: Schedule,
    pub(super) spare: Spare,
    pub(super) parser: Parser,
    /// Those whose credit is due.
    pub(super) credits: VecDeque<u32>,
    pub(super) resets: VecDeque<u32>,
    pub(super) pong: Option<u32>,
    /// The other end's, which nobody has taken yet.
    pub(super) arrived: VecDeque<u32>,
    pub(super) acceptor: Option<Waker>,
    /// Nobody takes any more.
    pub(super) refuses: bool,
    /// How many of the other end's there may be, and are.
    pub(super) limit: usize,
    pub(super) theirs: usize,
    pub(super) growth: u32,
    /// A reset behind an end only says that nobody reads: one end says this by its hello.
    pub(super) knows_stop: bool,
    pub(super) closing: Closing,
    pub(super) end: Option<LinkEnd>,
    pub(super) waits_for_end: Option<Waker>,
    pub(super) driver: Option<Waker>,
    /// Bytes that wait, both ways, and those of them that are to go.
    pub(super) held: usize,
    pub(super) to_go: usize,
}

impl Streams {
    /// The other end may have `limit` streams at once.
    pub(super) fn new(role: Role, limit: usize) -> Self {
        Self {
            role,
            next: match role {
                Role::Host => 1,
                Role::Relay => 2,
            },
            limit,
            live: HashMap::new(),
            schedule: Schedule::default(),
            spare: Spare::default(),
            parser: Parser::default(),
            credits: VecDeque::new(),
            resets: VecDeque::new(),
            pong: None,
            arrived: VecDeque::new(),
            acceptor: None,
            refuses: false,
            theirs: 0,
            growth: WINDOW_GROWTH,
            knows_stop: false,
            closing: Closing::No,
            end: None,
            waits_for_end: None,
            driver: None,
            held: 0,
            to_go: 0,
        }
    }

    // The user's side.

    /// `None` when the link is gone, or has no numbers left.
    pub(super) fn open(&mut self) -> Option<u32> {
        if self.end.is_some() || self.is_closing() {
            return None;
        }
        let id = self.next;
        self.next = id.checked_add(2)?;
        let sending = Sending::new(SYN, u64::from(FIRST_WINDOW));
        self.live.insert(id, Stream::new(sending));
        Some(id)
    }

    /// The next of the other end's; `None` once the link is gone.
    pub(super) fn poll_accept(&mut self, cx: &Context<'_>) -> Poll<Option<u32>> {
        if let Some(id) = self.arrived.pop_front() {
            return Poll::Ready(Some(id));
        }
        if self.end.is_some() {
            return Poll::Ready(None);
        }
        remember(&mut self.acceptor, cx);
        Poll::Pending
    }

    /// Nobody takes the other end's streams any more.
    pub(super) fn refuse(&mut self) {
        self.refuses = true;
        while let Some(id) = self.arrived.pop_front() {
            self.release(id);
        }
    }

    pub(super) fn poll_write(
        &mut self,
        id: u32,
        cx: &Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let closing = self.is_closing();
        let Some(stream) = self.live.get_mut(&id) else {
            return Poll::Ready(Err(reset()));
        };
        if closing || stream.sending.broken || stream.sending.end != WriteEnd::Open {
            return Poll::Ready(Err(reset()));
        }
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let count = stream.sending.write(bytes, &mut self.spare, cx);
        if count == 0 {
            return Poll::Pending;
        }
        self.held += count;
        self.to_go += count;
        self.schedule.activate(id, &mut stream.sending.standing);
        self.wake_driver();
        Poll::Ready(Ok(count))
    }

    /// Ends what is written. What waits goes before it.
    pub(super) fn finish(&mut self, id: u32) -> io::Result<()> {
        let closing = self.is_closing();
        let stream = self.live.get_mut(&id).ok_or_else(reset)?;
        if closing || stream.sending.broken {
            return Err(reset());
        }
        if stream.sending.end == WriteEnd::Open {
            stream.sending.end = WriteEnd::Wanted;
            self.schedule.activate(id, &mut stream.sending.standing);
            self.wake_driver();
        }
        Ok(())
    }

    pub(super) fn poll_read(
        &mut self,
        id: u32,
        cx: &Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Some(stream) = self.live.get_mut(&id) else {
            return Poll::Ready(Err(reset()));
        };
        let receiving = &mut stream.receiving;
        let wanted = buf.remaining();
        let count = receiving.read(wanted, &mut self.spare, |piece| buf.put_slice(piece));
        self.held -= count;
        if count > 0 {
            self.list_credit(id);
            return Poll::Ready(Ok(()));
        }
        match receiving.end {
            ReadEnd::Clean => Poll::Ready(Ok(())),
            ReadEnd::Broken => Poll::Ready(Err(reset())),
            ReadEnd::Open => {
                receiving.wait(cx);
                Poll::Pending
            }
        }
    }

    /// Ready once nobody takes what is written.
    pub(super) fn poll_broken(&mut self, id: u32, cx: &Context<'_>) -> Poll<()> {
        match self.live.get_mut(&id) {
            Some(stream) if !stream.sending.broken => {
                remember(&mut stream.watcher, cx);
                Poll::Pending
            }
            _ => Poll::Ready(()),
        }
    }

    /// Nobody has this stream any more. What was ended still goes out; what was not is reset.
    pub(super) fn release(&mut self, id: u32) {
        let Some(stream) = self.live.get_mut(&id) else {
            return;
        };
        stream.dropped = true;
        self.held -= stream.receiving.discard();
        if stream.sending.broken {
            self.forget(id);
            return;
        }
        if stream.sending.end == WriteEnd::Open {
            stream.sending.end = WriteEnd::ResetWanted;
        }
        self.settle(id);
        self.wake_driver();
    }

    /// The other end reads these no more.
    pub(super) fn stop(&mut self, ids: &[u32]) {
        for id in ids {
            if let Some(stream) = self.live.get_mut(id) {
                let thrown = stream.sending.break_off();
                wake(&mut stream.watcher);
                self.held -= thrown;
                self.to_go -= thrown;
                self.settle(*id);
            }
        }
    }

    /// Sends what waits, then ends the link.
    pub(super) fn close(&mut self) {
        if !self.is_closing() {
            self.closing = Closing::Wanted;
            self.wake_driver();
        }
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing != Closing::No
    }

    /// How many streams there are, both ways.
    pub(super) fn len(&self) -> usize {
        self.live.values().filter(|stream| !stream.dropped).count()
    }

    #[cfg(any(test, fuzzing))]
    pub(super) fn live(&self) -> usize {
        self.live.len()
    }

    // The link's side.

    /// Who is to be woken when there is something to send.
    pub(super) fn drive(&mut self, waker: &Waker) {
        match &mut self.driver {
            Some(driver) => driver.clone_from(waker),
            None => self.driver = Some(waker.clone()),
        }
    }

    /// Bytes that wait for their turn.
    pub(super) const fn to_go(&self) -> usize {
        self.to_go
    }

    /// Bytes that are held, both ways.
    pub(super) const fn held(&self) -> usize {
        self.held
    }

    /// Behind an end it says that nobody reads there.
    pub(super) fn handle_reset(&mut self, id: u32) {
        if let Some(stream) = self.live.get_mut(&id) {
            let thrown = stream.break_off();
            self.held -= thrown;
            self.to_go -= thrown;
            self.settle(id);
        }
    }

    /// A stream that nobody has, and that has nothing more to say, goes.
    pub(super) fn settle(&mut self, id: u32) {
        let Some(stream) = self.live.get(&id).filter(|stream| stream.dropped) else {
            return;
        };
        let (sending, receiving) = (&stream.sending, &stream.receiving);
        if sending.broken || receiving.end == ReadEnd::Broken {
            return self.forget(id);
        }
        match (sending.end, receiving.end) {
            (WriteEnd::ResetWanted, _) if sending.is_untold() && !sending.is_due() => {
                self.forget(id);
            }
            (WriteEnd::ResetWanted, _) if !sending.is_due() => {
                self.forget(id);
                self.reset(id);
            }
            (WriteEnd::Sent, ReadEnd::Clean) => self.forget(id),
            (WriteEnd::Sent, _) if self.knows_stop => {
                self.forget(id);
                self.reset(id);
            }
            // Whoever never ends anything has what it likes for a while, and no longer.
            _ if self.live.len() > MAX_LIVE => {
                self.forget(id);
                self.reset(id);
            }
            // An end that knows no such reset takes it for a break: what it still sends is thrown away.
            _ => {}
        }
    }

    fn forget(&mut self, id: u32) {
        if let Some(mut stream) = self.live.remove(&id) {
            let to_go = stream.break_off();
            self.to_go -= to_go;
            self.held -= to_go + stream.receiving.queued();
            self.growth += stream.receiving.grown();
            self.theirs -= usize::from(!self.is_ours(id));
        }
    }

    pub(super) fn reset(&mut self, id: u32) {
        self.resets.push_back(id);
        self.wake_driver();
    }

    /// Lists a stream whose credit is due.
    pub(super) fn list_credit(&mut self, id: u32) {
        if let Some(stream) = self.live.get_mut(&id)
            && stream.receiving.is_credit_due()
            && !std::mem::replace(&mut stream.receiving.is_listed, true)
        {
            self.credits.push_back(id);
            self.wake_driver();
        }
    }

    /// The link is over; the first end stays. Whoever still waits for it hears so.
    pub(super) fn conclude(&mut self, end: LinkEnd) {
        if self.end.is_some() {
            return;
        }
        self.end = Some(end);
        for stream in self.live.values_mut() {
            let thrown = stream.break_off();
            self.held -= thrown;
            self.to_go -= thrown;
        }
        wake(&mut self.acceptor);
        wake(&mut self.waits_for_end);
    }

    pub(super) const fn is_over(&self) -> bool {
        self.end.is_some()
    }

    pub(super) fn poll_end(&mut self, cx: &Context<'_>) -> Poll<LinkEnd> {
        if let Some(end) = &self.end {
            return Poll::Ready(end.clone());
        }
        remember(&mut self.waits_for_end, cx);
        Poll::Pending
    }

    fn wake_driver(&self) {
        if let Some(driver) = &self.driver {
            driver.wake_by_ref();
        }
    }
}

fn reset() -> io::Error {
    io::Error::new(
        io::ErrorKind::ConnectionReset,
        "the stream was reset or its link is gone",
    )
}
