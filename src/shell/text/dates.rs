//! The order of day, month and year in a date, by the locale.

/// How a date is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DateOrder {
    /// 2026-11-29: understood everywhere, and the custom in some places.
    Iso,
    /// 11/29/2026.
    MonthFirst,
    /// 29/11/2026.
    DaySlash,
    /// 29.11.2026.
    DayDot,
    /// 29-11-2026.
    DayDash,
}

/// The variables that name the locale of dates, the first that is set.
const VARIABLES: [&str; 3] = ["LC_ALL", "LC_TIME", "LANG"];

/// Languages that write the day first with dots.
const DOTS: &[&str] = &[
    "az", "be", "bg", "bs", "cs", "da", "de", "et", "fi", "hr", "hy", "is", "ka", "kk", "lv", "mk",
    "nb", "nn", "no", "pl", "ro", "ru", "sk", "sl", "sr", "tr", "uk",
];

/// Languages that write the day first with strokes.
const STROKES: &[&str] = &[
    "ar", "bn", "ca", "cy", "el", "es", "fr", "ga", "gl", "he", "hi", "id", "it", "ms", "pt", "sw",
    "th", "ur", "vi",
];

/// Where English is written with the day first.
const ENGLISH_DAY_FIRST: &[&str] = &["AU", "GB", "HK", "IE", "IN", "NZ", "SG"];

impl DateOrder {
    /// The system's, where the environment says what that is.
    pub(super) fn of_system() -> Option<Self> {
        let mut set = VARIABLES.iter().filter_map(|name| std::env::var(name).ok());
        let locale = set.find(|locale| !locale.is_empty())?;
        Some(Self::of(&locale))
    }

    /// That of a locale (`pt-BR`, `de_DE.UTF-8`, `C`).
    pub(super) fn of(locale: &str) -> Self {
        let name = locale.split(['.', '@']).next().unwrap_or_default();
        let mut parts = name.split(['-', '_']);
        let language = parts.next().unwrap_or_default().to_ascii_lowercase();
        let region = parts.next_back().unwrap_or_default().to_ascii_uppercase();
        match language.as_str() {
            "en" if region == "US" || region == "PH" => Self::MonthFirst,
            "en" if ENGLISH_DAY_FIRST.contains(&region.as_str()) => Self::DaySlash,
            "nl" => Self::DayDash,
            language if DOTS.contains(&language) => Self::DayDot,
            language if STROKES.contains(&language) => Self::DaySlash,
            _ => Self::Iso,
        }
    }

    /// For `strftime`.
    pub(super) const fn format(self) -> &'static str {
        match self {
            Self::Iso => "%Y-%m-%d",
            Self::MonthFirst => "%m/%d/%Y",
            Self::DaySlash => "%d/%m/%Y",
            Self::DayDot => "%d.%m.%Y",
            Self::DayDash => "%d-%m-%Y",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_locale_has_its_order_and_an_unknown_one_iso() {
        for (locale, order) in [
            ("en-US", DateOrder::MonthFirst),
            ("en_US.UTF-8", DateOrder::MonthFirst),
            ("en_GB.UTF-8", DateOrder::DaySlash),
            ("en_CA", DateOrder::Iso),
            ("pt-BR", DateOrder::DaySlash),
            ("de_DE@euro", DateOrder::DayDot),
            ("nl_NL", DateOrder::DayDash),
            ("sv_SE.UTF-8", DateOrder::Iso),
            ("zh_CN.UTF-8", DateOrder::Iso),
            ("C", DateOrder::Iso),
            ("C.UTF-8", DateOrder::Iso),
            ("POSIX", DateOrder::Iso),
            ("", DateOrder::Iso),
        ] {
            assert_eq!(DateOrder::of(locale), order, "{locale}");
        }
    }

    proptest! {
        #[test]
        fn any_locale_has_an_order(locale in ".*") {
            let _ = DateOrder::of(&locale);
        }
    }
}
