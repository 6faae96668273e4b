//! What goes wrong, and what is said of it.

use super::stand_in::{StandIn, id};
use std::time::Duration;
use underpass::model::{Access, AccountState, Reason};
use underpass::provider::devtunnel::Inventory;

async fn make(inventory: &Inventory, name: &str) -> Reason {
    let made = inventory.create(name, "", None, Access::Private).await;
    made.expect_err("it was to fail").reason
}

#[tokio::test]
async fn a_program_that_is_not_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let inventory = Inventory::at(folder.path().join("devtunnel"));
    assert_eq!(inventory.preflight().await, AccountState::NotInstalled);
    let program = "devtunnel".to_owned();
    let absent = inventory.list(&[]).await.expect_err("not there").reason;
    assert_eq!(absent, Reason::NotInstalled { program });
}

#[tokio::test]
async fn nobody_is_signed_in() {
    let account = StandIn::signed_out();
    let inventory = account.inventory();
    let web = id("web.usw2");
    let reasons = [
        inventory.list(&[]).await.map(drop),
        inventory.show(&web).await.map(drop),
        inventory.mint(&web, "host").await.map(drop),
        inventory.set_access(&web, Access::Public).await,
    ];
    for reason in reasons {
        assert_eq!(reason.expect_err("signed out").reason, Reason::SignedOut);
    }
    // Also when only the exit code says that something is not permitted.
    account.inject(
        "fail",
        &["--only", "list", "--value", "3:Request not permitted."],
    );
    let reason = inventory.list(&[]).await.expect_err("signed out").reason;
    assert_eq!(reason, Reason::SignedOut);
}

#[tokio::test]
async fn names_that_are_taken() {
    let account = StandIn::signed_in();
    account.set("foreign", r#"["theirs"]"#);
    let inventory = account.inventory();
    inventory
        .create("mine", "", None, Access::Private)
        .await
        .expect("a tunnel");
    let taken = |name: &str| Reason::NameTaken {
        name: name.to_owned(),
    };
    assert_eq!(make(&inventory, "mine").await, taken("mine"));
    assert_eq!(make(&inventory, "theirs").await, taken("theirs"));
    let theirs = inventory.show(&id("theirs.usw2")).await;
    let theirs = theirs.expect_err("not ours").reason;
    assert_eq!(theirs, taken("theirs.usw2"));
    assert!(matches!(
        make(&inventory, "a").await,
        Reason::Refused { .. }
    ));
}

#[tokio::test]
async fn limits_are_reached() {
    let account = StandIn::signed_in();
    account.set("maxTunnels", "1");
    let inventory = account.inventory();
    let first = inventory.create("one", "", None, Access::Private).await;
    first.expect("a tunnel");
    let reason = make(&inventory, "two").await;
    assert_eq!(reason, Reason::TooManyTunnels { limit: 1 });
    account.inject("rate-limit", &[]);
    let reason = make(&inventory, "two").await;
    assert!(
        matches!(reason, Reason::QuotaUsedUp { until: Some(_) }),
        "{reason:?}"
    );
}

#[tokio::test]
async fn an_answer_that_is_none() {
    let account = StandIn::signed_in();
    let inventory = account.inventory();
    let made = inventory.create("web", "", None, Access::Private).await;
    let web = made.expect("a tunnel").id;
    account.inject(
        "garbage",
        &[
            "--value",
            "<html>eyJhbGciOiJFUzI1NiJ9.e30.e30 {nothing: here",
        ],
    );
    let answers = [
        inventory.list(&[]).await.map(drop),
        inventory.show(&web).await.map(drop),
        inventory.mint(&web, "host").await.map(drop),
        inventory.access(&web).await.map(drop),
    ];
    for answer in answers {
        let error = answer.expect_err("no answer");
        assert_eq!(error.detail, "its answer could not be read");
        assert!(matches!(error.reason, Reason::ProgramFailed { .. }));
    }
    let state = inventory.preflight().await;
    assert!(matches!(state, AccountState::Failed { .. }), "{state:?}");
}

#[tokio::test]
async fn a_program_that_hangs_or_floods_is_ended() {
    let account = StandIn::signed_in();
    account.inject("flood", &["--only", "list"]);
    account.inject("hang", &["--only", "show"]);
    let flood = account.inventory().list(&[]).await.expect_err("a flood");
    assert!(flood.detail.contains("printed more than"), "{flood:?}");
    let short = Duration::from_millis(300);
    let impatient = Inventory::impatient(account.program(), short);
    let late = impatient.show(&id("web.usw2")).await.expect_err("late");
    assert_eq!(late.detail, "no answer within 0.3 s");
}

/// A list is worth more than the one tunnel that could not be looked at.
#[tokio::test]
async fn a_tunnel_that_cannot_be_shown_stays_in_the_list() {
    let account = StandIn::signed_in();
    let inventory = account.inventory();
    let made = inventory.create("web", "", None, Access::Public).await;
    let made = made.expect("a tunnel");
    account.set("tunnels/web.usw2/ports/80", r#"{"protocol": "http"}"#);
    account.inject("fail", &["--only", "show", "--times", "1"]);
    let known = [made.clone()];
    let listed = inventory.list(&known).await.expect("a list");
    assert_eq!(listed[0].clone().with_known(&made), made);
    let listed = inventory.list(&listed).await.expect("a list");
    assert_eq!(listed[0].ports.len(), 1);
    account.inject(
        "fail",
        &[
            "--only",
            "show",
            "--times",
            "1",
            "--value",
            "2:Tunnel not found",
        ],
    );
    assert_eq!(inventory.list(&[]).await, Ok(Vec::new()));
}
