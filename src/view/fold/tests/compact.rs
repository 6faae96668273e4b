//! Views as JSON that a person can read whole.

use serde_json::Value;

/// Messages, buttons, actions and keys in one line each, so that a person can read a whole view.
pub(super) fn compact(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(compact).collect(),
        Value::Object(fields) if fields.len() == 1 && fields.contains_key("button") => {
            fields.into_values().map(compact).next().unwrap_or_default()
        }
        Value::Object(fields) => one_line(&Value::Object(fields.clone())).map_or_else(
            || {
                fields
                    .into_iter()
                    .map(|(name, field)| (name, compact(field)))
                    .collect()
            },
            Value::String,
        ),
        plain => plain,
    }
}

fn one_line(value: &Value) -> Option<String> {
    let text = |name: &str| one_line(&value[name]);
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(fields) if fields.contains_key("enabled") => {
            let shut = if value["enabled"] == true {
                ""
            } else {
                " (disabled)"
            };
            Some(format!("{} → {}{shut}", text("label")?, text("action")?))
        }
        // A dialog has a kind too, and fields that are worth a line each.
        Value::Object(fields) if fields.contains_key("title") => None,
        Value::Object(fields) if fields.contains_key("setting") => {
            Some(format!("set {}", value["setting"]))
        }
        Value::Object(fields) if fields.contains_key("do") || fields.contains_key("kind") => {
            let verb = fields.get("do").or(fields.get("kind")).and_then(one_line);
            let rest = fields
                .iter()
                .filter(|(name, _)| *name != "do" && *name != "kind");
            let nested = fields.get("do").and(fields.get("kind")).and_then(one_line);
            let rest = rest.filter_map(|(_, field)| one_line(field));
            let words: Vec<String> = verb.into_iter().chain(nested).chain(rest).collect();
            Some(words.join(" "))
        }
        Value::Object(fields) if fields.contains_key("tenths") => {
            let tenths = value["tenths"].as_i64()?;
            Some(format!("{}.{}", tenths / 10, tenths % 10))
        }
        Value::Object(fields) if fields.len() == 2 && fields.contains_key("port") => {
            Some(format!("{}:{}", text("tunnel")?, text("port")?))
        }
        Value::Object(fields) if fields.contains_key("id") => {
            let args = value["args"].as_array().map_or(&[][..], Vec::as_slice);
            let args: Vec<String> = args.iter().filter_map(|arg| one_line(&arg[1])).collect();
            let id = text("id")?;
            let bare = args.is_empty();
            Some(if bare {
                id
            } else {
                format!("{id}({})", args.join(", "))
            })
        }
        Value::Object(fields) if fields.len() == 1 => fields
            .iter()
            .find(|(name, _)| ["text", "count", "time", "msg", "label"].contains(&name.as_str()))
            .and_then(|(_, arg)| one_line(arg)),
        _ => None,
    }
}
