//! Whose turn it is: deficit round robin with two lists, as `fq_codel` has it ([RFC 8290], 4.2).
//!
//! A stream that had nothing to send is new, and new ones go before old: what says little and seldom
//! never waits behind what sends without end. A new one that goes on becomes old, so nobody is starved.
//! Old ones take turns of as many bytes each, whatever the size of their frames.
//!
//! [RFC 8290]: https://www.rfc-editor.org/rfc/rfc8290#section-4.2

use std::collections::VecDeque;

/// What a turn is worth, in bytes.
pub(super) const QUANTUM: usize = 4 * 1024;

/// What a stream may send before the next has its turn; may be overdrawn by one frame.
pub(super) type Deficit = i64;

/// Where a stream stands; each keeps its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Standing {
    /// It has nothing to send, and is in no list.
    #[default]
    Idle,
    New(Deficit),
    Old(Deficit),
}

/// The two lists.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    new: VecDeque<u32>,
    old: VecDeque<u32>,
}

#[expect(clippy::cast_possible_wrap, reason = "a few KiB")]
const ONE_TURN: Deficit = QUANTUM as Deficit;

impl Schedule {
    /// A stream has something to send.
    pub(super) fn activate(&mut self, stream: u32, standing: &mut Standing) {
        if *standing == Standing::Idle {
            *standing = Standing::New(ONE_TURN);
            self.new.push_back(stream);
        }
    }

    /// Who may be next.
    pub(super) fn first(&self) -> Option<u32> {
        self.new.front().or(self.old.front()).copied()
    }

    /// Takes the first one out, which is no more.
    pub(super) fn drop_first(&mut self) {
        if self.new.pop_front().is_none() {
            self.old.pop_front();
        }
    }

    /// Whether the first one, which stands so, may send now. One that has had its turn goes behind
    /// all old ones, with another turn.
    pub(super) fn may_send(&mut self, standing: &mut Standing) -> bool {
        let (Standing::New(deficit) | Standing::Old(deficit)) = *standing else {
            self.drop_first();
            return false;
        };
        if deficit > 0 {
            return true;
        }
        self.age(standing, deficit + ONE_TURN);
        false
    }

    /// The first one has sent so many bytes, and has more or not.
    pub(super) fn sent(&mut self, standing: &mut Standing, bytes: usize, has_more: bool) {
        let bytes = Deficit::try_from(bytes).unwrap_or(Deficit::MAX);
        match standing {
            Standing::New(deficit) | Standing::Old(deficit) => *deficit -= bytes,
            Standing::Idle => return,
        }
        match *standing {
            _ if has_more => {}
            // Back among the new at once it would starve the old: it goes through their list first.
            Standing::New(deficit) if !self.old.is_empty() => self.age(standing, deficit),
            _ => {
                self.drop_first();
                *standing = Standing::Idle;
            }
        }
    }

    /// Moves the first one behind all old ones.
    fn age(&mut self, standing: &mut Standing, deficit: Deficit) {
        if let Some(stream) = self.new.pop_front().or_else(|| self.old.pop_front()) {
            self.old.push_back(stream);
            *standing = Standing::Old(deficit);
        }
    }
}
