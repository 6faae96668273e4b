//! When visitors get there, and when nothing goes on by itself.

use super::*;
use crate::shell::headless::Told;

#[test]
fn it_is_reached_once_a_probe_has_come_through_the_url() {
    let mut facts = Facts::new();
    facts.hosting(1);
    assert!(!all_reached(&facts.inputs), "no port is served");
    facts.serve("http://web.example/");
    facts.hosting(1);
    assert!(!all_reached(&facts.inputs), "nobody knows yet");
    facts.probe(1, Health::Down, 0);
    assert!(!all_reached(&facts.inputs), "the URL is dead");
    facts.probe(1, Health::ServiceDown, 502);
    assert!(
        all_reached(&facts.inputs),
        "it leads here, whatever is here"
    );
    facts.hosting(2);
    assert!(!all_reached(&facts.inputs), "that was another session");
}

#[test]
fn each_end_has_its_word_and_is_over() {
    let since = AT;
    let reason = Reason::TokenRefused;
    let next_at = UnixMillis(AT.0 + 60_000);
    let cases = [
        (
            Life::SignIn(Outage {
                since,
                reason: reason.clone(),
            }),
            r#""sign-in","reason":"token-refused""#,
            true,
        ),
        (
            Life::Displaced(Outage {
                since,
                reason: Reason::TakenOver,
            }),
            r#""displaced","reason":"taken-over""#,
            true,
        ),
        (
            Life::Failed(Outage {
                since,
                reason: Reason::NoPublicPorts,
            }),
            r#""failed","reason":"no-public-ports""#,
            true,
        ),
        (
            Life::Quota {
                next_at,
                outage: Outage {
                    since,
                    reason: Reason::QuotaUsedUp { until: None },
                },
            },
            r#""quota","next_in_ms":60000,"reason":"quota""#,
            false,
        ),
        (
            reconnecting(1, None),
            r#""reconnecting","attempt":1,"reason":"link-lost""#,
            false,
        ),
    ];
    for (state, words, over) in cases {
        let mut facts = Facts::new();
        let lines = facts.state(state.clone());
        let expected = format!(r#""event":"state","tunnel":"web","state":{words}"#);
        assert_eq!(lines[0], expected);
        let told = end(&facts.inputs, true);
        let reason = state.reason().filter(|_| over).cloned();
        assert_eq!(told, reason.map(Told::Over), "{state:?}");
    }
}
