//! The relay's end of one host's session: a WebSocket, and in it as much of SSH without cryptography
//! as a test needs.

use crate::link::websocket::WebSocket;
use http::HeaderValue;
use http::header::SEC_WEBSOCKET_PROTOCOL;
use std::collections::VecDeque;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};

/// What a host said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::provider::devtunnel) enum Said {
    Disconnect(u32),
    /// A port, and the token that was shown for it.
    Forward(u32, String),
    Cancel(u32),
    Confirmed {
        e2ee: bool,
    },
    Refused(u32),
    Data(Vec<u8>),
    Eof,
    Close,
    /// The connection ended.
    Gone,
}

pub(in crate::provider::devtunnel) struct Relay {
    listener: TcpListener,
}

pub(in crate::provider::devtunnel) struct HostLink {
    stream: WebSocket<TcpStream>,
    buffer: VecDeque<u8>,
    /// The host's number of the one channel.
    channel: u32,
    /// Requests are refused.
    pub refuses: bool,
}

impl Relay {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        Self { listener }
    }

    pub fn uri(&self) -> String {
        format!("ws://{}/host", self.listener.local_addr().expect("bound"))
    }

    /// Takes the next host in, up to the WebSocket. `pick` is the version.
    #[expect(clippy::result_large_err, reason = "the library's callback")]
    pub async fn upgrade(&self, pick: &'static str) -> HostLink {
        let (socket, _) = self.listener.accept().await.expect("a connection");
        let callback = |_: &Request, mut response: Response| {
            let picked = HeaderValue::from_static(pick);
            response
                .headers_mut()
                .insert(SEC_WEBSOCKET_PROTOCOL, picked);
            Ok::<_, ErrorResponse>(response)
        };
        let accepted = accept_hdr_async(socket, callback).await;
        HostLink {
            stream: WebSocket::new(accepted.expect("it is agreed")),
            buffer: VecDeque::new(),
            channel: 0,
            refuses: false,
        }
    }

    /// Takes the next host in, greetings and all.
    pub async fn accept(&self, pick: &'static str) -> HostLink {
        let mut link = self.upgrade(pick).await;
        link.greet().await;
        link
    }
}

fn string(into: &mut Vec<u8>, bytes: &[u8]) {
    into.extend(u32::try_from(bytes.len()).expect("short").to_be_bytes());
    into.extend(bytes);
}

/// Takes the next fields of a packet.
struct Fields<'p>(&'p [u8]);

impl Fields<'_> {
    fn u32(&mut self) -> u32 {
        let (number, rest) = self.0.split_at(4);
        self.0 = rest;
        u32::from_be_bytes(number.try_into().expect("four"))
    }

    fn string(&mut self) -> Vec<u8> {
        let length = self.u32() as usize;
        let (text, rest) = self.0.split_at(length);
        self.0 = rest;
        text.to_vec()
    }

    fn text(&mut self) -> String {
        String::from_utf8(self.string()).expect("text")
    }

    /// One that is missing, as the last of the second version may be, is a no.
    fn bool(&mut self) -> bool {
        let Some((byte, rest)) = self.0.split_first() else {
            return false;
        };
        self.0 = rest;
        *byte != 0
    }
}

impl HostLink {
    async fn greet(&mut self) {
        let ident = b"SSH-2.0-fake\r\n";
        self.stream.write_all(ident).await.expect("it goes");
        while self.read_byte().await != Some(b'\n') {}
        let mut kex = vec![20];
        kex.extend([7; 16]);
        for _ in 0..8 {
            string(&mut kex, b"none");
        }
        string(&mut kex, b"");
        string(&mut kex, b"");
        kex.extend([0; 5]);
        self.send(&kex).await;
    }

    async fn read_byte(&mut self) -> Option<u8> {
        if self.buffer.is_empty() {
            let mut part = vec![0; 4096];
            let count = self.stream.read(&mut part).await.unwrap_or(0);
            self.buffer.extend(&part[..count]);
        }
        self.buffer.pop_front()
    }

    async fn read_exactly(&mut self, count: usize) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(count);
        while bytes.len() < count {
            bytes.push(self.read_byte().await?);
        }
        Some(bytes)
    }

    async fn send(&mut self, payload: &[u8]) {
        let padding = 4 + (8 - (payload.len() + 9) % 8) % 8;
        let length = payload.len() + 1 + padding;
        let mut packet = u32::try_from(length).expect("short").to_be_bytes().to_vec();
        packet.push(u8::try_from(padding).expect("short"));
        packet.extend(payload);
        packet.resize(4 + length, 0);
        // It may be gone: then the host sees that.
        let _ = self.stream.write_all(&packet).await;
        let _ = self.stream.flush().await;
    }

    /// Opens a channel to a port of the second version.
    pub async fn open(&mut self, port: u32, e2ee: bool) {
        let mut open = vec![90];
        string(&mut open, b"forwarded-tcpip");
        for number in [5_u32, 1 << 20, 32 * 1024] {
            open.extend(number.to_be_bytes());
        }
        string(&mut open, b"127.0.0.1");
        open.extend(port.to_be_bytes());
        string(&mut open, b"192.0.2.1");
        open.extend(4711_u32.to_be_bytes());
        string(&mut open, b"visitor's token");
        open.push(u8::from(e2ee));
        self.send(&open).await;
    }

    /// Opens a channel of that number for a client of the first version.
    pub async fn open_client(&mut self, number: u32) {
        let mut open = vec![90];
        string(&mut open, b"client-ssh-session-stream");
        for number in [number, 1 << 20, 32 * 1024] {
            open.extend(number.to_be_bytes());
        }
        self.send(&open).await;
    }

    pub async fn data(&mut self, bytes: &[u8]) {
        let mut data = vec![94];
        data.extend(self.channel.to_be_bytes());
        string(&mut data, bytes);
        self.send(&data).await;
    }

    pub async fn eof(&mut self) {
        let mut eof = vec![96];
        eof.extend(self.channel.to_be_bytes());
        self.send(&eof).await;
    }

    pub async fn disconnect(&mut self, code: u32) {
        let mut disconnect = vec![1];
        disconnect.extend(code.to_be_bytes());
        string(
            &mut disconnect,
            b"Another host for the tunnel has connected.",
        );
        string(&mut disconnect, b"");
        self.send(&disconnect).await;
    }

    /// What the host says next; requests are answered.
    pub async fn next(&mut self) -> Said {
        loop {
            let Some(head) = self.read_exactly(5).await else {
                return Said::Gone;
            };
            let length = Fields(&head).u32() as usize;
            let Some(mut payload) = self.read_exactly(length - 1).await else {
                return Said::Gone;
            };
            payload.truncate(length - 1 - usize::from(head[4]));
            if let Some(said) = self.handle(&payload).await {
                return said;
            }
        }
    }

    async fn handle(&mut self, payload: &[u8]) -> Option<Said> {
        let mut fields = Fields(&payload[1..]);
        Some(match payload[0] {
            1 => Said::Disconnect(fields.u32()),
            80 => return self.handle_request(&mut fields).await,
            91 => {
                fields.u32();
                self.channel = fields.u32();
                fields.u32();
                fields.u32();
                let e2ee = fields.bool();
                Said::Confirmed { e2ee }
            }
            92 => {
                fields.u32();
                Said::Refused(fields.u32())
            }
            94 => {
                fields.u32();
                Said::Data(fields.string())
            }
            96 => Said::Eof,
            97 => Said::Close,
            _ => return None,
        })
    }

    async fn handle_request(&mut self, fields: &mut Fields<'_>) -> Option<Said> {
        let (name, before) = (fields.text(), fields.0.len());
        // The second version has its token at the end, behind the flag where SSH has it.
        let wants_answer = before > 0 && fields.bool();
        let answer = if self.refuses { 82 } else { 81 };
        let said = match name.as_str() {
            "tcpip-forward" => {
                fields.text();
                let port = fields.u32();
                Some(Said::Forward(port, fields.text()))
            }
            "cancel-tcpip-forward" => {
                fields.text();
                Some(Said::Cancel(fields.u32()))
            }
            _ => None,
        };
        if wants_answer {
            let mut reply = vec![answer];
            if let (Some(Said::Forward(port, _)), false) = (&said, self.refuses) {
                reply.extend(port.to_be_bytes());
            }
            self.send(&reply).await;
        }
        said
    }
}
