//! Layers of what is set, and each value as it is typed.

use super::*;
use crate::model::{HealthOverrides, ProviderId};
use proptest::prelude::*;

fn set(pairs: &[(&str, &str)]) -> HealthOverrides {
    let pairs = pairs.iter();
    HealthOverrides(
        pairs
            .map(|(key, value)| ((*key).into(), (*value).into()))
            .collect(),
    )
}

fn port() -> HealthPlace {
    HealthPlace::Port(PortNumber::new(3000).expect("not zero"))
}

#[test]
fn the_nearest_counts_for_each_key_alone() {
    let all = set(&[("interval", "10s"), ("path", "/all"), ("watchdog", "5")]);
    let provider = set(&[("path", "/provider"), ("timeout", "250ms")]);
    let tunnel = set(&[("backoff-cap", "10s"), ("method", "get")]);
    let own = set(&[("interval", "1m"), ("expect", "200-299,401")]);
    let resolved = resolve(
        Timing::default(),
        [
            (HealthPlace::All, &all),
            (HealthPlace::Provider(ProviderId::RELAY), &provider),
            (HealthPlace::Tunnel, &tunnel),
            (port(), &own),
        ],
    );
    let texts = HealthKey::ALL.map(|key| resolved.policy.text(key));
    assert_eq!(
        texts,
        [
            "on",
            "1m",
            "250ms",
            "GET",
            "/provider",
            "200-299,401",
            "5",
            "1s",
            "10s"
        ]
    );
    let places = HealthKey::ALL.map(|key| resolved.place(key).as_str());
    assert_eq!(
        places,
        [
            "default", "port", "provider", "tunnel", "provider", "port", "all", "default", "tunnel"
        ]
    );
    assert_eq!(resolved.invalid, []);
}

#[test]
fn what_cannot_be_used_is_told_with_its_place_and_what_lies_beneath_holds() {
    let all = set(&[("interval", "10s")]);
    let own = set(&[
        ("interval", "0ms"),
        ("path", "healthz"),
        ("backoff-cap", "5s"),
        ("of-a-later-version", "x"),
    ]);
    let resolved = resolve(
        Timing::default(),
        [(HealthPlace::All, &all), (port(), &own)],
    );
    assert_eq!(resolved.policy.text(HealthKey::Interval), "10s");
    assert_eq!(resolved.place(HealthKey::Interval), HealthPlace::All);
    let told: Vec<String> = resolved.invalid.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "backoff-cap (set for port 3000) is of a whole tunnel, whose ports share one connection",
            "interval (\"0ms\", set for port 3000) takes 1ms-24h (500ms, 30s, 5m)",
            "path (\"healthz\", set for port 3000) takes /healthz?full=1",
        ]
    );
}

#[test]
fn a_first_wait_above_the_longest_names_both() {
    let all = set(&[("backoff-initial", "90s")]);
    let tunnel = set(&[("backoff-initial", "2s"), ("backoff-cap", "3s")]);
    let layers = [(HealthPlace::All, &all), (HealthPlace::Tunnel, &tunnel)];
    let resolved = resolve(Timing::default(), layers);
    assert_eq!(
        resolved.invalid[0].to_string(),
        "backoff-initial (90s) must not be more than backoff-cap (1m), set for all tunnels"
    );
    assert_eq!(resolved.invalid.len(), 1);
    assert_eq!(resolved.policy.text(HealthKey::BackoffInitial), "2s");
    let lone = resolve(Timing::default(), [(HealthPlace::All, &all)]);
    assert_eq!(lone.policy, HealthPolicy::default());
    assert_eq!(lone.place(HealthKey::BackoffInitial), HealthPlace::Default);
}

#[test]
fn the_durations_of_older_files_lie_beneath_all_layers() {
    let old = Timing {
        probe_interval: Duration::from_millis(250),
        ..Timing::default()
    };
    let resolved = resolve(old, []);
    assert_eq!(resolved.policy.text(HealthKey::Interval), "250ms");
    assert_eq!(resolved.place(HealthKey::Interval), HealthPlace::All);
    let all = set(&[("interval", "30s")]);
    let resolved = resolve(old, [(HealthPlace::All, &all)]);
    assert_eq!(resolved.policy.text(HealthKey::Interval), "30s");
}

#[test]
fn each_key_takes_what_it_says_and_keeps_it_in_one_spelling() {
    for (key, typed, kept) in [
        (HealthKey::Probe, "off", "off"),
        (HealthKey::Interval, "30", "30s"),
        (HealthKey::Interval, " 90 s ", "90s"),
        (HealthKey::Interval, "120s", "2m"),
        (HealthKey::Timeout, "1ms", "1ms"),
        (HealthKey::Timeout, "24h", "24h"),
        (HealthKey::Method, "options", "OPTIONS"),
        (HealthKey::Path, "/a?b=c&d=%20", "/a?b=c&d=%20"),
        (HealthKey::Expect, "ANY", "any"),
        (HealthKey::Watchdog, "100", "100"),
    ] {
        assert_eq!(key.read(typed).as_deref(), Some(kept), "{key} {typed}");
    }
    let long = format!("/{}", "a".repeat(LONGEST_PATH));
    for (key, bad) in [
        (HealthKey::Probe, "yes"),
        (HealthKey::Interval, "0"),
        (HealthKey::Interval, "0ms"),
        (HealthKey::Interval, "-1s"),
        (HealthKey::Interval, "0.5ms"),
        (HealthKey::Interval, "25h"),
        (HealthKey::Interval, "18446744073709551615h"),
        (HealthKey::Interval, "s"),
        (HealthKey::Timeout, ""),
        (HealthKey::Method, "POST"),
        (HealthKey::Path, "healthz"),
        (HealthKey::Path, "//other.example/"),
        (HealthKey::Path, "/a b"),
        (HealthKey::Path, "/a\r\nHost: x"),
        (HealthKey::Path, "/a#b"),
        (HealthKey::Path, "/ä"),
        (HealthKey::Path, &long),
        (HealthKey::Watchdog, "0"),
        (HealthKey::Watchdog, "101"),
        (HealthKey::BackoffCap, "forever"),
    ] {
        assert_eq!(key.read(bad), None, "{key} {bad:?}");
        assert!(!key.takes().is_empty());
    }
}

#[test]
fn a_file_may_hold_anything() {
    let read = |text| serde_json::from_str::<HealthOverrides>(text).expect("it is lenient");
    let odd = read(r#"{"interval":10,"probe":false,"path":["x"],"later":{"a":1}}"#);
    assert_eq!(odd.get(HealthKey::Interval), Some("10"));
    let resolved = resolve(Timing::default(), [(HealthPlace::All, &odd)]);
    assert_eq!(resolved.policy.text(HealthKey::Interval), "10s");
    assert_eq!(resolved.invalid.len(), 2, "{:?}", resolved.invalid);
    for text in ["3", "null", "\"x\"", "[1]"] {
        assert_eq!(read(text), HealthOverrides::default());
    }
    let back = serde_json::to_value(&odd).expect("it is written");
    assert_eq!(
        back["later"], r#"{"a":1}"#,
        "what a later version set stays"
    );
}

#[test]
fn what_older_files_say_of_probes_is_read_as_ever() {
    use crate::model::PortOptions;
    let health = |text| {
        let read: PortOptions = serde_json::from_str(text).expect("it is read");
        let texts = [HealthKey::Probe, HealthKey::Interval]
            .map(|key| read.health.get(key).unwrap_or_default().to_owned());
        texts.join(" ")
    };
    assert_eq!(health("{}"), " ");
    assert_eq!(health(r#"{"probe":"usual"}"#), " ");
    assert_eq!(health(r#"{"probe":"off"}"#), "off ");
    assert_eq!(health(r#"{"probe":{"seconds":7}}"#), "on 7s");
    assert_eq!(health(r#"{"probe":"off","health":{"probe":"on"}}"#), "on ");
    let none = serde_json::to_string(&PortOptions::default()).expect("it is written");
    assert_eq!(none, "{}");
}

#[test]
fn a_provider_s_least_interval_holds_but_for_what_was_said_of_one_port() {
    #[derive(Debug)]
    struct Costly;
    impl crate::model::ProbeDialect for Costly {
        fn verdict(
            &self,
            _: u16,
            _: crate::model::Header<'_>,
        ) -> Option<crate::model::RelayVerdict> {
            None
        }
        fn least_interval(&self) -> Duration {
            Duration::from_mins(15)
        }
    }
    let costly = Offers {
        probe: &Costly,
        ..Offers::RELAY
    };
    let fast = set(&[("interval", "10s")]);
    let interval = |place| resolve(Timing::default(), [(place, &fast)]).interval(&costly);
    assert_eq!(interval(HealthPlace::All), Duration::from_mins(15));
    assert_eq!(interval(HealthPlace::Tunnel), Duration::from_mins(15));
    assert_eq!(interval(port()), Duration::from_secs(10));
}

proptest! {
    #[test]
    fn whatever_is_set_there_is_something_to_run_with(
        layers in prop::collection::vec(
            prop::collection::btree_map(
                prop::sample::select(HealthKey::ALL.map(HealthKey::as_str).to_vec()),
                "[0-9]{1,4}(ms|s|m|h)?|on|off|/[a-z]{0,3}|GET|any|[2-5]00",
                0..9,
            ),
            0..4,
        ),
    ) {
        let own = |(k, v): (&str, String)| (k.to_owned(), v);
        let layers: Vec<HealthOverrides> = layers
            .into_iter()
            .map(|set| HealthOverrides(set.into_iter().map(own).collect()))
            .collect();
        let places = [HealthPlace::All, HealthPlace::Provider(ProviderId::RELAY), HealthPlace::Tunnel];
        let resolved = resolve(Timing::default(), places.into_iter().chain([port()]).zip(&layers));
        let timing = resolved.policy.timing;
        prop_assert!(timing.backoff_initial <= timing.backoff_cap);
        prop_assert!(timing.probe_interval >= Duration::from_millis(1));
        for key in HealthKey::ALL {
            // What holds can be typed again and means the same.
            let text = resolved.policy.text(key);
            prop_assert_eq!(key.read(&text), Some(text));
        }
    }
}

#[test]
fn what_probes_cost_is_by_the_millisecond_and_nothing_while_they_are_off() {
    let cost = |set: &[(&str, &str)]| {
        let own = self::set(set);
        resolve(Timing::default(), [(HealthPlace::All, &own)]).probes_a_month(None)
    };
    assert_eq!(cost(&[]), 86_400);
    assert_eq!(cost(&[("interval", "250ms")]), 10_368_000);
    assert_eq!(cost(&[("interval", "1500ms")]), 1_728_000);
    assert_eq!(cost(&[("probe", "off")]), 0);
}
