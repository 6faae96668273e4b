//! What is listed of what several processes and the files say.

use super::*;
use crate::model::{PortNumber, Protocol, Target};

fn said(by: &'static str, pid: u32, tunnels: &[(&str, Life)]) -> (Peer, ProcessStatus) {
    let home = tempfile::tempdir().expect("a folder");
    let process = ProcessStatus {
        holder: HolderStatus {
            by: by.into(),
            pid,
            running_since: String::new(),
        },
        version: String::new(),
        tunnels: tunnels.iter().map(|(id, life)| hosted(id, life)).collect(),
    };
    (Peer::at(&home.path().join(pid.to_string())), process)
}

fn hosted(id: &str, life: &Life) -> TunnelStatus {
    let at = UnixMillis::default();
    TunnelStatus {
        state: StateWords::of(life, false, at, ClockShift::default()),
        ..stopped(&saved(id))
    }
}

fn saved(id: &str) -> Tunnel {
    let port = PortNumber::new(3000).expect("a port");
    let label = TunnelId::new(id).expect("an id");
    let port = crate::model::Port::new(Target::local(port), Protocol::Http, label.clone());
    Tunnel {
        id: label,
        name: format!("The {id}"),
        provider: crate::model::ProviderId::RELAY,
        chosen: crate::model::Chosen::default(),
        ports: vec![port],
        created_at: UnixMillis::default(),
        expires_at: None,
        remote: None,
    }
}

fn up() -> Life {
    Life::starting(crate::model::Phase::Authorising)
}

fn rows(found: &Found) -> Vec<(&str, Option<u32>)> {
    let rows = found.rows.iter();
    let pid = |row: &Row| row.host.as_ref().map(|(_, holder)| holder.pid);
    rows.map(|row| (row.id(), pid(row))).collect()
}

#[test]
fn what_is_hosted_goes_before_what_is_saved_and_nothing_is_listed_twice() {
    let host = said("host", 3, &[("shop", up()), ("api", Life::Stopped)]);
    let desktop = said("desktop", 9, &[("shop", Life::Stopped), ("blog", up())]);
    let found = merge(
        vec![host, desktop],
        &[saved("shop"), saved("api"), saved("old")],
    );
    let expected = [
        ("blog", Some(9)),
        ("shop", Some(3)),
        ("api", None),
        ("old", None),
    ];
    assert_eq!(rows(&found), expected);
    let first = |id| found.could_host(id).map(|process| process.peer.process());
    assert_eq!(
        (first("shop"), first("api")),
        (Some("9".to_owned()), Some("3".to_owned()))
    );
    assert_eq!(first("old"), None);
}

#[test]
fn two_that_want_the_same_tunnel_are_both_listed() {
    let found = merge(
        vec![
            said("host", 3, &[("shop", up())]),
            said("desktop", 9, &[("shop", up())]),
        ],
        &[saved("shop")],
    );
    assert_eq!(rows(&found), [("shop", Some(9)), ("shop", Some(3))]);
    assert_eq!(found.of("The shop").len(), 2);
}

#[test]
fn a_tunnel_is_found_by_id_name_or_what_makes_its_id() {
    let found = merge(vec![], &[saved("my-shop"), saved("api")]);
    for typed in ["my-shop", " my-shop ", "The my-shop", "My Shop"] {
        assert_eq!(found.of(typed).len(), 1, "{typed}");
    }
    assert_eq!(found.of("shop"), Vec::<&Row>::new());
}
