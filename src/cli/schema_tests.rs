//! `docs/json-lines.schema.json` and `docs/status.schema.json` are made of the code here, and compared with
//! what is there.
//! `UNDERPASS_WRITE=1 cargo test --lib schema` writes it anew.

use super::exit::Exit;
use crate::base::json_words::{HealthWords, StateWords};
use crate::control::{HolderStatus, Lacking, PortStatus, TunnelStatus};
use crate::model::{Health, Holder, Phase, Protocol, Reach};
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

/// A tunnel of `status --json`, and what is in it.
const TUNNEL_STATUS: &str = "tunnel:text name:text provider:text state:state attempt?:count next_in_ms?:count until?:time open?:count reason?:reason detail?:text process?:count by?:holder since?:time ports:ports host?:host";
const PORT_STATUS: &str = "port:port target:text protocol:protocol url?:text lan_url?:text reach?:reach health?:health status?:count reason?:health-reason certificate?:text latency_ms?:number lacking?:lacking";
const LACKING: &str = "reason:reason detail?:text";
const HOLDER_STATUS: &str = "by:holder pid:count running_since:time";

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
    use Holder::{Background, Desktop, Host};
    let all = [Desktop, Host, Background];
    for holder in all {
        let (Desktop | Host | Background) = holder;
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
        "ports" => json!({"type": "array", "items": {"$ref": "#/$defs/port-status"}}),
        defined => json!({"$ref": format!("#/$defs/{defined}")}),
    }
}

fn event(name: &str, fields: &str) -> Value {
    let mut properties = Map::new();
    properties.insert("at".to_owned(), rule("time"));
    properties.insert("event".to_owned(), json!({"const": name}));
    object(properties, vec!["at", "event"], fields)
}

fn object<'f>(
    mut properties: Map<String, Value>,
    mut required: Vec<&'f str>,
    fields: &'f str,
) -> Value {
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

fn states() -> BTreeSet<String> {
    let mut states = words(LIFE);
    states.insert("watching".to_owned());
    states
}

fn health_reasons() -> BTreeSet<String> {
    let mut reasons = words(FAULT);
    reasons.extend(words(VERDICT));
    reasons.extend(words(CLASS));
    reasons.extend(MORE.map(str::to_owned));
    reasons
}

fn status_schema() -> Value {
    let part = |fields| object(Map::new(), vec![], fields);
    let mut schema = part(TUNNEL_STATUS);
    let protocols = Protocol::ALL.map(Protocol::as_str);
    let more = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of `underpass status --json`, `stop --json` and `start --json`; fields may be added",
        "$defs": {
            "state": {"enum": states()},
            "health": {"enum": healths()},
            "reason": {"enum": words(CLASS)},
            "health-reason": {"enum": health_reasons()},
            "reach": {"enum": reaches()},
            "holder": {"enum": holders()},
            "protocol": {"enum": protocols},
            "port-status": part(PORT_STATUS),
            "lacking": part(LACKING),
            "host": part(HOLDER_STATUS),
        },
    });
    if let (Some(schema), Value::Object(more)) = (schema.as_object_mut(), more) {
        schema.extend(more);
    }
    schema
}

fn schema() -> Value {
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
            "state": {"enum": states()},
            "phase": {"enum": phases()},
            "health": {"enum": healths()},
            "reason": {"enum": words(CLASS)},
            "health-reason": {"enum": health_reasons()},
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
    compare("json-lines.schema.json", &schema());
    compare("status.schema.json", &status_schema());
}

fn compare(name: &str, schema: &Value) {
    let made = serde_json::to_string_pretty(schema).expect("it is JSON") + "\n";
    let path = docs(name);
    if std::env::var_os("UNDERPASS_WRITE").is_some() {
        fs::write(&path, &made).expect("written");
    }
    let there = fs::read_to_string(path).expect("it is there");
    assert!(
        there == made,
        "docs/{name} is another one: UNDERPASS_WRITE=1 cargo test --lib schema"
    );
}

/// Each field that there is, as it is written.
#[test]
fn the_schema_of_a_status_has_its_fields_and_no_other() {
    let text = || Some("text".to_owned());
    let port = |is_served: bool| PortStatus {
        port: 3000,
        target: "localhost:3000".to_owned(),
        protocol: "auto".into(),
        url: text().filter(|_| is_served),
        lan_url: text().filter(|_| is_served),
        reach: is_served.then(|| "here".into()),
        health: is_served.then(|| HealthWords {
            health: Health::Down,
            status: Some(502),
            reason: Some("full".into()),
            certificate: text(),
            latency_ms: Some(1.5),
        }),
        lacking: is_served.then(|| Lacking {
            reason: "name-taken".into(),
            detail: text(),
        }),
    };
    let tunnel = |is_whole: bool| TunnelStatus {
        tunnel: "shop".to_owned(),
        name: "shop".to_owned(),
        provider: "relay".to_owned(),
        state: StateWords {
            state: "held".into(),
            attempt: is_whole.then_some(1),
            next_in_ms: is_whole.then_some(1),
            until: text().filter(|_| is_whole),
            open: is_whole.then_some(1),
            reason: is_whole.then(|| "link-lost".into()),
            detail: text().filter(|_| is_whole),
            process: is_whole.then_some(1),
            by: is_whole.then_some(Holder::Desktop),
        },
        since: text().filter(|_| is_whole),
        ports: vec![port(is_whole)],
    };
    let keys = |value: &Value| -> BTreeSet<String> {
        let fields = value.as_object().expect("an object");
        fields.keys().cloned().collect()
    };
    let holder = HolderStatus {
        by: "desktop".into(),
        pid: 1,
        running_since: "text".to_owned(),
    };
    let schema = status_schema();
    let [whole, least] = [true, false].map(|is_whole| {
        let mut line = serde_json::to_value(tunnel(is_whole)).expect("it is JSON");
        if is_whole {
            line["host"] = serde_json::to_value(&holder).expect("it is JSON");
        }
        line
    });
    for (part, place) in [
        (&schema, ""),
        (&schema["$defs"]["port-status"], "/ports/0"),
        (&schema["$defs"]["lacking"], "/ports/0/lacking"),
        (&schema["$defs"]["host"], "/host"),
    ] {
        let value = whole.pointer(place).expect("it is whole");
        assert_eq!(keys(&part["properties"]), keys(value), "{place}");
        if let Some(value) = least.pointer(place) {
            let required = part["required"].as_array().into_iter().flatten();
            let required = required.filter_map(Value::as_str).map(str::to_owned);
            assert_eq!(required.collect::<BTreeSet<_>>(), keys(value), "{place}");
        }
    }
}

#[test]
fn the_pages_have_each_exit_code() {
    let page = fs::read_to_string(docs("command-line.md")).expect("it is there");
    for exit in Exit::ALL {
        let row = format!("| {} | `{}` | ", exit.number(), exit.word());
        assert!(page.contains(&row), "{row}");
    }
}
