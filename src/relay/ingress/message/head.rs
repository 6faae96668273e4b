//! Heads: the first line and the fields, read and written.

use super::Fault;
use super::fields::{self, Origin, next_line};
use bytes::Bytes;
use http::uri::{Authority, PathAndQuery, Scheme, Uri};
use http::{HeaderMap, Method, Request, Response, StatusCode, Version, request, response};

#[derive(Clone, Debug)]
pub struct RequestHead {
    /// The URI is what the target means, for whoever routes by it.
    pub parts: request::Parts,
    /// The target for the service, byte for byte as it came; of an absolute one, what stands behind
    /// the authority.
    pub target: Bytes,
}

#[derive(Debug)]
pub struct ResponseHead {
    pub parts: response::Parts,
    /// As the service said it; may be empty.
    pub reason: Bytes,
}

/// Where the head at the beginning of `bytes` ends: behind its empty line. Of them, `seen` were
/// looked at before. Empty lines before a head belong to it.
pub fn head_end(bytes: &[u8], seen: usize) -> Option<usize> {
    let blank = |b: &&u8| matches!(b, b'\r' | b'\n');
    let begin = bytes.iter().take_while(blank).count();
    let mut from = begin.max(seen.saturating_sub(3));
    loop {
        let end = from + bytes.get(from..)?.iter().position(|&b| b == b'\n')? + 1;
        match bytes.get(end..)? {
            [b'\n', ..] => return Some(end + 1),
            [b'\r', b'\n', ..] => return Some(end + 2),
            _ => from = end,
        }
    }
}

/// Reads a whole head of a visitor.
pub fn parse_request(mut head: Bytes) -> Result<RequestHead, Fault> {
    let line = first_line(&mut head);
    let mut words = line.splitn(3, |&b| b == b' ');
    let (Some(method), Some(target), Some(version)) = (words.next(), words.next(), words.next())
    else {
        return Err(Fault::Malformed);
    };
    let method = Method::from_bytes(method).map_err(|_| Fault::Malformed)?;
    let (uri, target) = read_target(&method, &line.slice_ref(target))?;
    let mut parts = Request::new(()).into_parts().0;
    parts.version = read_version(version)?;
    parts.method = method;
    parts.uri = uri;
    parts.headers = fields::parse(head, Origin::Visitor)?;
    Ok(RequestHead { parts, target })
}

/// Reads a whole head of a service.
pub fn parse_response(mut head: Bytes) -> Result<ResponseHead, Fault> {
    let line = first_line(&mut head);
    let mut words = line.splitn(3, |&b| b == b' ');
    let version = read_version(words.next().unwrap_or_default())?;
    let status = words.next().unwrap_or_default();
    let status = StatusCode::from_bytes(status).map_err(|_| Fault::Malformed)?;
    let reason = words.next().unwrap_or_default();
    let is_text = |&b: &u8| b == b'\t' || (b >= b' ' && b != 0x7f);
    let reason = if reason.iter().all(is_text) {
        reason
    } else {
        b""
    };
    let reason = line.slice_ref(reason);
    let mut parts = Response::new(()).into_parts().0;
    parts.version = version;
    parts.status = status;
    parts.headers = fields::parse(head, Origin::Service)?;
    Ok(ResponseHead { parts, reason })
}

/// Whether `bytes` can be the beginning of a response: an SSH server's greeting is none, and need
/// not be waited out.
pub fn begins_a_response(bytes: &[u8]) -> bool {
    let blank = |b: &&u8| matches!(b, b'\r' | b'\n');
    let begin = bytes.iter().take_while(blank).count();
    let bytes = &bytes[begin..];
    let common = bytes.len().min(b"HTTP/1.".len());
    bytes[..common] == b"HTTP/1."[..common]
}

fn first_line(head: &mut Bytes) -> Bytes {
    loop {
        let line = next_line(head);
        if !line.is_empty() || head.is_empty() {
            return line;
        }
    }
}

/// A higher minor version is read as the highest that is known here (RFC 9110, 2.5).
fn read_version(text: &[u8]) -> Result<Version, Fault> {
    match text {
        b"HTTP/1.0" => Ok(Version::HTTP_10),
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', minor] if minor.is_ascii_digit() => {
            Ok(Version::HTTP_11)
        }
        _ => Err(Fault::Malformed),
    }
}

/// What the target means, and what the service is to get.
fn read_target(method: &Method, target: &Bytes) -> Result<(Uri, Bytes), Fault> {
    // Other bytes that no URI has are common, and services know what they mean.
    if target.is_empty() || target.iter().any(|&b| b <= b' ' || b == 0x7f) {
        return Err(Fault::Malformed);
    }
    if *method == Method::CONNECT {
        let authority = Authority::from_maybe_shared(target.clone());
        let authority = authority.map_err(|_| Fault::Malformed)?;
        return Ok((Uri::from(authority), target.clone()));
    }
    if target.starts_with(b"/") {
        return Ok((Uri::from(path_of(target)?), target.clone()));
    }
    if target == "*" {
        let any = PathAndQuery::from_static("*");
        return Ok((Uri::from(any), target.clone()));
    }
    read_absolute(target)
}

fn read_absolute(target: &Bytes) -> Result<(Uri, Bytes), Fault> {
    let malformed = || Fault::Malformed;
    let at = target.windows(3).position(|part| part == b"://");
    let at = at.ok_or_else(malformed)?;
    let scheme = Scheme::try_from(&target[..at]).map_err(|_| malformed())?;
    let rest = target.slice(at + 3..);
    let end = rest.iter().position(|b| matches!(b, b'/' | b'?' | b'#'));
    let end = end.unwrap_or(rest.len());
    let authority = Authority::from_maybe_shared(rest.slice(..end)).map_err(|_| malformed())?;
    let path = match rest.slice(end..) {
        path if path.starts_with(b"/") => path,
        path => [b"/", &path[..]].concat().into(),
    };
    let uri = Uri::builder().scheme(scheme).authority(authority);
    let uri = uri.path_and_query(path_of(&path)?).build();
    Ok((uri.map_err(|_| malformed())?, path))
}

/// The path as a URI may have it: what may not stand in one is escaped.
fn path_of(path: &Bytes) -> Result<PathAndQuery, Fault> {
    if let Ok(path) = PathAndQuery::from_maybe_shared(path.clone()) {
        return Ok(path);
    }
    let mut escaped = Vec::with_capacity(path.len() + 16);
    for &byte in path {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%[]".contains(&byte) {
            escaped.push(byte);
        } else {
            escaped.push(b'%');
            escaped
                .extend([byte >> 4, byte & 15].map(|half| b"0123456789ABCDEF"[usize::from(half)]));
        }
    }
    PathAndQuery::from_maybe_shared(Bytes::from(escaped)).map_err(|_| Fault::Malformed)
}

/// Writes a request's head for a service.
pub fn write_request(out: &mut Vec<u8>, head: &RequestHead) {
    out.extend_from_slice(head.parts.method.as_str().as_bytes());
    out.push(b' ');
    out.extend_from_slice(&head.target);
    out.extend_from_slice(b" HTTP/1.1\r\n");
    write_fields(out, &head.parts.headers);
}

/// Writes a response's head for a visitor, in the version of its parts. Without a reason it is the
/// usual one.
pub fn write_response(out: &mut Vec<u8>, parts: &response::Parts, reason: &[u8]) {
    out.extend_from_slice(match parts.version {
        Version::HTTP_10 => b"HTTP/1.0 ",
        _ => b"HTTP/1.1 ",
    });
    out.extend_from_slice(parts.status.as_str().as_bytes());
    out.push(b' ');
    if reason.is_empty() {
        let usual = parts.status.canonical_reason().unwrap_or_default();
        out.extend_from_slice(usual.as_bytes());
    } else {
        out.extend_from_slice(reason);
    }
    out.extend_from_slice(b"\r\n");
    write_fields(out, &parts.headers);
}

fn write_fields(out: &mut Vec<u8>, fields: &HeaderMap) {
    for (name, value) in fields {
        out.extend_from_slice(name.as_str().as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"\r\n");
}
