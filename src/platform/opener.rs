//! Opening a URL with the program the person has for it. Anything that is not plainly a URL of ours
//! is refused: it is handed to other programs.

use super::DesktopError;
use crate::base::worker::within;
use std::time::Duration;

/// How long the desktop may take to begin.
const LIMIT: Duration = Duration::from_secs(5);

/// What may be opened.
const SCHEMES: [&str; 3] = ["http://", "https://", "tcp://"];

/// The longest URL that is opened, in bytes.
const MAX_LEN: usize = 2048;

/// Opens the URL. Takes 5 s at most.
///
/// # Errors
/// It is not a URL with `http`, `https` or `tcp`, or the desktop has no program for it.
pub fn open_url(url: &str) -> Result<(), DesktopError> {
    if !may_be_opened(url) {
        return Err(DesktopError::new(
            "only http, https and tcp URLs are opened",
        ));
    }
    let url = url.to_owned();
    match within(LIMIT, "desktop", move || open::that_detached(url)) {
        Some(result) => result.map_err(DesktopError::new),
        None => Err(DesktopError::new("the desktop does not answer")),
    }
}

fn may_be_opened(url: &str) -> bool {
    let behind = SCHEMES.iter().find_map(|scheme| url.strip_prefix(scheme));
    behind.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '['))
        && url.len() <= MAX_LEN
        && url
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\"'`\\<>|^".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_urls_of_our_schemes_are_opened() {
        for good in [
            "http://web.localhost:7480/",
            "https://relay.example/a?b=c&d=%20#e",
            "tcp://127.0.0.1:7500",
            "http://[::1]:80/",
        ] {
            assert!(may_be_opened(good), "{good}");
        }
        let long = format!("http://{}", "a".repeat(MAX_LEN));
        for bad in [
            "",
            "http://",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "--help",
            "http://-x",
            "HTTP//x",
            " http://x",
            "http://x y",
            "http://x\n",
            "http://x\"&calc",
            "http://é",
            &long,
        ] {
            assert!(!may_be_opened(bad), "{bad}");
        }
        assert!(open_url("file:///etc/passwd").is_err());
    }
}
