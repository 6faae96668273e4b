//! Tunnels, their ports and who may visit them.

use super::stand_in::{StandIn, id, port};
use underpass::model::{Access, Metrics, Protocol, Reason, Tunnel};

fn numbers(tunnel: &Tunnel) -> Vec<u16> {
    tunnel.ports.iter().map(|port| port.number.get()).collect()
}

fn access(tunnel: &Tunnel) -> Access {
    tunnel
        .remote
        .as_ref()
        .expect("what the service says")
        .access
}

#[tokio::test]
async fn a_tunnel_is_made_shown_listed_and_deleted() {
    let account = StandIn::signed_in();
    let inventory = account.inventory();
    let first = Some((port(3000), Protocol::Http));
    let made = inventory.create(" Mein Büro ", "the -a desk", first, Access::Private);
    let made = made.await.expect("a tunnel");
    assert_eq!(made.id, id("mein-buro.usw2"));
    assert_eq!(made.name, "Mein Büro");
    assert_eq!(made.provider, underpass::provider::devtunnel::OFFERS.id);
    assert_eq!(
        (numbers(&made), access(&made)),
        (vec![3000], Access::Private)
    );
    assert!(made.expires_at.is_some());

    let shown = inventory.show(&made.id).await.expect("the tunnel").tunnel;
    assert_eq!(shown.with_known(&made), made);
    let listed = inventory
        .list(std::slice::from_ref(&made))
        .await
        .expect("a list");
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].clone().with_known(&made), made);

    inventory.delete(&made.id).await.expect("deleted");
    inventory.delete(&made.id).await.expect("gone already");
    assert_eq!(inventory.list(&[]).await, Ok(Vec::new()));
    let gone = inventory.show(&made.id).await.expect_err("gone");
    assert_eq!(gone.reason, Reason::TunnelGone);
}

#[tokio::test]
async fn a_name_that_no_id_can_be_made_of_is_kept() {
    let account = StandIn::signed_in();
    let inventory = account.inventory();
    let made = inventory.create("…", "@file", None, Access::Private).await;
    let made = made.expect("a tunnel");
    assert_eq!(made.name, "…");
    let remote = made.remote.as_ref().expect("what the service says");
    assert_eq!(remote.description, "@file");
    let listed = inventory.list(std::slice::from_ref(&made)).await;
    let mut listed = listed.expect("a list").into_iter();
    let listed = listed.next().map(|listed| listed.with_known(&made));
    assert_eq!(listed, Some(made));
}

#[tokio::test]
async fn a_list_looks_only_at_what_is_not_known() {
    let account = StandIn::signed_in();
    let inventory = account.inventory();
    let web = Some((port(80), Protocol::Auto));
    let one = inventory.create("one", "", web, Access::Public).await;
    let two = inventory.create("two", "", web, Access::Private).await;
    let (one, two) = (one.expect("a tunnel"), two.expect("a tunnel"));
    account.set("tunnels/two.usw2/ports/81", r#"{"protocol": "https"}"#);
    account.set(
        "tunnels/three.usw2",
        r#"{"expires": 9e9, "name": "Three", "ports": {}, "anonymous": true}"#,
    );
    let before = account.calls().len();

    let listed = inventory.list(&[two.clone(), one.clone()]).await;
    let listed = listed.expect("a list");
    let names: Vec<&str> = listed.iter().map(|tunnel| tunnel.name.as_str()).collect();
    assert_eq!(names, ["one", "two", "Three"]);
    assert_eq!(listed[0].clone().with_known(&one), one);
    assert_eq!(numbers(&listed[1]), [80, 81]);
    assert_eq!(access(&listed[2]), Access::Public);
    let mut calls = account.calls().split_off(before);
    calls.sort_unstable();
    let expected = [
        "list --json",
        "show three.usw2 --json",
        "show two.usw2 --json",
    ];
    assert_eq!(calls, expected);

    let again = inventory.list(&listed).await.expect("a list");
    let again = again.into_iter().zip(&listed);
    let again: Vec<_> = again.map(|(it, known)| it.with_known(known)).collect();
    assert_eq!(again, listed);
    assert_eq!(account.calls().len(), before + 4);
}

#[tokio::test]
async fn what_the_service_counts_and_its_urls_are_shown() {
    let account = StandIn::signed_in();
    let inventory = account.inventory();
    let first = Some((port(80), Protocol::Auto));
    let made = inventory.create("web", "", first, Access::Private).await;
    let id = made.expect("a tunnel").id;
    let shown = inventory.show(&id).await.expect("the tunnel");
    assert!(shown.urls.is_empty(), "it was never hosted");
    let url = "https://abc-80.usw2.devtunnels.ms/";
    account.set("tunnels/web.usw2/ports/80/portUri", url);
    let status = r#"{"uploadTotal": "5 MB", "clientConnectionCount": 2}"#;
    account.set("tunnels/web.usw2/ports/80/status", status);
    account.set(
        "tunnels/web.usw2/currentUploadRate",
        "1.5 MB/s (limit: 20 MB/s)",
    );
    account.set("tunnels/web.usw2/hostConnections", "1");
    let shown = inventory.show(&id).await.expect("the tunnel");
    assert_eq!(shown.urls[&port(80)], url);
    let metrics = Metrics {
        upload_total: Some(5_000_000),
        connections: Some(2),
        ..Metrics::default()
    };
    assert_eq!(shown.metrics[&port(80)], metrics);
    assert_eq!(shown.whole.upload_rate, Some(1_500_000));
    assert_eq!(shown.tunnel.remote.expect("what the service says").hosts, 1);
}

#[tokio::test]
async fn ports_come_go_and_speak_something_else() {
    let account = StandIn::signed_in();
    let inventory = account.inventory();
    let made = inventory.create("web", "", None, Access::Public).await;
    let id = made.expect("a tunnel").id;
    let added = inventory.add_port(&id, port(4010), Protocol::Http).await;
    let added = added.expect("a port");
    assert_eq!((added.protocol, &added.label), (Protocol::Http, &id));
    assert_eq!(added.target.to_string(), "localhost:4010");
    let twice = inventory.add_port(&id, port(4010), Protocol::Http).await;
    let twice = twice.expect_err("it is there");
    assert!(matches!(twice.reason, Reason::Refused { .. }), "{twice:?}");
    let bytes = inventory.add_port(&id, port(22), Protocol::Tcp).await;
    assert!(matches!(
        bytes.expect_err("no bytes").reason,
        Reason::Refused { .. }
    ));

    let before = account.calls().len();
    let changed = inventory
        .change_protocol(&id, port(4010), Protocol::Https)
        .await;
    assert_eq!(changed.expect("changed").protocol, Protocol::Https);
    let calls = account.calls().split_off(before).join("\n");
    assert!(
        calls.contains("port delete") && calls.contains("port create"),
        "{calls}"
    );
    let before = account.calls().len();
    let same = inventory
        .change_protocol(&id, port(4010), Protocol::Https)
        .await;
    assert_eq!(same.expect("nothing to do").protocol, Protocol::Https);
    assert_eq!(account.calls().len(), before + 1);
    assert_eq!(inventory.access(&id).await, Ok(Access::Public));

    inventory
        .remove_port(&id, port(4010))
        .await
        .expect("removed");
    let gone = inventory
        .remove_port(&id, port(4010))
        .await
        .expect_err("gone");
    assert!(matches!(gone.reason, Reason::Refused { .. }), "{gone:?}");
}

#[tokio::test]
async fn a_port_that_cannot_be_made_anew_is_as_it_was() {
    let account = StandIn::signed_in();
    let inventory = account.inventory();
    let first = Some((port(80), Protocol::Http));
    let made = inventory.create("web", "", first, Access::Private).await;
    let id = made.expect("a tunnel").id;
    account.inject("fail", &["--only", "port create", "--times", "1"]);
    let failed = inventory
        .change_protocol(&id, port(80), Protocol::Https)
        .await;
    let failed = failed.expect_err("it was to fail").reason;
    assert_eq!(failed, Reason::ServiceTrouble { status: 500 });
    let shown = inventory.show(&id).await.expect("the tunnel").tunnel;
    assert_eq!(shown.ports[0].protocol, Protocol::Http);

    account.inject("fail", &["--only", "port create", "--times", "2"]);
    let lost = inventory
        .change_protocol(&id, port(80), Protocol::Https)
        .await;
    let lost = lost.expect_err("it was to fail").detail;
    assert!(lost.contains("port 80 of web.usw2 is deleted"), "{lost}");
}

#[tokio::test]
async fn a_tunnel_without_its_first_port_is_taken_back() {
    let account = StandIn::signed_in();
    let inventory = account.inventory();
    let first = Some((port(80), Protocol::Http));
    account.inject("fail", &["--only", "port create", "--times", "1"]);
    let failed = inventory.create("web", "", first, Access::Private).await;
    let failed = failed.expect_err("it was to fail").reason;
    assert_eq!(failed, Reason::ServiceTrouble { status: 500 });
    assert_eq!(inventory.list(&[]).await, Ok(Vec::new()));

    account.inject("fail", &["--only", "port create", "--times", "1"]);
    account.inject(
        "fail",
        &["--only", "delete", "--times", "1", "--value", "1:No."],
    );
    let left = inventory.create("web", "", first, Access::Private).await;
    let left = left.expect_err("it was to fail").detail;
    assert!(
        left.starts_with("web.usw2 was made without its port"),
        "{left}"
    );
    assert!(left.ends_with("could not be taken back (No.)"), "{left}");
}

#[tokio::test]
async fn who_may_visit_is_changed_and_never_by_a_renewal() {
    let account = StandIn::signed_in();
    let inventory = account.inventory();
    let made = inventory.create("web", "", None, Access::Private).await;
    let id = made.expect("a tunnel").id;
    account.set("tunnels/web.usw2/expires", "0");
    let renewed = inventory.renew(&id).await.expect("renewed");
    let end = renewed.expect("an end").0 / 1000;
    let now = std::time::UNIX_EPOCH.elapsed().expect("a time").as_secs();
    assert!((29 * 86_400..=30 * 86_400).contains(&(end - now)), "{end}");
    assert_eq!(inventory.access(&id).await, Ok(Access::Private));

    for access in [Access::Public, Access::Public, Access::Private] {
        inventory.set_access(&id, access).await.expect("set");
        assert_eq!(inventory.access(&id).await, Ok(access));
        inventory.renew(&id).await.expect("renewed");
        assert_eq!(inventory.access(&id).await, Ok(access));
    }
}

/// Nobody knows what the real service does to a tunnel's access when it is renewed.
#[tokio::test]
async fn what_a_renewal_changes_about_access_is_put_back() {
    let account = StandIn::signed_in();
    let inventory = account.inventory();
    let made = inventory.create("web", "", None, Access::Private).await;
    let id = made.expect("a tunnel").id;
    for (before, meddled) in [(Access::Private, "true"), (Access::Public, "false")] {
        account.run_first("");
        inventory.set_access(&id, before).await.expect("set");
        // What `update` does comes to light when the access is next asked for.
        account.run_first(&format!(
            "[ \"$1\" = update ] && $door set tunnels/web.usw2/anonymous {meddled}"
        ));
        let from = account.calls().len();
        inventory.renew(&id).await.expect("renewed");
        assert_eq!(inventory.access(&id).await, Ok(before));
        let calls = account.calls().split_off(from).join("\n");
        let put_back = match before {
            Access::Private => "access reset web.usw2 --json",
            Access::Public => "access create web.usw2 --anonymous --json",
        };
        assert!(calls.contains(put_back), "{calls}");
    }
}
