//! One session whose peer says anything at all: nothing panics, nothing grows, and what goes out is
//! what was written, at its place, within the credit that was given.

use super::bytes::{Bytes, Read};
use super::{Input, Owned, byte_at, bytes_at, parse};
use crate::link::resume::Config;
use crate::link::resume::batch::{Batch, flat};
use crate::link::resume::end::{ResetReason, ResumeRefusal, SessionEnd};
use crate::link::resume::frame::{self, Frame};
use crate::link::resume::machine::SessionMachine;
use std::time::Duration;

const SEED: u8 = 0x5a;

/// What a session sends at once is bounded by what the driver asks for and its small frames.
const SMALL_FRAMES: usize = 64;

pub(super) fn run(input: &mut Input<'_>) {
    let config = input.config();
    let mut bench = Bench::new(config);
    while let Some(step) = input.byte() {
        bench.step(step, input);
        bench.check();
    }
}

struct Bench {
    config: Config,
    machine: SessionMachine,
    bytes: Bytes,
    now: Duration,
    written: u64,
    /// The first sequence number that did not go over this link, and the first that never went.
    sent: u64,
    ever_sent: u64,
    /// What the peer last said that it has.
    acked: u64,
    /// The most credit that was ever given.
    window: u64,
    /// What the peer has sent so far, if it plays by the rules.
    theirs: u64,
    /// Bytes without sense came over this link: what follows may be the rest of a frame that they
    /// began.
    is_garbled: bool,
    end: Option<SessionEnd>,
}

impl Bench {
    fn new(config: Config) -> Self {
        let mut machine = SessionMachine::new(&config);
        if let Ok(ticket) = machine.fence() {
            machine.attach(ticket.generation, 0, Duration::ZERO);
        }
        Self {
            config,
            machine,
            bytes: Bytes::new(300),
            now: Duration::ZERO,
            written: 0,
            sent: 0,
            ever_sent: 0,
            acked: 0,
            window: 0,
            theirs: 0,
            is_garbled: false,
            end: None,
        }
    }

    fn step(&mut self, step: u8, input: &mut Input<'_>) {
        match step % 32 {
            0..=4 => self.ack(input),
            5..=8 => self.data(input),
            9 | 10 => self.say(input),
            11..=15 => self.write(usize::from(input.small())),
            16 | 17 => self.read(usize::from(input.small())),
            18..=22 => self.transmit(usize::from(input.small()) * 4),
            23..=25 => self.relink(input),
            26 => self.relink_for(input),
            27 | 28 => self.now += Duration::from_millis(u64::from(input.small()) * 30),
            29 => self.bytes.finish(),
            30 => self.meddle(input.small()),
            _ => self.babble(input),
        }
    }

    /// Bytes without any sense.
    fn babble(&mut self, input: &mut Input<'_>) {
        let count = usize::from(input.small() / 8);
        let bytes = input.take(count);
        self.is_garbled |= !bytes.is_empty();
        self.receive(bytes);
        // Whatever it was, it is no longer known what plays by the rules.
        self.window = u64::MAX;
    }

    fn receive(&mut self, bytes: &[u8]) {
        let generation = self.machine.generation();
        self.machine
            .receive(generation, bytes, &self.bytes, self.now);
        self.machine.tell(&self.bytes);
    }

    /// Tells the session something in one frame.
    fn tell(&mut self, frame: Frame) {
        let mut bytes = Vec::new();
        frame::put(&mut bytes, frame);
        self.receive(&bytes);
    }

    /// Near what is true, or anywhere.
    fn near(input: &mut Input<'_>, truth: u64) -> u64 {
        match input.small() {
            255 => input.long(),
            shift @ 240.. => truth.wrapping_sub(u64::from(shift - 239)),
            shift @ 224.. => truth.wrapping_add(u64::from(shift - 223)),
            _ => truth,
        }
    }

    fn ack(&mut self, input: &mut Input<'_>) {
        // All that it may know of, a part, or what only an older link can have brought.
        let truth = match input.small() % 8 {
            0 => self.ever_sent,
            1..=3 => self.sent,
            _ => self.acked.midpoint(self.sent),
        };
        let next = Self::near(input, truth);
        let window_end = match self.window {
            u64::MAX => Self::near(input, self.written),
            window => window.saturating_add(u64::from(input.small())),
        };
        self.window = self.window.max(window_end);
        self.tell(Frame::Ack { next, window_end });
        let is_taken = self.machine.end().is_none() && self.machine.is_attached();
        if is_taken && !self.is_garbled {
            assert!(next <= self.sent, "{next} was not sent over this link");
            self.acked = next;
        }
    }

    fn data(&mut self, input: &mut Input<'_>) {
        let (seq, count) = (Self::near(input, self.theirs), 1 + input.small() % 100);
        let mut bytes = Vec::new();
        frame::put_data_head(&mut bytes, seq, count.into());
        bytes.resize(bytes.len() + usize::from(count), 7);
        self.receive(&bytes);
        if seq == self.theirs {
            self.theirs += u64::from(count);
        }
    }

    fn say(&mut self, input: &mut Input<'_>) {
        let number = u32::from(input.small());
        match input.small() % 8 {
            0 => self.tell(Frame::Reset(ResetReason::from_code(input.small()))),
            1 => {
                let seq = Self::near(input, self.theirs);
                self.tell(Frame::Fin { seq });
                self.theirs += u64::from(seq == self.theirs);
            }
            2..=4 => self.tell(Frame::Ping(number)),
            _ => self.tell(Frame::Pong(number)),
        }
    }

    fn write(&mut self, count: usize) {
        let bytes = bytes_at(SEED, self.written, count);
        self.written += self.bytes.write(&bytes) as u64;
    }

    fn read(&mut self, count: usize) {
        let mut out = vec![0; count];
        self.machine.tell(&self.bytes);
        match self.bytes.read(&mut out) {
            Read::Bytes(read) => assert!(read <= count),
            Read::Wait => assert!(count == 0 || self.machine.end().is_none()),
            Read::Eof => {}
            Read::Over(end) => assert_eq!(self.machine.end(), Some(end)),
        }
    }

    fn transmit(&mut self, limit: usize) {
        let mut batch = Batch::default();
        let generation = self.machine.generation();
        self.machine.fill(&self.bytes, limit);
        self.machine
            .transmit(generation, &mut batch, limit, self.now);
        let out = flat(&self.machine.rest(generation, &batch));
        self.machine.wrote(generation, &mut batch, out.len());
        assert!(out.len() <= limit + SMALL_FRAMES);
        let (items, ended) = parse([&out[..]].into_iter());
        assert_eq!(ended, Ok(()), "what goes out are frames");
        for item in items {
            match item {
                Owned::Data(seq, bytes) => self.see_data(seq, &bytes),
                Owned::Frame(Frame::Fin { seq }) => {
                    assert_eq!((seq, self.sent), (self.written, self.written));
                    self.sent += 1;
                }
                Owned::Frame(_) => {}
            }
        }
        self.ever_sent = self.ever_sent.max(self.sent);
    }

    fn see_data(&mut self, seq: u64, bytes: &[u8]) {
        assert_eq!(seq, self.sent, "nothing is left out, nothing comes twice");
        for (at, byte) in (seq..).zip(bytes) {
            assert_eq!(*byte, byte_at(SEED, at), "at {at}");
        }
        self.sent += bytes.len() as u64;
        assert!(self.sent <= self.window.min(self.written));
    }

    fn relink(&mut self, input: &mut Input<'_>) {
        let Ok(ticket) = self.machine.fence() else {
            return;
        };
        let next = Self::near(input, self.acked.midpoint(self.ever_sent));
        self.attach(ticket.generation, next);
    }

    fn relink_for(&mut self, input: &mut Input<'_>) {
        let (epoch, next) = (input.long(), Self::near(input, self.acked));
        let was = (self.machine.generation(), self.machine.is_attached());
        if let Ok(ticket) = self.machine.fence_for(epoch, next) {
            self.attach(ticket.generation, next);
        } else {
            let is = (self.machine.generation(), self.machine.is_attached());
            assert_eq!(is, was, "a refusal changes nothing");
        }
    }

    fn attach(&mut self, generation: u64, next: u64) {
        let is_up = self.machine.attach(generation, next, self.now);
        let is_possible = (self.acked..=self.ever_sent).contains(&next);
        let was_garbled = std::mem::replace(&mut self.is_garbled, false);
        if is_up {
            assert!(
                is_possible || was_garbled,
                "{next} is not in what may be replayed"
            );
            (self.sent, self.acked) = (next, next);
        } else {
            assert!(!is_possible || was_garbled || self.machine.end().is_some());
        }
    }

    fn meddle(&mut self, what: u8) {
        let generation = self.machine.generation();
        match what % 16 {
            0 => self.machine.abandon(),
            1 => self.machine.terminate(SessionEnd::Closed),
            2 => self.machine.give_up(ResumeRefusal::Finished),
            3 => self.machine.give_up(ResumeRefusal::Expired),
            4 | 5 => self.machine.detach(generation),
            6 => self.machine.detach(generation.wrapping_sub(1)),
            7 | 8 => self.machine.shrink(),
            _ => self.machine.check(self.now),
        }
    }

    fn check(&mut self) {
        let machine = &self.machine;
        let tx_ring = self.config.tx_ring;
        assert!(machine.held() <= tx_ring);
        assert!(machine.unacked() <= tx_ring);
        if let Some(end) = self.end {
            assert_eq!(machine.end(), Some(end), "the first end stays");
            assert_eq!(machine.deadline(false), None);
        }
        self.end = machine.end();
        if machine.is_dead(self.now) {
            let generation = machine.generation();
            self.machine.detach(generation);
        }
    }
}
