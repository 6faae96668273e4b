//! Single values that only the command line knows.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// The public TCP ports of a relay: `A-B`, `A`, or `0-0` for whatever the system gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcpPorts(pub Option<RangeInclusive<u16>>);

impl fmt::Display for TcpPorts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(range) => write!(f, "{}-{}", range.start(), range.end()),
            None => f.write_str("0-0"),
        }
    }
}

impl FromStr for TcpPorts {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| text.parse::<u16>().ok()).flatten()
        };
        match (number(first), number(last)) {
            (Some(0), Some(0)) => Ok(Self(None)),
            (Some(first), Some(last)) if first > 0 && first <= last => Ok(Self(Some(first..=last))),
            _ => Err(
                "a range of ports is A-B with A not above B, both from 1 to 65535 (0-0: any free)"
                    .to_owned(),
            ),
        }
    }
}

/// A host that can stand in a join link: a name or an address, without its port.
///
/// # Errors
/// Why it is none.
pub fn parse_host(text: &str) -> Result<String, String> {
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .unwrap_or(text);
    if bare.parse::<std::net::IpAddr>().is_ok() {
        return Ok(bare.to_owned());
    }
    let is_name = !bare.is_empty()
        && bare
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b));
    if is_name {
        Ok(bare.to_ascii_lowercase())
    } else {
        Err("it takes a host name or an address, without a port".to_owned())
    }
}
