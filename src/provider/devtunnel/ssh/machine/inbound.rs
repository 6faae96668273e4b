//! What the relay says, and what becomes of it.

use super::super::message::{
    Forwarded, KEEPALIVE, Message, Open, OpenKind, parse, put_channel_failure, put_close,
    put_global_reply, put_kex_init, put_open_failure, put_unimplemented, words,
};
use super::super::wire::{Fault, cut};
use super::super::{End, IncomingKind, RefuseCode};
use super::{LEAST_PACKET, MAX_CHANNELS, MAX_CONTROL, MAX_PENDING, Machine, Opening, Stage, State};
use crate::model::Secret;

impl Machine {
    /// Takes what is first in `input`: how many bytes, none while it is not there as a whole.
    pub(super) fn take(&mut self, input: &[u8]) -> Result<usize, Fault> {
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
            Message::Open(open) => self.handle_open(&open)?,
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

    fn handle_open(&mut self, open: &Open<'_>) -> Result<(), Fault> {
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
