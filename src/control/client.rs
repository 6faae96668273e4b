//! Asks the processes of a home.

use super::socket;
use super::wire::{self, Answer, MAX_ANSWER, Refusal, Request};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

/// Where a process listens, or did before it died.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    path: PathBuf,
}

/// There is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The process is not there any more.
    #[error("nobody is there any more")]
    Gone,
    /// It did not answer in time.
    #[error("it does not answer")]
    Silent,
    /// It is another version of the program.
    #[error("it is another version of Underpass, which speaks otherwise")]
    Version,
    /// It said what is no answer.
    #[error("its answer cannot be read")]
    Malformed,
    /// The system's word.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The processes of the home at `home`, some of which may be gone.
pub fn peers(home: &Path) -> Vec<Peer> {
    let sockets = socket::sockets(home).into_iter();
    sockets.map(|path| Peer { path }).collect()
}

impl Peer {
    /// One that listens there.
    pub fn at(path: &Path) -> Self {
        let path = path.to_owned();
        Self { path }
    }

    /// The process's id, as its socket is called.
    pub fn process(&self) -> String {
        let name = self.path.file_stem().unwrap_or_default().to_string_lossy();
        let id = name.split('-').next().unwrap_or_default();
        id.to_owned()
    }

    /// Asks it, and waits so long for all of its answer.
    ///
    /// # Errors
    /// As [`AskError`] says.
    pub async fn ask(&self, request: &Request, within: Duration) -> Result<Answer, AskError> {
        let asked = timeout(within, self.exchange(request)).await;
        let answer = asked.map_err(|_| AskError::Silent)??;
        match answer {
            Answer::Refused {
                why: Refusal::Version,
            } => Err(AskError::Version),
            answer => Ok(answer),
        }
    }

    async fn exchange(&self, request: &Request) -> Result<Answer, AskError> {
        let stream = socket::connect(&self.path).await.map_err(|error| {
            use io::ErrorKind::{ConnectionRefused, NotFound};
            match error.kind() {
                ConnectionRefused | NotFound => AskError::Gone,
                _ => error.into(),
            }
        })?;
        let (read, mut write) = tokio::io::split(stream);
        let mut line = Vec::new();
        // One that ends meanwhile may answer all the same.
        let _ = write.write_all(&wire::encode(request)).await;
        let got = read.take(MAX_ANSWER).read_to_end(&mut line).await;
        if line.is_empty() {
            return Err(AskError::Gone);
        }
        got?;
        wire::decode(&line).map_err(|why| match why {
            Refusal::Version => AskError::Version,
            _ => AskError::Malformed,
        })
    }
}
