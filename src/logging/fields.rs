//! Writes the fields of an event: each escaped once, and cut. A stranger may have chosen any of them.

use std::fmt::{self, Debug, Write};
use tracing::field::{Field, Visit};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::Writer;

/// No field is longer than this, in bytes.
const MAX_FIELD: usize = 200;

/// The report of a panic is longer: it has the way there in it.
const MAX_PANIC: usize = 16 * 1024;

/// What holds it.
pub(super) const PANIC: &str = "panic";

/// What stands for the rest of a field that was cut.
const CUT: &str = "…";

/// `message name=value name=value`.
pub(super) struct Fields;

impl<'writer> FormatFields<'writer> for Fields {
    fn format_fields<R: RecordFields>(
        &self,
        mut writer: Writer<'writer>,
        fields: R,
    ) -> fmt::Result {
        let mut fields_written = Written {
            out: &mut writer,
            any: false,
            result: Ok(()),
        };
        fields.record(&mut fields_written);
        fields_written.result
    }
}

struct Written<'a, W> {
    out: &'a mut W,
    any: bool,
    result: fmt::Result,
}

impl<W: Write> Written<'_, W> {
    fn write(&mut self, field: &Field, value: &dyn Debug) -> fmt::Result {
        if std::mem::replace(&mut self.any, true) {
            self.out.write_char(' ')?;
        }
        let name = field.name();
        if name != "message" {
            write!(self.out, "{name}=")?;
        }
        let max = if name == PANIC { MAX_PANIC } else { MAX_FIELD };
        write_cut(self.out, value, max)
    }
}

impl<W: Write> Visit for Written<'_, W> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if self.result.is_ok() {
            self.result = self.write(field, value);
        }
    }
}

/// Writes `max` bytes of a value at most. No more of it is made than that.
fn write_cut(out: &mut impl Write, value: &dyn Debug, max: usize) -> fmt::Result {
    let mut cut = Truncated {
        out,
        left: max,
        shortened: false,
    };
    let written = write!(cut, "{value:?}");
    if cut.shortened {
        return cut.out.write_str(CUT);
    }
    written
}

/// Lets a bounded number of bytes through, and no control characters.
struct Truncated<'a, W> {
    out: &'a mut W,
    left: usize,
    shortened: bool,
}

impl<W: Write> Write for Truncated<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| self.write_char(c))
    }

    fn write_char(&mut self, c: char) -> fmt::Result {
        // Backslashes stay single: whoever wrote them may have escaped already.
        let escaped = is_harmful(c).then(|| c.escape_default());
        let len = escaped
            .as_ref()
            .map_or(c.len_utf8(), ExactSizeIterator::len);
        if self.shortened || len > self.left {
            self.shortened = true;
            return Err(fmt::Error);
        }
        self.left -= len;
        match escaped {
            Some(mut escaped) => escaped.try_for_each(|c| self.out.write_char(c)),
            None => self.out.write_char(c),
        }
    }
}

/// What moves a terminal's cursor, ends a line, or turns the order of what is read.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cut(value: &dyn Debug) -> String {
        let mut out = String::new();
        write_cut(&mut out, value, MAX_FIELD).expect("a string takes all");
        out
    }

    /// As `%value` is recorded.
    struct Shown<'a>(&'a str);

    impl Debug for Shown<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    #[test]
    fn a_field_is_escaped_once() {
        assert_eq!(cut(&"a\"\n\u{1b}[31m"), r#""a\"\n\u{1b}[31m""#);
        assert_eq!(
            cut(&Shown("a\n\u{1b}[31m\u{202e}")),
            r"a\n\u{1b}[31m\u{202e}"
        );
        assert_eq!(cut(&Shown("já \\ 1")), "já \\ 1");
    }

    #[test]
    fn a_long_field_is_cut_and_says_so() {
        assert_eq!(cut(&Shown(&"a".repeat(200))), "a".repeat(200));
        assert_eq!(cut(&Shown(&"a".repeat(201))), "a".repeat(200) + CUT);
        assert_eq!(cut(&Shown(&"é".repeat(150))), "é".repeat(100) + CUT);
    }

    #[test]
    fn no_more_of_a_value_is_made_than_is_written() {
        /// Whoever reads all of it does not come back.
        struct Endless;
        impl Debug for Endless {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                loop {
                    f.write_str("more and ")?;
                }
            }
        }
        assert!(cut(&Endless).len() <= MAX_FIELD + CUT.len());
    }

    proptest! {
        #[test]
        fn any_text_is_one_line_within_bounds(text in any::<String>(), quoted in any::<bool>()) {
            let out = if quoted { cut(&text) } else { cut(&Shown(&text)) };
            prop_assert!(out.len() <= MAX_FIELD + CUT.len());
            prop_assert!(!out.chars().any(is_harmful));
        }
    }
}
