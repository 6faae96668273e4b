//! How a command ends, for scripts: a number where they act differently, and the word of the JSON line.

use crate::model::{Class, Reason, Side};
use std::process::ExitCode;

/// What a command came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Done,
    Failed,
    Usage,
    NotFound,
    InUse,
    SignIn,
    TimedOut,
    Refused,
    Displaced,
    Interrupted,
}

impl Exit {
    /// All of them, in the order of their numbers.
    pub(crate) const ALL: [Self; 10] = [
        Self::Done,
        Self::Failed,
        Self::Usage,
        Self::NotFound,
        Self::InUse,
        Self::SignIn,
        Self::TimedOut,
        Self::Refused,
        Self::Displaced,
        Self::Interrupted,
    ];

    /// Its number, its word, and what it means: a row each, which the manual shows too.
    const fn row(self) -> (u8, &'static str, &'static str) {
        match self {
            Self::Done => (0, "done", "it ended as asked"),
            Self::Failed => (
                1,
                "failed",
                "it could not be done, or its answer could not be written",
            ),
            Self::Usage => (2, "usage", "what was typed cannot be taken"),
            Self::NotFound => (3, "not-found", "there is nothing of that name"),
            Self::InUse => (
                4,
                "in-use",
                "another Underpass on this computer hosts it, or has its files",
            ),
            Self::SignIn => (5, "sign-in", "a sign-in, a token or a key is needed first"),
            Self::TimedOut => (6, "timed-out", "it did not work in time"),
            Self::Refused => (
                7,
                "refused",
                "the relay or provider refuses it, and would again",
            ),
            Self::Displaced => (
                8,
                "displaced",
                "another computer hosts it; --take-over moves it here",
            ),
            // What a shell calls it.
            Self::Interrupted => (
                130,
                "interrupted",
                "a second Ctrl-C cut the end short, or one came before --detach had its URL",
            ),
        }
    }

    pub(crate) const fn number(self) -> u8 {
        self.row().0
    }

    /// The word for it in the JSON lines: stable, for programs.
    pub(crate) const fn word(self) -> &'static str {
        self.row().1
    }

    /// What it means, in English, as the manual is.
    pub(crate) const fn meaning(self) -> &'static str {
        self.row().2
    }

    /// How a command ends that fails for this reason.
    pub(crate) const fn of(reason: &Reason) -> Self {
        match (reason, reason.class(), reason.side()) {
            (Reason::HostedHere { .. }, _, _) => Self::InUse,
            (Reason::TunnelGone, _, _) => Self::NotFound,
            (Reason::OptionsInvalid { .. }, _, _) => Self::Usage,
            (Reason::TimedOut, _, _) => Self::TimedOut,
            (_, Class::SignIn, _) => Self::SignIn,
            (_, Class::Displaced, _) => Self::Displaced,
            (_, Class::Fatal, Side::Theirs | Side::Network) => Self::Refused,
            (_, Class::Fatal, Side::Ours) | (_, Class::Quota | Class::Transient, _) => Self::Failed,
        }
    }

    /// The same for the word of a reason, where another process says it. One that is not known is of a
    /// newer version.
    pub(crate) fn of_code(code: &str) -> Self {
        match code {
            "hosted-here" => Self::InUse,
            "tunnel-gone" => Self::NotFound,
            "options-invalid" => Self::Usage,
            "timed-out" => Self::TimedOut,
            "token-refused" | "signed-out" | "token-missing" | "token-invalid" | "keys-refused" => {
                Self::SignIn
            }
            "hosted-elsewhere" | "taken-over" => Self::Displaced,
            "not-a-relay"
            | "certificate-mismatch"
            | "version-mismatch"
            | "name-taken"
            | "name-reserved"
            | "too-many-names"
            | "too-many-public-ports"
            | "public-port-taken"
            | "public-port-outside"
            | "no-public-ports"
            | "too-many-tunnels"
            | "refused"
            | "protocol-fault"
            | "host-key-changed"
            | "host-key-revoked" => Self::Refused,
            _ => Self::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_words_are_a_promise() {
        let rows: Vec<String> = Exit::ALL
            .map(|exit| format!("{} {}", exit.number(), exit.word()))
            .into();
        assert_eq!(
            rows.join(", "),
            "0 done, 1 failed, 2 usage, 3 not-found, 4 in-use, 5 sign-in, 6 timed-out, 7 refused, \
             8 displaced, 130 interrupted"
        );
    }

    #[test]
    fn a_script_acts_by_what_would_help() {
        let name = "shop".to_owned();
        for (reason, exit) in [
            (
                Reason::HostedHere {
                    process: None,
                    by: None,
                },
                Exit::InUse,
            ),
            (Reason::TakenOver, Exit::Displaced),
            (Reason::HostedElsewhere, Exit::Displaced),
            (Reason::TokenRefused, Exit::SignIn),
            (Reason::NameTaken { name }, Exit::Refused),
            (Reason::TunnelGone, Exit::NotFound),
            (Reason::LinkLost, Exit::Failed),
        ] {
            assert_eq!(Exit::of(&reason), exit, "{reason:?}");
        }
    }

    /// Each row of the reasons, as the code has it.
    #[test]
    fn a_reasons_word_ends_a_command_as_the_reason_does() {
        let text = include_str!("../model/class.rs");
        let rows = text.split("=> (\"").skip(1).filter_map(|row| {
            let (code, rest) = row.split_once("\", ")?;
            let (row, _) = rest.split_once(')')?;
            let (side, class) = row.split_once(", ")?;
            Some((code, side, class))
        });
        let mut seen = 0;
        for (code, side, class) in rows {
            let exit = match (code, side, class) {
                ("hosted-here", ..) => Exit::InUse,
                ("tunnel-gone", ..) => Exit::NotFound,
                ("options-invalid", ..) => Exit::Usage,
                ("timed-out", ..) => Exit::TimedOut,
                (_, _, "SignIn") => Exit::SignIn,
                (_, _, "Displaced") => Exit::Displaced,
                (_, "Theirs" | "Network", "Fatal") => Exit::Refused,
                _ => Exit::Failed,
            };
            assert_eq!(Exit::of_code(code), exit, "{code}");
            seen += 1;
        }
        assert!(seen > 40, "the rows are read no more: {seen}");
    }
}
