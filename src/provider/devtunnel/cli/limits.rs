//! What the account may use and has used, as the program says it: nobody promised a shape.

use super::walk;
use serde_json::Value;

/// What an account may use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Each limit, in the program's order.
    pub limits: Vec<Limit>,
}

/// One limit, in the program's own words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limit {
    pub name: String,
    /// How much of it was used.
    pub used: String,
    /// How much of it there is.
    pub limit: String,
    /// When it begins anew; empty when it does not say.
    pub resets: String,
    pub description: String,
}

/// More than any account has.
const MOST: usize = 64;

/// Reads JSON, or else the table that is printed for people.
pub(super) fn read(text: &str) -> Limits {
    let listed = walk::find(text, |object| {
        let rows = rows(object);
        (!rows.is_empty()).then(|| rows.iter().map(of_json).collect())
    });
    let limits = match listed {
        Some(limits) => limits,
        None if walk::find(text, |_| Some(())).is_some() => vec![],
        None => text.lines().filter_map(of_line).collect::<Vec<_>>(),
    };
    let known = |limit: &Limit| !limit.name.is_empty();
    Limits {
        limits: limits.into_iter().filter(known).take(MOST).collect(),
    }
}

/// The list in it, whatever it is called.
fn rows(object: &Value) -> &[Value] {
    object
        .as_object()
        .and_then(|object| object.values().find_map(Value::as_array))
        .map_or(&[], Vec::as_slice)
}

fn of_json(row: &Value) -> Limit {
    let first = |keys: &[&str]| {
        keys.iter()
            .map(|key| walk::text(row, key))
            .find(|text| !text.is_empty())
            .unwrap_or_default()
    };
    Limit {
        name: first(&["name", "limitName"]),
        used: first(&["current", "currentUsage", "used", "value"]),
        limit: first(&["limit", "maximum"]),
        resets: first(&["resetsAfter", "resetAfter", "resets", "resetTime"]),
        description: first(&["description"]),
    }
}

/// `BandwidthPerUser   9.8 MB (0%)   5.0 GB   2025-05-16 5:21 PM   User Bandwidth Consumption`.
fn of_line(line: &str) -> Option<Limit> {
    let mut cells = line
        .split("  ")
        .map(str::trim)
        .filter(|cell| !cell.is_empty());
    let (name, used, limit) = (cells.next()?, cells.next()?, cells.next()?);
    if used == "Current" || !used.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let rest: Vec<&str> = cells.collect();
    let (resets, description) = match rest.as_slice() {
        [] => ("", ""),
        [description] => ("", *description),
        [resets, description, ..] => (*resets, *description),
    };
    Some(Limit {
        name: name.to_owned(),
        used: used.to_owned(),
        limit: limit.to_owned(),
        resets: resets.to_owned(),
        description: description.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn json_and_the_table_say_the_same() {
        let json = read(include_str!("fixtures/limits-json.txt"));
        let table = read(include_str!("fixtures/limits-table.txt"));
        assert_eq!(json, table);
        let [limit] = json.limits.as_slice() else {
            panic!("{json:?}")
        };
        assert_eq!(limit.name, "BandwidthPerUser");
        assert_eq!(
            (limit.used.as_str(), limit.limit.as_str()),
            ("9.8 MB (0%)", "5.0 GB")
        );
        assert_eq!(limit.resets, "2025-05-16 5:21 PM");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_not_but_never_a_fault(text in "(\\PC|[ \n{}:\"])*") {
            prop_assert!(read(&text).limits.len() <= MOST);
        }
    }
}
