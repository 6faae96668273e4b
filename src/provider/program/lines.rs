//! What a program prints, line by line: each up to a length, none kept.

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// How much is read at once.
const CHUNK: usize = 8 * 1024;

/// The most of one line that anybody is told, in bytes.
pub(super) const LONGEST: usize = 8 * 1024;

/// One of a program's two outputs. Whoever drops a read loses nothing.
pub(super) struct Lines<P> {
    pipe: Option<P>,
    chunk: Box<[u8; CHUNK]>,
    /// What is read and not told yet: from `at` to `filled` of the chunk.
    at: usize,
    filled: usize,
    /// The line so far.
    line: Vec<u8>,
}

impl<P: AsyncRead + Unpin> Lines<P> {
    pub(super) fn new(pipe: Option<P>) -> Self {
        Self {
            pipe,
            chunk: Box::new([0; CHUNK]),
            at: 0,
            filled: 0,
            line: Vec::new(),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.pipe.is_some()
    }

    /// The next line that is not empty; `None` at the end of it all.
    pub(super) async fn next(&mut self) -> Option<String> {
        loop {
            while self.at < self.filled {
                let rest = &self.chunk[self.at..self.filled];
                let end = rest.iter().position(|byte| *byte == b'\n');
                let piece = &rest[..end.unwrap_or(rest.len())];
                self.at += piece.len() + usize::from(end.is_some());
                let room = LONGEST.saturating_sub(self.line.len());
                self.line.extend_from_slice(&piece[..piece.len().min(room)]);
                if end.is_some()
                    && let Some(line) = self.take()
                {
                    return Some(line);
                }
            }
            let read = self.pipe.as_mut()?.read(&mut self.chunk[..]).await;
            // A pipe that cannot be read has nothing more to say.
            let read = read.unwrap_or(0);
            if read == 0 {
                self.pipe = None;
                return self.take();
            }
            (self.at, self.filled) = (0, read);
        }
    }

    /// The line so far, as a person may see it: no control character moves a cursor.
    fn take(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        let line: String = String::from_utf8_lossy(&line)
            .chars()
            .filter(|c| !c.is_control() || *c == '\t')
            .collect();
        let line = line.trim_end();
        (!line.is_empty()).then(|| line.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn told(bytes: &[u8]) -> Vec<String> {
        let mut lines = Lines::new(Some(bytes));
        let mut told = vec![];
        while lines.is_open() {
            told.extend(lines.next().await);
        }
        told
    }

    #[tokio::test]
    async fn lines_are_told_up_to_a_length_and_without_what_moves_a_cursor() {
        assert_eq!(told(b"one\r\n\n\ntwo").await, ["one", "two"]);
        assert_eq!(told(b"\x1b[2Jx\x07\n").await, ["[2Jx"]);
        assert_eq!(told(b"\xff\xfe\n").await, ["\u{fffd}\u{fffd}"]);
        let mut long = vec![b'x'; LONGEST * 10];
        long.extend_from_slice(b"\nnext\n");
        let lines = told(&long).await;
        assert_eq!(lines[0].len(), LONGEST);
        assert_eq!(lines[1], "next");
        assert!(told(&vec![0; 100_000]).await.is_empty());
    }
}
