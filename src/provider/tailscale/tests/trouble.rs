//! What goes wrong: states of the daemon, ports that are taken, rules that go, programs that die.

use super::stand_in::RUNNING;
use super::*;
use crate::model::{Class, Reason};

async fn refused(stand_in: &StandIn, chosen: &[(&str, &str)]) -> ConnectError {
    let connector = connector(stand_in, chosen);
    let error = connect(&connector, &web())
        .await
        .expect_err("it cannot be had");
    assert_harmless(stand_in);
    error
}

#[tokio::test]
async fn what_is_not_ready_says_what_helps_and_starts_nothing() {
    let stand_in = StandIn::start();
    stand_in.status(r#"{"BackendState":"NeedsLogin","AuthURL":"https://login.tailscale.com/a/1"}"#);
    let error = refused(&stand_in, &[]).await;
    assert_eq!(
        error.class(),
        Class::Transient,
        "it goes on by itself after it"
    );
    assert!(
        error
            .reason
            .detail()
            .is_some_and(|said| said.contains("https://login.tailscale.com/a/1"))
    );
    stand_in.is("echo \"failed to connect to local tailscaled; it doesn't appear to be running (sudo systemctl start tailscaled ?)\" >&2; exit 1");
    let error = refused(&stand_in, &[]).await;
    assert!(
        error
            .reason
            .detail()
            .is_some_and(|said| said.contains("systemctl start tailscaled")),
        "{error:?}"
    );
    assert_eq!(stand_in.started(), [""; 0]);
}

#[tokio::test]
async fn the_link_that_allows_funnel_is_told_at_once_whether_it_ends_or_waits() {
    let said = "printf 'Funnel is not enabled on your tailnet.\\nTo enable, visit:\\n\\n         https://login.tailscale.com/f/funnel?node=n1\\n\\n'";
    for then in ["exit 0", "read -r code < \"$here/die\""] {
        let stand_in = StandIn::start();
        stand_in.does(&format!("{said}; {then}"));
        let error = refused(&stand_in, &[]).await;
        let detail = error.reason.detail().expect("a remedy");
        assert!(
            detail.contains("https://login.tailscale.com/f/funnel?node=n1"),
            "{detail}"
        );
    }
}

#[tokio::test]
async fn a_port_of_another_s_is_left_to_it() {
    let stand_in = StandIn::start();
    let error = refused(&stand_in, &[("port", "8443")]).await;
    assert_eq!(error.reason.code(), "options-invalid");
    assert_eq!(stand_in.started(), [""; 0]);
    stand_in.does("echo 'listener already exists for port 443' >&2; exit 1");
    let error = refused(&stand_in, &[]).await;
    assert!(
        error
            .reason
            .detail()
            .is_some_and(|said| said.contains("choose another")),
        "{error:?}"
    );
    stand_in.others(r#""TCP":{"443":{},"8443":{},"10000":{}},"#);
    let error = refused(&stand_in, &[]).await;
    assert!(
        error
            .reason
            .detail()
            .is_some_and(|said| said.contains("have a Tailscale rule already")),
        "{error:?}"
    );
    stand_in.others("");
    stand_in.status(&RUNNING.replace("ports=443,8443,10000", "ports=443"));
    let error = refused(&stand_in, &[("port", "8443")]).await;
    assert!(
        error
            .reason
            .detail()
            .is_some_and(|said| said.contains("does not allow 8443")),
        "{error:?}"
    );
}

#[tokio::test]
async fn any_end_of_the_program_is_one_and_the_url_comes_back() {
    let stand_in = StandIn::start();
    let connector = connector(&stand_in, &[]);
    let mut session = host(&connector, &web()).await;
    let before = session.ports.clone();
    // As when tailscaled goes away.
    stand_in.die(0).await;
    let error = ended(&mut session).await;
    assert_eq!(
        (error.reason.code(), error.class()),
        ("process-exited", Class::Transient)
    );
    drop(session);
    let mut session = host(&connector, &web()).await;
    assert_eq!(session.ports, before);
    session.part.drop_link();
    assert_eq!(ended(&mut session).await.reason, Reason::LinkLost);
}

#[tokio::test]
async fn a_rule_that_goes_and_a_daemon_that_is_switched_off_are_noticed() {
    let stand_in = StandIn::start();
    let connector = connector(&stand_in, &[]);
    let mut session = host(&connector, &web()).await;
    let gone = stand_in.alive();
    stand_in.take_rules();
    let error = ended(&mut session).await;
    assert!(
        error
            .reason
            .detail()
            .is_some_and(|said| said.contains("taken port 443")),
        "{error:?}"
    );
    gone.await;
    drop(session);
    let mut session = host(&connector, &web()).await;
    stand_in.status(r#"{"BackendState":"Stopped"}"#);
    let error = ended(&mut session).await;
    assert!(
        error
            .reason
            .detail()
            .is_some_and(|said| said.contains("tailscale up")),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_computer_that_is_offline_keeps_its_rule() {
    let stand_in = StandIn::start();
    let connector = connector(&stand_in, &[]);
    let mut session = host(&connector, &web()).await;
    stand_in.status(&RUNNING.replace("\"Online\":true", "\"Online\":false"));
    assert_eq!(ended(&mut session).await.reason, Reason::LinkLost);
    drop(session);
    stand_in.status(RUNNING);
    let session = host(&connector, &web()).await;
    assert_eq!(urls(&session), ["https://box.tail1234.ts.net"]);
    assert_eq!(stand_in.started().len(), 1);
}

#[tokio::test]
async fn answers_that_are_none_or_too_much_or_never_come_say_so() {
    let stand_in = StandIn::start();
    for json in ["", "\u{0}\u{1}", "[]"] {
        stand_in.status(json);
        assert_eq!(
            refused(&stand_in, &[]).await.reason.code(),
            "not-ready",
            "{json}"
        );
    }
    stand_in.is("yes");
    assert_eq!(
        refused(&stand_in, &[]).await.reason.code(),
        "program-failed"
    );
    stand_in.status(RUNNING);
    let short = Patience {
        answer: Duration::from_millis(300),
        start: Duration::from_millis(300),
        ..patience()
    };
    stand_in.is("read -r code < \"$here/die\"");
    let error = connect(&connector_with(&stand_in, &[], short), &web())
        .await
        .expect_err("it never answers");
    assert_eq!(error.reason.code(), "program-failed");
    let short = Patience {
        answer: SOON,
        ..short
    };
    stand_in.does("read -r code < \"$here/die\"");
    let error = connect(&connector_with(&stand_in, &[], short), &web())
        .await
        .expect_err("it says nothing");
    assert_eq!(error.reason, Reason::TimedOut);
}
