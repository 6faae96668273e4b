//! Both ways of carrying bytes: ends, breaks, and services that part.

use super::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

#[tokio::test]
async fn both_directions_are_carried_and_counted_and_end_one_at_a_time() {
    let ((mut visitor, mut near), (mut far, mut service)) = (duplex(700), duplex(700));
    let carrying = tokio::spawn(async move {
        let (mut sent, mut received) = (0, 0);
        let end = pump(&mut near, &mut far, |n| sent += n, |n| received += n).await;
        (end.is_ok(), sent, received)
    });
    let question = vec![7; 200_000];
    let asking = tokio::spawn(async move {
        visitor.write_all(&question).await.expect("it goes");
        visitor.shutdown().await.expect("it is passed on");
        let mut answer = String::new();
        visitor.read_to_string(&mut answer).await.expect("it comes");
        answer
    });
    let mut heard = Vec::new();
    service.read_to_end(&mut heard).await.expect("it comes");
    service.write_all(b"answer").await.expect("still open");
    service.shutdown().await.expect("it is passed on");
    assert_eq!(heard, vec![7; 200_000]);
    assert_eq!(asking.await.expect("it ends"), "answer");
    assert_eq!(carrying.await.expect("it ends"), (true, 200_000, 6));
}

/// Either end may be the one that answers early and takes no more: what it said is all there, and an end
/// that is seen behind it is told as no clean one.
#[tokio::test(start_paused = true)]
async fn what_is_said_by_whoever_takes_no_more_is_carried_to_its_end() {
    for swapped in [false, true] {
        let ((mut asking, mut near), (mut far, mut answering)) = (duplex(700), duplex(700));
        let carrying = tokio::spawn(async move {
            let end = if swapped {
                pump(&mut far, &mut near, |_| {}, |_| {}).await
            } else {
                pump(&mut near, &mut far, |_| {}, |_| {}).await
            };
            (end, near, far)
        });
        asking.write_all(&[7; 700]).await.expect("it goes");
        answering.read_exact(&mut [0; 7]).await.expect("it comes");
        answering.write_all(&[8; 700]).await.expect("it goes");
        drop(answering);
        // Its answer takes more than one turn.
        asking.write_all(&[7; 700]).await.expect("it goes");
        let mut answer = [0; 700];
        let reading = timeout(HALF_CLOSE_IDLE, asking.read_exact(&mut answer)).await;
        reading.expect("it comes").expect("it comes");
        assert_eq!(answer, [8; 700]);
        let (end, _near, _far) = carrying.await.expect("it is over");
        let end = end.expect_err("not all was taken");
        assert_eq!(end.kind(), io::ErrorKind::BrokenPipe);
        let more = timeout(HALF_CLOSE_IDLE, asking.read(&mut answer)).await;
        // An end that was there before is one.
        assert!(swapped || more.is_err(), "no clean end: {more:?}");
    }
}

/// A service in memory, which may be known to be gone.
struct InMemory(DuplexStream, Arc<AtomicBool>);

impl Service for InMemory {
    fn is_gone(&self) -> bool {
        self.1.load(Ordering::Relaxed)
    }
}

impl AsyncRead for InMemory {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for InMemory {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_shutdown(cx)
    }
}

struct Between {
    visitor: DuplexStream,
    service: DuplexStream,
    gone: Arc<AtomicBool>,
    carrying: JoinHandle<Duration>,
}

/// Both ends, and what carries between them: it tells how long it took, on a paused clock.
fn between() -> Between {
    let ((visitor, mut near), (far, service)) = (duplex(700), duplex(700));
    let gone = Arc::new(AtomicBool::new(false));
    let mut far = InMemory(far, Arc::clone(&gone));
    let carrying = tokio::spawn(async move {
        let began = Instant::now();
        let end = pump_service(&mut near, &mut far, |_| {}, |_| {}).await;
        assert!(end.is_ok(), "{end:?}");
        began.elapsed()
    });
    Between {
        visitor,
        service,
        gone,
        carrying,
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_ends_takes_the_connection_with_it() {
    let mut both = between();
    both.visitor.write_all(b"question").await.expect("it goes");
    both.service.write_all(b"answer").await.expect("it goes");
    both.service.shutdown().await.expect("it ends");
    let mut answer = String::new();
    both.visitor
        .read_to_string(&mut answer)
        .await
        .expect("it comes");
    assert_eq!(answer, "answer");
    assert_eq!(both.carrying.await.expect("it is over"), LAST_DATA_WITHIN);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_listens_on_hears_the_rest() {
    let mut both = between();
    both.service.shutdown().await.expect("it ends");
    let late = Duration::from_secs(9);
    sleep(LAST_DATA_WITHIN / 2).await;
    both.visitor.write_all(b"first").await.expect("it goes");
    sleep(late).await;
    both.visitor.write_all(b"last").await.expect("it goes");
    let mut heard = [0; 9];
    both.service.read_exact(&mut heard).await.expect("it comes");
    assert_eq!(&heard, b"firstlast");
    let took = both.carrying.await.expect("it is over");
    assert_eq!(took, LAST_DATA_WITHIN / 2 + late + HALF_CLOSE_IDLE);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_takes_its_time_is_no_deaf_one() {
    let mut both = between();
    both.service.shutdown().await.expect("it ends");
    let sending = tokio::spawn(async move {
        both.visitor
            .write_all(&vec![7; 100_000])
            .await
            .expect("it goes");
        both.visitor.shutdown().await.expect("it is passed on");
    });
    sleep(HALF_CLOSE_IDLE / 2).await;
    let mut heard = Vec::new();
    both.service
        .read_to_end(&mut heard)
        .await
        .expect("it comes");
    assert_eq!(heard.len(), 100_000);
    sending.await.expect("it is taken");
    both.carrying.await.expect("it is over");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_gone_is_not_waited_for() {
    let mut both = between();
    both.service.shutdown().await.expect("it ends");
    sleep(LAST_DATA_WITHIN / 2).await;
    both.visitor.write_all(b"another").await.expect("it goes");
    both.gone.store(true, Ordering::Relaxed);
    assert_eq!(
        both.carrying.await.expect("it is over"),
        LAST_DATA_WITHIN * 3 / 2
    );
}

#[tokio::test(start_paused = true)]
async fn a_visitor_that_ends_is_answered_all_the_same() {
    let mut both = between();
    both.visitor.shutdown().await.expect("it is passed on");
    let mut heard = Vec::new();
    both.service.read_to_end(&mut heard).await.expect("it ends");
    let late = Duration::from_hours(1);
    sleep(late).await;
    both.service.write_all(b"answer").await.expect("still open");
    both.service.shutdown().await.expect("it ends");
    let mut answer = String::new();
    both.visitor
        .read_to_string(&mut answer)
        .await
        .expect("it comes");
    assert_eq!(answer, "answer");
    assert_eq!(both.carrying.await.expect("it is over"), late);
}

/// As one that refuses what is uploaded: it answers, and takes nothing more.
#[tokio::test]
async fn what_a_deaf_service_has_said_is_carried_to_its_end() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let mut far = TcpStream::connect(address).await.expect("it is there");
    let (mut service, _) = listener.accept().await.expect("it comes");
    let (mut visitor, mut near) = duplex(700);
    let carrying =
        tokio::spawn(async move { pump_service(&mut near, &mut far, |_| {}, |_| {}).await });
    visitor.write_all(b"much").await.expect("it goes");
    service.readable().await.expect("it comes");
    service.write_all(b"no").await.expect("it goes");
    // With something unread, which makes it a reset.
    drop(service);
    let mut answer = Vec::new();
    // A reset ends a read with an error, behind what came before it.
    let _ = visitor.read_to_end(&mut answer).await;
    assert_eq!(answer, b"no");
    let _ = carrying.await.expect("it is over");
}
