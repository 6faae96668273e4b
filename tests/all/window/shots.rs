//! Pictures of every state, for eyes: `target/window-shots/`.

use super::bench::Bench;
use super::views::{ENGLISH, PORTUGUESE, Scene, key, tunnel};
use underpass::model::{DialogKind, Field, Language, Theme};
use underpass::view::{Badge, DialogView, View, messages};

/// One picture a state, theme and language; the small and the sharp ones only where they may differ.
fn sizes(scene: Scene, state: &str) -> Vec<(&'static str, u32, u32, f32)> {
    let mut sizes = vec![("980", 980, 640, 1.0)];
    if (scene.language == Language::PtBr) == (scene.theme == Theme::Dark) {
        sizes.push(("640", 640, 480, 1.0));
        if ["panel", "create"].contains(&state) {
            sizes.push(("980-2x", 980, 640, 2.0));
        }
    }
    sizes
}

fn scenes() -> impl Iterator<Item = (String, Scene)> {
    Language::ALL.into_iter().flat_map(|language| {
        [("light", Theme::Light), ("dark", Theme::Dark)].map(|(name, theme)| {
            (
                format!("{}-{name}", language.tag()),
                Scene { language, theme },
            )
        })
    })
}

fn states(scene: Scene) -> Vec<(&'static str, View)> {
    let with = |kind| scene.with_dialog(kind);
    let mut wrong = scene.busy();
    wrong.window.dialog = Some(scene.dialog(
        DialogKind::CreateTunnel,
        vec![
            (Field::Name, scene.say("Type a name.", "Digite um nome.")),
            (
                Field::Target,
                scene.say(
                    "“70000” is no port: a port is a number from 1 to 65535.",
                    "“70000” não é uma porta: uma porta é um número de 1 a 65535.",
                ),
            ),
        ],
    ));
    vec![
        ("empty", scene.empty()),
        ("list", scene.busy()),
        ("panel", scene.selected()),
        ("trouble", scene.troubled()),
        ("create", with(DialogKind::CreateTunnel)),
        ("errors", wrong),
        (
            "delete",
            with(DialogKind::DeleteTunnel {
                tunnel: tunnel("frontend"),
            }),
        ),
        (
            "qr",
            with(DialogKind::QrCode {
                key: key("frontend", 3000),
            }),
        ),
        ("settings", with(DialogKind::Settings)),
        ("about", with(DialogKind::About)),
    ]
}

#[test]
fn every_state_in_both_themes_and_languages() {
    for (name, scene) in scenes() {
        for (state, view) in states(scene) {
            let bench = Bench::new(&view);
            for (size, width, height, scale) in sizes(scene, state) {
                bench.resize(width, height, scale);
                bench.shoot(&format!("{state}-{name}-{size}"));
            }
        }
    }
}

/// The first run and the form with the internet picked, at the widths at which they may differ.
#[test]
fn the_internet_in_the_first_window_and_in_the_form() {
    for (name, scene) in scenes() {
        let internet = match scene.language {
            Language::EnUs => "The internet",
            Language::PtBr => "Internet",
        };
        let mut network = scene.with_dialog(DialogKind::CreateTunnel);
        if let Some(DialogView::CreateTunnel { reach, .. }) = &mut network.window.dialog {
            reach.usual = 1;
            reach.choices[1].also = Some(messages::reach_hint_others(2_usize));
            reach.choices[0].open = false;
            reach.shut = vec![messages::reach_bar_joined("relay.example.org:7443")];
        }
        for (width, height) in [(980, 640), (480, 640)] {
            for (state, view, pick) in [
                ("empty", scene.empty(), true),
                ("create", scene.with_dialog(DialogKind::CreateTunnel), true),
                ("network", network.clone(), false),
            ] {
                let bench = Bench::new(&view);
                bench.resize(width, height, 1.0);
                if pick {
                    bench.pick(internet);
                }
                bench.shoot(&format!("reach-{state}-{name}-{width}"));
            }
        }
    }
}

#[test]
fn every_badge_menu_and_focus_ring() {
    let badges = [
        Badge::Stopped,
        Badge::Creating,
        Badge::Elsewhere,
        Badge::Private,
        Badge::Working,
        Badge::Slow,
        Badge::Full,
        Badge::Unchecked,
        Badge::Checking,
        Badge::Connecting,
        Badge::Busy,
        Badge::Held,
        Badge::NoNetwork,
        Badge::Reconnecting,
        Badge::ServiceDown,
        Badge::OverQuota,
        Badge::Unreachable,
        Badge::TakenOver,
        Badge::SignIn,
        Badge::Failed,
    ];
    for (name, scene) in [("light", ENGLISH), ("dark", PORTUGUESE)] {
        let mut view = scene.busy();
        let rows = badges
            .iter()
            .zip(1000..)
            .map(|(badge, port)| scene.row("all", port, *badge, "http", "all.localhost:7480"));
        view.window.cards = vec![scene.card("all", true, rows.collect())];
        let bench = Bench::new(&view);
        bench.shoot(&format!("badges-{name}"));
        let bench = Bench::new(&scene.selected());
        let more = if name == "light" {
            "More, frontend"
        } else {
            "Mais, frontend"
        };
        bench.click(more);
        bench.shoot(&format!("menu-{name}"));
        bench.key(slint::platform::Key::Escape);
        bench.key(slint::platform::Key::DownArrow);
        bench.shoot(&format!("focus-{name}"));
    }
}
