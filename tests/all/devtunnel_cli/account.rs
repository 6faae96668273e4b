//! The account: who is signed in, signing in and out, tokens and limits.

use super::stand_in::{StandIn, id, port};
use crate::support::wait::within;
use std::time::Duration;
use tokio::sync::mpsc;
use underpass::model::{Access, AccountState, DeviceCode, Protocol, Reason};
use underpass::provider::devtunnel::Identity;

fn ready(via: &str) -> AccountState {
    AccountState::Ready {
        user: "tester@example.com".to_owned(),
        via: via.to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_in_with_a_code_and_out_again() {
    for (identity, via, url, code) in [
        (
            Identity::GitHub,
            "github",
            "https://github.com/login/device",
            "A1B2-C3D4",
        ),
        (
            Identity::Microsoft,
            "microsoft",
            "https://microsoft.com/devicelogin",
            "F7G8H9JK2",
        ),
    ] {
        let account = StandIn::signed_out();
        let inventory = account.inventory();
        assert_eq!(inventory.preflight().await, AccountState::SignedOut);
        let (told, mut codes) = mpsc::unbounded_channel();
        let signing_in = tokio::spawn({
            let inventory = inventory.clone();
            async move {
                let on_code = |code| told.send(code).expect("somebody listens");
                inventory.sign_in(identity, true, on_code).await
            }
        });
        let shown = within("a code", codes.recv()).await.expect("a code");
        let (url, code) = (url.to_owned(), code.to_owned());
        assert_eq!(shown, DeviceCode { url, code });
        account.set("login", "done");
        let state = within("the sign-in", signing_in).await.expect("no fault");
        assert_eq!(state, Ok(ready(via)));
        assert_eq!(inventory.preflight().await, ready(via));
        inventory.sign_out().await.expect("signed out");
        assert_eq!(inventory.preflight().await, AccountState::SignedOut);
    }
}

#[tokio::test]
async fn signing_in_in_a_browser_tells_no_code() {
    let account = StandIn::signed_out();
    account.set("login", "done");
    let inventory = account.inventory();
    let on_code = |code| panic!("{code:?}");
    let state = inventory.sign_in(Identity::GitHub, false, on_code).await;
    assert_eq!(state, Ok(ready("github")));
    assert_eq!(account.calls(), ["user login -g"]);
}

#[tokio::test]
async fn a_sign_in_that_fails_and_one_that_only_says_that_it_went_well() {
    let account = StandIn::signed_out();
    account.set("login", "fail");
    let inventory = account.inventory();
    let failed = inventory.sign_in(Identity::Microsoft, false, |_| {}).await;
    let failed = failed.expect_err("it was to fail").detail;
    assert_eq!(
        failed,
        "Login failed: the code has expired or access was denied."
    );

    account.inject("garbage", &["--only", "user login", "--value", "Welcome!"]);
    let nobody = inventory.sign_in(Identity::Microsoft, false, |_| {}).await;
    assert_eq!(
        nobody.expect_err("nobody is there").reason,
        Reason::SignedOut
    );
}

#[tokio::test]
async fn a_sign_in_that_is_given_up_ends_its_program() {
    let account = StandIn::signed_out();
    // It writes into a pipe with a name, whose other end closes when it is gone.
    let fifo = account.folder().join("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.expect("mkfifo").success());
    account.run_first(&format!("exec 3>'{}'", fifo.display()));
    let inventory = account.inventory();
    let (told, mut codes) = mpsc::unbounded_channel();
    let signing_in = tokio::spawn(async move {
        let on_code = |code| told.send(code).expect("somebody listens");
        inventory.sign_in(Identity::GitHub, true, on_code).await
    });
    let mut end = tokio::fs::File::open(&fifo).await.expect("the other end");
    within("a code", codes.recv()).await.expect("a code");
    signing_in.abort();
    let mut nothing = Vec::new();
    let read = tokio::io::AsyncReadExt::read_to_end(&mut end, &mut nothing);
    within("the end of the program", read)
        .await
        .expect("its end");
    assert!(signing_in.await.expect_err("given up").is_cancelled());
}

#[tokio::test]
async fn tokens_are_minted_side_by_side_for_one_scope_each() {
    let account = StandIn::signed_in();
    let inventory = account.inventory();
    let made = inventory.create("web", "", None, Access::Private).await;
    let id = made.expect("a tunnel").id;
    let minted = tokio::join!(
        inventory.mint(&id, "host"),
        inventory.mint(&id, "manage:ports")
    );
    let (host, manage) = (minted.0.expect("a token"), minted.1.expect("a token"));
    assert!(host.0.expose().starts_with("eyJ") && host.0 != manage.0);
    assert_eq!(host.1, Some(Duration::from_hours(24)));
    assert_eq!(format!("{host:?}"), "(***, Some(86400s))");
}

#[tokio::test]
async fn limits_and_the_version_are_said() {
    let account = StandIn::signed_in();
    let inventory = account.inventory();
    let limits = inventory.limits().await.expect("limits").limits;
    let tunnels = limits.iter().find(|limit| limit.name == "Tunnels");
    let tunnels = tunnels.expect("a limit of tunnels");
    assert_eq!((tunnels.used.as_str(), tunnels.limit.as_str()), ("0", "10"));
    let version = inventory.version().await.expect("a version");
    assert_eq!(version, "1.0.1516+7e996fe917");
}

#[tokio::test]
async fn noise_before_the_answer_changes_nothing() {
    let account = StandIn::signed_in();
    for noise in ["bom", "banner", "update-notice"] {
        account.inject(noise, &[]);
    }
    let inventory = account.inventory();
    assert_eq!(inventory.preflight().await, ready("microsoft"));
    let first = Some((port(80), Protocol::Https));
    let made = inventory.create("web", "", first, Access::Public).await;
    let made = made.expect("a tunnel");
    let listed = inventory.list(&[]).await.expect("a list");
    assert_eq!(listed[0].id, id("web.usw2"));
    assert_eq!(listed[0].ports, made.ports);
    inventory.mint(&made.id, "host").await.expect("a token");
    inventory.renew(&made.id).await.expect("renewed");
    inventory.version().await.expect("a version");
    inventory.delete(&made.id).await.expect("deleted");
}
