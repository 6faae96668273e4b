//! Asks for a secret at the terminal, and shows nothing of what is typed. However that ends, the
//! terminal is as it was.

use crate::base::signals::Signals;
use crate::model::Secret;
use std::io::{self, BufRead as _, Read, Write as _};

/// The longest secret that is read, in bytes.
const LONGEST: u64 = 64 * 1_024;

/// Asks, and reads a line. Ctrl-C and the like end it with [`io::ErrorKind::Interrupted`].
pub(super) fn ask(question: &str) -> io::Result<Secret> {
    let runtime = super::runtime()?;
    let asked = runtime.block_on(async {
        let mut signals = Signals::listen()?;
        let _quiet = quiet::Terminal::silence()?;
        let mut err = io::stderr();
        write!(err, "{question} ").and_then(|()| err.flush())?;
        let reading = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            io::stdin().lock().take(LONGEST).read_line(&mut line)?;
            Ok(Secret::new(&line))
        });
        let read = tokio::select! {
            read = reading => read.map_err(io::Error::other)?,
            () = signals.next() => Err(io::ErrorKind::Interrupted.into()),
        };
        // The Enter that ended it was not shown either.
        let _ = writeln!(err);
        read
    });
    // What still reads ends with the program.
    runtime.shutdown_background();
    asked
}

/// Reads all of a secret; what is longer than any is refused, not cut: the rest would be another one.
pub(super) fn read_all(from: impl Read) -> io::Result<Secret> {
    let mut text = String::new();
    from.take(LONGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LONGEST {
        let why = format!("it is longer than {LONGEST} bytes");
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    Ok(Secret::new(&text))
}

#[cfg(unix)]
mod quiet {
    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
    use std::io;

    /// Shows nothing of what is typed until it is dropped.
    pub(super) struct Terminal(Termios);

    impl Terminal {
        pub(super) fn silence() -> io::Result<Self> {
            let before = tcgetattr(io::stdin())?;
            let mut silent = before.clone();
            silent.local_modes.remove(LocalModes::ECHO);
            tcsetattr(io::stdin(), OptionalActions::Now, &silent)?;
            Ok(Self(before))
        }
    }

    impl Drop for Terminal {
        fn drop(&mut self) {
            // A terminal that is gone needs nothing.
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
        }
    }
}

/// Systems whose terminals are not told from here: what is typed is seen there.
#[cfg(not(unix))]
mod quiet {
    pub(super) struct Terminal;

    impl Terminal {
        pub(super) fn silence() -> std::io::Result<Self> {
            Ok(Self)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_whole_or_not_at_all() {
        let most = usize::try_from(LONGEST).expect("it fits");
        let read = read_all("x".repeat(most).as_bytes()).expect("it is short enough");
        assert_eq!(read.expose().len(), most);
        assert!(read_all("x".repeat(most + 1).as_bytes()).is_err());
        assert!(read_all(&b"\xff\xfe"[..]).is_err());
    }
}
