//! The files of the step call each other downwards alone: methods of one type hide who calls whom.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// From the lowest up: each may call those before it.
const ORDER: [&str; 13] = [
    "mod",
    "life",
    "host",
    "quit",
    "settings",
    "listing",
    "asks",
    "account",
    "sign_in",
    "inventory",
    "probe",
    "held",
    "engine",
];

#[test]
fn each_file_calls_only_those_below_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/app/update");
    let read = |file: &str| {
        let text = fs::read_to_string(folder.join(format!("{file}.rs"))).expect("it is there");
        // The step itself is dispatched from its root.
        let end = text
            .find("    fn take(&mut self, event")
            .unwrap_or(text.len());
        text[..end].to_owned()
    };
    let names = |text: &str, mark: &str| -> Vec<String> {
        let calls = text
            .match_indices(mark)
            .map(|(at, _)| &text[at + mark.len()..]);
        let names = calls.map(|rest| rest.split(['(', '<']).next().unwrap_or_default());
        names.map(str::to_owned).collect()
    };
    let mut defined: BTreeMap<String, &str> = BTreeMap::new();
    for file in ORDER {
        let text = read(file);
        defined.extend(
            names(&text, "    pub(super) fn ")
                .into_iter()
                .map(|name| (name, file)),
        );
        for name in names(&text, "self.") {
            let elsewhere = ORDER.iter().find(|other| {
                let own = format!("    pub(super) fn {name}(");
                **other != file && !defined.contains_key(&name) && read(other).contains(&own)
            });
            assert_eq!(elsewhere, None, "{file} calls {name}, which is above it");
        }
    }
}
