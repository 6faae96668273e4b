//! Answers at this process's socket, on a thread and a runtime of its own: whoever asks too much, or
//! says nothing, costs a place among few for a short time, and neither the app nor a tunnel anything.

use super::socket::{Bound, Listener, Stream};
use super::wire::{self, Answer, MAX_REQUEST, Refusal, Request};
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// So many are answered at once; the system keeps some more waiting.
pub(super) const MAX_CONNECTIONS: usize = 32;

/// How long a request may take to come.
pub(super) const REQUEST_WITHIN: Duration = Duration::from_secs(1);

/// How long what was asked for may take. Each request has shorter limits of its own.
const DONE_WITHIN: Duration = Duration::from_mins(1);

/// How long an answer may take to be read.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// How long the answers that are under way may take at the end.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// A pause after the system has refused a connection: too many open files, say.
const REFUSED_PAUSE: Duration = Duration::from_millis(200);

/// Does what a request says. Called on the server's thread, which must not be blocked.
pub type Handler =
    Arc<dyn Fn(Request) -> Pin<Box<dyn Future<Output = Answer> + Send>> + Send + Sync>;

/// The socket of this process, until this is dropped. That takes a second at most.
#[derive(Debug)]
pub struct Server {
    // Dropped first: that is what ends the thread.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Answers in the home at `home`.
    ///
    /// # Errors
    /// This system has no channel, or there is no place for its socket. A program works without it.
    pub fn start(home: &Path, handler: Handler) -> io::Result<Self> {
        let bound = Bound::new(home)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new().name("control channel".into());
        let thread = thread.spawn(move || {
            runtime.block_on(async {
                match bound.into_listener() {
                    Ok(listener) => serve(listener, handler, stopped).await,
                    Err(error) => tracing::warn!(%error, "no control channel"),
                }
            });
        })?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // One that panicked has been reported.
            let _ = thread.join();
        }
    }
}

async fn serve(listener: Listener, handler: Handler, mut stopped: oneshot::Receiver<()>) {
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            _ = open.join_next(), if !open.is_empty() => {}
            accepted = listener.accept(), if open.len() < MAX_CONNECTIONS => match accepted {
                Ok(stream) => {
                    open.spawn(answer(stream, Arc::clone(&handler)));
                }
                Err(error) => {
                    tracing::debug!(%error, "no connection of the control channel");
                    sleep(REFUSED_PAUSE).await;
                }
            }
        }
    }
    drop(listener);
    let finish = async { while open.join_next().await.is_some() {} };
    if timeout(LAST_ANSWERS, finish).await.is_err() {
        tracing::debug!("somebody at the control channel gets no answer any more");
    }
}

async fn answer(stream: Stream, handler: Handler) {
    let (read, mut write) = tokio::io::split(stream);
    let answer = match timeout(REQUEST_WITHIN, request(read)).await {
        Ok(Ok(request)) => {
            timeout(DONE_WITHIN, handler(request))
                .await
                .unwrap_or(Answer::Refused {
                    why: Refusal::TimedOut,
                })
        }
        Ok(Err(why)) => Answer::Refused { why },
        // It says nothing, so it is told nothing.
        Err(_) => return,
    };
    let line = wire::encode(answer);
    let sent = timeout(ANSWER_WITHIN, async {
        write.write_all(&line).await?;
        write.shutdown().await
    });
    if !matches!(sent.await, Ok(Ok(()))) {
        tracing::debug!("an answer of the control channel was not read");
    }
}

async fn request(read: impl tokio::io::AsyncRead + Unpin) -> Result<Request, Refusal> {
    let mut line = Vec::new();
    let mut read = BufReader::new(read.take(MAX_REQUEST));
    match read.read_until(b'\n', &mut line).await {
        Ok(_) if line.ends_with(b"\n") => wire::decode(&line),
        Ok(_) | Err(_) => Err(Refusal::Malformed),
    }
}
