//! Pending changes and the selection.

use super::build::{NOW, hosting, id, key, port, tunnel, web};
use super::table::panel;
use crate::model::{Pending, Protocol};
use crate::view::{Card, Row, View, fold};

#[test]
fn pending_changes_are_shown_as_if_done() {
    let mut inputs = web(hosting(60));
    inputs.tunnels.push(tunnel("docs", &[1, 2]));
    inputs.pending = vec![
        Pending::RemovePort(key("web", 3000)),
        Pending::ChangeProtocol(key("docs", 2), Protocol::Tcp),
        Pending::AddPort(id("docs"), port("docs", 3, Protocol::Auto)),
        Pending::AddPort(id("gone"), port("gone", 3, Protocol::Auto)),
        Pending::Create(tunnel("new", &[9])),
        Pending::Create(tunnel("docs", &[7])),
    ];
    let view = fold(&inputs, NOW);
    let rows = |view: &View| -> Vec<String> {
        let card = |card: &Card| {
            let row = |r: &Row| format!("{}/{}/{:?}", r.port, r.protocol, r.badge);
            format!(
                "{}: {}",
                card.name,
                card.rows.iter().map(row).collect::<Vec<_>>().join(" ")
            )
        };
        view.window.cards.iter().map(card).collect()
    };
    assert_eq!(
        rows(&view),
        [
            "web: ",
            "docs: 1/http/Stopped 2/tcp/Stopped 3/auto/Creating",
            "new: 9/http/Creating"
        ]
    );
    assert_eq!(view.window.panel, None, "its port is gone");
    inputs.pending = vec![Pending::Delete(id("docs"))];
    assert_eq!(rows(&fold(&inputs, NOW)), ["web: 3000/http/Checking"]);
}

#[test]
fn the_selection_is_by_key_and_survives_reordering() {
    let mut inputs = web(hosting(60));
    inputs.tunnels.insert(0, tunnel("first", &[3000, 1]));
    assert_eq!(panel(&inputs).title, "web : 3000");
    inputs.tunnels.reverse();
    let view = fold(&inputs, NOW);
    assert_eq!(
        view.window.panel.expect("it is still there").key,
        key("web", 3000)
    );
    assert!(view.window.cards[0].rows[0].selected);
    assert!(!view.window.cards[1].rows[0].selected);
}
