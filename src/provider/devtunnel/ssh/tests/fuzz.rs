//! Whole machines under whatever comes: any bytes, right ones that were tampered with, and a pair of
//! ends that do everything they may in any order.

use super::super::channel::OUTBOX;
use super::super::ident::OURS;
use super::super::machine::{MAX_CHANNELS, MAX_PENDING, Machine, Opening, Read, Write};
use super::super::wire::cut;
use super::super::{End, RefuseCode};
use super::far::{Far, seeded};
use crate::model::Secret;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::task::Waker;

fn machine() -> Machine {
    Machine::new([9; 16])
}

/// Feeds everything in pieces of that size, as a driver does, and does a bit of everything.
fn feed(machine: &mut Machine, input: &[u8], piece: usize) -> Vec<u8> {
    let (mut out, mut openings, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    for part in input.chunks(piece) {
        rest.extend_from_slice(part);
        let taken = machine.receive(&rest);
        rest.drain(..taken);
        assert!(machine.is_over() || rest.len() < 64 * 1024);
        machine.swap_openings(&mut openings);
        for Opening { id, .. } in openings.drain(..) {
            use_channel(machine, id);
        }
        machine.transmit(&mut out, usize::MAX);
    }
    out
}

fn use_channel(machine: &mut Machine, id: u32) {
    match id % 4 {
        0 => return machine.refuse(id, RefuseCode::Prohibited, "no"),
        1 => return,
        _ => machine.accept(id, id.is_multiple_of(2)),
    }
    machine.write(id, b"hello");
    machine.wait_to_read(id, Waker::noop());
    machine.read(id, 9, &mut |_| {});
    if id % 4 == 3 {
        machine.finish(id);
        machine.abandon(id);
    }
}

/// The messages that were said, each by its number.
fn numbers(said: &[u8]) -> Vec<u8> {
    let mut rest = &said[OURS.len()..];
    let mut numbers = Vec::new();
    while let Some((payload, whole)) = cut(rest).expect("what is said is right") {
        numbers.push(payload[0]);
        rest = &rest[whole..];
    }
    assert!(rest.is_empty(), "what is said is whole");
    numbers
}

/// A stream with everything in it that a relay may say.
fn valid() -> Far {
    let mut far = Far::new();
    far.request("keepalive@openssh.com");
    for number in 0..8 {
        let id = if number % 2 == 0 {
            far.open_session()
        } else {
            far.open_port(8080, "token", true)
        };
        far.channel(id).theirs = Some(number);
    }
    far.open("x11", b"");
    far.kex("none");
    for number in 2..8 {
        if number % 4 > 1 {
            far.data(number, b"some bytes");
            far.adjust(100 + number, 77);
            far.about(96, 100 + number);
            far.about(97, 100 + number);
        }
    }
    far.reply(false);
    far.disconnect(11, "bye");
    far
}

#[test]
fn the_stream_to_tamper_with_is_right() {
    let mut machine = machine();
    feed(&mut machine, &valid().output, 7);
    assert!(matches!(
        machine.take_end(),
        Some(End::Disconnected { code: 11, .. })
    ));
}

proptest! {
    #[test]
    fn any_bytes_end_it_or_change_little(
        greets in any::<bool>(),
        input in prop::collection::vec(prop_oneof![Just(0_u8), any::<u8>()], 0..600),
        piece in 1..100_usize,
    ) {
        let mut bytes = if greets { Far::new().output } else { Vec::new() };
        bytes.extend_from_slice(&input);
        feed(&mut machine(), &bytes, piece);
    }

    #[test]
    fn tampering_ends_it_or_changes_little(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0..40_usize), 0..3),
        piece in 1..300_usize,
    ) {
        let mut bytes = valid().output;
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] ^= value;
        }
        for (at, count) in cuts {
            let at = at.index(bytes.len());
            bytes.drain(at..(at + count).min(bytes.len()));
        }
        let mut tampered = machine();
        let said = feed(&mut tampered, &bytes, piece);
        prop_assert!(said.len() < 16 * 1024, "there is little to answer");
        let is_breach = matches!(tampered.take_end(), Some(End::Protocol(_)));
        let is_told = numbers(&said).last() == Some(&1);
        prop_assert_eq!(is_told, is_breach, "a breach is told at the end");
    }

    #[test]
    fn well_formed_nonsense_ends_it_or_changes_little(
        messages in prop::collection::vec(message(), 0..200),
        piece in 1..5000_usize,
    ) {
        let mut far = Far::new();
        for bytes in messages {
            far.packet(|out| out.extend_from_slice(&bytes));
        }
        let mut machine = machine();
        feed(&mut machine, &far.output, piece);
    }

}

proptest! {
    // Each moves megabytes.
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Ends that keep to the rules never break them for each other, and nothing is lost.
    #[test]
    fn two_ends_that_keep_to_the_rules_lose_nothing(
        steps in prop::collection::vec(step(), 0..120), piece in 1..70_000_usize,
    ) {
        let mut pair = Pair::new(piece);
        for step in steps {
            pair.apply(&step);
        }
        pair.settle();
    }
}

/// The payload of a message with plausible numbers.
fn message() -> impl Strategy<Value = Vec<u8>> {
    let number = prop_oneof![1..=4_u8, 20..=21_u8, 80..=82_u8, 90..=100_u8];
    let field = prop_oneof![
        (0..6_u32).prop_map(|it| it.to_be_bytes().to_vec()),
        Just(u32::MAX.to_be_bytes().to_vec()),
        Just(b"\0\0\0\x19client-ssh-session-stream".to_vec()),
        Just(b"\0\0\0\x0fforwarded-tcpip".to_vec()),
        (0..40_usize).prop_map(|it| vec![1; it]),
    ];
    (number, prop::collection::vec(field, 0..9))
        .prop_map(|(number, fields)| [vec![number], fields.concat()].concat())
}

#[derive(Clone, Debug)]
enum Step {
    Open(bool),
    Accept,
    Refuse,
    FarWrite(usize, usize),
    FarFinish(usize),
    Write(usize, usize),
    Finish(usize),
    Read(usize, usize),
    Kex,
    Forward,
    Pump,
}

fn step() -> impl Strategy<Value = Step> {
    let (who, much) = (|| 0..8_usize, || 0..200_000_usize);
    prop_oneof![
        any::<bool>().prop_map(Step::Open),
        Just(Step::Accept),
        Just(Step::Accept),
        Just(Step::Refuse),
        (who(), much()).prop_map(|(who, much)| Step::FarWrite(who, much)),
        who().prop_map(Step::FarFinish),
        (who(), much()).prop_map(|(who, much)| Step::Write(who, much)),
        who().prop_map(Step::Finish),
        (who(), much()).prop_map(|(who, much)| Step::Read(who, much)),
        Just(Step::Kex),
        Just(Step::Forward),
        Just(Step::Pump),
        Just(Step::Pump),
    ]
}

/// What this end did with a channel.
#[derive(Default)]
struct Near {
    far: u32,
    written: Vec<u8>,
    read: Vec<u8>,
    is_finished: bool,
}

struct Pair {
    machine: Machine,
    far: Far,
    openings: Vec<Opening>,
    near: BTreeMap<u32, Near>,
    finished: Vec<u32>,
    input: Vec<u8>,
    piece: usize,
    seed: u32,
}

impl Pair {
    fn new(piece: usize) -> Self {
        Self {
            machine: machine(),
            far: Far::new(),
            openings: Vec::new(),
            near: BTreeMap::new(),
            finished: Vec::new(),
            input: Vec::new(),
            piece,
            seed: 0,
        }
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        self.seed += 1;
        seeded(self.seed, count)
    }

    fn id(&self, which: usize) -> Option<u32> {
        let count = self.near.len().max(1);
        self.near.keys().nth(which % count).copied()
    }

    fn apply(&mut self, step: &Step) {
        match *step {
            Step::Open(is_session) if self.far.channels.len() < MAX_PENDING => {
                if is_session {
                    self.far.open_session();
                } else {
                    self.far.open_port(1, "t", true);
                }
            }
            Step::Open(_) => {}
            Step::Accept => self.answer(true),
            Step::Refuse => self.answer(false),
            Step::FarWrite(which, count) => {
                let bytes = self.bytes(count);
                if let Some(far) = self.far_id(which)
                    && !self.finished.contains(&far)
                {
                    self.far.write(far, &bytes);
                }
            }
            Step::FarFinish(which) => {
                if let Some(far) = self.far_id(which)
                    && !self.finished.contains(&far)
                {
                    self.finished.push(far);
                    self.far.finish(far);
                }
            }
            Step::Write(which, count) => self.write(which, count),
            Step::Finish(which) => {
                if let Some(id) = self.id(which) {
                    self.machine.finish(id);
                    self.near.get_mut(&id).expect("known").is_finished = true;
                }
            }
            Step::Read(which, count) => {
                if let Some(id) = self.id(which) {
                    self.read(id, count);
                }
            }
            Step::Kex => self.far.kex("none"),
            Step::Forward => {
                // Nobody answers: at some point there are too many.
                let _ = self.machine.forward(1, &Secret::new("t"));
            }
            Step::Pump => self.pump(),
        }
    }

    fn far_id(&self, which: usize) -> Option<u32> {
        self.id(which).map(|id| self.near[&id].far)
    }

    fn answer(&mut self, accepts: bool) {
        let mut openings = Vec::new();
        self.machine.swap_openings(&mut openings);
        self.openings.append(&mut openings);
        let Some(Opening { id, .. }) = self.openings.pop() else {
            return;
        };
        if accepts {
            self.machine.accept(id, false);
            let far = 100 + id;
            let near = Near {
                far,
                ..Near::default()
            };
            self.near.insert(id, near);
        } else {
            self.machine.refuse(id, RefuseCode::Prohibited, "no");
        }
    }

    fn write(&mut self, which: usize, count: usize) {
        let bytes = self.bytes(count);
        let Some(id) = self.id(which) else { return };
        let near = self.near.get_mut(&id).expect("known");
        match self.machine.write(id, &bytes) {
            Write::Taken(taken) => {
                assert!(taken <= OUTBOX && !near.is_finished);
                near.written.extend_from_slice(&bytes[..taken]);
            }
            Write::Wait => assert!(!near.is_finished),
            Write::Closed => assert!(near.is_finished),
            Write::Over => panic!("it is not over"),
        }
    }

    fn read(&mut self, id: u32, max: usize) -> Read {
        let near = self.near.get_mut(&id).expect("known");
        let before = near.read.len();
        let read = self.machine.read(id, max.max(1), &mut |bytes| {
            near.read.extend_from_slice(bytes);
        });
        assert!(near.read.len() - before <= max.max(1));
        read
    }

    /// Everything that is under way arrives.
    fn pump(&mut self) {
        let mut out = Vec::new();
        self.machine.transmit(&mut out, 100_000);
        self.far.receive(&out);
        for part in self.far.output.chunks(self.piece) {
            self.input.extend_from_slice(part);
            let taken = self.machine.receive(&self.input);
            self.input.drain(..taken);
        }
        self.far.output.clear();
        assert!(!self.machine.is_over(), "{:?}", self.machine.take_end());
    }

    /// Reads everything, finishes everything, and compares.
    fn settle(&mut self) {
        self.pump();
        for id in self.near.keys().copied().collect::<Vec<_>>() {
            self.machine.finish(id);
            let far = 100 + id;
            if !self.finished.contains(&far) {
                self.far.finish(far);
            }
        }
        let ids: Vec<u32> = self.near.keys().copied().collect();
        let mut open = ids.clone();
        while !open.is_empty() || self.machine.is_transmit_due() || !self.far.output.is_empty() {
            self.pump();
            open.retain(|id| self.read(*id, usize::MAX) != Read::Eof);
        }
        assert!(ids.len() <= MAX_CHANNELS);
        for id in ids {
            let (near, far) = (&self.near[&id], &self.far.channels[&(100 + id)]);
            assert!(near.read == far.pending, "what came is what was written");
            assert!(far.eof && far.received == near.written, "and the other way");
        }
    }
}
