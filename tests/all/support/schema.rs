//! Holds lines of the program against `docs/json-lines.schema.json`, as far as that file goes. It is
//! stricter than a reader may be: a field that is not there is one that was added without it.

use serde_json::Value;
use std::sync::OnceLock;

fn schema() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/json-lines.schema.json");
        let text = std::fs::read_to_string(path).expect("the schema is there");
        serde_json::from_str(&text).expect("the schema is JSON")
    })
}

/// Whether a line is as the schema says.
pub fn check(line: &Value) -> Result<(), String> {
    let of = |event: &&Value| event["properties"]["event"]["const"] == line["event"];
    let event = schema()["oneOf"]
        .as_array()
        .and_then(|all| all.iter().find(of));
    let event = event.ok_or_else(|| format!("no event of the schema: {line}"))?;
    let fields = line
        .as_object()
        .ok_or_else(|| format!("no object: {line}"))?;
    for needed in event["required"].as_array().into_iter().flatten() {
        if !fields.contains_key(needed.as_str().unwrap_or_default()) {
            return Err(format!("{needed} is missing: {line}"));
        }
    }
    for (name, value) in fields {
        let rule = &event["properties"][name];
        if rule.is_null() || !holds(rule, value) {
            return Err(format!("{name} is not as the schema has it: {line}"));
        }
    }
    Ok(())
}

fn holds(rule: &Value, value: &Value) -> bool {
    if let Some(link) = rule["$ref"].as_str() {
        let target = schema().pointer(link.trim_start_matches('#'));
        return target.is_some_and(|rule| holds(rule, value));
    }
    if let Some(options) = rule["oneOf"].as_array() {
        return options.iter().any(|rule| holds(rule, value));
    }
    let is_type = match rule["type"].as_str() {
        Some("string") => value.is_string(),
        Some("integer") => value.is_u64(),
        Some("number") => value.is_number(),
        _ => true,
    };
    let is_one = |words: &Vec<Value>| words.contains(value);
    let is_const = rule.get("const").is_none_or(|only| only == value);
    is_type && is_const && rule["enum"].as_array().is_none_or(is_one)
}
