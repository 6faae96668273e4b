//! Whatever stands in the home's files: it is read, or kept aside and reported, and never lost.

use super::*;
use proptest::prelude::*;
use serde_json::Value;
use std::fs;

/// Loads every document there is from these bytes: none may panic, and the bytes must be found
/// afterwards, in their place or aside.
fn nothing_is_lost(bytes: &[u8]) {
    let dir = tempfile::tempdir().expect("a folder");
    let home = Home::at(dir.path()).expect("a home");
    let loads: [(&str, &dyn Fn() -> bool); 5] = [
        ("settings.json", &|| home.settings().load().notice.is_some()),
        ("tunnels.json", &|| home.tunnels().load().notice.is_some()),
        ("hosted.json", &|| home.hosted().load().notice.is_some()),
        ("rows.json", &|| home.rows().load().notice.is_some()),
        ("ports.json", &|| home.relay_ports().load().notice.is_some()),
    ];
    for (name, load) in loads {
        fs::write(home.file(name), bytes).expect("written");
        let reported = load();
        let untouched = fs::read(home.file(name)).is_ok_and(|found| found == bytes);
        assert!(reported || untouched, "{name}");
        let is_kept = fs::read_dir(dir.path())
            .expect("the folder is there")
            .map(|entry| entry.expect("an entry"))
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(name))
            .any(|entry| fs::read(entry.path()).is_ok_and(|found| found == bytes));
        assert!(is_kept, "{name}");
    }
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z-]{0,8}".prop_map(Value::from),
    ];
    let key = "version|data|id|ports|number|target|theme|timing|link|[a-z]{1,4}";
    leaf.prop_recursive(4, 32, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key, inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_bytes_never_panic_and_are_never_lost(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        nothing_is_lost(&bytes);
    }

    #[test]
    fn random_json_never_panics_and_is_never_lost(version in 0u64..3, data in json(), cut in 0usize..400) {
        let text = serde_json::json!({ "version": version, "data": data }).to_string();
        nothing_is_lost(text.as_bytes());
        nothing_is_lost(&text.as_bytes()[..cut.min(text.len())]);
    }
}
