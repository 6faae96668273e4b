//! Reads the page and the code out of what the program says while somebody signs in. It knows no
//! account.

use crate::model::DeviceCode;

/// A code is not longer than this.
const MAX_CODE: usize = 24;

/// Reads lines until the page and the code were said, in one line or in several.
#[derive(Debug, Default)]
pub(super) struct CodeReader {
    url: Option<String>,
    found: bool,
}

impl CodeReader {
    /// Reads one line more; gives the code once.
    pub(super) fn read(&mut self, line: &str) -> Option<DeviceCode> {
        if self.found {
            return None;
        }
        let mut rest = line;
        if let Some((url, behind)) = page(line) {
            self.url = Some(url);
            rest = behind;
        }
        let code = code(rest)?;
        let url = self.url.clone()?;
        self.found = true;
        Some(DeviceCode { url, code })
    }
}

/// The first page in a line, and what comes behind it.
fn page(line: &str) -> Option<(String, &str)> {
    let start = line.find("https://")?;
    let rest = &line[start..];
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let url = rest[..end].trim_end_matches(['.', ',', ';', ')', '>', '"', '\'']);
    (url.len() > "https://".len()).then(|| (url.to_owned(), &rest[end..]))
}

/// What stands behind the word `code` and looks like one.
fn code(text: &str) -> Option<String> {
    let mut words = text.split_whitespace();
    words.find(|word| {
        word.trim_end_matches(':').eq_ignore_ascii_case("code")
            || word.to_ascii_lowercase().starts_with("code:")
    })?;
    // The word may hold the code itself: `code:ABCD-1234`.
    let inside = text
        .split_whitespace()
        .filter_map(|word| word.split_once(':').map(|(_, code)| code));
    words
        .chain(inside)
        .map(bare)
        .find(|word| looks_like_code(word))
        .map(str::to_owned)
}

fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_ascii_alphanumeric())
}

fn looks_like_code(word: &str) -> bool {
    (6..=MAX_CODE).contains(&word.len())
        && word
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Option<(String, String)> {
        let mut reader = CodeReader::default();
        text.lines()
            .find_map(|line| reader.read(line))
            .map(|found| (found.url, found.code))
    }

    #[test]
    fn codes_as_the_program_says_them() {
        let github = ("https://github.com/login/device", "EAD8-CC93");
        let microsoft = ("https://microsoft.com/devicelogin", "F7G8H9JK2");
        for (text, (url, code)) in [
            (
                "Browse to https://github.com/login/device and enter the code: EAD8-CC93",
                github,
            ),
            (
                "Browse to https://github.com/login/device and enter the code EAD8-CC93.",
                github,
            ),
            (
                "Welcome to https://aka.ms/x !\n\nTo sign in, use a web browser to open the page \
                 https://microsoft.com/devicelogin and enter the code F7G8H9JK2 to authenticate.",
                microsoft,
            ),
            (
                "Open https://microsoft.com/devicelogin.\nEnter this.\nCode: F7G8H9JK2",
                microsoft,
            ),
            (
                "Open https://github.com/login/device code:EAD8-CC93",
                github,
            ),
        ] {
            assert_eq!(
                read(text),
                Some((url.to_owned(), code.to_owned())),
                "{text}"
            );
        }
        for none in [
            "",
            "Opening a browser at https://login.microsoftonline.com/",
            "enter the code: EAD8-CC93",
            "https:// enter the code: EAD8-CC93",
            "Go to http://example.com and enter the code: EAD8-CC93",
        ] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn a_code_is_told_once() {
        let line = "Browse to https://github.com/login/device and enter the code: EAD8-CC93";
        let mut reader = CodeReader::default();
        assert!(reader.read(line).is_some());
        assert_eq!(reader.read(line), None);
    }

    proptest! {
        #[test]
        fn any_line_is_read_or_not_but_never_a_fault(
            line in "\\PC*|(https://\\PC{0,9} )?code:? ?\\PC{0,30}",
        ) {
            if let Some((url, code)) = read(&line) {
                prop_assert!(url.starts_with("https://") && looks_like_code(&code));
            }
        }
    }
}
