//! The other end is the crate that both ends ran before: whoever was not updated yet is served.

use super::{End, end, kind_of_end};
use crate::link::mux::Role;
use crate::link::resume::tests::stream;
use futures_util::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use std::future::poll_fn;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt as _};
use yamux::{Config, Connection, Mode, Stream};

type Opening = oneshot::Sender<Stream>;

/// An older end: the streams that come to it, and a way to ask for one of its own.
struct Older {
    incoming: mpsc::UnboundedReceiver<Stream>,
    opens: mpsc::UnboundedSender<Opening>,
}

impl Older {
    async fn open(&self) -> Stream {
        let (answer, opened) = oneshot::channel();
        self.opens.send(answer).expect("it runs");
        opened.await.expect("it runs")
    }
}

/// An end of ours and an older one.
fn pair(ours: Role) -> (End, Older) {
    let (near, far) = duplex(64 * 1024);
    let mode = match ours {
        Role::Host => Mode::Server,
        Role::Relay => Mode::Client,
    };
    let session = stream::over(far);
    let connection = Connection::new(session.compat(), Config::default(), mode);
    let (deliver, incoming) = mpsc::unbounded_channel();
    let (opens, asked) = mpsc::unbounded_channel();
    tokio::spawn(drive(connection, asked, deliver));
    (end(near, ours), Older { incoming, opens })
}

async fn drive(
    mut connection: Connection<Compat<stream::ByteStream>>,
    mut asked: mpsc::UnboundedReceiver<Opening>,
    deliver: mpsc::UnboundedSender<Stream>,
) {
    let mut waiting: Option<Opening> = None;
    poll_fn(|cx| {
        loop {
            if waiting.is_none()
                && let std::task::Poll::Ready(next) = asked.poll_recv(cx)
            {
                waiting = next;
            }
            if let Some(opening) = waiting.take() {
                match connection.poll_new_outbound(cx) {
                    std::task::Poll::Ready(Ok(stream)) => {
                        let _ = opening.send(stream);
                        continue;
                    }
                    std::task::Poll::Ready(Err(_)) => return std::task::Poll::Ready(()),
                    std::task::Poll::Pending => waiting = Some(opening),
                }
            }
            match std::task::ready!(connection.poll_next_inbound(cx)) {
                Some(Ok(stream)) => {
                    let _ = deliver.send(stream);
                }
                Some(Err(_)) | None => return std::task::Poll::Ready(()),
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_older_host_serves_many_visitors_of_ours() {
    let (relay, mut host) = pair(Role::Relay);
    let serving = tokio::spawn(async move {
        let mut tasks = JoinSet::new();
        while let Some(stream) = host.incoming.recv().await {
            tasks.spawn(async move {
                let (read, mut write) = futures_util::AsyncReadExt::split(stream);
                copy(read, &mut write).await.expect("it echoes");
                write.close().await.expect("it ends");
            });
        }
    });
    let mut visitors = JoinSet::new();
    for n in 0..300_usize {
        let mut stream = relay.mux.open().expect("there is room");
        visitors.spawn(async move {
            let sent: Vec<u8> = (0..20_000)
                .map(|at: usize| (at * n).to_le_bytes()[0])
                .collect();
            let (mut read, mut write) = tokio::io::split(&mut stream);
            let (echoed, sent_all) = tokio::join!(
                async {
                    let mut back = Vec::new();
                    read.read_to_end(&mut back).await.map(|_| back)
                },
                async {
                    write.write_all(&sent).await?;
                    write.shutdown().await
                },
            );
            sent_all.expect("it goes");
            assert!(echoed.expect("it comes back") == sent);
        });
    }
    visitors.join_all().await;
    drop(relay);
    serving.abort();
}

#[tokio::test]
async fn a_large_body_passes_an_older_end_both_ways() {
    let (relay, mut host) = pair(Role::Relay);
    let mut near = relay.mux.open().expect("there is room");
    near.write_all(b"!").await.expect("it goes");
    let mut far = host.incoming.recv().await.expect("it comes");
    far.read_exact(&mut [0]).await.expect("it comes");
    let body: Vec<u8> = (0..5_000_000_u32).map(|n| n.to_le_bytes()[1]).collect();
    let copy = body.clone();
    let writing = tokio::spawn(async move {
        far.write_all(&copy).await.expect("it goes");
        far.close().await.expect("it ends");
        let mut back = Vec::new();
        far.read_to_end(&mut back).await.expect("it comes");
        back
    });
    let mut seen = Vec::new();
    near.read_to_end(&mut seen).await.expect("it comes");
    assert!(seen == body);
    near.write_all(&body).await.expect("it goes");
    near.shutdown().await.expect("it ends");
    assert!(writing.await.expect("it ends") == body);
}

#[tokio::test]
async fn an_older_relay_opens_and_breaks_streams_of_ours() {
    let (mut host, relay) = pair(Role::Host);
    // The control stream is ours.
    let mut control = host.mux.open().expect("there is room");
    control.write_all(b"hello").await.expect("it goes");
    let mut visitor = relay.open().await;
    visitor.write_all(b"question").await.expect("it goes");
    visitor.flush().await.expect("it goes");
    let mut far = host.incoming.next().await.expect("it comes");
    far.read_exact(&mut [0; 8]).await.expect("it comes");
    far.write_all(b"half").await.expect("it goes");
    visitor.read_exact(&mut [0; 4]).await.expect("it comes");
    drop(visitor);
    far.broken().await;
    let end = kind_of_end(&mut far).await;
    assert_eq!(end, Err(std::io::ErrorKind::ConnectionReset));
}

#[tokio::test]
async fn an_older_end_that_reads_late_gets_the_whole_answer_of_who_has_gone() {
    let (mut host, relay) = pair(Role::Host);
    let mut visitor = relay.open().await;
    visitor
        .write_all(b"an upload that nobody wants")
        .await
        .expect("it goes");
    visitor.flush().await.expect("it goes");
    let mut far = host.incoming.next().await.expect("it comes");
    far.write_all(b"413, and why").await.expect("it goes");
    far.shutdown().await.expect("it ends");
    drop(far);
    // It goes on, as it knows of nothing.
    visitor
        .write_all(&vec![0; 1 << 20])
        .await
        .expect("it is taken");
    let mut seen = Vec::new();
    visitor.read_to_end(&mut seen).await.expect("it comes");
    assert_eq!(seen, b"413, and why");
}
