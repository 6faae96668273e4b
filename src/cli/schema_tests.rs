//! `docs/json-lines.schema.json` is made of the code here, and compared with what is there.
//! `UNDERPASS_WRITE=1 cargo test --lib schema` writes it anew.

use super::exit::Exit;
use crate::model::{Health, Holder, Phase, Reach};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

/// Where the words of a function's arms are, which the compiler has no list of.
const CLASS: (&str, &str) = (include_str!("../model/class.rs"), "fn row(&self)");
const LIFE: (&str, &str) = (include_str!("../model/life.rs"), "fn as_str(&self)");
const FAULT: (&str, &str) = (include_str!("../model/service_fault.rs"), "fn code(self)");
const VERDICT: (&str, &str) = (include_str!("../model/health.rs"), "fn word(self)");

/// Words of a health that no other list has.
const MORE: [&str; 4] = ["full", "probe-off", "relays-own-url", "unexpected-status"];

/// Each event with its fields; those with a `?` are left out where they say nothing.
const EVENTS: &[(&str, &str)] = &[
    (
        "state",
        "tunnel:text state:state attempt?:count next_in_ms?:count until?:time open?:count reason?:reason detail?:text process?:count by?:holder",
    ),
    ("progress", "tunnel:text phase:phase"),
    (
        "url",
        "tunnel:text port:port url:text lan_url?:text reach?:reach",
    ),
    (
        "lacking",
        "tunnel:text port:port reason:reason detail?:text",
    ),
    (
        "health",
        "tunnel:text port:port health:health status?:count reason?:health-reason certificate?:text latency_ms?:number",
    ),
    ("certificate", "tunnel:text port:port sha256:text"),
    ("error", "code:error exit?:exit reason?:text message:text"),
];

fn words((text, function): (&str, &str)) -> BTreeSet<String> {
    let body = text.split(function).nth(1).expect("the function is there");
    let body = body.split("\n    }\n").next().unwrap_or_default();
    // A word alone, or the first of a row.
    let body = body.replace("=> (", "=> ");
    let found = body.split("=> \"").skip(1);
    let found = found.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()));
    let found: BTreeSet<String> = found.collect();
    assert!(found.len() > 2, "{function} is read no more");
    found
}

fn healths() -> Vec<Health> {
    use Health::{Busy, Down, Full, Operational, ServiceDown, Slow, Unchecked};
    let all = vec![Operational, Unchecked, Busy, ServiceDown, Full, Slow, Down];
    // Another one fails here until it is in the list.
    for health in &all {
        let (Operational | Unchecked | Busy | ServiceDown | Full | Slow | Down) = health;
    }
    all
}

fn phases() -> Vec<&'static str> {
    use Phase::{Authorising, ConnectingRelay, ForwardingPorts};
    let all = [Authorising, ConnectingRelay, ForwardingPorts];
    for phase in all {
        let (Authorising | ConnectingRelay | ForwardingPorts) = phase;
    }
    all.map(Phase::as_str).into()
}

fn reaches() -> Vec<&'static str> {
    use Reach::{Here, Internet, Network};
    let all = [Here, Network, Internet];
    for reach in all {
        let (Here | Network | Internet) = reach;
    }
    all.map(Reach::as_str).into()
}

fn holders() -> Vec<&'static str> {
    use Holder::{Desktop, Host};
    let all = [Desktop, Host];
    for holder in all {
        let (Desktop | Host) = holder;
    }
    all.map(Holder::as_str).into()
}

/// What a field may hold.
fn rule(kind: &str) -> Value {
    match kind {
        "text" => json!({"type": "string"}),
        "time" => json!({"type": "string", "format": "date-time"}),
        "count" => json!({"type": "integer", "minimum": 0}),
        "port" => json!({"type": "integer", "minimum": 1, "maximum": 65535}),
        "number" => json!({"type": "number"}),
        defined => json!({"$ref": format!("#/$defs/{defined}")}),
    }
}

fn event(name: &str, fields: &str) -> Value {
    let mut properties = Map::new();
    properties.insert("at".to_owned(), rule("time"));
    properties.insert("event".to_owned(), json!({"const": name}));
    let mut required = vec!["at", "event"];
    for field in fields.split(' ') {
        let (name, kind) = field.split_once(':').expect("NAME:KIND");
        let plain = name.trim_end_matches('?');
        properties.insert(plain.to_owned(), rule(kind));
        if plain == name {
            required.push(name);
        }
    }
    json!({"type": "object", "required": required, "properties": properties})
}

fn schema() -> Value {
    let mut states = words(LIFE);
    states.insert("watching".to_owned());
    let mut health_reasons = words(FAULT);
    health_reasons.extend(words(VERDICT));
    health_reasons.extend(words(CLASS));
    health_reasons.extend(MORE.map(str::to_owned));
    let errors = Exit::ALL.iter().skip(1).map(|exit| exit.word());
    let errors: Vec<&str> = errors.chain(["command"]).collect();
    let exit = |exit: &Exit| json!({"const": exit.number(), "title": exit.word(), "description": exit.meaning()});
    let exits: Vec<Value> = Exit::ALL.iter().map(exit).collect();
    let events: Vec<Value> = EVENTS
        .iter()
        .map(|(name, fields)| event(name, fields))
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of `underpass host --json`; fields may be added",
        "oneOf": events,
        "$defs": {
            "state": {"enum": states},
            "phase": {"enum": phases()},
            "health": {"enum": healths()},
            "reason": {"enum": words(CLASS)},
            "health-reason": {"enum": health_reasons},
            "reach": {"enum": reaches()},
            "holder": {"enum": holders()},
            "error": {"enum": errors},
            "exit": {"oneOf": exits},
        },
    })
}

fn docs(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("docs")
        .join(name)
}

#[test]
fn the_schema_is_that_of_the_code() {
    let made = serde_json::to_string_pretty(&schema()).expect("it is JSON") + "\n";
    let path = docs("json-lines.schema.json");
    if std::env::var_os("UNDERPASS_WRITE").is_some() {
        fs::write(&path, &made).expect("written");
    }
    let there = fs::read_to_string(path).expect("it is there");
    assert!(
        there == made,
        "docs/json-lines.schema.json is another one: UNDERPASS_WRITE=1 cargo test --lib schema"
    );
}

#[test]
fn the_pages_have_each_exit_code() {
    let page = fs::read_to_string(docs("command-line.md")).expect("it is there");
    for exit in Exit::ALL {
        let row = format!("| {} | `{}` | ", exit.number(), exit.word());
        assert!(page.contains(&row), "{row}");
    }
}
