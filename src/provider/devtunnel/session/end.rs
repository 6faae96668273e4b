//! What the end of the relay's SSH session means.

use crate::model::Reason;
use crate::provider::devtunnel::generations::Generation;
use crate::provider::devtunnel::ssh::End;
use crate::provider::{ConnectError, Ended};
use std::io;

/// SSH's code for an end that the program wanted.
pub(super) const END_BY_APPLICATION: u32 = 11;

/// What the relay says to a host that another one displaced.
const DISPLACED: u32 = 12;

/// What `end` means to a session. One that a newer session of this host displaced has lost
/// its link and nothing else.
pub fn map_end(end: &End, generation: &Generation) -> Ended {
    let ended = map(end);
    if ended.reason == Reason::TakenOver && !generation.is_newest() {
        return ConnectError::with(Reason::LinkLost, "a newer session of ours took over");
    }
    if ended.reason == Reason::TakenOver {
        generation.displaced();
    }
    ended
}

/// A newer session of this host displaced it.
pub(super) fn is_superseded(end: &End, generation: &Generation) -> bool {
    map(end).reason == Reason::TakenOver && !generation.is_newest()
}

fn map(end: &End) -> Ended {
    let said = end.to_string();
    let detail = || said.clone();
    let reason = match end {
        End::Disconnected { code, .. } => match *code {
            DISPLACED => Reason::TakenOver,
            // Not allowed, cancelled by the user, no more ways to sign in, unknown name.
            1 | 13 | 14 | 15 => Reason::SignedOut,
            // Service not available.
            7 => Reason::ServiceTrouble { status: 0 },
            // Protocol error, keys, a broken packet, compression.
            2 | 3 | 5 | 6 => Reason::ProtocolFault { detail: detail() },
            _ => Reason::LinkLost,
        },
        End::Io(error) if error.kind() == io::ErrorKind::TimedOut => Reason::LinkSilent,
        End::Eof | End::Io(_) => Reason::LinkLost,
        End::Protocol(_) => Reason::ProtocolFault { detail: detail() },
    };
    ConnectError::with(reason, said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Class;
    use crate::provider::devtunnel::generations::Generations;

    #[test]
    fn each_end_has_its_class() {
        let all = Generations::default();
        let generation = all.begin();
        let class = |end: &End| map_end(end, &generation).class();
        for (code, expected) in [
            (1, Class::SignIn),
            (2, Class::Fatal),
            (3, Class::Fatal),
            (5, Class::Fatal),
            (6, Class::Fatal),
            (7, Class::Transient),
            (10, Class::Transient),
            (11, Class::Transient),
            (12, Class::Displaced),
            (13, Class::SignIn),
            (14, Class::SignIn),
            (15, Class::SignIn),
            (99, Class::Transient),
        ] {
            let text = "T".to_owned();
            let found = class(&End::Disconnected { code, text });
            assert_eq!(found, expected, "{code}");
        }
        assert_eq!(class(&End::Eof), Class::Transient);
        assert_eq!(class(&End::Protocol("x".to_owned())), Class::Fatal);
        let silent = End::Io(io::ErrorKind::TimedOut.into());
        assert_eq!(map_end(&silent, &generation).reason, Reason::LinkSilent);
    }

    #[test]
    fn a_newer_session_of_ours_is_not_another_host() {
        let all = Generations::default();
        let (older, newer) = (all.begin(), all.begin());
        let kicked = End::Disconnected {
            code: DISPLACED,
            text: String::new(),
        };
        assert_eq!(map_end(&kicked, &older).reason, Reason::LinkLost);
        assert!(is_superseded(&kicked, &older) && !is_superseded(&kicked, &newer));
        assert!(!is_superseded(&End::Eof, &older));
        assert_eq!(map_end(&kicked, &newer).reason, Reason::TakenOver);
    }
}
