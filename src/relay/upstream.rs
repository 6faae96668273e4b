//! One live port of one session, as the ingress sees it: something to open streams to.

use super::{OpenError, Stream, Upstream, Visitor};
use crate::link::mux::{Mux, MuxStream};
use crate::link::opening::{Answer, Opening};
use std::num::NonZeroU16;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;

/// The keys of all upstreams of this process.
static NEXT_KEY: AtomicU64 = AtomicU64::new(1);

/// One live port.
#[derive(Debug)]
pub(super) struct PortUpstream {
    key: u64,
    number: NonZeroU16,
    mux: Mux,
    patience: Duration,
}

impl PortUpstream {
    pub(super) fn new(number: NonZeroU16, mux: Mux, patience: Duration) -> Self {
        Self {
            key: NEXT_KEY.fetch_add(1, Ordering::Relaxed),
            number,
            mux,
            patience,
        }
    }

    pub(super) fn number(&self) -> NonZeroU16 {
        self.number
    }

    async fn connect(&self, visitor: Visitor) -> Result<MuxStream, OpenError> {
        let gone = |_| OpenError::HostGone;
        let mut stream = self.mux.open().await.map_err(|_| OpenError::HostGone)?;
        let opening = Opening {
            port: self.number.get(),
            visitor: visitor.peer,
        };
        stream.write_all(&opening.encode()).await.map_err(gone)?;
        stream.flush().await.map_err(gone)?;
        loop {
            match Answer::read(&mut stream).await.map_err(gone)? {
                Answer::Trying => {}
                Answer::Connected => return Ok(stream),
                Answer::Refused => return Err(OpenError::Refused),
                Answer::TimedOut => return Err(OpenError::TimedOut),
                Answer::UnknownPort => return Err(OpenError::HostGone),
            }
        }
    }
}

impl Upstream for PortUpstream {
    fn key(&self) -> u64 {
        self.key
    }

    fn open(
        &self,
        visitor: Visitor,
    ) -> Pin<Box<dyn Future<Output = Result<Box<dyn Stream>, OpenError>> + Send + '_>> {
        Box::pin(async move {
            match tokio::time::timeout(self.patience, self.connect(visitor)).await {
                Ok(opened) => opened.map(|stream| Box::new(stream) as Box<dyn Stream>),
                Err(_) => Err(OpenError::TimedOut),
            }
        })
    }
}
