//! A payload that is one stream of bytes, in the order in which they were written.

#[cfg(test)]
use super::super::tests::lock::Mutex;
use crate::link::resume::{Milestone, Payload, SessionEnd};
#[cfg(not(test))]
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::task::{Context, Waker};

/// The outcome of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::link) enum Read {
    Bytes(usize),
    Wait,
    Eof,
    Over(SessionEnd),
}

/// See the module.
pub(in crate::link) struct Bytes(Mutex<State>);

#[derive(Default)]
struct State {
    capacity: usize,
    outgoing: VecDeque<u8>,
    finished: bool,
    incoming: VecDeque<u8>,
    ended: bool,
    delivered: bool,
    end: Option<SessionEnd>,
    driver: Option<Waker>,
    users: Vec<Waker>,
}

impl State {
    const fn is_writable(&self) -> bool {
        !self.finished && self.end.is_none()
    }
}

impl Bytes {
    /// No more than `capacity` bytes wait to go.
    pub(in crate::link) fn new(capacity: usize) -> Self {
        Self(Mutex::new(State {
            capacity,
            ..State::default()
        }))
    }

    /// Takes of `bytes` what there is room for.
    pub(in crate::link) fn write(&self, bytes: &[u8]) -> usize {
        let (count, driver) = {
            let mut state = self.0.lock();
            let room = state.capacity.saturating_sub(state.outgoing.len());
            let count = if state.is_writable() {
                bytes.len().min(room)
            } else {
                0
            };
            state.outgoing.extend(&bytes[..count]);
            (count, state.driver.clone().filter(|_| count > 0))
        };
        driver.into_iter().for_each(Waker::wake);
        count
    }

    /// It was its last.
    pub(in crate::link) fn finish(&self) {
        let driver = {
            let mut state = self.0.lock();
            state.finished = true;
            state.driver.clone()
        };
        driver.into_iter().for_each(Waker::wake);
    }

    pub(in crate::link) fn read(&self, out: &mut [u8]) -> Read {
        let mut state = self.0.lock();
        let count = out.len().min(state.incoming.len());
        if count > 0 {
            for (out, byte) in out.iter_mut().zip(state.incoming.drain(..count)) {
                *out = byte;
            }
            return Read::Bytes(count);
        }
        match state.end {
            _ if state.ended => Read::Eof,
            None => Read::Wait,
            Some(SessionEnd::Finished | SessionEnd::Closed) => Read::Eof,
            Some(end) => Read::Over(end),
        }
    }

    pub(in crate::link) fn is_finished(&self) -> bool {
        self.0.lock().finished
    }

    pub(in crate::link) fn is_delivered(&self) -> bool {
        self.0.lock().delivered
    }

    pub(in crate::link) fn end(&self) -> Option<SessionEnd> {
        self.0.lock().end
    }

    /// Does `attempt`, and has `cx` woken at the next change if it comes to nothing.
    pub(in crate::link) fn or_wait<R>(
        &self,
        cx: &Context<'_>,
        mut attempt: impl FnMut(&Self) -> Option<R>,
    ) -> Option<R> {
        attempt(self).or_else(|| {
            self.0.lock().users.push(cx.waker().clone());
            // It may have come in between.
            attempt(self)
        })
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let users = {
            let mut state = self.0.lock();
            change(&mut state);
            std::mem::take(&mut state.users)
        };
        users.into_iter().for_each(Waker::wake);
    }
}

impl Payload for Bytes {
    fn receive(&self, bytes: &[u8]) -> Result<(), &'static str> {
        self.change(|state| state.incoming.extend(bytes));
        Ok(())
    }

    fn transmit(&self, room: usize, put: &mut dyn FnMut(&[u8])) -> bool {
        let mut is_last = false;
        self.change(|state| {
            let count = room.min(state.outgoing.len());
            let bytes: Vec<u8> = state.outgoing.drain(..count).collect();
            put(&bytes);
            is_last = state.finished && state.outgoing.is_empty();
        });
        is_last
    }

    fn drive(&self, waker: &Waker) -> usize {
        let mut state = self.0.lock();
        state.driver = Some(waker.clone());
        state.outgoing.len()
    }

    fn held(&self) -> usize {
        let state = self.0.lock();
        state.outgoing.len() + state.incoming.len()
    }

    fn reach(&self, milestone: Milestone) {
        let is_known = {
            let state = self.0.lock();
            match milestone {
                Milestone::Ended => state.ended,
                Milestone::Delivered => state.delivered,
                Milestone::Over(_) => state.end.is_some(),
            }
        };
        if is_known {
            return;
        }
        self.change(|state| match milestone {
            Milestone::Ended => state.ended = true,
            Milestone::Delivered => state.delivered = true,
            Milestone::Over(end) => state.end = Some(end),
        });
    }
}
