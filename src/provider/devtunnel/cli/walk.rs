//! Reads JSON that nobody promised: whatever is missing, or of another kind than it used to be, is
//! its default. It knows no shape.

use serde_json::Value;

/// How many lines are tried as the beginning of the JSON: banners do not hold more.
const TRIES: usize = 16;

/// What `read` makes of the first object in `text` that it can read. An object begins at a line that
/// begins with `{`. Before it may be a BOM, a banner, a notice, or lines of a log that are objects
/// themselves; behind it anything.
pub(super) fn find<T>(text: &str, mut read: impl FnMut(&Value) -> Option<T>) -> Option<T> {
    let mut behind = 0;
    for start in starts(text).take(TRIES) {
        if start < behind {
            // A part of one that could not be read.
            continue;
        }
        let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
        if let Some(Ok(value)) = values.next() {
            behind = start + values.byte_offset();
            if let Some(found) = read(&value) {
                return Some(found);
            }
        }
    }
    None
}

/// Where the lines begin that begin with `{`.
fn starts(text: &str) -> impl Iterator<Item = usize> + '_ {
    let mut at = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let bare = line.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        let start = at + line.len() - bare.len();
        at += line.len();
        bare.starts_with('{').then_some(start)
    })
}

/// The text at `key`; empty when there is none.
pub(super) fn text(value: &Value, key: &str) -> String {
    value.get(key).map(said).unwrap_or_default()
}

/// A value as it would be said: a text as it is, a number in digits, anything else not at all.
pub(super) fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
    }
}

/// The count at `key`: a number, a text of digits, or `{"current": …, "limit": …}`.
pub(super) fn count(value: &Value, key: &str) -> Option<u32> {
    let value = value.get(key)?;
    let value = value.get("current").unwrap_or(value);
    match value {
        Value::Number(number) => number
            .as_u64()
            .map(|count| u32::try_from(count).unwrap_or(u32::MAX)),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Whether `key` is there and true.
pub(super) fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or(false)
}

/// The members of the list at `key`; none when there is no list.
pub(super) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// The texts in the list at `key`.
pub(super) fn texts(value: &Value, key: &str) -> Vec<String> {
    list(value, key)
        .iter()
        .map(said)
        .filter(|text| !text.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn object(text: &str) -> Option<Value> {
        find(text, |value| Some(value.clone()))
    }

    #[test]
    fn a_line_of_a_log_is_not_the_answer() {
        let read = |value: &Value| count(value, "count");
        for log in [
            r#"{"level":"info","message":"{\"count\": 1}"}"#,
            "{\n \"level\": \"info\",\n \"of\": [\n{\"count\": 1}\n]\n}",
            "{}\n{}\n{not this}",
        ] {
            let text = format!("{log}\n{{\"count\": 2}}\n{{\"count\": 3}}");
            assert_eq!(find(&text, read), Some(2), "{log}");
        }
        assert_eq!(find(r#"{"level":"info"}"#, read), None);
    }

    #[test]
    fn the_object_is_found_behind_whatever_is_printed_before_it() {
        for before in [
            "",
            "\u{feff}",
            "Welcome!\nBy using {this}, you agree\n\n",
            "{not this}\n",
            "\u{feff}Update: 2.0\r\n  ",
        ] {
            let text = format!("{before}{{\"a\": 1,\n \"b\": [\n{{}}]}}\nBye. }}");
            let found = object(&text).map(|value| (count(&value, "a"), list(&value, "b").len()));
            assert_eq!(found, Some((Some(1), 1)), "{before:?}");
        }
        assert_eq!(object("no { here"), None);
        assert_eq!(object("{\"cut\": "), None);
    }

    #[test]
    fn counts_come_in_three_kinds() {
        let value = serde_json::json!({
            "a": 3, "b": {"current": 2, "limit": 10}, "c": "7", "d": -1, "e": 1e30, "f": [],
        });
        let counts = ["a", "b", "c", "d", "e", "f", "g"].map(|key| count(&value, key));
        assert_eq!(counts, [Some(3), Some(2), Some(7), None, None, None, None]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_not_but_never_a_fault(text in "(\\PC|[{}\\[\\]\":,\n])*") {
            if let Some(value) = object(&text) {
                prop_assert!(value.is_object());
            }
        }
    }
}
