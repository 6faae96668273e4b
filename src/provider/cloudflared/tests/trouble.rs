//! What goes wrong: drops, deaths, a network that is gone, programs that are none, floods.

use super::*;
use crate::model::{Class, Reason};

#[tokio::test]
async fn one_that_dies_is_told_with_its_last_line_and_started_anew() {
    let stand_in = StandIn::start().await;
    let scene = scene(&stand_in);
    let order = order(&[port(3000)]);
    let mut session = scene.host(&order).await;
    stand_in.die(1).await;
    let ended = ended(&mut session).await;
    assert_eq!(ended.reason.code(), "process-exited");
    assert_eq!(ended.class(), Class::Transient);
    assert_eq!(ended.reason.detail(), Some("it ended with code 1"));
    let session = scene.host(&order).await;
    assert_eq!(url(&session), "https://calm-river-2.trycloudflare.com");
}

#[tokio::test]
async fn a_port_whose_program_lives_keeps_its_url_when_another_s_dies() {
    let stand_in = StandIn::start().await;
    let scene = scene(&stand_in);
    let order = order(&[port(3000), port(4000)]);
    let mut session = scene.host(&order).await;
    let before = session.ports.clone();
    stand_in.die(0).await;
    ended(&mut session).await;
    drop(session);
    let session = scene.host(&order).await;
    let kept = session
        .ports
        .iter()
        .filter(|port| before.contains(port))
        .count();
    assert_eq!((kept, stand_in.started().len()), (1, 3));
}

#[tokio::test]
async fn no_port_stays_public_when_another_one_fails_for_good() {
    let stand_in = StandIn::start().await;
    let refuses = "echo 'Provided Tunnel token is not valid.' >&2; exit 1";
    stand_in.does(&format!("[ \"$n\" = 2 ] && {{ {refuses}; }}\n{SERVES}"));
    let scene = scene(&stand_in);
    let error = scene
        .connect(&order(&[port(3000), port(4000)]))
        .await
        .expect_err("one cannot be had");
    assert_eq!(error.class(), Class::Fatal, "{error:?}");
    assert_eq!(stand_in.started().len(), 2);
    stand_in.alive().gone().await;
}

#[tokio::test]
async fn a_network_that_is_gone_costs_no_url() {
    let stand_in = StandIn::start().await;
    let scene = scene_with(
        &stand_in,
        &[],
        Patience {
            ready: Duration::from_millis(300),
            ..patience()
        },
    );
    let order = order(&[port(3000)]);
    let mut session = scene.host(&order).await;
    stand_in.is_ready(false);
    assert_eq!(ended(&mut session).await.reason, Reason::LinkLost);
    drop(session);
    let error = scene
        .connect(&order)
        .await
        .expect_err("it is not connected");
    assert_eq!(error.reason, Reason::LinkLost);
    stand_in.is_ready(true);
    let session = scene.host(&order).await;
    assert_eq!(url(&session), "https://calm-river-1.trycloudflare.com");
    assert_eq!(stand_in.started().len(), 1);
}

#[tokio::test]
async fn one_that_is_never_connected_is_started_anew_in_the_end() {
    let stand_in = StandIn::start().await;
    stand_in.is_ready(false);
    let short = Duration::from_millis(300);
    let scene = scene_with(
        &stand_in,
        &[],
        Patience {
            ready: short,
            give_up: short / 2,
            ..patience()
        },
    );
    let order = order(&[port(3000)]);
    scene
        .connect(&order)
        .await
        .expect_err("it is not connected");
    stand_in.is_ready(true);
    let session = scene.host(&order).await;
    assert_eq!(url(&session), "https://calm-river-2.trycloudflare.com");
}

#[tokio::test]
async fn a_drop_ends_the_program_and_whatever_it_started() {
    let stand_in = StandIn::start().await;
    stand_in.does("sleep 600 & read -r code < \"$here/die\"");
    let scene = scene(&stand_in);
    let mut session = scene.host(&order(&[port(3000)])).await;
    let alive = stand_in.alive();
    session.part.drop_link();
    assert_eq!(ended(&mut session).await.reason, Reason::LinkLost);
    alive.gone().await;
}

#[tokio::test]
async fn one_that_does_not_stop_is_ended() {
    let stand_in = StandIn::start().await;
    stand_in.does(DEAF);
    let session = scene(&stand_in).host(&order(&[port(3000)])).await;
    let alive = stand_in.alive();
    assert!(session.close().await, "it takes no longer than it may");
    alive.gone().await;
}

#[tokio::test]
async fn an_attempt_that_is_given_up_leaves_no_program() {
    let stand_in = StandIn::start().await;
    stand_in.says("");
    let scene = scene(&stand_in);
    let order = order(&[port(3000)]);
    let tokens = scene.connector.mint(&order).await.expect("there is none");
    let connecting = scene.connector.connect(&order, &tokens, &|_| ());
    let started = async {
        while stand_in.started().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    let alive = tokio::select! {
        _ = connecting => panic!("it says nothing"),
        () = started => stand_in.alive(),
    };
    alive.gone().await;
}

#[tokio::test]
async fn what_is_no_program_says_so() {
    let stand_in = StandIn::start().await;
    let path = stand_in.program();
    let told = || async {
        let error = scene(&stand_in).connect(&order(&[port(3000)])).await;
        error.expect_err("it cannot start")
    };
    std::fs::write(&path, b"\x7fELF\x00\xff").expect("written");
    let binary = told().await;
    assert_eq!(binary.reason.code(), "program-failed");
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644))
        .expect("mine");
    let plain = told().await;
    assert!(
        plain
            .reason
            .detail()
            .is_some_and(|said| said.contains("could not be started")),
        "{plain:?}"
    );
    std::fs::remove_file(&path).expect("mine");
    let missing = told().await;
    let said = missing.reason.detail().unwrap_or_default();
    assert!(
        said.contains("CLOUDFLARED_BIN") && said.contains(path.to_str().expect("text")),
        "{missing:?}"
    );
}

#[tokio::test]
async fn each_way_to_fail_is_told() {
    let stand_in = StandIn::start().await;
    for (says, code) in [
        ("Provided Tunnel token is not valid.\n", "options-invalid"),
        (
            "failed to request quick Tunnel: Post \"https://api.trycloudflare.com/tunnel\": dial tcp: lookup api.trycloudflare.com: no such host\n",
            "unknown-host",
        ),
        ("something else\n", "process-exited"),
        ("", "process-exited"),
    ] {
        stand_in.says(says);
        stand_in.does("exit 1");
        let error = scene(&stand_in)
            .connect(&order(&[port(3000)]))
            .await
            .expect_err("it ends");
        assert_eq!(error.reason.code(), code, "{says}");
    }
}

#[tokio::test]
async fn a_flood_is_read_and_nothing_grows_or_hangs() {
    let stand_in = StandIn::start().await;
    stand_in.does("yes '{\"level\":\"error\",\"message\":\"broken\",\"error\":\"edge\"}' >&2");
    let scene = scene(&stand_in);
    let mut session = scene.host(&order(&[port(3000)])).await;
    session.part.check_link();
    stand_in.is_ready(false);
    assert_eq!(ended(&mut session).await.reason, Reason::LinkLost);
    let alive = stand_in.alive();
    drop((session, scene));
    alive.gone().await;
}

#[tokio::test]
async fn a_program_that_never_says_where_it_is_is_ended() {
    let stand_in = StandIn::start().await;
    stand_in.says("\u{7}no end of line");
    stand_in.does("head -c 300000 /dev/zero >&2; read -r code < \"$here/die\"");
    let start = Duration::from_millis(500);
    let scene = scene_with(
        &stand_in,
        &[],
        Patience {
            start,
            ..patience()
        },
    );
    let error = scene
        .connect(&order(&[port(3000)]))
        .await
        .expect_err("it says nothing");
    assert_eq!(error.reason, Reason::TimedOut);
}
