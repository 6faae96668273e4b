//! Who can open a URL, in words, and the one click by which more people could.

use super::button::enabled;
use super::scene::{Group, Scene, Slot};
use crate::model::{Access, Action, ProviderOptions, Reach, Setting};
use crate::view::{Button, Msg, messages as m};

/// Who can open a URL, as one sentence; `private` says that they have to sign in.
pub fn reach_sentence(reach: Reach, private: bool) -> Msg {
    match reach {
        Reach::Here => m::reach_here(),
        Reach::Network => m::reach_network(),
        Reach::Internet if private => m::reach_signed_in(),
        Reach::Internet => m::reach_internet(),
    }
}

/// The sentence for a port, where it has a URL; with the one for the network where that is another.
pub(super) fn of_slot(scene: &Scene, group: &Group, slot: &Slot) -> Option<Msg> {
    if let Some(url) = scene.inputs.lan_url(&slot.key) {
        return Some(m::reach_network_at(url));
    }
    beside_url(scene, group, slot)
}

/// The sentence beside the URL of a port. One for the network stands below it as its own.
pub(super) fn beside_url(scene: &Scene, group: &Group, slot: &Slot) -> Option<Msg> {
    if scene.inputs.lan_url(&slot.key).is_some() {
        return None;
    }
    let reach = scene.inputs.reach(&slot.key)?;
    Some(reach_sentence(reach, group.access == Some(Access::Private)))
}

/// Makes the tunnels that only this computer reaches reachable from its network.
pub(super) fn widen(scene: &Scene, group: &Group, slot: &Slot) -> Option<Button> {
    let is_ours = group.offers.joins && scene.inputs.relay.joined.is_none();
    let is_here = scene.inputs.reach(&slot.key) == Some(Reach::Here);
    (is_ours && is_here).then(|| {
        enabled(
            m::act_widen(),
            Action::Set {
                setting: Setting::Lan(true),
            },
        )
    })
}

/// What a card says of its visitors in a word, and whether that is anybody on the internet.
pub(super) fn access(scene: &Scene, group: &Group) -> (Option<Msg>, bool) {
    let private = group.access == Some(Access::Private);
    let reach = of_group(scene, group);
    let text = match (reach, group.offers.encrypted) {
        _ if private => Some(m::access_private()),
        (Some(Reach::Internet), true) => Some(m::access_public()),
        (Some(Reach::Internet), false) => Some(m::access_unencrypted()),
        (Some(Reach::Network), true) => Some(m::access_network()),
        (Some(Reach::Here), true) => Some(m::access_here()),
        (_, false) => Some(m::access_only_unencrypted()),
        (None, true) => None,
    };
    (text, !private && reach == Some(Reach::Internet))
}

/// The widest reach of what is or was served; before that, that of what will carry it.
fn of_group(scene: &Scene, group: &Group) -> Option<Reach> {
    let mut served = group
        .slots
        .iter()
        .filter(|slot| slot.live.is_some())
        .peekable();
    if served.peek().is_some() {
        return served
            .filter_map(|slot| scene.inputs.reach(&slot.key))
            .max();
    }
    let options = ProviderOptions::default().with(&group.tunnel.chosen);
    Reach::of_way(group.offers, &options, &scene.inputs.relay)
}
