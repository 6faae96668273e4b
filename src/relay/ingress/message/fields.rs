//! The lines of a head: names and values, into a map.

use super::Fault;
use bytes::Bytes;
use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};

/// Whose lines they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A visitor's: one line that breaks the rules spoils all.
    Visitor,
    /// A service's: white space before the colon is removed (RFC 9112, 5.1), a folded line made one
    /// (5.2), a control character a space (RFC 9110, 5.5), and a line that is no field left out, as
    /// browsers do.
    Service,
}

/// A field that may still go on in the next line.
struct Field {
    name: HeaderName,
    value: Bytes,
}

/// Takes the next line off `text`, without its end: a line feed alone ends one too (RFC 9112, 2.2).
pub(super) fn next_line(text: &mut Bytes) -> Bytes {
    let end = text.iter().position(|&b| b == b'\n');
    let mut line = text.split_to(end.map_or(text.len(), |end| end + 1));
    let ended = usize::from(line.ends_with(b"\n"));
    line.truncate(line.len() - ended);
    let ended = usize::from(line.ends_with(b"\r"));
    line.truncate(line.len() - ended);
    line
}

/// Reads the lines up to an empty one, or to the end.
pub(super) fn parse(mut text: Bytes, origin: Origin) -> Result<HeaderMap, Fault> {
    let mut fields = HeaderMap::with_capacity(16);
    let mut open: Option<Field> = None;
    while !text.is_empty() {
        let line = next_line(&mut text);
        if line.is_empty() {
            break;
        }
        if matches!(line[0], b' ' | b'\t') {
            unfold(&mut open, &line, origin)?;
            continue;
        }
        close(&mut fields, open.take(), origin)?;
        open = field(&line, origin)?;
    }
    close(&mut fields, open, origin)?;
    Ok(fields)
}

fn field(line: &Bytes, origin: Origin) -> Result<Option<Field>, Fault> {
    let parsed = || {
        let colon = line.iter().position(|&b| b == b':')?;
        let mut name = &line[..colon];
        if origin == Origin::Service {
            name = name.trim_ascii_end();
        }
        let name = HeaderName::from_bytes(name).ok()?;
        let value = line.slice_ref(line[colon + 1..].trim_ascii());
        Some(Field { name, value })
    };
    match parsed() {
        None if origin == Origin::Visitor => Err(Fault::Malformed),
        parsed => Ok(parsed),
    }
}

fn unfold(open: &mut Option<Field>, line: &[u8], origin: Origin) -> Result<(), Fault> {
    if origin == Origin::Visitor {
        return Err(Fault::Malformed);
    }
    // What follows a line that was left out is left out with it.
    if let Some(field) = open {
        let parts = [&field.value[..], line.trim_ascii()];
        field.value = parts.join(&b' ').into();
    }
    Ok(())
}

fn close(fields: &mut HeaderMap, open: Option<Field>, origin: Origin) -> Result<(), Fault> {
    let Some(Field { name, mut value }) = open else {
        return Ok(());
    };
    let is_control = |byte: &u8| byte.is_ascii_control() && *byte != b'\t';
    if origin == Origin::Service && value.iter().any(is_control) {
        let spaced = value
            .iter()
            .map(|byte| if is_control(byte) { b' ' } else { *byte });
        value = spaced.collect();
    }
    let value = HeaderValue::from_maybe_shared(value).map_err(|_| Fault::Malformed)?;
    let appended = fields.try_append(name, value);
    appended.map(|_| ()).map_err(|_| Fault::TooLarge)
}
