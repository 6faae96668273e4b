//! Every exit code and text of the program, and what each means.

use super::*;
use crate::model::TunnelId;
use proptest::prelude::*;

const NOW: UnixMillis = UnixMillis(1_000_000);

fn answer(code: i32, stderr: &str) -> Answer {
    Answer {
        code: Some(code),
        stdout: String::new(),
        stderr: stderr.to_owned(),
    }
}

fn about(code: i32, stderr: &str, about: About<'_>) -> Reason {
    match classify(&answer(code, stderr), about, NOW) {
        Verdict::Is(error) => error.reason,
        Verdict::NotPermitted(detail) => panic!("not permitted: {detail}"),
    }
}

fn reason(code: i32, stderr: &str) -> Reason {
    about(code, stderr, About::Account)
}

fn refused_with(detail: &str) -> Reason {
    refused(detail)
}

#[test]
fn codes_and_texts() {
    let soon = Some(UnixMillis(NOW.0 + 60_000));
    for (code, text, expected) in [
        (
            2,
            "Tunnel not found: web.usw2\nRequest ID: 1",
            Reason::TunnelGone,
        ),
        (2, "", Reason::TunnelGone),
        (
            1,
            "Tunnel service error: Tunnel not found: web",
            Reason::TunnelGone,
        ),
        (
            2,
            "Tunnel port not found: 80",
            refused_with("Tunnel port not found: 80"),
        ),
        (
            3,
            "Tunnel service error: Request not permitted. Login required: use 'devtunnel user login'.",
            Reason::SignedOut,
        ),
        (1, "You are not logged in.", Reason::SignedOut),
        (
            1,
            "Tunnel service error: Quota exceeded. The limit of 25 tunnels per user was reached.",
            Reason::TooManyTunnels { limit: 25 },
        ),
        (1, "Too many tunnels.", Reason::TooManyTunnels { limit: 10 }),
        (
            1,
            "TunnelsPerUserPerLocation exceeded (429)",
            Reason::TooManyTunnels { limit: 10 },
        ),
        (
            1,
            "Quota exceeded. The limit of 10 ports per tunnel was reached.",
            refused_with("Quota exceeded. The limit of 10 ports per tunnel was reached."),
        ),
        (
            1,
            "Too many requests. Rate limit exceeded. Retry after 60 seconds.",
            Reason::QuotaUsedUp { until: soon },
        ),
        (
            1,
            "Rate limit exceeded. Please wait about a minute and try again.",
            Reason::QuotaUsedUp { until: soon },
        ),
        (
            1,
            "devtunnel: Error connecting (429).",
            Reason::QuotaUsedUp { until: None },
        ),
        (
            1,
            "Tunnel service error: Internal server error.",
            Reason::ServiceTrouble { status: 500 },
        ),
        (
            1,
            "Service unavailable (503).",
            Reason::ServiceTrouble { status: 503 },
        ),
        (
            1,
            "Name or service not known (global.rel…)",
            Reason::Offline,
        ),
        (1, "Connection timed out", Reason::TimedOut),
        (
            1,
            "Invalid arguments. The tunnel port protocol cannot be changed.",
            refused_with("Invalid arguments. The tunnel port protocol cannot be changed."),
        ),
    ] {
        assert_eq!(reason(code, text), expected, "{code} {text}");
    }
}

#[test]
fn a_conflict_is_about_the_name_only_when_one_is_made() {
    let text = "Tunnel service error: Conflict with existing entity. Retry tunnel operation.";
    let name = Reason::NameTaken {
        name: "web".to_owned(),
    };
    assert_eq!(about(1, text, About::NewTunnel("web")), name);
    let detail = "Conflict with existing entity. Retry tunnel operation.";
    assert_eq!(reason(1, text), refused_with(detail));
}

#[test]
fn what_is_not_permitted_is_said_by_the_account() {
    let text = "Tunnel service error: Request not permitted. Unauthorized tunnel access: expected \
                one or more of [manage].";
    for (code, text) in [(3, text), (3, ""), (1, text)] {
        let verdict = classify(&answer(code, text), About::Account, NOW);
        assert!(matches!(verdict, Verdict::NotPermitted(_)), "{code} {text}");
    }
    let reason = |about, signed_in| not_permitted(about, signed_in, String::new()).reason;
    let id = TunnelId::new("web.usw2").expect("an id");
    assert_eq!(reason(About::Tunnel(id.as_str()), false), Reason::SignedOut);
    let name = |name: &str| Reason::NameTaken {
        name: name.to_owned(),
    };
    assert_eq!(reason(About::Tunnel(id.as_str()), true), name("web.usw2"));
    assert_eq!(reason(About::NewTunnel("web"), true), name("web"));
}

#[test]
fn numbers_and_names_in_arguments_mean_nothing() {
    for text in [
        "Could not do it: --port-number 4010 401 403 429 503 show web-401.usw2",
        "Could not do it: show too-many-requests.usw2 not-logged-in rate-limit service-unavailable",
        "Could not do it (401)",
    ] {
        assert!(
            matches!(reason(1, text), Reason::ProgramFailed { .. }),
            "{text}"
        );
    }
}

#[test]
fn what_is_said_of_a_failure_is_short_and_holds_no_token() {
    let token = "eyJhbGciOiJFUzI1NiIsImtpZCI6IkE5OTFGNEQ2.eyJjbHVzdGVySWQiOiJ1.c2lnbmF0dXJl";
    let text = format!(
        "\nError: it broke\r\n\ntoken={token}\nRequest ID: 00ff\n{}",
        "x".repeat(900)
    );
    let Reason::ProgramFailed { detail, .. } = reason(9, &text) else {
        panic!("another reason")
    };
    assert!(detail.starts_with("it broke *** x"), "{detail}");
    assert_eq!(detail.len(), MAX_DETAIL);
    let none = classify(&answer(7, " \n"), About::Account, NOW);
    assert_eq!(none, Verdict::Is(failed("exit code 7")));
}

#[test]
fn a_program_that_gives_no_answer() {
    let absent = of_fault(&Fault::NotThere).reason;
    assert_eq!(
        absent,
        Reason::NotInstalled {
            program: "devtunnel".to_owned()
        }
    );
    let late = of_fault(&Fault::TimedOut(std::time::Duration::from_secs(20)));
    assert_eq!(late.detail, "no answer within 20 s");
    assert!(matches!(late.reason, Reason::ProgramFailed { .. }));
}

proptest! {
    #[test]
    fn any_text_means_something(code in proptest::option::of(any::<i32>()), text in "(\\PC|\n)*") {
        let answer = Answer { code, stdout: text.clone(), stderr: String::new() };
        if let Verdict::Is(error) = classify(&answer, About::NewTunnel("a"), NOW) {
            prop_assert!(!error.detail.is_empty());
        }
    }
}
