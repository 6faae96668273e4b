//! What the user of a session does with its channels and ports.

use super::super::channel::MAX_DATA;
use super::super::message::{put_cancel_forward, put_confirmation, put_forward, put_open_failure};
use super::super::{RefuseCode, Refused};
use super::{BUDGET, LEAST_WINDOW, MAX_CONTROL, MAX_REQUESTS, Machine, Read, SHARE, WINDOW, Write};
use crate::model::Secret;
use std::task::Waker;
use tokio::sync::oneshot;

impl Machine {
    /// Takes the channel in. One that is gone meanwhile reads as ended.
    pub fn accept(&mut self, id: u32, e2ee_enabled: bool) {
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
    pub fn refuse(&mut self, id: u32, code: RefuseCode, text: &str) {
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
    pub fn read(&mut self, id: u32, max: usize, sink: &mut dyn FnMut(&[u8])) -> Read {
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
    pub fn write(&mut self, id: u32, bytes: &[u8]) -> Write {
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
    pub fn wait_to_read(&mut self, id: u32, waker: &Waker) {
        if let Some(state) = self.channels.get_mut(&id) {
            remember(&mut state.reader, waker);
        }
    }

    /// Who waits to write to that channel is woken when it has reason to.
    pub fn wait_to_write(&mut self, id: u32, waker: &Waker) {
        if let Some(state) = self.channels.get_mut(&id) {
            remember(&mut state.writer, waker);
        }
    }

    /// Nothing is written to that channel any more.
    pub fn finish(&mut self, id: u32) {
        if let Some(state) = self.channels.get_mut(&id) {
            state.finish();
            self.let_talk(id);
        }
    }

    /// Nobody holds that channel any more.
    pub fn abandon(&mut self, id: u32) {
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

    /// Asks the relay to serve that port; the answer follows.
    pub fn forward(
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
    pub fn cancel_forward(&mut self, port: u16) -> Result<(), Refused> {
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
}

fn remember(place: &mut Option<Waker>, waker: &Waker) {
    match place {
        Some(old) => old.clone_from(waker),
        None => *place = Some(waker.clone()),
    }
}
