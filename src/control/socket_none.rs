//! Systems without a channel yet: Windows has named pipes, which nothing here speaks. A process that
//! hosts says so in its log, and whoever asks finds nobody.

use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};

pub(super) type Stream = tokio::io::DuplexStream;

/// There is none.
#[derive(Debug)]
pub(super) struct Bound(Infallible);

/// There is none.
#[derive(Debug)]
pub(super) struct Listener(Infallible);

impl Bound {
    pub(super) fn new(_: &Path) -> io::Result<Self> {
        Err(unsupported())
    }

    pub(super) fn into_listener(self) -> io::Result<Listener> {
        match self.0 {}
    }
}

impl Listener {
    #[allow(clippy::unused_async, reason = "as where there is one")]
    pub(super) async fn accept(&self) -> io::Result<Stream> {
        match self.0 {}
    }
}

pub(super) fn sockets(_: &Path) -> Vec<PathBuf> {
    Vec::new()
}

#[allow(clippy::unused_async, reason = "as where there is one")]
pub(super) async fn connect(_: &Path) -> io::Result<Stream> {
    Err(unsupported())
}

fn unsupported() -> io::Error {
    let why = "there is no control channel on this system yet";
    io::Error::new(io::ErrorKind::Unsupported, why)
}
