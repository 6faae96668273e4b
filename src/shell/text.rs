//! Turns a [`Msg`] into text in the person's language.
//!
//! This room knows the languages' files and how they write numbers and times; it does not know what
//! any message is for.

use crate::model::{ClockShift, Language, UnixMillis};
use crate::view::{Arg, Msg};
use dates::DateOrder;
use fluent::concurrent::FluentBundle;
use fluent::{FluentArgs, FluentResource, FluentValue};
use jiff::{Timestamp, Zoned, tz::TimeZone};
use std::borrow::Cow;
use std::fmt;

mod dates;

include!(concat!(env!("OUT_DIR"), "/sources.rs"));

/// Every text in one language, with the source language behind it.
pub struct Catalogue {
    language: Language,
    bundles: Vec<FluentBundle<FluentResource>>,
    clock: fn() -> Zoned,
    shift: ClockShift,
    dates: DateOrder,
}

impl fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Catalogue").field(&self.language).finish()
    }
}

impl Catalogue {
    /// Reads the texts of `language`. Times are shown in the system's time zone, dates in the order that
    /// the system's locale has.
    pub fn new(language: Language) -> Self {
        Self {
            dates: DateOrder::of_system().unwrap_or_else(|| DateOrder::of(language.tag())),
            ..Self::with_clock(language, Zoned::now)
        }
    }

    /// The same, with another idea of where and when "now" is.
    pub fn with_clock(language: Language, clock: fn() -> Zoned) -> Self {
        let mut tags = vec![language.tag()];
        if language != Language::default() {
            tags.push(Language::default().tag());
        }
        Self {
            language,
            bundles: tags.into_iter().map(bundle).collect(),
            clock,
            shift: ClockShift::default(),
            dates: DateOrder::of(language.tag()),
        }
    }

    /// Times of day are written with this between the moments that come in and the wall clock.
    pub fn set_shift(&mut self, shift: ClockShift) {
        self.shift = shift;
    }

    pub const fn language(&self) -> Language {
        self.language
    }

    /// The text of `msg`. A key that no language has is shown as the key: better than nothing.
    pub fn format(&self, msg: &Msg) -> String {
        match self.try_format(msg) {
            Ok(text) => text,
            Err(problem) => {
                tracing::error!(message = msg.id, problem, "a text could not be made");
                msg.id.to_owned()
            }
        }
    }

    /// The text of a message without arguments.
    pub fn label(&self, id: &'static str) -> String {
        self.format(&Msg { id, args: vec![] })
    }

    fn try_format(&self, msg: &Msg) -> Result<String, String> {
        let found = self.bundles.iter().find_map(|bundle| {
            let pattern = bundle.get_message(msg.id)?.value()?;
            Some((bundle, pattern))
        });
        let (bundle, pattern) = found.ok_or("no such message")?;
        let mut args = FluentArgs::with_capacity(msg.args.len());
        for (name, arg) in &msg.args {
            args.set(*name, self.value(arg));
        }
        let mut errors = vec![];
        let text = bundle.format_pattern(pattern, Some(&args), &mut errors);
        if errors.is_empty() {
            Ok(text.into_owned())
        } else {
            Err(format!("{errors:?}"))
        }
    }

    fn value<'a>(&self, arg: &'a Arg) -> FluentValue<'a> {
        match arg {
            Arg::Text(text) => printable(text).into(),
            Arg::Count(count) => (*count).into(),
            Arg::Tenths(tenths) => self.tenths(*tenths).into(),
            Arg::Time(at) => self.time(*at).into(),
            Arg::Msg(msg) => self.format(msg).into(),
        }
    }

    fn tenths(&self, tenths: i64) -> String {
        let sign = if tenths < 0 { "-" } else { "" };
        let separator = match self.language {
            Language::EnUs => '.',
            Language::PtBr => ',',
        };
        let size = tenths.unsigned_abs();
        format!("{sign}{}{separator}{}", size / 10, size % 10)
    }

    fn time(&self, at: UnixMillis) -> String {
        let now = (self.clock)();
        let zone: TimeZone = now.time_zone().clone();
        let millis = i64::try_from(self.shift.apply(at).0).unwrap_or(i64::MAX);
        let Ok(moment) = Timestamp::from_millisecond(millis) else {
            return "–".to_owned();
        };
        let moment = moment.to_zoned(zone);
        let time = moment.strftime("%H:%M");
        if moment.date() == now.date() {
            time.to_string()
        } else {
            format!("{} {time}", moment.strftime(self.dates.format()))
        }
    }
}

/// The text without what a terminal would obey or what would turn its neighbours round: names, URLs
/// and refusals come from outside.
pub fn printable(text: &str) -> Cow<'_, str> {
    let obeyed = |c: char| {
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        c.is_control() || turns
    };
    if !text.contains(obeyed) {
        return Cow::Borrowed(text);
    }
    let shown = text.chars().flat_map(|c| {
        let (escaped, plain) = if obeyed(c) {
            (Some(c.escape_unicode()), None)
        } else {
            (None, Some(c))
        };
        escaped.into_iter().flatten().chain(plain)
    });
    Cow::Owned(shown.collect())
}

fn bundle(tag: &str) -> FluentBundle<FluentResource> {
    let locale = tag.parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![locale]);
    // Marks around arguments are for mixed directions; both languages read left to right.
    bundle.set_use_isolating(false);
    for (_, source) in SOURCES.iter().filter(|(of, _)| *of == tag) {
        // build.rs parses the same files and fails on what does not parse; what a broken build let
        // through would show as missing messages.
        let resource = match FluentResource::try_new((*source).to_owned()) {
            Ok(resource) | Err((resource, _)) => resource,
        };
        bundle.add_resource_overriding(resource);
    }
    bundle
}

#[cfg(test)]
mod tests {
    use super::*;
    use fluent_syntax::ast::{Entry, Expression, InlineExpression, PatternElement};

    fn clock() -> Zoned {
        "2026-11-22T15:30[America/Sao_Paulo]"
            .parse()
            .expect("a moment")
    }

    fn catalogue(language: Language) -> Catalogue {
        Catalogue::with_clock(language, clock)
    }

    fn at(text: &str) -> Arg {
        let moment: Zoned = text.parse().expect("a moment");
        let millis = moment.timestamp().as_millisecond();
        Arg::Time(UnixMillis(u64::try_from(millis).expect("after 1970")))
    }

    #[test]
    fn numbers_and_times_are_written_as_the_language_does() {
        let shown = |language, arg: &Arg| match catalogue(language).value(arg) {
            FluentValue::String(text) => text.into_owned(),
            other => panic!("{other:?} is no text"),
        };
        for (arg, en, pt) in [
            (Arg::Tenths(14), "1.4", "1,4"),
            (Arg::Tenths(-5), "-0.5", "-0,5"),
            (Arg::Tenths(100), "10.0", "10,0"),
            (at("2026-11-22T09:05[America/Sao_Paulo]"), "09:05", "09:05"),
            (
                at("2026-11-21T23:59[America/Sao_Paulo]"),
                "11/21/2026 23:59",
                "21/11/2026 23:59",
            ),
        ] {
            assert_eq!(shown(Language::EnUs, &arg), en);
            assert_eq!(shown(Language::PtBr, &arg), pt);
        }
    }

    #[test]
    fn what_comes_from_outside_is_shown_and_not_obeyed() {
        let hostile = "\u{1b}[31m\u{1b}]0;pwned\u{7}\r\n\u{9b}2J\u{202e}moc\u{2066}\u{200f}é";
        let catalogue = catalogue(Language::EnUs);
        let texts = [
            catalogue.format(&crate::view::messages::toast_copied(hostile)),
            catalogue.format(&crate::view::messages::cli_line(
                crate::view::messages::toast_copied(hostile),
                "12:00",
                hostile,
            )),
        ];
        for text in texts {
            assert!(text.contains("\\u{1b}[31m") && text.contains('é'), "{text}");
            let obeyed = |c: char| c.is_control() || "\u{202e}\u{2066}\u{200f}".contains(c);
            assert!(!text.contains(obeyed), "{text:?}");
        }
        assert_eq!(printable("a plain text"), "a plain text");
    }

    #[test]
    fn an_unknown_message_shows_its_key() {
        assert_eq!(catalogue(Language::PtBr).label("not-there"), "not-there");
        assert_eq!(catalogue(Language::PtBr).label("cancel"), "Cancelar");
    }

    /// Each message and the names of its arguments, as the files have them.
    fn messages(tag: &str) -> Vec<(&'static str, Vec<&'static str>)> {
        let mut found = vec![];
        for (_, source) in SOURCES.iter().filter(|(of, _)| *of == tag) {
            let resource = fluent_syntax::parser::parse(*source).expect("it parses");
            for entry in resource.body {
                let Entry::Message(message) = entry else {
                    continue;
                };
                let mut args = vec![];
                for element in message.value.iter().flat_map(|value| &value.elements) {
                    collect(element, &mut args);
                }
                found.push((message.id.name, args));
            }
        }
        found
    }

    fn collect(element: &PatternElement<&'static str>, args: &mut Vec<&'static str>) {
        let PatternElement::Placeable { expression } = element else {
            return;
        };
        let (inline, variants) = match expression {
            Expression::Inline(inline) => (inline, &[][..]),
            Expression::Select { selector, variants } => (selector, variants.as_slice()),
        };
        if let InlineExpression::VariableReference { id } = inline {
            args.push(id.name);
        }
        for element in variants.iter().flat_map(|v| &v.value.elements) {
            collect(element, args);
        }
    }

    #[test]
    fn every_message_formats_in_every_language_with_any_kind_of_argument() {
        let kinds = [
            Arg::Text("x".to_owned()),
            Arg::Count(0),
            Arg::Count(1),
            Arg::Count(5),
            Arg::Tenths(14),
            at("2026-11-22T09:05[America/Sao_Paulo]"),
        ];
        for language in Language::ALL {
            let catalogue = catalogue(language);
            let messages = messages(language.tag());
            assert!(messages.len() > 30, "only {} messages", messages.len());
            for (id, names) in &messages {
                for kind in &kinds {
                    let args = names.iter().map(|name| (*name, kind.clone())).collect();
                    let text = catalogue.try_format(&Msg { id, args });
                    let text = text.unwrap_or_else(|why| panic!("{id} in {language:?}: {why}"));
                    assert!(!text.is_empty() && !text.contains('{'), "{id}: {text:?}");
                }
            }
        }
    }

    #[test]
    fn a_missing_argument_is_noticed() {
        let mut catalogue = catalogue(Language::EnUs);
        let source = "greet = Hello { $name }, { $count }\n".to_owned();
        let resource = FluentResource::try_new(source).expect("it parses");
        catalogue.bundles[0].add_resource_overriding(resource);
        let msg = |args| Msg { id: "greet", args };
        assert!(catalogue.try_format(&msg(vec![])).is_err());
        let nested = Msg {
            id: "cancel",
            args: vec![],
        };
        let full = msg(vec![
            ("name", Arg::Msg(Box::new(nested))),
            ("count", Arg::Count(2)),
        ]);
        assert_eq!(
            catalogue.try_format(&full).as_deref(),
            Ok("Hello Cancel, 2")
        );
    }
}
