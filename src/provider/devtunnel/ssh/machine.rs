//! The outer session as a machine without I/O: bytes in, bytes out, and channels in between.
//!
//! Whoever waits for a channel leaves a waker, and finds it in the list of those to wake. It knows no
//! clock, no task and no transport. Whatever comes, its memory is bounded.

use super::channel::{MAX_DATA, Said, State};
use super::ident::{Ident, OURS};
use super::message::{
    Forwarded, KEEPALIVE, Message, Open, OpenKind, parse, put_cancel_forward, put_channel_failure,
    put_close, put_confirmation, put_disconnect, put_forward, put_global_reply, put_kex_init,
    put_open_failure, put_unimplemented, words,
};
use super::wire::{Fault, cut};
use super::{End, IncomingKind, RefuseCode, Refused};
use crate::model::Secret;
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

#[derive(Debug)]
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
            stage: Stage::Ident(Ident::default()),
            cookie,
            sequence: 0,
            channels: HashMap::new(),
            pending: HashMap::new(),
            remotes: HashSet::new(),
            next_id: 0,
            reserved: 0,
            control,
            adjusting: VecDeque::new(),
            talking: VecDeque::new(),
            requests: VecDeque::new(),
            openings: Vec::new(),
            woken: Vec::new(),
            is_over: false,
            end: None,
            is_farewell: false,
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

    fn take(&mut self, input: &[u8]) -> Result<usize, Fault> {
        if let Stage::Ident(ident) = &mut self.stage {
            let (taken, is_last) = ident.receive(input)?;
            if is_last {
                self.stage = Stage::Kex;
            }
            return Ok(taken);
        }
        let Some((payload, whole)) = cut(input)? else {
            return Ok(0);
        };
        let message = parse(payload)?;
        if self.is_open() {
            self.handle(message)?;
        } else {
            self.handle_early(message)?;
        }
        self.sequence = self.sequence.wrapping_add(1);
        if self.control.len() > MAX_CONTROL {
            return Err(Fault("a flood of requests whose answers nobody takes"));
        }
        Ok(whole)
    }

    /// Before the key exchange there is little to say.
    fn handle_early(&mut self, message: Message<'_>) -> Result<(), Fault> {
        match message {
            Message::Disconnect { code, text } => self.end(End::Disconnected { code, text }),
            Message::Nothing => {}
            Message::KexInit { offers_none: true } => self.stage = Stage::Open,
            Message::KexInit { offers_none: false } => self.refuse_cryptography(),
            _ => return Err(Fault("a message came before the key exchange")),
        }
        Ok(())
    }

    fn handle(&mut self, message: Message<'_>) -> Result<(), Fault> {
        match message {
            Message::Disconnect { code, text } => self.end(End::Disconnected { code, text }),
            Message::Nothing => {}
            Message::KexInit { offers_none: true } => put_kex_init(&mut self.control, &self.cookie),
            Message::KexInit { offers_none: false } => self.refuse_cryptography(),
            Message::GlobalRequest { name, wants_reply } => {
                if wants_reply {
                    put_global_reply(&mut self.control, name == KEEPALIVE);
                }
            }
            Message::GlobalReply { is_success } => self.handle_reply(is_success),
            Message::Open(open) => self.handle_open(open)?,
            Message::OpenReply => {
                return Err(Fault("an answer to a channel that was never opened"));
            }
            Message::Unknown => put_unimplemented(&mut self.control, self.sequence),
            Message::Adjust { channel, count } => self.handle_adjust(channel, count)?,
            Message::Data { channel, bytes } => {
                self.handle_data(channel, |state| state.receive(bytes))?;
            }
            Message::Extended { channel, count } => {
                self.handle_data(channel, |state| state.receive_unwanted(count))?;
            }
            Message::Eof { channel } => self.handle_eof(channel)?,
            Message::Close { channel } => self.handle_close(channel)?,
            Message::Request {
                channel,
                wants_reply,
            } => self.handle_request(channel, wants_reply)?,
        }
        Ok(())
    }

    /// An answer that nobody waits for is of no interest.
    fn handle_reply(&mut self, is_success: bool) {
        if let Some(request) = self.requests.pop_front() {
            // Who asked may have gone.
            let _ = request.send(is_success);
        }
    }

    fn handle_open(&mut self, open: Open<'_>) -> Result<(), Fault> {
        if self.remotes.contains(&open.sender) {
            return Err(Fault("a channel's number is in use"));
        }
        let refusal = match open.kind {
            OpenKind::Unknown => Some((RefuseCode::UnknownType, "unknown channel type")),
            _ if self.is_full() => Some((RefuseCode::Shortage, "too many channels")),
            _ if open.max_packet < LEAST_PACKET => {
                Some((RefuseCode::ConnectFailed, "its packets are too small"))
            }
            OpenKind::ClientSession | OpenKind::Forwarded(_) => None,
        };
        if let Some((code, text)) = refusal {
            put_open_failure(&mut self.control, open.sender, code as u32, text);
            return Ok(());
        }
        let Some((kind, has_extra)) = kind(&open.kind) else {
            return Ok(());
        };
        let id = self.next_id;
        self.next_id += 1;
        self.remotes.insert(open.sender);
        self.pending.insert(id, has_extra);
        let state = State::new(open.sender, open.window, open.max_packet);
        self.channels.insert(id, state);
        self.openings.push(Opening { id, kind });
        Ok(())
    }

    /// The last number is never given away: it would have no next one.
    fn is_full(&self) -> bool {
        self.channels.len() >= MAX_CHANNELS
            || self.pending.len() >= MAX_PENDING
            || self.next_id == u32::MAX
    }

    /// The channel of that number. `None` if it is gone: the other end may not know that yet, and
    /// Microsoft's ends never say that they do.
    fn find(&mut self, id: u32) -> Result<Option<&mut State>, Fault> {
        match self.channels.get_mut(&id) {
            None if id >= self.next_id => Err(Fault("a message for a channel that never was")),
            found => Ok(found),
        }
    }

    fn handle_adjust(&mut self, id: u32, count: u32) -> Result<(), Fault> {
        if let Some(state) = self.find(id)? {
            state.handle_adjust(count);
            self.let_talk(id);
        }
        Ok(())
    }

    fn handle_data(
        &mut self,
        id: u32,
        receive: impl FnOnce(&mut State) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let Some(state) = self.find(id)? else {
            return Ok(());
        };
        // Whoever has closed a channel may still be sent what was under way.
        if state.is_closed() {
            return Err(Fault("data came behind a channel's close"));
        }
        receive(state)?;
        if state.is_readable() {
            let reader = state.reader.take();
            self.woken.extend(reader);
        }
        self.let_adjust(id);
        Ok(())
    }

    fn handle_eof(&mut self, id: u32) -> Result<(), Fault> {
        if let Some(state) = self.find(id)? {
            state.handle_eof();
            let reader = state.reader.take();
            self.woken.extend(reader);
        }
        Ok(())
    }

    fn handle_close(&mut self, id: u32) -> Result<(), Fault> {
        let Some(state) = self.find(id)? else {
            return Ok(());
        };
        if state.is_closed() {
            return Ok(());
        }
        state.handle_close();
        let remote = state.remote;
        let (is_accepted, is_abandoned) = (state.is_accepted(), state.is_abandoned());
        let wakers = [state.reader.take(), state.writer.take()];
        self.woken.extend(wakers.into_iter().flatten());
        self.remotes.remove(&remote);
        if is_accepted {
            put_close(&mut self.control, remote);
        }
        if is_abandoned || !is_accepted {
            self.forget(id);
        }
        Ok(())
    }

    fn handle_request(&mut self, id: u32, wants_reply: bool) -> Result<(), Fault> {
        if let Some(state) = self.find(id)?
            && wants_reply
            && !state.is_closed()
        {
            let remote = state.remote;
            put_channel_failure(&mut self.control, remote);
        }
        Ok(())
    }

    /// Takes the channel in. One that is gone meanwhile reads as ended.
    pub(super) fn accept(&mut self, id: u32, e2ee_enabled: bool) {
        let Some(has_extra) = self.pending.remove(&id) else {
            return;
        };
        let window = self.next_window();
        let Some(state) = self.channels.get_mut(&id) else {
            return;
        };
        state.accept(window);
        let remote = state.remote;
        self.reserved += u64::from(window);
        put_confirmation(
            &mut self.control,
            (remote, id),
            (window, MAX_DATA),
            has_extra.then_some(e2ee_enabled),
        );
    }

    /// All of it while there are few channels, less when there are many.
    fn next_window(&self) -> u32 {
        let share = BUDGET.saturating_sub(self.reserved) / SHARE;
        let share = u32::try_from(share).unwrap_or(WINDOW);
        share.clamp(LEAST_WINDOW, WINDOW)
    }

    /// Does not take the channel in.
    pub(super) fn refuse(&mut self, id: u32, code: RefuseCode, text: &str) {
        if self.pending.remove(&id).is_none() {
            return;
        }
        if let Some(state) = self.channels.remove(&id) {
            self.remotes.remove(&state.remote);
            if !self.is_over {
                put_open_failure(&mut self.control, state.remote, code as u32, text);
            }
        }
    }

    /// Gives up to `max` bytes to `sink`.
    pub(super) fn read(&mut self, id: u32, max: usize, sink: &mut dyn FnMut(&[u8])) -> Read {
        let is_over = self.is_over;
        let Some(state) = self.channels.get_mut(&id) else {
            return if is_over { Read::Over } else { Read::Eof };
        };
        if state.is_readable() {
            state.read(max, sink);
            self.let_adjust(id);
            Read::Some
        } else if state.has_ended() {
            Read::Eof
        } else if is_over {
            Read::Over
        } else {
            Read::Wait
        }
    }

    /// Takes as much as fits.
    pub(super) fn write(&mut self, id: u32, bytes: &[u8]) -> Write {
        if self.is_over {
            return Write::Over;
        }
        let Some(state) = self.channels.get_mut(&id) else {
            return Write::Closed;
        };
        if !state.may_write() {
            return Write::Closed;
        }
        if !state.is_writable() && !bytes.is_empty() {
            return Write::Wait;
        }
        let taken = state.write(bytes);
        self.let_talk(id);
        Write::Taken(taken)
    }

    /// Who waits to read that channel is woken when it has reason to.
    pub(super) fn wait_to_read(&mut self, id: u32, waker: &Waker) {
        if let Some(state) = self.channels.get_mut(&id) {
            remember(&mut state.reader, waker);
        }
    }

    /// Who waits to write to that channel is woken when it has reason to.
    pub(super) fn wait_to_write(&mut self, id: u32, waker: &Waker) {
        if let Some(state) = self.channels.get_mut(&id) {
            remember(&mut state.writer, waker);
        }
    }

    /// Nothing is written to that channel any more.
    pub(super) fn finish(&mut self, id: u32) {
        if let Some(state) = self.channels.get_mut(&id) {
            state.finish();
            self.let_talk(id);
        }
    }

    /// Nobody holds that channel any more.
    pub(super) fn abandon(&mut self, id: u32) {
        let Some(state) = self.channels.get_mut(&id) else {
            return;
        };
        state.abandon();
        if state.is_closed() || self.is_over {
            self.forget(id);
        } else {
            self.let_adjust(id);
            self.let_talk(id);
        }
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

    /// Asks the relay to serve that port; the answer follows.
    pub(super) fn forward(
        &mut self,
        port: u16,
        token: &Secret,
    ) -> Result<oneshot::Receiver<bool>, Refused> {
        self.check_open()?;
        if self.requests.len() >= MAX_REQUESTS {
            return Err(Refused::Busy);
        }
        let (answer, answered) = oneshot::channel();
        self.requests.push_back(answer);
        put_forward(&mut self.control, port, token.expose());
        Ok(answered)
    }

    /// Asks the relay to serve that port no more.
    pub(super) fn cancel_forward(&mut self, port: u16) -> Result<(), Refused> {
        self.check_open()?;
        if self.control.len() > MAX_CONTROL / 2 {
            return Err(Refused::Busy);
        }
        put_cancel_forward(&mut self.control, port);
        Ok(())
    }

    const fn check_open(&self) -> Result<(), Refused> {
        if self.is_over {
            Err(Refused::Ended)
        } else {
            Ok(())
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

fn remember(place: &mut Option<Waker>, waker: &Waker) {
    match place {
        Some(old) => old.clone_from(waker),
        None => *place = Some(waker.clone()),
    }
}

/// What the user of the session sees, and whether the confirmation has one field more.
fn kind(kind: &OpenKind<'_>) -> Option<(IncomingKind, bool)> {
    match kind {
        OpenKind::Unknown => None,
        OpenKind::ClientSession => Some((IncomingKind::ClientSession, false)),
        OpenKind::Forwarded(Forwarded {
            host,
            port,
            origin,
            origin_port,
            extra,
        }) => {
            let (token, e2ee) = extra.unwrap_or_default();
            let kind = IncomingKind::Forwarded {
                host: words(host),
                port: *port,
                origin: words(origin),
                origin_port: *origin_port,
                access_token: Secret::new(&String::from_utf8_lossy(token)),
                e2ee,
            };
            Some((kind, extra.is_some()))
        }
    }
}
