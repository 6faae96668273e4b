//! The link's side of the streams: frames that came, and those that go next.

use super::frame::{self, ACK, FIN, HEADER, Item, RST, SYN};
use super::halves::{FIRST_WINDOW, ReadEnd, Sending, wake};
use super::streams::{Closing, Stream, Streams};
use super::{LinkEnd, Role};

/// Maximum resets that wait: a peer that causes more and takes none is no peer of ours.
const MAX_RESETS: usize = 4096;

/// A frame with less room is not begun.
const MIN_ROOM: usize = HEADER + 64;

impl Streams {
    /// What came. Returns what is wrong with it.
    pub(super) fn receive(&mut self, mut bytes: &[u8]) -> Result<(), &'static str> {
        while self.end.is_none() {
            match self.parser.next(&mut bytes) {
                Ok(Some(item)) => self.handle(item)?,
                Ok(None) => break,
                Err(_) => return Err("it is no frame"),
            }
        }
        Ok(())
    }

    fn handle(&mut self, item: Item<'_>) -> Result<(), &'static str> {
        match item {
            Item::Data { stream, flags, len } => {
                self.greet(stream, flags, 0)?;
                if let Some(known) = self.live.get_mut(&stream)
                    && !known.receiving.announce(len)
                {
                    return Err("a stream sends more than it may");
                }
                if len == 0 && flags & FIN != 0 {
                    self.handle_end(stream);
                }
            }
            Item::Body {
                stream,
                bytes,
                ends,
            } => {
                if let Some(known) = self.live.get_mut(&stream) {
                    self.held += known.receiving.push(bytes, &mut self.spare);
                    if known.dropped {
                        self.list_credit(stream);
                    }
                }
                if ends {
                    self.handle_end(stream);
                }
            }
            Item::WindowUpdate {
                stream,
                flags,
                credit,
            } => {
                self.greet(stream, flags, credit)?;
                if flags & FIN != 0 {
                    self.handle_end(stream);
                }
            }
            Item::Ping(value) => self.pong = Some(value),
            Item::Pong => {}
            Item::GoAway => self.conclude(LinkEnd::Closed),
        }
        Ok(())
    }

    /// What the head of a frame says of its stream, and the credit it brings.
    fn greet(&mut self, id: u32, flags: u8, credit: u32) -> Result<(), &'static str> {
        if flags & RST != 0 {
            self.handle_reset(id);
            return Ok(());
        }
        if flags & SYN != 0 {
            return self.arrive(id, credit);
        }
        // One that is not known may have been dropped before.
        let known = self.live.get_mut(&id);
        if known.is_none_or(|stream| stream.sending.grant(credit)) {
            Ok(())
        } else {
            Err("credit overflows")
        }
    }

    pub(super) fn is_ours(&self, id: u32) -> bool {
        (id % 2 == 1) == (self.role == Role::Host)
    }

    fn arrive(&mut self, id: u32, credit: u32) -> Result<(), &'static str> {
        if id == 0 || self.is_ours(id) || self.live.contains_key(&id) {
            return Err("a stream has a number that it may not have");
        }
        if self.refuses || self.is_closing() || self.theirs >= self.limit {
            tracing::debug!("a stream is refused: too many are open, or nobody accepts any");
            self.reset(id);
            return match self.resets.len() {
                ..MAX_RESETS => Ok(()),
                _ => Err("it opens streams without end"),
            };
        }
        let sending = Sending::new(ACK, u64::from(FIRST_WINDOW) + u64::from(credit));
        self.live.insert(id, Stream::new(sending));
        self.theirs += 1;
        self.arrived.push_back(id);
        wake(&mut self.acceptor);
        Ok(())
    }

    fn handle_end(&mut self, id: u32) {
        if let Some(stream) = self.live.get_mut(&id) {
            stream.receiving.finish(ReadEnd::Clean);
            self.settle(id);
        }
    }

    /// Puts what is to go next, `room` bytes at most: whether that was the last of it.
    pub(super) fn transmit(&mut self, room: usize, put: &mut dyn FnMut(&[u8])) -> bool {
        let mut room = self.transmit_control(room, put);
        while room >= MIN_ROOM
            && let Some(id) = self.schedule.first()
        {
            let Some(stream) = self.live.get_mut(&id) else {
                self.schedule.drop_first();
                continue;
            };
            let sending = &mut stream.sending;
            if !self.schedule.may_send(&mut sending.standing) {
                continue;
            }
            let mut count = 0;
            if sending.is_due() {
                count = sending.transmit(id, room, &mut self.spare, put);
                room -= HEADER + count;
            }
            let has_more = sending.is_due();
            self.schedule.sent(&mut sending.standing, count, has_more);
            self.held -= count;
            self.to_go -= count;
            if !has_more {
                self.settle(id);
            }
        }
        // Where there is room left, nothing waits.
        if self.closing == Closing::Wanted && room >= MIN_ROOM {
            put(&frame::go_away());
            self.closing = Closing::Said;
        }
        self.closing == Closing::Said
    }

    /// What keeps the other end going, and what is short: before all data. How much room is left.
    fn transmit_control(&mut self, mut room: usize, put: &mut dyn FnMut(&[u8])) -> usize {
        if room >= HEADER
            && let Some(value) = self.pong.take()
        {
            put(&frame::pong(value));
            room -= HEADER;
        }
        while room >= HEADER
            && let Some(id) = self.resets.pop_front()
        {
            put(&frame::data(id, RST, 0));
            room -= HEADER;
        }
        while room >= HEADER
            && let Some(id) = self.credits.pop_front()
        {
            let Some(stream) = self.live.get_mut(&id) else {
                continue;
            };
            stream.receiving.is_listed = false;
            let credit = stream.receiving.grant(&mut self.growth);
            put(&frame::window_update(
                id,
                stream.sending.take_first(),
                credit,
            ));
            room -= HEADER;
        }
        room
    }
}
