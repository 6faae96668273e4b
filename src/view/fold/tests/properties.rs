//! What holds for any facts at any time.

use super::any::{some_inputs, some_time};
use super::build::{NOW, host, hosting, id, number, tunnel};
use crate::model::{Action, DialogKind, Inputs, Pending, PortKey, TunnelId};
use crate::view::{Button, DialogView, TrayItem, View, fold};
use proptest::prelude::*;

/// Every button of window and tray.
fn buttons(view: &View) -> Vec<Button> {
    let mut all = Vec::new();
    for card in &view.window.cards {
        all.push(card.primary.clone());
        all.extend(card.menu.iter().cloned());
        for row in &card.rows {
            all.extend([row.copy.clone(), row.open.clone()]);
            all.extend(row.menu.iter().cloned());
        }
    }
    if let Some(panel) = &view.window.panel {
        all.extend(panel.remedy.iter().cloned());
        all.extend(panel.url_buttons.iter().cloned());
        all.extend(panel.buttons.iter().cloned());
    }
    all.extend(view.window.menu.iter().cloned());
    match &view.window.dialog {
        Some(DialogView::Confirm { confirm, .. }) => all.push(confirm.clone()),
        Some(DialogView::Account { steps, .. }) => all.extend(steps.iter().cloned()),
        Some(DialogView::Settings { sections, .. }) => {
            all.extend(sections.iter().filter_map(|section| section.button.clone()));
        }
        _ => {}
    }
    all.extend(
        view.window
            .banners
            .iter()
            .filter_map(|banner| banner.remedy.clone()),
    );
    let alerts = view.alerts.iter();
    all.extend(alerts.flat_map(|alert| alert.buttons.iter().chain([&alert.open]).cloned()));
    collect(&view.tray.menu, &mut all);
    all
}

fn collect(items: &[TrayItem], all: &mut Vec<Button>) {
    for item in items {
        match item {
            TrayItem::Button(button) => all.push(button.clone()),
            TrayItem::Submenu { items, .. } => collect(items, all),
            TrayItem::Label(_) | TrayItem::Separator => {}
        }
    }
}

/// Whether the view shows what the action refers to.
fn refers(view: &View, action: &Action) -> bool {
    let has_tunnel = |id: &TunnelId| view.window.cards.iter().any(|card| card.tunnel == *id);
    let rows = || view.window.cards.iter().flat_map(|card| &card.rows);
    let has_key = |key: &PortKey| rows().any(|row| row.key == *key);
    let has_url = |key: &PortKey| rows().any(|row| row.key == *key && row.url.is_some());
    match action {
        Action::Host { tunnel } | Action::TakeOver { tunnel } => view
            .window
            .cards
            .iter()
            .any(|card| card.tunnel == *tunnel && !card.rows.is_empty()),
        Action::Stop { tunnel }
        | Action::Reconnect { tunnel }
        | Action::SetAccess { tunnel, .. }
        | Action::Rename { tunnel, .. }
        | Action::Renew { tunnel }
        | Action::Forget { tunnel }
        | Action::DeleteTunnel { tunnel } => has_tunnel(tunnel),
        Action::CheckNow { key } | Action::Details { key } | Action::RemovePort { key } => {
            has_key(key)
        }
        Action::CopyUrl { key } | Action::OpenUrl { key } => has_url(key),
        Action::OpenDialog { dialog } => match dialog {
            DialogKind::AddPort { tunnel }
            | DialogKind::MakePublic { tunnel }
            | DialogKind::DeleteTunnel { tunnel } => has_tunnel(tunnel),
            DialogKind::RemovePort { key }
            | DialogKind::ChangeProtocol { key }
            | DialogKind::Health { key } => has_key(key),
            DialogKind::QrCode { key } => has_url(key),
            DialogKind::CreateTunnel
            | DialogKind::Import
            | DialogKind::Settings
            | DialogKind::Account { .. }
            | DialogKind::SignOut { .. }
            | DialogKind::About => true,
        },
        Action::Refresh
        | Action::SignIn { .. }
        | Action::CancelSignIn { .. }
        | Action::SignOut { .. }
        | Action::CopyDeviceCode { .. }
        | Action::OpenDevicePage { .. }
        | Action::CopyInstallCommand { .. }
        | Action::OpenInstallPage { .. }
        | Action::LeaveRelay
        | Action::Import
        | Action::OpenWindow
        | Action::StopAll
        | Action::Quit => true,
        other => panic!("no button does {other:?}"),
    }
}

/// Each tunnel and how many ports the tray has of it; the menu of other tunnels is opened.
fn tray_tunnels(view: &View) -> Vec<(Option<TunnelId>, usize)> {
    view.tray.menu.iter().flat_map(tunnels_of).collect()
}

fn tunnels_of(item: &TrayItem) -> Vec<(Option<TunnelId>, usize)> {
    let TrayItem::Submenu { label, items, .. } = item else {
        return vec![];
    };
    if label.id == "tray-others" {
        return items.iter().flat_map(tunnels_of).collect();
    }
    let mut all = Vec::new();
    collect(items, &mut all);
    let copies = all
        .iter()
        .filter(|b| matches!(b.action, Action::CopyUrl { .. }));
    vec![(all.iter().find_map(tunnel_of), copies.count())]
}

/// Each tunnel's menu has a button that names it.
fn tunnel_of(button: &Button) -> Option<TunnelId> {
    match &button.action {
        Action::Host { tunnel }
        | Action::Stop { tunnel }
        | Action::TakeOver { tunnel }
        | Action::OpenDialog {
            dialog: DialogKind::AddPort { tunnel },
        } => Some(tunnel.clone()),
        _ => None,
    }
}

#[test]
fn a_tray_menu_has_the_same_height_for_50_tunnels_as_for_500() {
    let lines = |count: usize| {
        let names = (0..count).map(|n| format!("tunnel-{n}"));
        let tunnels: Vec<_> = names.map(|name| tunnel(&name, &[3000])).collect();
        let hosts = tunnels.iter().skip(count / 2).map(|tunnel| {
            let host = host(tunnel.id.as_str(), &[3000], hosting(30));
            (tunnel.id.clone(), host)
        });
        let inputs = Inputs {
            hosts: hosts.collect(),
            tunnels: tunnels.clone(),
            ..Inputs::default()
        };
        let menu = fold(&inputs, NOW).tray.menu;
        let hosted = menu.iter().flat_map(tunnels_of).take(12);
        let wanted = |id: Option<TunnelId>| inputs.hosts.contains_key(&id.expect("a tunnel's"));
        assert!(
            hosted.map(|(id, _)| id).all(wanted),
            "what is hosted comes first"
        );
        menu.len()
    };
    let few = lines(50);
    // The header, twelve tunnels, the others, two lines between and four buttons.
    assert_eq!(few, 20);
    assert_eq!(lines(500), few);
}

proptest! {
    #[test]
    fn the_header_counts_what_is_rendered(inputs in some_inputs(), now in some_time()) {
        let view = fold(&inputs, now);
        let rows: Vec<_> = view.window.cards.iter().flat_map(|card| &card.rows).collect();
        let header = &view.window.header;
        prop_assert_eq!(header.working, rows.iter().filter(|row| row.badge.works()).count());
        prop_assert_eq!(header.needs_you, rows.iter().filter(|row| row.badge.needs_you()).count());
        prop_assert_eq!(&view.tray.tooltip, &header.line);
    }

    #[test]
    fn tray_and_window_show_the_same(inputs in some_inputs(), now in some_time()) {
        let view = fold(&inputs, now);
        let tray = tray_tunnels(&view);
        let mut theirs: Vec<_> = tray.iter().map(|(id, ports)| (id.clone(), *ports)).collect();
        let mut ours: Vec<_> = view.window.cards.iter().map(|card| (Some(card.tunnel.clone()), card.rows.len())).collect();
        theirs.sort();
        ours.sort();
        prop_assert_eq!(theirs, ours);
        let mut ids: Vec<_> = view.window.cards.iter().map(|card| &card.tunnel).collect();
        ids.sort();
        ids.dedup();
        prop_assert_eq!(ids.len(), view.window.cards.len(), "no tunnel is there twice");
    }

    #[test]
    fn enabled_buttons_refer_to_what_is_there(inputs in some_inputs(), now in some_time()) {
        let view = fold(&inputs, now);
        for button in buttons(&view) {
            prop_assert!(!button.enabled || refers(&view, &button.action), "{:?}", button);
        }
        for banner in &view.window.banners {
            let Action::DismissNotice { id } = banner.dismiss else { panic!("{banner:?}") };
            prop_assert!(inputs.notices.iter().any(|notice| notice.id == id));
        }
    }

    #[test]
    fn what_is_being_deleted_is_nowhere(inputs in some_inputs(), now in some_time()) {
        let mut inputs = inputs;
        inputs.pending.push(Pending::Delete(id("a")));
        inputs.pending.push(Pending::RemovePort(PortKey::new(&id("b"), number(80))));
        let view = serde_json::to_value(fold(&inputs, now)).expect("a view is JSON");
        let mut keys = Vec::new();
        find_keys(&view, &mut keys);
        prop_assert!(keys.iter().all(|(tunnel, port)| tunnel != "a" && (tunnel, *port) != (&"b".to_owned(), 80)));
    }

    #[test]
    fn the_panel_is_of_the_selected_row(inputs in some_inputs(), now in some_time()) {
        let view = fold(&inputs, now);
        let rows = || view.window.cards.iter().flat_map(|card| &card.rows);
        let selected: Vec<_> = rows().filter(|row| row.selected).map(|row| &row.key).collect();
        let panel: Vec<_> = view.window.panel.iter().map(|panel| &panel.key).collect();
        prop_assert_eq!(selected, panel);
        if let Some(panel) = &view.window.panel {
            prop_assert!(panel.timeline.len() <= 50);
            let values = panel.latency.iter().chain(&panel.traffic);
            prop_assert!(values.copied().all(|v| (0.0..=1.0).contains(&v) || v < 0.0));
        }
    }

    #[test]
    fn the_same_facts_at_the_same_time_give_the_same_view(inputs in some_inputs(), now in some_time()) {
        prop_assert_eq!(fold(&inputs, now), fold(&inputs.clone(), now));
    }

    #[test]
    fn without_a_tick_nothing_in_a_shown_window_changes(
        inputs in some_inputs(), now in some_time(), later in some_time()
    ) {
        let mut inputs = inputs;
        inputs.appearance.window_shown = true;
        let view = fold(&inputs, now);
        if view.tick.is_none() {
            prop_assert_eq!(view, fold(&inputs, later.max(now)));
        }
        inputs.appearance.window_shown = false;
        inputs.toast = None;
        prop_assert_eq!(fold(&inputs, now).tick, None);
    }
}

/// Every `{"tunnel": …, "port": …}` in the view.
fn find_keys(value: &serde_json::Value, keys: &mut Vec<(String, u64)>) {
    if let (Some(tunnel), port) = (value["tunnel"].as_str(), value["port"].as_u64()) {
        keys.push((tunnel.to_owned(), port.unwrap_or(0)));
    }
    match value {
        serde_json::Value::Array(items) => items.iter().for_each(|item| find_keys(item, keys)),
        serde_json::Value::Object(fields) => fields.values().for_each(|item| find_keys(item, keys)),
        _ => {}
    }
}
