//! A text for the person before it is in any language.

use crate::model::UnixMillis;
use serde::Serialize;

/// The key of a message and its arguments. Made by the functions in [`super::messages`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Msg {
    /// The key in `i18n/*/*.ftl`.
    pub id: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<(&'static str, Arg)>,
}

impl Msg {
    /// The message of a key that is known at run time, without arguments.
    pub const fn plain(id: &'static str) -> Self {
        Self {
            id,
            args: Vec::new(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arg {
    /// Text as it is: a URL, a name, a host.
    Text(String),
    /// A count; plural rules apply.
    Count(i64),
    /// A number with one decimal, in tenths: 14 is shown as 1.4.
    Tenths(i64),
    /// A moment, shown as local time of day, with the date if it is not today.
    Time(UnixMillis),
    Msg(Box<Msg>),
}

impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u16> for Arg {
    fn from(count: u16) -> Self {
        Self::Count(i64::from(count))
    }
}

impl From<u32> for Arg {
    fn from(count: u32) -> Self {
        Self::Count(i64::from(count))
    }
}

impl From<u64> for Arg {
    fn from(count: u64) -> Self {
        Self::Count(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

impl From<usize> for Arg {
    fn from(count: usize) -> Self {
        Self::Count(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

impl From<UnixMillis> for Arg {
    fn from(at: UnixMillis) -> Self {
        Self::Time(at)
    }
}

impl From<Msg> for Arg {
    fn from(msg: Msg) -> Self {
        Self::Msg(Box::new(msg))
    }
}
