//! A session over a pipe in memory, and the far end of it.

use super::super::{Event, Incoming, IncomingKind, Outer, start};
use super::far::Far;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::sync::mpsc;

/// What the pipe holds each way.
const PIPE: usize = 64 * 1024;

pub(super) struct Live {
    pub(super) outer: Outer,
    pub(super) events: mpsc::Receiver<Event>,
    pub(super) relay: Relay,
}

pub(super) struct Relay {
    pub(super) far: Far,
    pub(super) io: DuplexStream,
    buffer: Vec<u8>,
    is_over: bool,
}

impl Relay {
    pub(super) fn new(far: Far) -> (Self, DuplexStream) {
        let (io, near) = duplex(PIPE);
        let relay = Self {
            far,
            io,
            buffer: vec![0; PIPE],
            is_over: false,
        };
        (relay, near)
    }

    /// Moves bytes both ways until something holds.
    pub(super) async fn until(&mut self, mut holds: impl FnMut(&mut Far) -> bool) {
        while !holds(&mut self.far) {
            assert!(!self.is_over, "the session went first");
            self.step().await;
        }
    }

    /// Moves bytes both ways until the other end has gone.
    pub(super) async fn until_over(&mut self) {
        while !self.is_over {
            self.step().await;
        }
    }

    /// Moves bytes both ways for as long as somebody waits.
    pub(super) async fn during<R>(&mut self, work: impl Future<Output = R>) -> R {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = self.step() => {}
            }
        }
    }

    async fn step(&mut self) {
        if self.is_over {
            return std::future::pending().await;
        }
        let (mut reader, mut writer) = tokio::io::split(&mut self.io);
        let output = &self.far.output;
        tokio::select! {
            read = reader.read(&mut self.buffer) => match read {
                Ok(count) if count > 0 => self.far.receive(&self.buffer[..count]),
                _ => self.is_over = true,
            },
            wrote = writer.write(output), if !output.is_empty() => match wrote {
                Ok(count) => {
                    self.far.output.drain(..count);
                }
                Err(_) => self.far.output.clear(),
            },
        }
    }
}

impl Live {
    pub(super) async fn new() -> Self {
        let (mut relay, near) = Relay::new(Far::new());
        let started = relay.during(start(near)).await;
        let (outer, events) = started.expect("they greet");
        Self {
            outer,
            events,
            relay,
        }
    }

    /// The next thing to be reported that is no mere sign of life.
    pub(super) async fn event(&mut self) -> Event {
        let events = &mut self.events;
        let next = async {
            loop {
                match events.recv().await.expect("there is more to come") {
                    Event::Alive => {}
                    event => return event,
                }
            }
        };
        self.relay.during(next).await
    }

    pub(super) async fn incoming(&mut self) -> Incoming {
        match self.event().await {
            Event::Incoming(incoming) => incoming,
            event => panic!("{event:?} instead of a channel"),
        }
    }

    /// A channel of the first version: its number at the far end, and this end.
    pub(super) async fn session(&mut self) -> (u32, super::super::Channel) {
        let id = self.relay.far.open_session();
        let incoming = self.incoming().await;
        assert_eq!(incoming.kind, IncomingKind::ClientSession);
        let channel = incoming.accept(false);
        let far = |far: &mut Far| far.channel(id).theirs.is_some();
        self.relay.until(far).await;
        (id, channel)
    }
}
