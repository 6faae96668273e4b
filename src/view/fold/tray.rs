//! The tray: the same tunnels as the window, as a menu.

use super::button::{self, enabled, when};
use super::scene::{Group, Scene, Slot};
use super::sentence::full_word;
use crate::model::Action;
use crate::view::{Badge, Button, Header, Msg, TrayItem, TrayView, messages as m};

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
    menu.extend(scene.groups.iter().map(|group| submenu(scene, group)));
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

fn stop_all(scene: &Scene) -> Button {
    let any = scene.groups.iter().any(Group::wanted);
    when(any, m::act_stop_all(), Action::StopAll)
}

fn submenu(scene: &Scene, group: &Group) -> TrayItem {
    let badge = worst_of(group);
    let mut items = vec![TrayItem::Button(button::host_or_stop(group))];
    if group.is_remote() && (badge == Badge::SignIn || group.lack.is_some()) {
        items.insert(0, TrayItem::Button(button::sign_in(scene)));
    }
    match group.slots.as_slice() {
        [] => items.push(TrayItem::Button(button::add_port(group))),
        [only] => items.extend(port_items(only)),
        several => items.extend(several.iter().map(port_submenu)),
    }
    TrayItem::Submenu {
        label: tunnel_label(group, badge),
        badge,
        items,
    }
}

/// The shape says most of it; that a broken link cuts nobody off has no shape of its own.
fn tunnel_label(group: &Group, badge: Badge) -> Msg {
    let name = group.tunnel.name.as_str();
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

fn port_submenu(slot: &Slot) -> TrayItem {
    let badge = slot.status.badge();
    TrayItem::Submenu {
        label: m::tray_port(slot.port_text(), badge.shape(), full_word(badge)),
        badge,
        items: port_items(slot).into(),
    }
}

fn port_items(slot: &Slot) -> [TrayItem; 3] {
    [
        button::copy(slot),
        button::open(slot),
        button::details(slot),
    ]
    .map(TrayItem::Button)
}
