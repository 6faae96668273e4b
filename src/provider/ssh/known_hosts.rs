//! What is known of servers' keys, in the format that OpenSSH's `known_hosts` files have. Pure: text in,
//! a verdict out.
//!
//! Names may be hashed, hold wildcards and be negated; a line may name an authority or a revoked key. A
//! line that is not understood says nothing, as with OpenSSH.

use ring::hmac;

/// The longest line: a key of 16,384 bits and a hundred names are shorter.
const LONGEST_LINE: usize = 16 * 1024;

/// So many lines of one file are looked at.
const MOST_LINES: usize = 100_000;

/// The port that a name without one stands for.
const USUAL_PORT: u16 = 22;

/// What is known of a key that a server shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the server's.
    Known,
    /// Nothing is known of this server.
    Unknown,
    /// Another key is the server's.
    Changed,
    /// It is not to be trusted any longer.
    Revoked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marker {
    Plain,
    Authority,
    Revoked,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Names {
    Hashed { salt: Vec<u8>, hash: Vec<u8> },
    Patterns(Vec<String>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    marker: Marker,
    names: Names,
    algorithm: String,
    key: Vec<u8>,
}

/// The lines of any number of files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownHosts(Vec<Entry>);

impl KnownHosts {
    /// Adds what a file says.
    pub fn read(&mut self, text: &str) {
        let lines = text.lines().take(MOST_LINES);
        self.0.extend(lines.filter_map(parse));
    }

    /// What is known of this key of a server, as it is on the wire.
    pub fn judge(&self, host: &str, port: u16, key: &[u8]) -> Verdict {
        let name = name(host, port);
        let verdict = self.judge_name(&name, key);
        if verdict != Verdict::Unknown || port == USUAL_PORT {
            return verdict;
        }
        // A key of the host's usual port is good for another one, and its lack says nothing.
        match self.judge_name(&host.to_ascii_lowercase(), key) {
            Verdict::Changed => Verdict::Unknown,
            verdict => verdict,
        }
    }

    fn judge_name(&self, name: &str, key: &[u8]) -> Verdict {
        if self.has(Marker::Revoked, name, key) {
            return Verdict::Revoked;
        }
        let mut plain = self.of(Marker::Plain, name).peekable();
        if plain.peek().is_none() {
            return Verdict::Unknown;
        }
        if plain.any(|entry| entry.key == key) {
            Verdict::Known
        } else {
            Verdict::Changed
        }
    }

    /// Whether this authority's word on the server is taken.
    pub fn is_authority(&self, host: &str, port: u16, authority: &[u8]) -> bool {
        let named = |name: &str| {
            self.has(Marker::Authority, name, authority)
                && !self.has(Marker::Revoked, name, authority)
        };
        named(&name(host, port)) || named(&host.to_ascii_lowercase())
    }

    /// Whether any authority's word on the server is taken.
    pub fn has_authority(&self, host: &str, port: u16) -> bool {
        let named = |name: &str| self.of(Marker::Authority, name).next().is_some();
        named(&name(host, port)) || named(&host.to_ascii_lowercase())
    }

    /// The algorithms of the keys that are known of a server.
    pub fn algorithms(&self, host: &str, port: u16) -> Vec<&str> {
        let of = |name: String| {
            let entries = self.of(Marker::Plain, &name);
            entries
                .map(|entry| entry.algorithm.as_str())
                .collect::<Vec<_>>()
        };
        let own = of(name(host, port));
        if own.is_empty() {
            of(host.to_ascii_lowercase())
        } else {
            own
        }
    }

    fn of<'a>(&'a self, marker: Marker, name: &str) -> impl Iterator<Item = &'a Entry> {
        let name = name.to_owned();
        let entries = self.0.iter();
        entries.filter(move |entry| entry.marker == marker && entry.names.have(&name))
    }

    fn has(&self, marker: Marker, name: &str, key: &[u8]) -> bool {
        self.of(marker, name).any(|entry| entry.key == key)
    }
}

/// How a server is called there.
fn name(host: &str, port: u16) -> String {
    let host = host.to_ascii_lowercase();
    if port == USUAL_PORT {
        host
    } else {
        format!("[{host}]:{port}")
    }
}

impl Names {
    fn have(&self, name: &str) -> bool {
        match self {
            Self::Hashed { salt, hash } => {
                let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, salt);
                hmac::verify(&key, name.as_bytes(), hash).is_ok()
            }
            Self::Patterns(patterns) => {
                let mut found = false;
                for pattern in patterns {
                    match pattern.strip_prefix('!') {
                        Some(negated) if is_like(negated, name) => return false,
                        Some(_) => {}
                        None => found |= is_like(pattern, name),
                    }
                }
                found
            }
        }
    }
}

/// Whether a name is one that a pattern stands for: `*` for any text, `?` for one character. As long as
/// the two together, whatever they are.
pub(super) fn is_like(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut at, mut from) = (0, 0);
    // Where the last star stands, and from where it was tried last.
    let mut star = None;
    while from < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(byte) if *byte == b'?' || byte.eq_ignore_ascii_case(&name[from]) => {
                at += 1;
                from += 1;
            }
            Some(_) | None => match star {
                Some((starred, tried)) => {
                    star = Some((starred, tried + 1));
                    at = starred + 1;
                    from = tried + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

fn parse(line: &str) -> Option<Entry> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') || line.len() > LONGEST_LINE {
        return None;
    }
    let mut words = line.split_ascii_whitespace();
    let mut names = words.next()?;
    let marker = match names {
        "@cert-authority" => Marker::Authority,
        "@revoked" => Marker::Revoked,
        marker if marker.starts_with('@') => return None,
        _ => Marker::Plain,
    };
    if marker != Marker::Plain {
        names = words.next()?;
    }
    let algorithm = words.next()?.to_owned();
    let key = decode(words.next()?)?;
    // The key repeats its algorithm; the older format of SSH 1 has a number there.
    let inner = u32::from_be_bytes(key.get(..4)?.try_into().ok()?);
    let inner = key.get(4..)?.get(..usize::try_from(inner).ok()?)?;
    (inner == algorithm.as_bytes()).then_some(())?;
    Some(Entry {
        marker,
        names: parse_names(names)?,
        algorithm,
        key,
    })
}

fn parse_names(names: &str) -> Option<Names> {
    let Some(hashed) = names.strip_prefix('|') else {
        let patterns = names.split(',').filter(|name| !name.is_empty());
        return Some(Names::Patterns(patterns.map(str::to_owned).collect()));
    };
    let mut parts = hashed.split('|');
    let (kind, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
    (kind == "1" && parts.next().is_none()).then_some(())?;
    Some(Names::Hashed {
        salt: decode(salt)?,
        hash: decode(hash)?,
    })
}

/// Base64 with padding, as these files have it.
fn decode(text: &str) -> Option<Vec<u8>> {
    let text = text.as_bytes();
    let digits = text.strip_suffix(b"==").or(text.strip_suffix(b"="));
    let digits = digits.unwrap_or(text);
    (text.len().is_multiple_of(4)).then_some(())?;
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut held, mut bits) = (0_u32, 0);
    for digit in digits {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        held = held << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).ok()?);
            held &= (1 << bits) - 1;
        }
    }
    Some(bytes)
}

#[cfg(test)]
#[path = "known_hosts_tests.rs"]
mod tests;
