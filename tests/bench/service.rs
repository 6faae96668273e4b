//! The local service that the tunnels lead to: a web server that costs as little as one can.
//!
//! `GET /` answers a few bytes · `GET /bulk` bytes without end · `GET /checked/LENGTH/SEED/PER_SECOND`
//! a pattern at a pace · `PUT /sink` takes bytes without end · `GET /taken` how many it took · `GET /echo`
//! is a WebSocket that sends back what it gets.

use crate::pattern::Pattern;
use crate::socket;
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::LocalSet;
use tokio::time::{MissedTickBehavior, interval};

/// A length that is never reached.
pub const ENDLESS: u64 = 1 << 50;

/// What is written and read at once in bulk.
pub const CHUNK: usize = 256 * 1024;

/// The answer of `GET /`.
const ANSWER: &str = "An answer as short as a service's health is, or a small piece of JSON: 100 bytes, and not one more.....";

/// A paced download writes so often.
const TICK: Duration = Duration::from_millis(10);

/// No request of ours has a longer head.
const LONGEST_HEAD: usize = 8 * 1024;

/// A request, without what follows its head.
struct Request {
    path: String,
    closes: bool,
}

/// Bytes that `PUT /sink` took, of all connections.
type Taken = Rc<Cell<u64>>;

/// Serves at the address of the first word until it is killed; prints where it listens.
pub fn run(words: &[String]) -> anyhow::Result<()> {
    let address = words.first().map_or("127.0.0.1:0", String::as_str);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    LocalSet::new().block_on(&runtime, async {
        let listener = TcpListener::bind(address).await?;
        println!("{}", listener.local_addr()?);
        let taken = Taken::default();
        loop {
            let (stream, _) = listener.accept().await?;
            let taken = Rc::clone(&taken);
            tokio::task::spawn_local(async move {
                // Visitors leave in the middle of an answer.
                let _ = serve(stream, taken).await;
            });
        }
    })
}

async fn serve(mut stream: TcpStream, taken: Taken) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(LONGEST_HEAD);
    while let Some(request) = read_request(&mut stream, &mut buffer).await? {
        let path: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
        match path.as_slice() {
            ["bulk"] => send_bulk(&mut stream).await?,
            ["checked", length, seed, per_second] => {
                let pattern = Pattern::new(seed.parse()?);
                send_checked(&mut stream, pattern, length.parse()?, per_second.parse()?).await?;
            }
            ["sink"] => take_all(&mut stream, &taken, buffer.len()).await?,
            ["echo"] => socket::echo(&mut stream).await?,
            ["taken"] => answer(&mut stream, &taken.get().to_string()).await?,
            _ => answer(&mut stream, ANSWER).await?,
        }
        if request.closes {
            break;
        }
    }
    stream.shutdown().await?;
    Ok(())
}

/// The next request; what follows its head stays in the buffer. `None`: the visitor has left.
async fn read_request(
    stream: &mut TcpStream,
    buffer: &mut Vec<u8>,
) -> anyhow::Result<Option<Request>> {
    loop {
        if let Some(end) = buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
            buffer.drain(..end + 4);
            let path = head.split(' ').nth(1).unwrap_or_default();
            return Ok(Some(Request {
                path: path.to_owned(),
                closes: head.contains("\r\nconnection: close"),
            }));
        }
        anyhow::ensure!(buffer.len() < LONGEST_HEAD, "a head without end");
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}

async fn answer(stream: &mut TcpStream, body: &str) -> anyhow::Result<()> {
    let length = body.len();
    let text = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}");
    Ok(stream.write_all(text.as_bytes()).await?)
}

async fn begin(stream: &mut TcpStream, length: u64) -> anyhow::Result<()> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
    Ok(stream.write_all(head.as_bytes()).await?)
}

async fn send_bulk(stream: &mut TcpStream) -> anyhow::Result<()> {
    begin(stream, ENDLESS).await?;
    let mut block = vec![0; CHUNK];
    Pattern::new(0).fill(0, &mut block);
    loop {
        stream.write_all(&block).await?;
    }
}

/// No more bytes are sent than the time since the beginning allows; what a stall held back is not
/// caught up with, so that a download is as long as its drops and its pace make it.
async fn send_checked(
    stream: &mut TcpStream,
    pattern: Pattern,
    length: u64,
    per_second: u64,
) -> anyhow::Result<()> {
    begin(stream, length).await?;
    let per_tick = per_second / u64::try_from(1000 / TICK.as_millis())?;
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut block = vec![0; usize::try_from(per_tick)?];
    let mut at = 0;
    while at < length {
        ticks.tick().await;
        let part = per_tick.min(length - at);
        let bytes = &mut block[..usize::try_from(part)?];
        pattern.fill(at, bytes);
        stream.write_all(bytes).await?;
        at += part;
    }
    Ok(())
}

async fn take_all(stream: &mut TcpStream, taken: &Taken, already: usize) -> anyhow::Result<()> {
    let mut block = vec![0; CHUNK];
    let mut read = already;
    loop {
        taken.set(taken.get() + u64::try_from(read)?);
        read = stream.read(&mut block).await?;
        if read == 0 {
            return Ok(());
        }
    }
}
