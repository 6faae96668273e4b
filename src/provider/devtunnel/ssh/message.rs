//! The messages of the outer session: those that come, parsed without a copy, and those that go.
//!
//! It knows what is in a message and not when one is allowed. Fields behind the last known one are
//! passed over: relays add some.

use super::wire::{Fault, Fields, put, put_string, put_u32};

/// What every name-list says: no cryptography at all.
pub(super) const NONE: &[u8] = b"none";

/// The global request that only wants an answer.
pub(super) const KEEPALIVE: &[u8] = b"keepalive@openssh.com";

/// The address that every port is forwarded from.
const LOOPBACK: &[u8] = b"127.0.0.1";

/// So much of what a peer says in words is kept.
const MAX_TEXT: usize = 512;

/// A message that came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message<'a> {
    /// 1.
    Disconnect { code: u32, text: String },
    /// 2, 3, 4, 7, 21, a guess at a key exchange, and answers to what is never asked: of no interest.
    Nothing,
    /// 20.
    KexInit { offers_none: bool },
    /// 80.
    GlobalRequest { name: &'a [u8], wants_reply: bool },
    /// 81 and 82.
    GlobalReply { is_success: bool },
    /// 90.
    Open(Open<'a>),
    /// 91 and 92: this end opens no channels.
    OpenReply,
    /// 93.
    Adjust { channel: u32, count: u32 },
    /// 94.
    Data { channel: u32, bytes: &'a [u8] },
    /// 95, whose bytes nobody wants.
    Extended { channel: u32, count: usize },
    /// 96.
    Eof { channel: u32 },
    /// 97.
    Close { channel: u32 },
    /// 98.
    Request { channel: u32, wants_reply: bool },
    /// Anything else.
    Unknown,
}

/// What the relay says of a channel that it opens.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Open<'a> {
    pub(super) sender: u32,
    pub(super) window: u32,
    pub(super) max_packet: u32,
    pub(super) kind: OpenKind<'a>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum OpenKind<'a> {
    ClientSession,
    Forwarded(Forwarded<'a>),
    Unknown,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Forwarded<'a> {
    pub(super) host: &'a [u8],
    pub(super) port: u32,
    pub(super) origin: &'a [u8],
    pub(super) origin_port: u32,
    /// What the second version of the protocol adds: the token and whether encryption is wanted.
    pub(super) extra: Option<(&'a [u8], bool)>,
}

/// Understands a packet's payload.
pub(super) fn parse(payload: &[u8]) -> Result<Message<'_>, Fault> {
    let mut fields = Fields::new(payload);
    Ok(match fields.byte()? {
        1 => disconnect(&mut fields),
        2..=4 | 7 | 21 | 30..=49 | 99 | 100 => Message::Nothing,
        20 => kex_init(&mut fields)?,
        80 => Message::GlobalRequest {
            name: fields.string()?,
            wants_reply: fields.flag()?,
        },
        81 => Message::GlobalReply { is_success: true },
        82 => Message::GlobalReply { is_success: false },
        90 => Message::Open(open(&mut fields)?),
        91 | 92 => Message::OpenReply,
        number @ 93..=98 => of_channel(number, fields.u32()?, &mut fields)?,
        _ => Message::Unknown,
    })
}

/// However little it says, it is the end.
fn disconnect<'a>(fields: &mut Fields<'_>) -> Message<'a> {
    Message::Disconnect {
        code: fields.u32().unwrap_or_default(),
        text: words(fields.string().unwrap_or_default()),
    }
}

fn kex_init<'a>(fields: &mut Fields<'_>) -> Result<Message<'a>, Fault> {
    const COOKIE: usize = 16;
    fields.skip(COOKIE)?;
    let exchanges = fields.string()?;
    let offers_none = exchanges.is_empty() || exchanges.split(|c| *c == b',').any(|it| it == NONE);
    Ok(Message::KexInit { offers_none })
}

fn of_channel<'a>(number: u8, channel: u32, fields: &mut Fields<'a>) -> Result<Message<'a>, Fault> {
    Ok(match number {
        93 => Message::Adjust {
            channel,
            count: fields.u32()?,
        },
        94 => Message::Data {
            channel,
            bytes: fields.string()?,
        },
        95 => {
            fields.u32()?;
            let count = fields.string()?.len();
            Message::Extended { channel, count }
        }
        96 => Message::Eof { channel },
        97 => Message::Close { channel },
        98 => {
            fields.string()?;
            let wants_reply = fields.flag()?;
            Message::Request {
                channel,
                wants_reply,
            }
        }
        _ => Message::Unknown,
    })
}

fn open<'a>(fields: &mut Fields<'a>) -> Result<Open<'a>, Fault> {
    let name = fields.string()?;
    let (sender, window, max_packet) = (fields.u32()?, fields.u32()?, fields.u32()?);
    let kind = match name {
        b"client-ssh-session-stream" => OpenKind::ClientSession,
        b"forwarded-tcpip" => OpenKind::Forwarded(forwarded(fields)?),
        _ => OpenKind::Unknown,
    };
    Ok(Open {
        sender,
        window,
        max_packet,
        kind,
    })
}

fn forwarded<'a>(fields: &mut Fields<'a>) -> Result<Forwarded<'a>, Fault> {
    Ok(Forwarded {
        host: fields.string()?,
        port: fields.u32()?,
        origin: fields.string()?,
        origin_port: fields.u32()?,
        extra: if fields.is_empty() {
            None
        } else {
            Some((fields.string()?, fields.flag().unwrap_or_default()))
        },
    })
}

/// What a peer says in words, fit for a log: short, and without control characters.
pub(super) fn words(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MAX_TEXT)
        .collect()
}

/// 1.
pub(super) fn put_disconnect(out: &mut Vec<u8>, code: u32, text: &str) {
    put(out, |out| {
        out.push(1);
        put_u32(out, code);
        put_string(out, words(text.as_bytes()).as_bytes());
        put_string(out, b"");
    });
}

/// 3: the packet of that number was not understood.
pub(super) fn put_unimplemented(out: &mut Vec<u8>, sequence: u32) {
    put(out, |out| {
        out.push(3);
        put_u32(out, sequence);
    });
}

/// 20: `none` of everything.
pub(super) fn put_kex_init(out: &mut Vec<u8>, cookie: &[u8; 16]) {
    put(out, |out| {
        out.push(20);
        out.extend_from_slice(cookie);
        for _ in 0..8 {
            put_string(out, NONE);
        }
        // No languages, no guess follows, and a reserved number.
        out.extend_from_slice(&[0; 4 + 4 + 1 + 4]);
    });
}

/// 80: serve this port from now on.
pub(super) fn put_forward(out: &mut Vec<u8>, port: u16, token: &str) {
    put(out, |out| {
        out.push(80);
        put_string(out, b"tcpip-forward");
        out.push(1);
        put_string(out, LOOPBACK);
        put_u32(out, u32::from(port));
        put_string(out, token.as_bytes());
    });
}

/// 80: serve this port no more. It asks for no answer, as nobody else does.
pub(super) fn put_cancel_forward(out: &mut Vec<u8>, port: u16) {
    put(out, |out| {
        out.push(80);
        put_string(out, b"cancel-tcpip-forward");
        out.push(0);
        put_string(out, LOOPBACK);
        put_u32(out, u32::from(port));
    });
}

/// 81 or 82.
pub(super) fn put_global_reply(out: &mut Vec<u8>, is_success: bool) {
    put(out, |out| out.push(if is_success { 81 } else { 82 }));
}

/// 91, with the field that only the second version has.
pub(super) fn put_confirmation(
    out: &mut Vec<u8>,
    (recipient, sender): (u32, u32),
    (window, max_packet): (u32, u32),
    extra: Option<bool>,
) {
    put(out, |out| {
        out.push(91);
        for field in [recipient, sender, window, max_packet] {
            put_u32(out, field);
        }
        out.extend(extra.map(u8::from));
    });
}

/// 92.
pub(super) fn put_open_failure(out: &mut Vec<u8>, recipient: u32, code: u32, text: &str) {
    put(out, |out| {
        out.push(92);
        put_u32(out, recipient);
        put_u32(out, code);
        put_string(out, words(text.as_bytes()).as_bytes());
        put_string(out, b"");
    });
}

/// 93.
pub(super) fn put_adjust(out: &mut Vec<u8>, recipient: u32, count: u32) {
    put(out, |out| {
        out.push(93);
        put_u32(out, recipient);
        put_u32(out, count);
    });
}

/// 94, of two parts that follow each other.
pub(super) fn put_data(out: &mut Vec<u8>, recipient: u32, (first, second): (&[u8], &[u8])) {
    put(out, |out| {
        out.push(94);
        put_u32(out, recipient);
        put_u32(out, super::wire::number(first.len() + second.len()));
        out.extend_from_slice(first);
        out.extend_from_slice(second);
    });
}

/// 96.
pub(super) fn put_eof(out: &mut Vec<u8>, recipient: u32) {
    put_bare(out, 96, recipient);
}

/// 97.
pub(super) fn put_close(out: &mut Vec<u8>, recipient: u32) {
    put_bare(out, 97, recipient);
}

/// 100.
pub(super) fn put_channel_failure(out: &mut Vec<u8>, recipient: u32) {
    put_bare(out, 100, recipient);
}

fn put_bare(out: &mut Vec<u8>, number: u8, recipient: u32) {
    put(out, |out| {
        out.push(number);
        put_u32(out, recipient);
    });
}
