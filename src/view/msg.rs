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

/// What an argument is made of: from what, and how.
macro_rules! arg_from {
    ($($from:ty: |$value:ident| $arg:expr;)*) => {$(
        impl From<$from> for Arg {
            fn from($value: $from) -> Self {
                $arg
            }
        }
    )*};
}

arg_from! {
    &str: |text| Self::Text(text.to_owned());
    &String: |text| Self::Text(text.clone());
    String: |text| Self::Text(text);
    u16: |count| Self::Count(count.into());
    u32: |count| Self::Count(count.into());
    u64: |count| Self::Count(i64::try_from(count).unwrap_or(i64::MAX));
    usize: |count| Self::Count(i64::try_from(count).unwrap_or(i64::MAX));
    UnixMillis: |at| Self::Time(at);
    Msg: |msg| Self::Msg(Box::new(msg));
}
