//! The relay's end of a session, without I/O: as much of it as tests need. It checks that the other
//! end keeps to the windows it gave, and does what a test says, right or wrong.

use super::super::wire::{Fields, cut, put, put_string, put_u32};
use std::collections::BTreeMap;

/// What the far end lets come before it opens the window again.
pub(super) const FAR_WINDOW: u32 = 256 * 1024;

const FAR_PACKET: u32 = 32 * 1024;

/// What the other end said that is not about one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Ident(String),
    Disconnect(u32, String),
    Unimplemented(u32),
    KexInit(Vec<u8>),
    /// A name, whether an answer is wanted, and the rest.
    Request(String, bool, Vec<u8>),
    Reply(bool),
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "it is a record of what happened"
)]
#[derive(Debug, Default)]
pub(super) struct FarChannel {
    /// Its number at the other end, once it is confirmed.
    pub(super) theirs: Option<u32>,
    pub(super) credit: u32,
    max_packet: u32,
    pub(super) pending: Vec<u8>,
    /// So much of `pending` has gone.
    gone: usize,
    wants_eof: bool,
    allowed: u32,
    /// It opens its window again when half of it is used up.
    pub(super) adjusts: bool,
    pub(super) received: Vec<u8>,
    pub(super) packets: usize,
    pub(super) eof: bool,
    pub(super) closed: bool,
    pub(super) refused: Option<u32>,
    pub(super) failures: u32,
    /// How often the other end opened its window, and by how much altogether.
    pub(super) adjusted: (u32, u32),
    /// What stood behind the last field of the confirmation.
    pub(super) extra: Vec<u8>,
}

#[derive(Debug, Default)]
pub(super) struct Far {
    input: Vec<u8>,
    has_ident: bool,
    pub(super) output: Vec<u8>,
    pub(super) channels: BTreeMap<u32, FarChannel>,
    pub(super) said: Vec<Said>,
}

impl Far {
    /// One that has said its name and offered `none`.
    pub(super) fn new() -> Self {
        let mut far = Self {
            output: b"SSH-2.0-far_1.0\r\n".to_vec(),
            ..Self::default()
        };
        far.kex("none,ecdh-sha2-nistp384");
        far
    }

    pub(super) fn packet(&mut self, fill: impl FnOnce(&mut Vec<u8>)) {
        put(&mut self.output, fill);
    }

    pub(super) fn kex(&mut self, exchanges: &str) {
        self.packet(|out| {
            out.push(20);
            out.extend_from_slice(&[7; 16]);
            put_string(out, exchanges.as_bytes());
            for _ in 0..7 {
                put_string(out, b"none,aes256-gcm@openssh.com");
            }
            out.extend_from_slice(&[0; 13]);
        });
    }

    pub(super) fn disconnect(&mut self, code: u32, text: &str) {
        self.packet(|out| {
            out.push(1);
            put_u32(out, code);
            put_string(out, text.as_bytes());
        });
    }

    pub(super) fn request(&mut self, name: &str) {
        self.packet(|out| {
            out.push(80);
            put_string(out, name.as_bytes());
            out.push(1);
        });
    }

    pub(super) fn reply(&mut self, is_success: bool) {
        self.packet(|out| out.push(if is_success { 81 } else { 82 }));
    }

    /// Opens a channel of that type, with these fields behind the common ones: its number.
    pub(super) fn open(&mut self, kind: &str, fields: &[u8]) -> u32 {
        let id = 100 + u32::try_from(self.channels.len()).expect("few");
        let channel = FarChannel {
            allowed: FAR_WINDOW,
            adjusts: true,
            ..FarChannel::default()
        };
        self.channels.insert(id, channel);
        self.open_as(id, kind, FAR_PACKET, fields);
        id
    }

    pub(super) fn open_as(&mut self, id: u32, kind: &str, max_packet: u32, fields: &[u8]) {
        self.packet(|out| {
            out.push(90);
            put_string(out, kind.as_bytes());
            put_u32(out, id);
            put_u32(out, FAR_WINDOW);
            put_u32(out, max_packet);
            out.extend_from_slice(fields);
        });
    }

    pub(super) fn open_session(&mut self) -> u32 {
        self.open("client-ssh-session-stream", &[])
    }

    /// As the second version opens them.
    pub(super) fn open_port(&mut self, port: u32, token: &str, e2ee: bool) -> u32 {
        let mut fields = port_fields(port);
        put_string(&mut fields, token.as_bytes());
        fields.push(u8::from(e2ee));
        self.open("forwarded-tcpip", &fields)
    }

    pub(super) fn channel(&mut self, id: u32) -> &mut FarChannel {
        self.channels.get_mut(&id).expect("it was opened")
    }

    pub(super) fn write(&mut self, id: u32, bytes: &[u8]) {
        self.channel(id).pending.extend_from_slice(bytes);
        self.push(id);
    }

    /// Behind all that was written.
    pub(super) fn finish(&mut self, id: u32) {
        self.channel(id).wants_eof = true;
        self.push(id);
    }

    pub(super) fn close(&mut self, id: u32) {
        self.about(97, id);
    }

    pub(super) fn about(&mut self, number: u8, id: u32) {
        let theirs = self.channel(id).theirs.expect("it is confirmed");
        self.packet(|out| {
            out.push(number);
            put_u32(out, theirs);
        });
    }

    pub(super) fn adjust(&mut self, id: u32, count: u32) {
        let channel = self.channel(id);
        channel.allowed += count;
        let theirs = channel.theirs.expect("it is confirmed");
        self.packet(|out| {
            out.push(93);
            put_u32(out, theirs);
            put_u32(out, count);
        });
    }

    /// Sends a channel's bytes whether its window is open or not.
    pub(super) fn data(&mut self, theirs: u32, bytes: &[u8]) {
        self.packet(|out| {
            out.push(94);
            put_u32(out, theirs);
            put_string(out, bytes);
        });
    }

    /// Sends what the window allows.
    fn push(&mut self, id: u32) {
        let channel = self.channels.get_mut(&id).expect("it was opened");
        let Some(theirs) = channel.theirs else { return };
        loop {
            let rest = &channel.pending[channel.gone..];
            let count = rest
                .len()
                .min(channel.credit.min(channel.max_packet) as usize);
            if count == 0 {
                break;
            }
            put(&mut self.output, |out| {
                out.push(94);
                put_u32(out, theirs);
                put_string(out, &rest[..count]);
            });
            channel.gone += count;
            channel.credit -= u32::try_from(count).expect("it is within the credit");
        }
        if channel.wants_eof && channel.gone == channel.pending.len() {
            channel.wants_eof = false;
            self.about(96, id);
        }
    }

    /// All that was written has gone out.
    pub(super) fn is_idle(&self) -> bool {
        self.channels.values().all(|it| it.gone == it.pending.len())
    }

    pub(super) fn receive(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
        let input = std::mem::take(&mut self.input);
        let mut rest = &input[..];
        if !self.has_ident {
            let Some(end) = rest.windows(2).position(|it| it == b"\r\n") else {
                self.input = input;
                return;
            };
            let line = String::from_utf8(rest[..end].to_vec()).expect("it is text");
            self.said.push(Said::Ident(line));
            self.has_ident = true;
            rest = &rest[end + 2..];
        }
        while let Some((payload, whole)) = cut(rest).expect("what is sent is right") {
            self.handle(payload);
            rest = &rest[whole..];
        }
        self.input = rest.to_vec();
    }

    fn handle(&mut self, payload: &[u8]) {
        let mut fields = Fields::new(payload);
        let number = fields.byte().expect("it has a number");
        match number {
            1 => {
                let code = fields.u32().expect("a code");
                let text = text(fields.string().expect("a text"));
                self.said.push(Said::Disconnect(code, text));
            }
            3 => self
                .said
                .push(Said::Unimplemented(fields.u32().expect("a number"))),
            20 => self.said.push(Said::KexInit(payload.to_vec())),
            80 => {
                let name = text(fields.string().expect("a name"));
                let wants_reply = fields.flag().expect("a flag");
                let rest = payload[1 + 4 + name.len() + 1..].to_vec();
                self.said.push(Said::Request(name, wants_reply, rest));
            }
            81 | 82 => self.said.push(Said::Reply(number == 81)),
            91..=100 => self.handle_channel(number, &mut fields, payload),
            _ => panic!("nobody sends {number}"),
        }
    }

    fn handle_channel(&mut self, number: u8, fields: &mut Fields<'_>, payload: &[u8]) {
        let id = fields.u32().expect("a channel");
        let channel = self
            .channels
            .get_mut(&id)
            .expect("a channel that was opened");
        assert!(!channel.closed, "nothing comes behind a close");
        match number {
            91 => {
                channel.theirs = Some(fields.u32().expect("its number"));
                channel.credit = fields.u32().expect("its window");
                channel.max_packet = fields.u32().expect("its packets");
                channel.extra = payload[17..].to_vec();
                self.push(id);
            }
            92 => channel.refused = Some(fields.u32().expect("a code")),
            93 => {
                let count = fields.u32().expect("a count");
                channel.credit += count;
                channel.adjusted.0 += 1;
                channel.adjusted.1 += count;
                self.push(id);
            }
            94 => {
                let bytes = fields.string().expect("bytes");
                assert!(!channel.eof, "nothing comes behind an end");
                assert!(bytes.len() <= FAR_PACKET as usize);
                let count = u32::try_from(bytes.len()).expect("short");
                channel.allowed = channel.allowed.checked_sub(count).expect("it fits");
                channel.received.extend_from_slice(bytes);
                channel.packets += 1;
                let used = FAR_WINDOW.saturating_sub(channel.allowed);
                if channel.adjusts && used >= FAR_WINDOW / 2 {
                    self.adjust(id, used);
                }
            }
            96 => channel.eof = true,
            97 => channel.closed = true,
            100 => channel.failures += 1,
            _ => panic!("nobody sends {number}"),
        }
    }

    pub(super) fn has_said(&self, said: &Said) -> bool {
        self.said.contains(said)
    }

    pub(super) fn disconnected(&self) -> Option<u32> {
        self.said.iter().find_map(|said| match said {
            Said::Disconnect(code, _) => Some(*code),
            _ => None,
        })
    }
}

pub(super) fn port_fields(port: u32) -> Vec<u8> {
    let mut fields = Vec::new();
    put_string(&mut fields, b"127.0.0.1");
    put_u32(&mut fields, port);
    put_string(&mut fields, b"203.0.113.9");
    put_u32(&mut fields, 40_000);
    fields
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("it is text")
}

/// What a stream carries, told apart by its seed.
pub(super) fn seeded(seed: u32, count: usize) -> Vec<u8> {
    let mut state = u64::from(seed) << 1 | 1;
    (0..count)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_be_bytes()[3]
        })
        .collect()
}
