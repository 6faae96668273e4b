//! A link's socket, which lets the kernel hold no more than goes in a moment.
//!
//! What the kernel has taken nothing overtakes: on a way of 2 Mbit/s its usual 64 KiB are a quarter of a
//! second. `TCP_NOTSENT_LOWAT` bounds what it takes ahead, but it asks only when it begins another
//! packet buffer, of up to 64 KiB; `MSG_EOR` ends one before that. How fast the way is shows in how much
//! goes between two times at which the kernel takes no more.
//!
//! While the kernel is full, more comes as soon as there is room: `TCP_CORK` keeps the last packet back
//! until it is whole, or nothing has come for a moment. Each one that is not costs a slow way a header
//! for little.

use socket2::SockRef;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// Linux' flag of that name: nothing is put into the same packet buffer behind these bytes.
const MSG_EOR: i32 = 0x80;

/// The kernel takes so much time's worth ahead.
const AHEAD: Duration = Duration::from_millis(20);

/// A packet buffer holds so much time's worth.
const BLOCK: Duration = Duration::from_millis(10);

/// The least time that shows how fast the way is: acknowledgements come in bursts.
const SPAN: Duration = Duration::from_millis(10);

/// Packets in the smallest one; the kernel's work is for a buffer, whatever it holds.
const MIN_PACKETS: usize = 4;

/// The kernel's own are no larger.
const MAX_BLOCK: usize = 64 * 1024;

/// The kernel's own way is best.
const NO_BLOCK: usize = usize::MAX;

/// The most that the kernel takes ahead, and what it takes until the way is known.
const MAX_AHEAD: usize = 128 * 1024;

/// So long a packet that is not whole waits for what follows.
const HELD: Duration = Duration::from_millis(5);

/// What the way takes at most in a packet, until the kernel has found out.
const MIN_PACKET: usize = 536;

/// See the module.
#[derive(Debug)]
pub struct LinkSocket {
    inner: TcpStream,
    rate: Rate,
    /// Bytes in the packet buffer that is being filled.
    filled: usize,
    block: usize,
    /// What a packet carries.
    packet: usize,
    ahead: usize,
    cork: Cork,
}

/// Whether the kernel keeps back what fills no packet.
#[derive(Debug)]
enum Cork {
    Out,
    In,
    /// Nothing more has come: until this is over.
    Until(Pin<Box<Sleep>>),
}

impl LinkSocket {
    /// # Errors
    /// When the socket is already broken.
    pub(super) fn new(inner: TcpStream) -> io::Result<Self> {
        let socket = Self {
            inner,
            rate: Rate::default(),
            filled: 0,
            block: NO_BLOCK,
            packet: MIN_PACKET,
            ahead: MAX_AHEAD,
            cork: Cork::Out,
        };
        socket.limit()?;
        Ok(socket)
    }

    #[cfg(test)]
    pub(super) const fn get_ref(&self) -> &TcpStream {
        &self.inner
    }

    fn limit(&self) -> io::Result<()> {
        let ahead = u32::try_from(self.ahead).unwrap_or(u32::MAX);
        SockRef::from(&self.inner).set_tcp_notsent_lowat(ahead)
    }

    /// The kernel takes no more now: what went since the last time shows how fast the way is.
    fn adapt(&mut self) -> io::Result<()> {
        let Some(rate) = self.rate.full(Instant::now()) else {
            return Ok(());
        };
        let packet = SockRef::from(&self.inner).tcp_mss().unwrap_or_default();
        let packet = usize::try_from(packet)
            .unwrap_or(MIN_PACKET)
            .max(MIN_PACKET);
        let (block, ahead) = (blocks_of(packet, rate), ahead_at(packet, rate));
        (self.block, self.packet) = (block, packet);
        // Each call costs one; what is nearly right is right.
        if ahead.abs_diff(self.ahead) > self.ahead / 4 {
            self.ahead = ahead;
            self.limit()?;
        }
        Ok(())
    }

    /// Keeps back what fills no packet: more is to come. A fast way has no need of that.
    fn hold(&mut self) -> io::Result<()> {
        if self.block != NO_BLOCK && matches!(self.cork, Cork::Out) {
            SockRef::from(&self.inner).set_tcp_cork(true)?;
            self.cork = Cork::In;
        }
        Ok(())
    }

    /// Lets go of what has been held for long enough; wakes the task when that is later.
    fn poll_held(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if let Cork::Until(sleep) = &mut self.cork
            && sleep.as_mut().poll(cx).is_ready()
        {
            SockRef::from(&self.inner).set_tcp_cork(false)?;
            self.cork = Cork::Out;
        }
        Ok(())
    }

    /// Sends some of `slices`, no further than to the end of the packet buffer.
    fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let room = room(self.block, self.filled, self.packet);
        let (whole, first) = fitting(slices, room);
        let cut = [IoSlice::new(first)];
        let (part, ends) = match whole {
            // Not even the first one fits.
            0 => (&cut[..], true),
            whole => (&slices[..whole], false),
        };
        let flags = if ends { MSG_EOR } else { 0 };
        loop {
            ready!(self.inner.poll_write_ready(cx))?;
            let sent = self.inner.try_io(Interest::WRITABLE, || {
                SockRef::from(&self.inner).send_vectored_with_flags(part, flags)
            });
            match sent {
                Ok(sent) => {
                    self.rate.sent(sent);
                    if let Cork::Until(_) = self.cork {
                        self.cork = Cork::In;
                    }
                    let wanted: usize = part.iter().map(|slice| slice.len()).sum();
                    self.filled = if ends && sent == wanted {
                        0
                    } else {
                        self.filled + sent
                    };
                    return Poll::Ready(Ok(sent));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.adapt()?;
                    self.hold()?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

/// What still goes into a packet buffer of `block` bytes with `filled` in it. One that became too small
/// meanwhile ends with its next whole packet.
fn room(block: usize, filled: usize, packet: usize) -> usize {
    match block.saturating_sub(filled) {
        0 => packet - filled % packet,
        room => room,
    }
}

/// How many whole ones of `slices` fit into `room`, and what of the first does.
fn fitting<'a>(slices: &'a [IoSlice<'_>], room: usize) -> (usize, &'a [u8]) {
    let mut left = room;
    let whole = slices
        .iter()
        .take_while(|slice| {
            let fits = slice.len() < left;
            left = left.saturating_sub(slice.len());
            fits
        })
        .count();
    let first = slices
        .first()
        .map_or(&[][..], |slice| &slice[..slice.len().min(room)]);
    (whole, first)
}

fn worth(time: Duration, rate: u64) -> usize {
    let bytes = u128::from(rate) * time.as_micros() / 1_000_000;
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// Whole packets, so that none goes half full.
fn blocks_of(packet: usize, rate: u64) -> usize {
    match worth(BLOCK, rate) / packet {
        packets if packets * packet >= MAX_BLOCK => NO_BLOCK,
        packets => packets.max(MIN_PACKETS) * packet,
    }
}

fn ahead_at(packet: usize, rate: u64) -> usize {
    worth(AHEAD, rate).clamp((MIN_PACKETS * packet).min(MAX_AHEAD), MAX_AHEAD)
}

/// How fast the kernel gets rid of what it is given: measured between two times at which it was full. If
/// nothing was to be sent in between this is too little, and the next time sets it right.
#[derive(Debug, Default)]
struct Rate {
    full_at: Option<Instant>,
    sent: u64,
}

impl Rate {
    fn sent(&mut self, bytes: usize) {
        self.sent += bytes as u64;
    }

    /// Bytes a second.
    fn full(&mut self, now: Instant) -> Option<u64> {
        if self.full_at.is_none() {
            self.sent = 0;
        }
        let since = *self.full_at.get_or_insert(now);
        let took = now.saturating_duration_since(since);
        if took < SPAN {
            return None;
        }
        self.full_at = Some(now);
        let sent = std::mem::take(&mut self.sent);
        u64::try_from(u128::from(sent) * 1_000_000 / took.as_micros()).ok()
    }
}

impl AsyncRead for LinkSocket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll_held(cx)?;
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl AsyncWrite for LinkSocket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().poll_send(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().poll_send(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Cork::In = self.cork {
            self.cork = Cork::Until(Box::pin(sleep(HELD)));
        }
        self.poll_held(cx)?;
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::future::poll_fn;
    use std::io::Read as _;
    use std::net::Ipv4Addr;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::time::timeout;

    #[test]
    fn a_slow_way_gets_little_ahead_and_a_fast_one_all_there_is() {
        let packet = 1448;
        assert_eq!(blocks_of(packet, 250_000), 4 * packet);
        assert_eq!(ahead_at(packet, 250_000), 4 * packet);
        assert_eq!(blocks_of(packet, 2_500_000), 17 * packet);
        assert_eq!(ahead_at(packet, 2_500_000), 50_000);
        assert_eq!(blocks_of(packet, 1_000_000_000), NO_BLOCK);
        assert_eq!(ahead_at(packet, 1_000_000_000), MAX_AHEAD);
    }

    #[test]
    fn a_packet_buffer_ends_with_a_whole_packet_though_it_was_to_be_larger() {
        let packet = 1448;
        assert_eq!(room(5 * packet, 1000, packet), 5 * packet - 1000);
        assert_eq!(room(5 * packet, 9_000, packet), 7 * packet - 9_000);
        assert_eq!(room(5 * packet, 5 * packet, packet), packet);
        assert_eq!(room(NO_BLOCK, 9_000, packet), NO_BLOCK - 9_000);
    }

    #[test]
    fn the_rate_is_what_went_between_two_times_at_which_it_was_full() {
        let (mut rate, now) = (Rate::default(), Instant::now());
        rate.sent(1_000_000);
        assert_eq!(rate.full(now), None);
        rate.sent(50_000);
        assert_eq!(rate.full(now + Duration::from_millis(200)), Some(250_000));
        // Too soon to tell.
        rate.sent(10_000);
        assert_eq!(rate.full(now + Duration::from_millis(201)), None);
        rate.sent(15_000);
        assert_eq!(rate.full(now + Duration::from_millis(300)), Some(250_000));
        assert_eq!(rate.full(now + Duration::from_millis(400)), Some(0));
    }

    proptest! {
        #[test]
        fn what_fits_ends_where_the_room_does(
            lens in prop::collection::vec(0..50_usize, 1..8),
            room in 1..120_usize,
        ) {
            let bytes = [0; 50];
            let slices: Vec<_> = lens.iter().map(|&len| IoSlice::new(&bytes[..len])).collect();
            let (whole, first) = fitting(&slices, room);
            let sum: usize = lens[..whole].iter().sum();
            prop_assert!(sum < room, "what fills it must end it");
            prop_assert_eq!(first.len(), lens[0].min(room));
            if whole < lens.len() {
                prop_assert!(sum + lens[whole] >= room);
            }
        }
    }

    async fn pair() -> (LinkSocket, TcpStream) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("there is a port");
        let address = listener.local_addr().expect("it is bound");
        let (near, far) = tokio::join!(TcpStream::connect(address), listener.accept());
        let near = near.expect("it listens");
        near.set_nodelay(true).expect("it takes its options");
        let near = LinkSocket::new(near).expect("it takes its options");
        (near, far.expect("it came").0)
    }

    /// Sends a little, and looks at the other end's own socket: here what goes is there at once.
    async fn went_at_once(near: &mut LinkSocket, far: &mut std::net::TcpStream) -> bool {
        near.write_all(b"little").await.expect("it goes");
        near.flush().await.expect("it goes");
        far.read(&mut [0; 16]).is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_way_that_was_full_is_sent_no_part_of_a_packet_for_a_moment() {
        let (mut near, far) = pair().await;
        let mut far = far.into_std().expect("it can be had");
        near.hold().expect("it takes its options");
        assert!(went_at_once(&mut near, &mut far).await, "the way is fast");
        near.block = 4 * near.packet;
        assert!(went_at_once(&mut near, &mut far).await, "it was not full");
        near.hold().expect("it takes its options");
        assert!(!went_at_once(&mut near, &mut far).await);
        // Each that comes within the moment begins it anew.
        tokio::time::advance(HELD / 2).await;
        assert!(!went_at_once(&mut near, &mut far).await);
        tokio::time::advance(HELD / 2).await;
        poll_fn(|cx| Poll::Ready(near.poll_held(cx)))
            .await
            .expect("it is whole");
        assert!(far.read(&mut [0; 16]).is_err());
        let reading = timeout(HELD, near.read_u8()).await;
        assert!(reading.is_err(), "nothing comes the other way");
        assert_eq!(far.read(&mut [0; 16]).expect("it went"), 12);
        assert!(went_at_once(&mut near, &mut far).await, "it is over");
    }

    #[tokio::test]
    async fn every_byte_arrives_in_its_order_whatever_the_buffers() {
        let (mut near, mut far) = pair().await;
        near.block = 1000;
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_be_bytes()[2]).collect();
        let copy = bytes.clone();
        let sending = tokio::spawn(async move {
            near.write_all(&copy).await.expect("it goes");
            near.shutdown().await.expect("it ends");
        });
        let mut seen = Vec::new();
        far.read_to_end(&mut seen).await.expect("it comes");
        sending.await.expect("it ends");
        assert!(seen == bytes);
    }
}
