//! One connection to ngrok's edge, with a switch that cuts it.
//!
//! The crate keeps a connection for as long as the system has it, and lets go of none: whoever drops
//! its session has closed nothing. So what it is given is this, which ends when it is told to, when the
//! edge ends it, or when the edge sends everybody away.

use super::answers::{Answers, Outcome};
use super::frames::{Seen, Walk};
use crate::link::Transport;
use parking_lot::{Mutex, MutexGuard};
use std::collections::BTreeSet;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::oneshot;
use tokio::time::Instant;

/// The first stream that the crate opens. That the edge takes its beats in is no answer to them.
const BEATS: u32 = 3;

/// So many of the edge's last streams are remembered: it counts up, and sends what it opens in about the
/// order of their numbers.
const REMEMBERED: usize = 4096;

/// What ended a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The edge has sent everybody away.
    Away,
    /// The edge has said nothing for too long.
    Silent,
    /// It broke, or was cut.
    Broken(String),
}

/// The switch, and what is known of the connection. Clones are of the same one.
#[derive(Clone)]
pub(super) struct Link(Arc<Mutex<State>>);

struct State {
    /// `None` when it is over.
    stream: Option<Box<dyn Transport>>,
    end: Option<End>,
    heard: Instant,
    walk: Walk,
    /// The edge's last streams.
    opened: BTreeSet<u32>,
    /// Whoever waits to hear how a resumption goes.
    resuming: Option<(Answers, oneshot::Sender<Outcome>)>,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl State {
    /// The connection goes, and whoever waits for it is woken; both once nothing is locked.
    fn end(&mut self, why: End) -> impl FnOnce() + use<> {
        let stream = self.stream.take();
        if stream.is_some() {
            self.end = Some(why);
        }
        self.resuming = None;
        let wakers = [self.reader.take(), self.writer.take()];
        move || {
            drop(stream);
            wakers.into_iter().flatten().for_each(Waker::wake);
        }
    }

    /// Looks at what the edge has sent: what ends the connection, if anything of it does.
    fn see(&mut self, bytes: &[u8]) -> Option<End> {
        let Self {
            walk,
            opened,
            resuming,
            ..
        } = self;
        let (mut end, mut alive, mut outcome) = (None, false, None);
        walk.over(bytes, |seen| {
            match seen {
                Seen::GoAway => end = end.take().or(Some(End::Away)),
                Seen::Opened { stream } if !open(opened, stream) => {
                    let why = format!("the edge opened its stream {stream} twice");
                    end = Some(End::Broken(why));
                }
                _ => {}
            }
            alive |= seen != Seen::Taken { stream: BEATS };
            if let (Some((answers, _)), None) = (resuming.as_mut(), &outcome) {
                outcome = answers.take(&seen);
            }
        });
        if let Some((outcome, (_, waiting))) = outcome.and_then(|it| Some((it, resuming.take()?))) {
            // Who gave up waiting has cut the connection as well.
            let _ = waiting.send(outcome);
        }
        if alive {
            self.heard = Instant::now();
        }
        end
    }
}

/// Notes a stream of the edge's; false for one that it may not open: ours have odd numbers, and the crate
/// panics where two that are open have the same.
fn open(opened: &mut BTreeSet<u32>, stream: u32) -> bool {
    let is_old = opened.len() == REMEMBERED && opened.first().is_some_and(|first| stream < *first);
    let is_new = stream.is_multiple_of(2) && !is_old && opened.insert(stream);
    if opened.len() > REMEMBERED {
        opened.pop_first();
    }
    is_new
}

impl Link {
    /// The switch and the connection, as the crate gets it.
    pub(super) fn over(stream: Box<dyn Transport>) -> (Self, LinkStream) {
        let link = Self(Arc::new(Mutex::new(State {
            stream: Some(stream),
            end: None,
            heard: Instant::now(),
            walk: Walk::default(),
            opened: BTreeSet::new(),
            resuming: None,
            reader: None,
            writer: None,
        })));
        (link.clone(), LinkStream(link))
    }

    /// Tells how the resumption of a session with so many endpoints goes. To be asked for before the
    /// crate has the connection.
    pub(super) fn watch_resumption(&self, endpoints: usize) -> oneshot::Receiver<Outcome> {
        let (sender, receiver) = oneshot::channel();
        self.lock().resuming = Some((Answers::to(endpoints), sender));
        receiver
    }

    /// Cuts the connection, if it is not over.
    pub(super) fn cut(&self, why: &str) {
        self.end(End::Broken(why.to_owned()));
    }

    /// Cuts the connection, if it is not over, for this.
    pub(super) fn end(&self, why: End) {
        let ended = self.lock().end(why);
        ended();
    }

    /// What ended it, if anything has.
    pub(super) fn ended(&self) -> Option<End> {
        self.lock().end.clone()
    }

    pub(super) fn is_over(&self) -> bool {
        self.lock().stream.is_none()
    }

    /// When the edge was last heard of.
    pub(super) fn heard(&self) -> Instant {
        self.lock().heard
    }

    /// For how long the edge has said nothing.
    pub(super) fn silence(&self) -> Duration {
        self.heard().elapsed()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }
}

/// Cuts its connection when it is dropped.
pub(super) struct Leash(pub(super) Link);

impl Drop for Leash {
    fn drop(&mut self) {
        self.0.cut("nobody needs it any longer");
    }
}

/// The connection as the crate has it.
pub(super) struct LinkStream(Link);

impl Drop for LinkStream {
    fn drop(&mut self) {
        self.0.cut("the session let go of it");
    }
}

fn remember(waker: &mut Option<Waker>, cx: &Context<'_>) {
    match waker {
        Some(known) if known.will_wake(cx.waker()) => {}
        _ => *waker = Some(cx.waker().clone()),
    }
}

impl AsyncRead for LinkStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut state = self.0.lock();
        let Some(stream) = state.stream.as_mut() else {
            // The end of a stream is what the crate understands.
            return Poll::Ready(Ok(()));
        };
        let before = buf.filled().len();
        let read = Pin::new(stream).poll_read(cx, buf);
        let ended = match &read {
            Poll::Pending => {
                remember(&mut state.reader, cx);
                return Poll::Pending;
            }
            Poll::Ready(Err(error)) => state.end(End::Broken(error.to_string())),
            Poll::Ready(Ok(())) if buf.filled().len() == before => {
                state.end(End::Broken("the edge closed the connection".to_owned()))
            }
            Poll::Ready(Ok(())) => {
                let Some(end) = state.see(&buf.filled()[before..]) else {
                    return read;
                };
                if end != End::Away {
                    // The crate is not to see it.
                    buf.set_filled(before);
                }
                state.end(end)
            }
        };
        drop(state);
        ended();
        read
    }
}

impl LinkStream {
    fn write_with<T>(
        &self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut Box<dyn Transport>>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let mut state = self.0.lock();
        let Some(stream) = state.stream.as_mut() else {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        };
        let written = write(Pin::new(stream), cx);
        let ended = match &written {
            Poll::Pending => {
                remember(&mut state.writer, cx);
                return Poll::Pending;
            }
            Poll::Ready(Ok(_)) => return written,
            Poll::Ready(Err(error)) => state.end(End::Broken(error.to_string())),
        };
        drop(state);
        ended();
        written
    }
}

impl AsyncWrite for LinkStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write_with(cx, |stream, cx| stream.poll_write(cx, buf))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.write_with(cx, AsyncWrite::poll_flush)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.write_with(cx, AsyncWrite::poll_shutdown)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::frame;
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    #[tokio::test]
    async fn a_cut_connection_wakes_its_reader_and_is_closed_to_the_other_end() {
        let (near, mut far) = duplex(64);
        let (link, mut stream) = Link::over(Box::new(near));
        assert!(!link.is_over() && link.ended().is_none());
        let (mut byte, mut rest) = ([0], Vec::new());
        let (read, ()) = tokio::join!(stream.read(&mut byte), async { link.cut("enough") });
        assert_eq!(read.expect("an end is no error"), 0);
        let error = stream.write_all(b"x").await.expect_err("it is cut");
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(far.read_to_end(&mut rest).await.expect("closed"), 0);
        let enough = Some(End::Broken("enough".to_owned()));
        assert_eq!(link.ended(), enough);
        link.cut("again");
        assert_eq!(link.ended(), enough, "the first counts");
    }

    #[tokio::test]
    async fn whoever_drops_either_end_has_closed_the_connection() {
        let (near, mut far) = duplex(64);
        let (link, stream) = Link::over(Box::new(near));
        drop(stream);
        assert!(link.is_over());
        assert_eq!(far.read(&mut [0]).await.expect("closed"), 0);
        let (near, mut far) = duplex(64);
        let (link, _stream) = Link::over(Box::new(near));
        drop(Leash(link));
        assert_eq!(far.read(&mut [0]).await.expect("closed"), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn an_edge_that_takes_beats_in_and_does_not_answer_says_nothing() {
        let (near, mut far) = duplex(64);
        let (link, mut stream) = Link::over(Box::new(near));
        let mut bytes = [0; 32];
        for (frame, counts) in [
            (frame(2, 0, BEATS, &[0, 0, 0, 4]), false),
            (frame(1, 0, BEATS, b"beat"), true),
            (frame(2, 0, 2, &[0, 0, 0, 4]), true),
        ] {
            tokio::time::advance(Duration::from_secs(1)).await;
            far.write_all(&frame).await.expect("room");
            assert_eq!(stream.read(&mut bytes).await.expect("it came"), 12);
            assert_eq!(link.silence().is_zero(), counts, "{frame:?}");
        }
    }

    #[tokio::test]
    async fn a_stream_that_is_opened_twice_ends_it_before_the_crate_sees_that() {
        let (near, mut far) = duplex(64);
        let (link, mut stream) = Link::over(Box::new(near));
        let mut bytes = [0; 64];
        for number in [2, 6, 4] {
            far.write_all(&frame(1, 2, number, b"x"))
                .await
                .expect("room");
            assert_eq!(stream.read(&mut bytes).await.expect("it came"), 9);
        }
        far.write_all(&frame(1, 2, 6, b"x")).await.expect("room");
        assert_eq!(stream.read(&mut bytes).await.expect("an end"), 0);
        assert!(matches!(link.ended(), Some(End::Broken(why)) if why.contains("twice")));
    }

    #[test]
    fn what_is_remembered_of_streams_is_bounded() {
        let mut opened = BTreeSet::new();
        assert!(!open(&mut opened, 3), "ours");
        for stream in (2..).step_by(2).take(REMEMBERED + 9) {
            assert!(open(&mut opened, stream));
        }
        assert_eq!(opened.len(), REMEMBERED);
        assert!(!open(&mut opened, 2), "long ago");
    }

    #[tokio::test]
    async fn an_edge_that_sends_everybody_away_has_ended_it_before_the_crate_knows() {
        let (near, mut far) = duplex(64);
        let (link, mut stream) = Link::over(Box::new(near));
        far.write_all(&frame(3, 0, 0, &[0; 8])).await.expect("room");
        let mut bytes = [0; 32];
        assert_eq!(stream.read(&mut bytes).await.expect("it came"), 16);
        assert_eq!(link.ended(), Some(End::Away));
        assert_eq!(stream.read(&mut bytes).await.expect("an end"), 0);
    }
}
