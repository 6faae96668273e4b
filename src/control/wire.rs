//! One request and one answer a connection, a line of JSON each. It reads whatever bytes there are and
//! never trusts their length or form.

use super::status::{ProcessStatus, TunnelStatus};
use crate::model::{PortNumber, Protocol, Secret, Setting, Target, TunnelId};
use serde::{Deserialize, Serialize};

/// The version of what is said. Fields may be added within one; a word that is not known is refused.
pub const VERSION: u32 = 1;

/// The longest request, in bytes. The longest of ours is a word and a tunnel's id.
pub(super) const MAX_REQUEST: u64 = 4 * 1024;

/// The longest answer, in bytes: some tens of thousands of ports.
pub(super) const MAX_ANSWER: u64 = 16 * 1024 * 1024;

/// What is asked of a process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "do")]
pub enum Request {
    /// What it has, and how that is.
    Status,
    /// Host a tunnel; answered once that works or cannot.
    Start { tunnel: TunnelId },
    /// Stop hosting a tunnel; answered once its goodbye is said.
    Stop { tunnel: TunnelId },
    /// Call a tunnel by another name.
    Rename { tunnel: TunnelId, name: String },
    /// Say what a port of a tunnel speaks.
    ChangeProtocol {
        tunnel: TunnelId,
        port: PortNumber,
        protocol: Protocol,
    },
    /// Have a port of a tunnel lead elsewhere.
    ChangeTarget {
        tunnel: TunnelId,
        port: PortNumber,
        target: Target,
    },
    /// Use the relay that this join link names.
    Join {
        /// Its token must not print.
        link: Secret,
    },
    /// Go back to the relay in the program.
    Leave,
    /// Change a setting.
    Set { setting: Setting },
}

/// What it says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "answer")]
pub enum Answer {
    Status(ProcessStatus),
    /// It is done, or came to an end that only the person can change: the tunnel as it is now.
    Tunnel(TunnelStatus),
    /// What is no tunnel's is done.
    Done,
    Refused {
        why: Refusal,
    },
}

/// Why something was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// The request is of another version.
    Version,
    /// It is no request.
    Malformed,
    /// This process has no tunnel of that id.
    UnknownTunnel,
    /// There is nothing of it to host.
    NoPorts,
    /// It is for the desktop program alone.
    NotHere,
    /// It took too long; it may come about yet.
    TimedOut,
    /// The program ends.
    Ending,
    /// A word of a newer program.
    #[serde(other)]
    Other,
}

#[derive(Serialize, Deserialize)]
struct Versioned<T> {
    v: u32,
    #[serde(flatten)]
    said: T,
}

/// The version alone: what else there is may be of another one.
#[derive(Deserialize)]
struct VersionOnly {
    v: u32,
}

/// A line for a request or an answer, with its end.
pub(super) fn encode<T: Serialize>(said: T) -> Vec<u8> {
    let whole = Versioned { v: VERSION, said };
    // Strings and numbers alone: there is nothing that JSON cannot hold.
    let mut line = serde_json::to_vec(&whole).unwrap_or_default();
    line.push(b'\n');
    line
}

/// Reads a line.
///
/// # Errors
/// Whose version it is, or that it is nothing at all.
pub(super) fn decode<T: for<'de> Deserialize<'de>>(line: &[u8]) -> Result<T, Refusal> {
    let VersionOnly { v } = serde_json::from_slice(line).map_err(|_| Refusal::Malformed)?;
    if v != VERSION {
        return Err(Refusal::Version);
    }
    let whole: Versioned<T> = serde_json::from_slice(line).map_err(|_| Refusal::Malformed)?;
    Ok(whole.said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn web() -> TunnelId {
        TunnelId::new("web").expect("an id")
    }

    #[test]
    fn a_request_is_a_line_that_stays_as_it_is() {
        let line = encode(Request::Stop { tunnel: web() });
        assert_eq!(line, b"{\"v\":1,\"do\":\"stop\",\"tunnel\":\"web\"}\n");
        assert_eq!(decode(&line), Ok(Request::Stop { tunnel: web() }));
        let newer = br#"{"v":1,"do":"status","more":[1,2]}"#;
        assert_eq!(decode(newer), Ok(Request::Status), "fields may be added");
    }

    #[test]
    fn what_is_no_request_is_told_from_one_of_another_version() {
        for (line, why) in [
            (&br#"{"v":2,"do":"dance"}"#[..], Refusal::Version),
            (br#"{"v":1,"do":"dance"}"#, Refusal::Malformed),
            (
                br#"{"v":1,"do":"stop","tunnel":"../x"}"#,
                Refusal::Malformed,
            ),
            (br#"{"do":"status"}"#, Refusal::Malformed),
            (b"", Refusal::Malformed),
        ] {
            assert_eq!(decode::<Request>(line), Err(why), "{line:?}");
        }
        let unknown = br#"{"v":1,"answer":"refused","why":"tired"}"#;
        let answer = Answer::Refused {
            why: Refusal::Other,
        };
        assert_eq!(decode(unknown), Ok(answer));
    }

    /// Bytes, and JSON that is nearly right.
    fn any_line() -> impl Strategy<Value = Vec<u8>> {
        let near = r#"\{"v":[0-9]{1,3},"(do|answer)":"(status|stop|refused|tunnel)","[a-z]{1,6}":("[ -~]{0,9}"|[\[\{\]\}0-9]{0,9})\}?"#;
        prop_oneof![
            prop::collection::vec(any::<u8>(), 0..512),
            near.prop_map(String::into_bytes),
            (0..60_000_usize).prop_map(|deep| vec![b'['; deep]),
        ]
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_much(line in any_line()) {
            let _ = decode::<Request>(&line);
            let _ = decode::<Answer>(&line);
        }
    }
}
