//! The outer session as a machine without I/O: bytes in, bytes out, and channels in between.
//!
//! Whoever waits for a channel leaves a waker, and finds it in the list of those to wake. It knows no
//! clock, no task and no transport. Whatever comes, its memory is bounded.

mod inbound;
mod user;

use super::channel::{Said, State};
use super::ident::{Ident, OURS};
use super::message::{put_disconnect, put_kex_init, words};
use super::wire::Fault;
use super::{End, IncomingKind};
use std::collections::{HashMap, HashSet, VecDeque};
use std::task::Waker;
use tokio::sync::oneshot;

/// The most channels at a time, with those that wait to be accepted.
pub(super) const MAX_CHANNELS: usize = 1024;

/// The most channels that wait to be accepted.
pub(super) const MAX_PENDING: usize = 128;

/// What a channel may hold unread.
pub(super) const WINDOW: u32 = 5 * 1024 * 1024;

/// What every channel may hold unread, however many there are.
pub(super) const LEAST_WINDOW: u32 = 64 * 1024;

/// What all channels together may hold unread, but for the least that each may.
const BUDGET: u64 = 256 * 1024 * 1024;

/// Each new channel gets up to this part of what is left of the budget.
const SHARE: u64 = 16;

/// The most answers, in bytes, that wait to go: who asks for more and takes none is a flood.
const MAX_CONTROL: usize = 256 * 1024;

/// The most requests that wait for their answer.
const MAX_REQUESTS: usize = 64;

/// A peer that takes smaller packets than this would cost more than it brings.
const LEAST_PACKET: u32 = 256;

/// SSH's code for a broken protocol.
const PROTOCOL_ERROR: u32 = 2;

/// SSH's code for a key exchange that finds nothing in common.
const KEX_FAILED: u32 = 3;

#[derive(Debug)]
enum Stage {
    /// Lines come.
    Ident(Ident),
    /// The first key exchange is to come.
    Kex,
    Open,
}

impl Default for Stage {
    fn default() -> Self {
        Self::Ident(Ident::default())
    }
}

/// A channel that the relay asks for.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) id: u32,
    pub(super) kind: IncomingKind,
}

/// What came of a wish to read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Read {
    Some,
    Eof,
    Wait,
    /// The session ended before the channel did.
    Over,
}

/// What came of a wish to write.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Write {
    Taken(usize),
    Wait,
    /// Nobody reads it, or its end was announced.
    Closed,
    Over,
}

#[derive(Debug, Default)]
pub(super) struct Machine {
    stage: Stage,
    cookie: [u8; 16],
    /// Packets that came.
    sequence: u32,
    channels: HashMap<u32, State>,
    /// Channels that nobody has accepted or refused yet, also those that were closed meanwhile, and
    /// whether their confirmation has the field of the second version.
    pending: HashMap<u32, bool>,
    /// The numbers that the other end uses.
    remotes: HashSet<u32>,
    next_id: u32,
    /// The sum of all windows.
    reserved: u64,
    /// Whole packets that go before all others.
    control: Vec<u8>,
    /// Channels whose window is to be opened.
    adjusting: VecDeque<u32>,
    /// Channels that have something to say, in their turn.
    talking: VecDeque<u32>,
    requests: VecDeque<oneshot::Sender<bool>>,
    openings: Vec<Opening>,
    woken: Vec<Waker>,
    is_over: bool,
    end: Option<End>,
    /// What is left to transmit has last words in it.
    is_farewell: bool,
}

impl Machine {
    /// A session that has just begun; the cookie is random.
    pub(super) fn new(cookie: [u8; 16]) -> Self {
        let mut control = OURS.as_bytes().to_vec();
        put_kex_init(&mut control, &cookie);
        Self {
            cookie,
            control,
            ..Self::default()
        }
    }

    /// Whether both ends have agreed on `none`.
    pub(super) const fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Open)
    }

    pub(super) const fn is_over(&self) -> bool {
        self.is_over
    }

    /// Whether what is left to transmit has last words in it.
    pub(super) const fn is_farewell(&self) -> bool {
        self.is_farewell
    }

    /// Why it is over, once; nothing if it was called off.
    pub(super) fn take_end(&mut self) -> Option<End> {
        self.end.take()
    }

    /// Swaps the channels that were asked for since the last time with an empty list.
    pub(super) fn swap_openings(&mut self, into: &mut Vec<Opening>) {
        std::mem::swap(&mut self.openings, into);
    }

    /// Swaps those to wake, if there are any, with an empty list.
    pub(super) fn swap_woken(&mut self, into: &mut Vec<Waker>) {
        if !self.woken.is_empty() {
            std::mem::swap(&mut self.woken, into);
        }
    }

    /// Whether there is something to transmit.
    pub(super) fn is_transmit_due(&self) -> bool {
        !self.control.is_empty() || !self.adjusting.is_empty() || !self.talking.is_empty()
    }

    /// Whether what there is to transmit is so little that more may well join it.
    pub(super) fn is_little(&self, limit: usize) -> bool {
        let mut sum = self.control.len();
        for id in &self.talking {
            sum += self.channels.get(id).map_or(0, State::sendable);
            if sum >= limit {
                return false;
            }
        }
        true
    }

    /// Takes whole packets off the front of `input`: how many bytes.
    pub(super) fn receive(&mut self, input: &[u8]) -> usize {
        let mut taken = 0;
        while !self.is_over {
            match self.take(&input[taken..]) {
                Ok(0) => break,
                Ok(count) => taken += count,
                Err(fault) => self.fail(PROTOCOL_ERROR, fault),
            }
        }
        taken
    }

    fn forget(&mut self, id: u32) {
        if let Some(state) = self.channels.remove(&id) {
            self.reserved -= u64::from(state.window);
            if !state.is_closed() {
                self.remotes.remove(&state.remote);
            }
        }
    }

    /// Gives a channel that has something to say its place in the queue.
    fn let_talk(&mut self, id: u32) {
        if let Some(state) = self.channels.get_mut(&id)
            && !state.is_queued
            && state.is_ready()
        {
            state.is_queued = true;
            self.talking.push_back(id);
        }
    }

    /// Gives a channel that has read enough its place in the queue.
    fn let_adjust(&mut self, id: u32) {
        if let Some(state) = self.channels.get_mut(&id)
            && !state.is_adjusting
            && state.owes_adjust()
        {
            state.is_adjusting = true;
            self.adjusting.push_back(id);
        }
    }

    /// Appends what is to go: answers, then windows, then one packet a channel in turn, until `out`
    /// holds `limit` bytes or a little more.
    pub(super) fn transmit(&mut self, out: &mut Vec<u8>, limit: usize) {
        out.append(&mut self.control);
        if self.is_over {
            return;
        }
        while let Some(id) = self.adjusting.pop_front() {
            if let Some(state) = self.channels.get_mut(&id) {
                state.is_adjusting = false;
                if state.owes_adjust() {
                    state.say_adjust(out);
                }
            }
        }
        while out.len() < limit
            && let Some(id) = self.talking.pop_front()
        {
            self.let_say(id, out);
        }
    }

    fn let_say(&mut self, id: u32, out: &mut Vec<u8>) {
        let Some(state) = self.channels.get_mut(&id) else {
            return;
        };
        state.is_queued = false;
        if !state.is_ready() {
            return;
        }
        let said = state.say(out);
        if state.is_roomy() {
            let writer = state.writer.take();
            self.woken.extend(writer);
        }
        match said {
            Said::More => self.let_talk(id),
            Said::Enough => {}
            Said::Closed => self.forget(id),
        }
    }

    /// Ends it from this side, with a word to the other.
    pub(super) fn disconnect(&mut self, code: u32, text: &str) {
        if !self.is_over {
            put_disconnect(&mut self.control, code, text);
            let text = words(text.as_bytes());
            self.is_farewell = true;
            self.finish_with(Some(End::Disconnected { code, text }));
        }
    }

    /// It is over, and there is nobody to tell at the other end.
    pub(super) fn end(&mut self, end: End) {
        if !self.is_over {
            self.control.clear();
            self.finish_with(Some(end));
        }
    }

    /// It is over, and there is nobody to tell at all.
    pub(super) fn call_off(&mut self) {
        if !self.is_over {
            self.control.clear();
            self.finish_with(None);
        }
    }

    fn fail(&mut self, code: u32, Fault(text): Fault) {
        put_disconnect(&mut self.control, code, text);
        self.is_farewell = true;
        self.finish_with(Some(End::Protocol(text.to_owned())));
    }

    fn refuse_cryptography(&mut self) {
        self.fail(
            KEX_FAILED,
            Fault("the relay does not offer to do without cryptography"),
        );
    }

    /// Wakes everybody: from here on they learn that it is over.
    fn finish_with(&mut self, end: Option<End>) {
        self.is_over = true;
        self.end = end;
        self.requests.clear();
        self.adjusting.clear();
        self.talking.clear();
        self.openings.clear();
        for state in self.channels.values_mut() {
            let wakers = [state.reader.take(), state.writer.take()];
            self.woken.extend(wakers.into_iter().flatten());
        }
    }
}
