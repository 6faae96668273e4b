//! What is wrong with the keys of a settings file that somebody wrote by hand: pure.
//!
//! Reading is lenient, so that the file of a later version can be used. Whoever mistypes a key is told,
//! as nothing else would show that it has no effect.

use super::{Catalog, NoticeKind, Settings, nearest};
use serde::Deserialize as _;
use serde_json::{Map, Value, json};

/// Keys that defaults are written without.
const LEFT_OUT: [(&str, &str); 4] = [
    ("", "language"),
    ("", "health"),
    ("relay", "joined"),
    ("health", "all"),
];

/// A section whose keys have a check of their own.
const HEALTH: &str = "health";

/// What is wrong in the data of a settings file: keys that nobody knows, and values of another kind than
/// their key's.
pub fn check_settings(file: &str, data: &Value, providers: &Catalog) -> Vec<NoticeKind> {
    let Some(root) = data.as_object() else {
        return vec![];
    };
    let own = written();
    let known = known(own.clone(), providers);
    let mut found = vec![];
    let mut unknown = |section: &str, key: &str| {
        found.push(NoticeKind::SettingUnknown {
            file: file.to_owned(),
            key: join(section, key),
            meant: meant(section, key, &known),
            // What is beside our own sections, and in those of providers, is written as it was read.
            kept: section.is_empty() || !own.contains_key(section),
        });
    };
    for (key, value) in root {
        let Some(section) = known.get(key) else {
            unknown("", key);
            continue;
        };
        if let (Some(section), Some(set), false) =
            (section.as_object(), value.as_object(), key == HEALTH)
        {
            let others = set.keys().filter(|name| !section.contains_key(*name));
            others.for_each(|name| unknown(key, name));
        }
    }
    let mistyped = mistyped(root).into_iter();
    found.extend(mistyped.map(|key| NoticeKind::SettingMistyped {
        file: file.to_owned(),
        key,
    }));
    found
}

fn join(section: &str, key: &str) -> String {
    if section.is_empty() {
        key.to_owned()
    } else {
        format!("{section}.{key}")
    }
}

/// The sections and keys that are always written.
fn written() -> Map<String, Value> {
    match serde_json::to_value(Settings::default()) {
        Ok(Value::Object(written)) => written,
        Ok(_) | Err(_) => Map::new(),
    }
}

/// Every key there is, in the file's form.
fn known(mut known: Map<String, Value>, providers: &Catalog) -> Map<String, Value> {
    for offers in providers.iter().filter(|it| !it.options.is_empty()) {
        let options = offers.options.iter();
        let options = options.map(|option| (option.key.to_owned(), Value::Null));
        let section = known.entry(offers.id.as_str()).or_insert_with(|| json!({}));
        if let Some(section) = section.as_object_mut() {
            section.extend(options);
        }
    }
    for (section, key) in LEFT_OUT {
        let place = if section.is_empty() {
            Some(&mut known)
        } else {
            let section = known.entry(section).or_insert_with(|| json!({}));
            section.as_object_mut()
        };
        if let Some(place) = place {
            place.entry(key).or_insert(Value::Null);
        }
    }
    known
}

/// The key that was most likely meant: one of the same section, or one of that name in another.
fn meant(section: &str, key: &str, known: &Map<String, Value>) -> Option<String> {
    let beside = match section {
        "" => Some(known),
        section => known.get(section).and_then(Value::as_object),
    };
    let beside = beside.and_then(|keys| nearest(key, keys.keys().map(String::as_str)));
    if let Some(meant) = beside {
        return Some(join(section, meant));
    }
    let sections = known.iter().filter(|(name, _)| *name != section);
    let mut all = sections.filter_map(|(name, keys)| Some((name, keys.as_object()?)));
    let elsewhere = all.find(|(_, keys)| keys.contains_key(key));
    let root = known.contains_key(key).then(|| key.to_owned());
    root.or_else(|| elsewhere.map(|(name, _)| join(name, key)))
}

/// The keys whose value alone makes the file one that cannot be read.
fn mistyped(root: &Map<String, Value>) -> Vec<String> {
    let mut found = vec![];
    for (key, value) in root {
        let is_read = |value: Value| Settings::deserialize(json!({ key.as_str(): value })).is_ok();
        if is_read(value.clone()) {
            continue;
        }
        let inner = value.as_object().into_iter().flatten();
        let inner = inner.filter(|(name, value)| !is_read(json!({ name.as_str(): value })));
        let before = found.len();
        found.extend(inner.map(|(name, _)| join(key, name)));
        if found.len() == before {
            found.push(key.clone());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(data: &Value) -> Vec<String> {
        let found = check_settings("settings.json", data, &Catalog::default());
        let found = found.into_iter().map(|notice| match notice {
            NoticeKind::SettingUnknown {
                key, meant, kept, ..
            } => {
                let lost = if kept { "" } else { ", lost" };
                format!("{key} ({}{lost})", meant.as_deref().unwrap_or("nothing"))
            }
            NoticeKind::SettingMistyped { key, .. } => format!("{key} is mistyped"),
            other => panic!("{other:?}"),
        });
        found.collect()
    }

    #[test]
    fn what_the_program_writes_has_nothing_wrong() {
        let mut settings = Settings {
            language: Some(crate::model::Language::PtBr),
            ..Settings::default()
        };
        settings.relay.joined = Some("relay.example:7443#AA".to_owned());
        settings
            .health
            .all
            .put(crate::model::HealthKey::Interval, Some("5s".to_owned()));
        let data = serde_json::to_value(&settings).expect("JSON");
        assert_eq!(found(&data), [""; 0]);
    }

    #[test]
    fn a_key_that_nobody_knows_is_told_with_the_one_that_was_meant() {
        for (data, told) in [
            (
                json!({"relay": {"htp_port": 1}}),
                "relay.htp_port (relay.http_port, lost)",
            ),
            (json!({"theem": "dark"}), "theem (theme)"),
            (json!({"http_port": 1}), "http_port (relay.http_port)"),
            (
                json!({"relay": {"theme": "dark"}}),
                "relay.theme (theme, lost)",
            ),
            (json!({"from_the_future": {}}), "from_the_future (nothing)"),
            (
                json!({"notices": {"dwon": true}}),
                "notices.dwon (notices.down, lost)",
            ),
        ] {
            assert_eq!(found(&data), [told], "{data}");
        }
    }

    #[test]
    fn a_value_of_another_kind_is_told_with_its_key() {
        for (data, told) in [
            (
                json!({"relay": {"lan": "yes", "http_port": 1}}),
                "relay.lan is mistyped",
            ),
            (json!({"relay": true, "theme": "dark"}), "relay is mistyped"),
            (json!({"theme": "black"}), "theme is mistyped"),
            (
                json!({"timing": {"jitter_percent": -1}}),
                "timing.jitter_percent is mistyped",
            ),
        ] {
            assert_eq!(found(&data), [told], "{data}");
        }
    }
}
