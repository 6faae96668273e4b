//! The tray: the same tunnels as the window, as a menu that fits on a screen.

use super::button::{self, enabled, when};
use super::name::in_menu;
use super::scene::{Group, Scene, Slot};
use super::sentence::full_word;
use crate::model::Action;
use crate::view::{Badge, Button, Header, Msg, TrayItem, TrayView, messages as m};

/// So many tunnels are in the menu itself; the rest is a menu of its own.
const DIRECT: usize = 12;

/// So many are in that one; for more there is the window.
const OTHERS: usize = 100;

/// Folds the tray; `header` says the same in the window.
pub(super) fn fold(scene: &Scene, header: &Header) -> TrayView {
    let worst = scene
        .slots()
        .filter(|(group, _)| group.wanted())
        .map(|(_, slot)| slot.status.badge())
        .max();
    let shape = worst.unwrap_or(Badge::Stopped).shape();
    let mut menu = vec![TrayItem::Label(m::tray_header(header.line.clone(), shape))];
    if scene.inputs.quitting.is_some() {
        return TrayView {
            worst: None,
            tooltip: header.line.clone(),
            menu,
        };
    }
    menu.extend(tunnels(scene));
    menu.push(TrayItem::Separator);
    menu.extend([
        TrayItem::Button(button::new_tunnel()),
        TrayItem::Button(enabled(m::act_open_window(), Action::OpenWindow)),
        TrayItem::Button(stop_all(scene)),
        TrayItem::Separator,
        TrayItem::Button(enabled(m::act_quit(), Action::Quit)),
    ]);
    TrayView {
        worst,
        tooltip: header.line.clone(),
        menu,
    }
}

/// What is hosted comes first, each kind in the inventory's order: a menu that is open keeps its order
/// while states change. Only where not even that fits, what needs the person goes before.
fn tunnels(scene: &Scene) -> Vec<TrayItem> {
    let mut groups: Vec<&Group> = scene.groups.iter().collect();
    groups.sort_by_key(|group| !group.wanted());
    if groups.iter().filter(|group| group.wanted()).count() > DIRECT {
        groups.sort_by_key(|group| !(group.wanted() && worst_of(group).needs_you()));
    }
    let (direct, others) = groups.split_at(groups.len().min(DIRECT));
    let mut items: Vec<TrayItem> = direct.iter().map(|group| submenu(scene, group)).collect();
    if !others.is_empty() {
        items.push(other_tunnels(scene, others));
    }
    items
}

fn other_tunnels(scene: &Scene, groups: &[&Group]) -> TrayItem {
    let badge = groups.iter().map(|group| worst_of(group)).max();
    let shown = groups.iter().take(OTHERS);
    let mut items: Vec<TrayItem> = shown.map(|group| submenu(scene, group)).collect();
    if groups.len() > OTHERS {
        let rest = groups.len() - OTHERS;
        let label = m::tray_more(rest);
        items.push(TrayItem::Button(enabled(label, Action::OpenWindow)));
    }
    TrayItem::Submenu {
        label: m::tray_others(groups.len()),
        badge: badge.unwrap_or(Badge::Stopped),
        items,
    }
}

fn stop_all(scene: &Scene) -> Button {
    let any = scene.groups.iter().any(Group::wanted);
    when(any, m::act_stop_all(), Action::StopAll)
}

fn submenu(scene: &Scene, group: &Group) -> TrayItem {
    let badge = worst_of(group);
    let mut items = vec![TrayItem::Button(button::host_or_stop(group))];
    if let Some(account) = group.account()
        && (badge == Badge::SignIn || group.lack.is_some())
    {
        items.insert(0, TrayItem::Button(button::sign_in(scene, &account)));
    }
    match group.slots.as_slice() {
        [] => items.push(TrayItem::Button(button::add_port(group))),
        [only] => items.extend(port_items(scene, group, only)),
        several => {
            let ports = several.iter();
            items.extend(ports.map(|slot| port_submenu(scene, group, slot)));
        }
    }
    TrayItem::Submenu {
        label: tunnel_label(group, badge),
        badge,
        items,
    }
}

/// The shape says most of it; that a broken link cuts nobody off has no shape of its own.
fn tunnel_label(group: &Group, badge: Badge) -> Msg {
    let name = in_menu(&group.tunnel.name);
    if badge.is_held() {
        m::tray_tunnel_word(name, badge.shape(), full_word(badge))
    } else {
        m::tray_tunnel(name, badge.shape())
    }
}

/// The greatest of its ports; one without ports has only itself to show.
fn worst_of(group: &Group) -> Badge {
    let idle = if group.creating {
        Badge::Creating
    } else {
        Badge::Stopped
    };
    let badges = group.slots.iter().map(|slot| slot.status.badge());
    badges.max().unwrap_or(idle)
}

fn port_submenu(scene: &Scene, group: &Group, slot: &Slot) -> TrayItem {
    let badge = slot.status.badge();
    TrayItem::Submenu {
        label: m::tray_port(slot.port_text(), badge.shape(), full_word(badge)),
        badge,
        items: port_items(scene, group, slot),
    }
}

fn port_items(scene: &Scene, group: &Group, slot: &Slot) -> Vec<TrayItem> {
    let buttons = [
        button::copy(slot),
        button::open(slot),
        button::details(slot),
    ];
    let reach = super::reach::of_slot(scene, group, slot).map(TrayItem::Label);
    let items = reach.into_iter();
    items.chain(buttons.map(TrayItem::Button)).collect()
}
