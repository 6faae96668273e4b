//! One connection of a visitor: just enough HTTP to ask for something and to read the answer.

use super::Entrance;
use anyhow::{Context as _, bail, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// No answer to us has a longer head.
const LONGEST_HEAD: usize = 16 * 1024;

/// A connection, and what was read of it but belongs to no head.
pub struct Visit {
    pub stream: TcpStream,
    pub rest: Vec<u8>,
}

/// The first line and the fields of a request, the empty line included.
pub fn request(entrance: &Entrance, line: &str, fields: &str) -> Vec<u8> {
    let host = &entrance.host;
    format!("{line} HTTP/1.1\r\nHost: {host}\r\n{fields}\r\n").into_bytes()
}

impl Visit {
    pub async fn open(entrance: &Entrance) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(entrance.address).await?;
        stream.set_nodelay(true)?;
        let rest = Vec::with_capacity(LONGEST_HEAD);
        Ok(Self { stream, rest })
    }

    /// Asks and reads the whole answer, which is a success and short.
    pub async fn ask(&mut self, request: &[u8]) -> anyhow::Result<Vec<u8>> {
        self.stream.write_all(request).await?;
        let length = usize::try_from(self.read_head().await?)?;
        ensure!(length < LONGEST_HEAD, "an answer without end");
        while self.rest.len() < length {
            let read = self.stream.read_buf(&mut self.rest).await?;
            ensure!(read > 0, "the answer is cut");
        }
        Ok(self.rest.drain(..length).collect())
    }

    /// Asks for another protocol, which the bytes that follow are then of.
    pub async fn upgrade(&mut self, request: &[u8]) -> anyhow::Result<()> {
        self.stream.write_all(request).await?;
        check_status(&self.head().await?, "101")?;
        ensure!(self.rest.is_empty(), "it speaks before it is asked");
        Ok(())
    }

    /// Reads the answer's head: its length.
    pub async fn read_head(&mut self) -> anyhow::Result<u64> {
        let head = self.head().await?;
        check_status(&head, "200")?;
        let length = head.split("\r\n").find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim())
        });
        Ok(length.context("an answer without a length")?.parse()?)
    }

    async fn head(&mut self) -> anyhow::Result<String> {
        loop {
            if let Some(end) = self.rest.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                let head = std::str::from_utf8(&self.rest[..end])?.to_owned();
                self.rest.drain(..end + 4);
                return Ok(head);
            }
            ensure!(self.rest.len() < LONGEST_HEAD, "a head without end");
            if self.stream.read_buf(&mut self.rest).await? == 0 {
                bail!("no answer");
            }
        }
    }
}

fn check_status(head: &str, wanted: &str) -> anyhow::Result<()> {
    let status = head.split(' ').nth(1).unwrap_or("none");
    ensure!(status == wanted, "the answer is {status}");
    Ok(())
}
