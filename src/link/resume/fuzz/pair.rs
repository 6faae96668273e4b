//! Two sessions that play by the rules, and a network that does what it likes: every byte arrives at
//! its place, and once the network holds still both ends come to their end.

use super::bytes::{Bytes, Read};
use super::{Input, byte_at, bytes_at, is_finished};
use crate::link::resume::batch::{Batch, flat};
use crate::link::resume::end::ResumeRefusal;
use crate::link::resume::machine::{SessionMachine, Ticket};
use std::collections::VecDeque;
use std::time::Duration;

/// Each end writes no more than this, so that a case ends soon.
const MOST: u64 = 1_500;

pub(super) fn run(input: &mut Input<'_>) {
    let (host, relay) = (input.config(), input.config());
    let mut pair = Pair {
        sides: [Side::new(&host, 0x11), Side::new(&relay, 0xee)],
        now: Duration::ZERO,
        pending: None,
        deaths: 0,
    };
    pair.relink();
    while let Some(step) = input.byte() {
        pair.step(step, input);
    }
    pair.come_to_an_end();
}

/// One end, and what is on its way from it.
struct Side {
    machine: SessionMachine,
    bytes: Bytes,
    seed: u8,
    /// The link that it last had.
    generation: u64,
    written: u64,
    read: u64,
    eof: bool,
    /// What its link is to take, which it takes piece by piece.
    batch: Batch,
    wire: VecDeque<u8>,
}

impl Side {
    fn new(config: &crate::link::resume::Config, seed: u8) -> Self {
        Self {
            machine: SessionMachine::new(config),
            bytes: Bytes::new(config.tx_ring),
            seed,
            generation: 0,
            written: 0,
            read: 0,
            eof: false,
            batch: Batch::default(),
            wire: VecDeque::new(),
        }
    }

    fn write(&mut self, count: usize) {
        let left = usize::try_from(MOST - self.written).unwrap_or_default();
        let bytes = bytes_at(self.seed, self.written, count.min(left));
        self.written += self.bytes.write(&bytes) as u64;
    }

    /// `seed` is that of the other end.
    fn read(&mut self, count: usize, seed: u8) {
        let mut out = vec![0; count.max(1)];
        self.machine.tell(&self.bytes);
        match self.bytes.read(&mut out) {
            Read::Bytes(count) => {
                for byte in &out[..count] {
                    assert_eq!(*byte, byte_at(seed, self.read), "at {}", self.read);
                    self.read += 1;
                }
            }
            Read::Wait => {}
            Read::Eof => self.eof = true,
            Read::Over(end) => panic!("it must not end so: {end}"),
        }
    }

    fn transmit(&mut self, limit: usize, now: Duration) {
        let generation = self.generation;
        if self.batch.is_gone() {
            self.batch.clear();
            self.machine.fill(&self.bytes, limit);
            self.machine
                .transmit(generation, &mut self.batch, limit, now);
        }
        let mut out = flat(&self.machine.rest(generation, &self.batch));
        // The link takes no more at once than it was asked for now, whatever waits since before.
        out.truncate(limit.max(1));
        self.machine.wrote(generation, &mut self.batch, out.len());
        self.wire.extend(out);
    }

    /// It has another link.
    fn begin(&mut self, generation: u64) {
        self.generation = generation;
        self.batch.clear();
    }

    fn is_over(&self) -> bool {
        self.machine.end().is_some()
    }
}

struct Pair {
    /// The one that dials, the one that is dialled.
    sides: [Side; 2],
    now: Duration,
    /// The host's attempt that is under way.
    pending: Option<Ticket>,
    /// So many links were found dead after the network held still.
    deaths: usize,
}

impl Pair {
    fn step(&mut self, step: u8, input: &mut Input<'_>) {
        let side = usize::from(step >> 7);
        let count = usize::from(input.small());
        match step % 16 {
            0 | 1 => self.sides[side].write(count),
            2 | 3 => self.read(side, count),
            4..=6 => self.sides[side].transmit(count * 3, self.now),
            7..=9 => self.deliver(side, count * 2),
            10 => self.cut(count),
            11 => self.ask(),
            12 => self.answer(count),
            13 if count < 40 => self.sides[side].bytes.finish(),
            13 | 14 => self.now += Duration::from_millis(count as u64),
            _ => self.meddle(side, count),
        }
    }

    fn read(&mut self, side: usize, count: usize) {
        let seed = self.sides[1 - side].seed;
        self.sides[side].read(count, seed);
    }

    /// What `side` sent arrives, as far as it goes.
    fn deliver(&mut self, side: usize, count: usize) {
        let count = count.min(self.sides[side].wire.len());
        let bytes: Vec<u8> = self.sides[side].wire.drain(..count).collect();
        let other = &mut self.sides[1 - side];
        other
            .machine
            .receive(other.generation, &bytes, &other.bytes, self.now);
    }

    /// The link breaks, for one end or both.
    fn cut(&mut self, who: usize) {
        for (n, side) in self.sides.iter_mut().enumerate() {
            if who % 3 != n {
                side.machine.detach(side.generation);
                side.wire.clear();
            }
        }
    }

    /// The host dials: its old link is cut off, the relay's is not yet.
    fn ask(&mut self) {
        self.pending = self.sides[0].machine.fence().ok();
        self.sides[1].wire.clear();
    }

    /// The relay answers; its answer may get lost.
    fn answer(&mut self, how: usize) {
        let Some(asked) = self.pending.take() else {
            return;
        };
        let [host, relay] = &mut self.sides;
        host.wire.clear();
        match relay.machine.fence_for(asked.generation, asked.next) {
            Ok(ticket) => {
                relay.wire.clear();
                relay.begin(ticket.generation);
                assert!(
                    relay
                        .machine
                        .attach(ticket.generation, asked.next, self.now)
                );
                if how.is_multiple_of(4) {
                    return;
                }
                host.begin(asked.generation);
                assert!(host.machine.attach(asked.generation, ticket.next, self.now));
            }
            Err(ResumeRefusal::Finished) => {
                host.machine.give_up(ResumeRefusal::Finished);
                assert!(is_finished(host.machine.end()), "nothing was lost");
            }
            Err(reason) => panic!("the relay must not refuse: {reason}"),
        }
    }

    fn relink(&mut self) {
        self.ask();
        self.answer(1);
    }

    fn meddle(&mut self, side: usize, what: usize) {
        let (now, side) = (self.now, &mut self.sides[side]);
        let old = side.generation.wrapping_sub(1);
        match what % 4 {
            0 => side.machine.shrink(),
            1 => side.machine.check(now),
            // What an old link says is nobody's.
            2 => side.machine.receive(old, &[99; 20], &side.bytes, now),
            _ => assert!(!side.machine.attach(old, 0, now)),
        }
    }

    /// The network holds still: everything arrives, and both ends see that it does.
    fn come_to_an_end(&mut self) {
        for side in &mut self.sides {
            side.bytes.finish();
        }
        // One byte a round at the worst, both ways one after the other, and some for the talk.
        for _ in 0..4 * MOST + 200 {
            if self.sides.iter().all(|side| side.is_over() && side.eof) {
                break;
            }
            let is_up = self.sides.iter().all(|side| side.machine.is_attached());
            if !is_up && !self.sides[0].is_over() {
                self.relink();
            }
            self.round();
        }
        let [host, relay] = &self.sides;
        assert_eq!((relay.read, host.read), (host.written, relay.written));
        assert!(host.eof && relay.eof, "both hear of the other's end");
        assert!(is_finished(host.machine.end()), "{:?}", host.machine.end());
        // The host's last word may be lost: the relay's session then waits out its retention.
        assert!(is_finished(relay.machine.end()) || relay.machine.end().is_none());
    }

    fn round(&mut self) {
        self.now += Duration::from_millis(20);
        for side in 0..2 {
            self.sides[side].transmit(64 * 1024, self.now);
            self.deliver(side, usize::MAX);
            self.read(1 - side, 300);
        }
        for side in &mut self.sides {
            if side.machine.is_dead(self.now) && !side.is_over() {
                side.machine.detach(side.generation);
                self.deaths += 1;
            }
        }
        // Each may find that the link of before is dead, once.
        assert!(
            self.deaths <= 2,
            "a network that holds still lets nobody die"
        );
    }
}
