//! The lines that open an SSH connection (RFC 4253, section 4.2).

use super::wire::Fault;

/// What this end says first.
pub(super) const OURS: &str = concat!("SSH-2.0-underpass_", env!("CARGO_PKG_VERSION"), "\r\n");

/// The longest line that is read.
const MAX_LINE: usize = 1024;

/// So many lines may come before the one that counts.
const MAX_LINES: u32 = 32;

/// Reads up to the line that names the protocol.
#[derive(Debug, Default)]
pub(super) struct Ident {
    lines: u32,
}

impl Ident {
    /// Takes whole lines off the front of `input`: how many bytes, and whether that was all.
    pub(super) fn receive(&mut self, input: &[u8]) -> Result<(usize, bool), Fault> {
        let mut taken = 0;
        loop {
            let rest = &input[taken..];
            let window = &rest[..rest.len().min(MAX_LINE)];
            let Some(end) = window.iter().position(|c| *c == b'\n') else {
                return if window.len() < MAX_LINE {
                    Ok((taken, false))
                } else {
                    Err(Fault("a line before the protocol's name is too long"))
                };
            };
            taken += end + 1;
            if self.is_last(&rest[..end])? {
                return Ok((taken, true));
            }
        }
    }

    fn is_last(&mut self, line: &[u8]) -> Result<bool, Fault> {
        if line.starts_with(b"SSH-2.0-") || line.starts_with(b"SSH-1.99-") {
            return Ok(true);
        }
        if line.starts_with(b"SSH-") {
            return Err(Fault("the other end speaks another version of SSH"));
        }
        self.lines += 1;
        if self.lines > MAX_LINES {
            return Err(Fault("too many lines before the protocol's name"));
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_before_the_name_are_passed_over() {
        let mut ident = Ident::default();
        assert_eq!(ident.receive(b"Welcome\r\nto it\nSSH-2"), Ok((15, false)));
        assert_eq!(ident.receive(b"SSH-2.0-x_1.0 y\r\n\0\0"), Ok((17, true)));
    }

    #[test]
    fn the_bare_line_feed_of_others_is_enough() {
        assert_eq!(Ident::default().receive(b"SSH-2.0-x\n"), Ok((10, true)));
        assert_eq!(Ident::default().receive(b"SSH-1.99-x\n"), Ok((11, true)));
    }

    #[test]
    fn another_version_or_endless_talk_is_a_fault() {
        assert!(Ident::default().receive(b"SSH-1.5-x\r\n").is_err());
        assert!(Ident::default().receive(&[b'x'; MAX_LINE]).is_err());
        assert!(Ident::default().receive(&[b'x'; MAX_LINE - 1]).is_ok());
        assert!(Ident::default().receive(&[b'\n'; 33]).is_err());
        assert_eq!(Ident::default().receive(&[b'\n'; 32]), Ok((32, false)));
    }

    proptest! {
        #[test]
        fn the_cuts_of_the_wire_do_not_matter(
            input in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'S'), any::<u8>()], 0..90),
            cut in 0..90_usize,
        ) {
            let mut input = input;
            input.extend_from_slice(b"\nSSH-2.0-x\nrest");
            let whole = Ident::default().receive(&input);
            let mut ident = Ident::default();
            let cut = cut.min(input.len());
            let parts = match ident.receive(&input[..cut]) {
                Ok((taken, false)) => ident.receive(&input[taken..]).map(|(more, last)| (taken + more, last)),
                done => done,
            };
            prop_assert_eq!(whole, parts);
        }
    }
}
